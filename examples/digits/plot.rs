//! The curves as an SVG image: a panel for each noise rate, a curve for each loss.

use crate::runs::Results;
use crate::shared::curves::{Area, COLOURS, Drawn, draw_curves, draw_legend, frame, mean_curve};
use plotters::prelude::*;
use std::path::Path;

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (520, 380);

/// Draws the mean test accuracy over the seeds, epoch by epoch.
pub fn draw(results: &Results, path: &Path) -> Drawn {
    let columns = results.noise.len().min(2);
    let rows = results.noise.len().div_ceil(columns);
    let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
    let area = SVGBackend::new(path, size).into_drawing_area();
    area.fill(&WHITE)?;
    for (noise, panel) in area.split_evenly((rows, columns)).iter().enumerate().take(results.noise.len()) {
        draw_panel(results, noise, panel)?;
    }
    area.present()
}

/// The panel of one noise rate, by place; the first one holds the legend.
fn draw_panel(results: &Results, noise: usize, panel: &Area<'_>) -> Drawn {
    let epochs = results.curves(0, 0)[0].len();
    let mut chart = frame(panel, 52)
        .caption(format!("{} % label noise", results.noise[noise]), ("sans-serif", 20))
        .build_cartesian_2d(0..epochs, 0.0..1.0)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("epoch")
        .y_desc("test accuracy")
        .y_labels(6)
        .y_label_formatter(&|y| format!("{y:.1}"))
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 16))
        .draw()?;
    let losses = results.losses.iter().enumerate();
    let curves = losses.map(|(place, loss)| (loss.title, mean_curve(results.curves(noise, place))));
    draw_curves(&mut chart, curves, 1, &COLOURS[1..])?;
    if noise == 0 {
        draw_legend(&mut chart, SeriesLabelPosition::LowerRight)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LOSSES;

    #[test]
    fn a_panel_a_noise_rate_and_a_curve_a_loss() {
        let losses: Vec<_> = LOSSES.iter().collect();
        let noise = vec![0, 40, 60];
        let curves = (0..noise.len() * losses.len()).map(|_| vec![vec![0.25, 0.75]]).collect();
        let results = Results { noise, losses, curves };
        let path = std::env::temp_dir().join(format!("digits-plot-{}.svg", std::process::id()));
        draw(&results, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
        assert!([0, 40, 60].iter().all(|noise| text.contains(&format!("{noise} % label noise"))));
        assert_eq!(text.matches("test accuracy").count(), 3);
        for (loss, colour) in LOSSES.iter().zip(&COLOURS[1..]) {
            assert!(text.contains(&format!("{}\n", loss.title)), "{}", loss.title);
            let hex = format!("stroke=\"#{:02X}{:02X}{:02X}\"", colour.0, colour.1, colour.2);
            assert_eq!(text.matches(&hex).count(), 4, "three curves and the legend's line");
        }
    }
}
