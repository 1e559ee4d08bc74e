//! The test losses over the epochs as an SVG image: a panel for each task, a curve for each method.

use crate::runs::Results;
use crate::train::METHODS;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (460, 400);
/// What the panels show.
const TASKS: [&str; 3] = ["digit: cross entropy", "ink: squared error", "image: squared error"];
/// Colours that stay apart for colour-blind eyes (Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 0, 0),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
];
/// The drawing surface.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the mean test losses over the seeds.
pub fn draw(results: &Results, path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let area = SVGBackend::new(path, (PANEL.0 * TASKS.len() as u32, PANEL.1)).into_drawing_area();
    area.fill(&WHITE)?;
    for (task, panel) in area.split_evenly((1, TASKS.len())).iter().enumerate() {
        draw_panel(results, task, panel)?;
    }
    Ok(area.present()?)
}

/// The panel of one task, by place; the last one holds the legend.
fn draw_panel(results: &Results, task: usize, panel: &Area<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let curves: Vec<Vec<f64>> = (0..results.len()).map(|method| curve(results, method, task)).collect();
    let values = || curves.iter().flatten().copied();
    let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN_POSITIVE, f64::max));
    let mut chart = ChartBuilder::on(panel)
        .caption(TASKS[task], ("sans-serif", 18))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(0..curves[0].len(), (low / 1.1..high * 1.1).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("epoch")
        .y_desc("test loss")
        .y_label_formatter(&|y| format!("{y:.0e}"))
        .draw()?;
    for ((curve, method), colour) in curves.into_iter().zip(METHODS).zip(COLOURS) {
        let points = curve.into_iter().enumerate().map(|(epoch, loss)| (epoch + 1, loss));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(method.title)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    if task + 1 == TASKS.len() {
        chart.configure_series_labels().background_style(WHITE).border_style(BLACK.mix(0.3)).draw()?;
    }
    Ok(())
}

/// The mean over the seeds, epoch by epoch.
fn curve(results: &Results, method: usize, task: usize) -> Vec<f64> {
    let runs = &results[method];
    let at = |epoch: usize| runs.iter().map(|run| run.scores[epoch].losses[task]).sum::<f64>();
    (0..runs[0].scores.len()).map(|epoch| at(epoch) / runs.len() as f64).collect()
}
