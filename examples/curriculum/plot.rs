//! Accuracy over epochs as an SVG image, a curve for each way.

use crate::losses::WAYS;
use crate::shared::curves::{COLOURS, Drawn, draw_curves, draw_legend, frame, mean_curve};
use plotters::prelude::*;
use std::path::Path;

/// Draws a curve for each way, the mean over its seeds.
pub fn draw(results: &[Vec<Vec<f64>>], path: &Path) -> Drawn {
    let area = SVGBackend::new(path, (640, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let curves: Vec<Vec<f64>> = results.iter().map(|runs| mean_curve(runs)).collect();
    let lowest = curves.iter().flatten().copied().fold(1.0, f64::min);
    let mut chart = frame(&area, 60).build_cartesian_2d(1..curves[0].len().max(2), lowest..1.0)?;
    chart.configure_mesh().x_desc("epoch").y_desc("test accuracy").draw()?;
    draw_curves(&mut chart, WAYS.map(|(title, _)| title).into_iter().zip(curves), 1, &COLOURS)?;
    draw_legend(&mut chart, SeriesLabelPosition::LowerRight)?;
    area.present()
}
