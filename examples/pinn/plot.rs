//! The error over the steps as an SVG image, a curve for each method.

use crate::runs::{Results, mean_curve};
use crate::train::{EVERY, METHODS};
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// Colours that stay apart for colour-blind eyes (Okabe and Ito).
const COLOURS: [RGBColor; 3] = [RGBColor(0, 114, 178), RGBColor(230, 159, 0), RGBColor(0, 158, 115)];

/// Draws the mean error over the seeds.
pub fn draw(results: &Results, path: &Path) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, (640, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let steps = results[0][0].len() * EVERY;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0..steps, (0.01..2.0).log_scale())?;
    chart.configure_mesh().x_desc("step").y_desc("relative L2 error").draw()?;
    for ((curves, (title, _)), colour) in results.iter().zip(METHODS).zip(COLOURS) {
        let points = mean_curve(curves).into_iter().enumerate().map(|(i, error)| ((i + 1) * EVERY, error));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(title)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK.mix(0.3)).draw()?;
    Ok(area.present()?)
}
