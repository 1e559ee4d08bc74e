//! The curves as an SVG image: a panel for each noise rate, a curve for each loss.

use crate::report::mean_curve;
use crate::runs::Results;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (520, 380);
/// Colours that stay apart for colour-blind eyes (Okabe and Ito).
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(230, 159, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];
/// The drawing surface.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the mean test accuracy over the seeds, epoch by epoch.
pub fn draw(results: &Results, path: &Path) -> Result<(), Box<dyn Error>> {
    let columns = results.noise.len().min(2);
    let rows = results.noise.len().div_ceil(columns);
    let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
    let area = SVGBackend::new(path, size).into_drawing_area();
    area.fill(&WHITE)?;
    for (noise, panel) in area.split_evenly((rows, columns)).iter().enumerate().take(results.noise.len()) {
        draw_panel(results, noise, panel)?;
    }
    Ok(area.present()?)
}

/// The panel of one noise rate, by place; the first one holds the legend.
fn draw_panel(results: &Results, noise: usize, panel: &Area<'_>) -> Result<(), Box<dyn Error>> {
    let epochs = results.curves.first().map_or(1, Vec::len);
    let mut chart = ChartBuilder::on(panel)
        .caption(format!("{} % label noise", results.noise[noise]), ("sans-serif", 20))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(52)
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
    for (loss, colour) in COLOURS.iter().cycle().enumerate().take(results.losses.len()) {
        let curve = mean_curve(results.curves(noise, loss));
        let points = curve.into_iter().enumerate().map(|(epoch, accuracy)| (epoch + 1, accuracy));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(results.losses[loss].title)
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    if noise == 0 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .label_font(("sans-serif", 15))
            .background_style(WHITE)
            .border_style(BLACK.mix(0.3))
            .draw()?;
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
        let curves = (0..noise.len() * losses.len()).map(|_| vec![0.25, 0.75]).collect();
        let results = Results { noise, losses, seeds: 1, curves };
        let path = std::env::temp_dir().join(format!("digits-plot-{}.svg", std::process::id()));
        draw(&results, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
        assert!([0, 40, 60].iter().all(|noise| text.contains(&format!("{noise} % label noise"))));
        assert_eq!(text.matches("test accuracy").count(), 3);
        for (loss, colour) in LOSSES.iter().zip(COLOURS) {
            assert!(text.contains(&format!("{}\n", loss.title)), "{}", loss.title);
            let hex = format!("stroke=\"#{:02X}{:02X}{:02X}\"", colour.0, colour.1, colour.2);
            assert_eq!(text.matches(&hex).count(), 4, "three curves and the legend's line");
        }
    }
}
