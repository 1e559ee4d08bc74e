//! The test losses over the epochs as an SVG image: a panel for each task, a curve for each method.

use crate::runs::Results;
use crate::shared::curves::{Area, COLOURS, Drawn, draw_curves, draw_legend, frame, mean_curve};
use crate::train::METHODS;
use plotters::prelude::*;
use std::path::Path;

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (460, 400);
/// What the panels show.
const TASKS: [&str; 3] = ["digit: cross entropy", "ink: squared error", "image: squared error"];

/// Draws the mean test losses over the seeds.
pub fn draw(results: &Results, path: &Path) -> Drawn {
    let area = SVGBackend::new(path, (PANEL.0 * TASKS.len() as u32, PANEL.1)).into_drawing_area();
    area.fill(&WHITE)?;
    for (task, panel) in area.split_evenly((1, TASKS.len())).iter().enumerate() {
        draw_panel(results, task, panel)?;
    }
    area.present()
}

/// The panel of one task, by place; the last one holds the legend.
fn draw_panel(results: &Results, task: usize, panel: &Area<'_>) -> Drawn {
    let curves: Vec<Vec<f64>> = (0..results.len()).map(|method| curve(results, method, task)).collect();
    let values = || curves.iter().flatten().copied();
    let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN_POSITIVE, f64::max));
    let mut chart = frame(panel, 64)
        .caption(TASKS[task], ("sans-serif", 18))
        .build_cartesian_2d(0..curves[0].len(), (low / 1.1..high * 1.1).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("epoch")
        .y_desc("test loss")
        .y_label_formatter(&|y| format!("{y:.0e}"))
        .draw()?;
    draw_curves(&mut chart, METHODS.map(|method| method.title).into_iter().zip(curves), 1, &COLOURS)?;
    if task + 1 == TASKS.len() {
        draw_legend(&mut chart, SeriesLabelPosition::MiddleRight)?;
    }
    Ok(())
}

/// The mean over the seeds, epoch by epoch.
fn curve(results: &Results, method: usize, task: usize) -> Vec<f64> {
    let losses =
        results[method].iter().map(|run| run.scores.iter().map(|scores| scores.losses[task]).collect());
    mean_curve(&losses.collect::<Vec<_>>())
}
