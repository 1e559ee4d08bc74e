//! The error over the steps as an SVG image, a curve for each method.

use crate::runs::Results;
use crate::shared::curves::{COLOURS, Drawn, draw_curves, draw_legend, frame, mean_curve};
use crate::train::{EVERY, METHODS};
use plotters::prelude::*;
use std::path::Path;

/// Draws the mean error over the seeds.
pub fn draw(results: &Results, path: &Path) -> Drawn {
    let area = SVGBackend::new(path, (640, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let steps = results[0][0].len() * EVERY;
    let mut chart = frame(&area, 60).build_cartesian_2d(0..steps, (0.01..2.0).log_scale())?;
    chart.configure_mesh().x_desc("step").y_desc("relative L2 error").draw()?;
    let curves = results.iter().map(|curves| mean_curve(curves));
    draw_curves(&mut chart, METHODS.map(|(title, _)| title).into_iter().zip(curves), EVERY, &COLOURS[1..])?;
    draw_legend(&mut chart, SeriesLabelPosition::MiddleRight)?;
    area.present()
}
