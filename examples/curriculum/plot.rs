//! Accuracy over epochs as an SVG image, a curve for each way.

use crate::losses::WAYS;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// Colours that stay apart for colour-blind eyes (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
];

/// Draws a curve for each way, the mean over its seeds.
pub fn draw(curves: &[Vec<f64>], path: &Path) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, (640, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let lowest = curves.iter().flatten().copied().fold(1.0, f64::min);
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(1..curves[0].len().max(2), lowest..1.0)?;
    chart.configure_mesh().x_desc("epoch").y_desc("test accuracy").draw()?;
    for ((curve, (title, _)), colour) in curves.iter().zip(WAYS).zip(COLOURS) {
        let points = curve.iter().enumerate().map(|(i, &accuracy)| (i + 1, accuracy));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(title)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    let below = SeriesLabelPosition::LowerRight;
    chart
        .configure_series_labels()
        .position(below)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(area.present()?)
}
