//! The accuracies as an SVG image: a panel for each setting, a line for each loss.

use crate::losses::Purpose;
use crate::report::mean_accuracy;
use crate::runs::Results;
use crate::settings::SETTINGS;
use crate::shared::statistics::{deviation, mean};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// The width of a panel, of the names to the left of the first one, and the height of a line, in pixels.
const PANEL: u32 = 260;
const NAMES: u32 = 270;
const LINE: u32 = 18;
/// Room above and below the lines.
const FRAME: u32 = 110;
/// Room around a panel.
const MARGIN: i32 = 14;

/// The drawing surface.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Colours that stay apart for colour-blind eyes (Okabe and Ito).
fn colour(purpose: Purpose) -> RGBColor {
    match purpose {
        Purpose::General => RGBColor(0, 0, 0),
        Purpose::Noise => RGBColor(213, 94, 0),
        Purpose::LongTail => RGBColor(0, 114, 178),
        Purpose::Margin => RGBColor(0, 158, 115),
    }
}

/// Draws mean and standard deviation over the seeds; the loss that is best on average is on top.
pub fn draw(results: &Results, path: &Path) -> Result<(), Box<dyn Error>> {
    let size = (NAMES + PANEL * SETTINGS.len() as u32, FRAME + LINE * results.losses.len() as u32);
    let area = SVGBackend::new(path, size).into_drawing_area();
    area.fill(&WHITE)?;
    legend(&area)?;
    let overall = |loss: usize| (0..SETTINGS.len()).map(|s| mean_accuracy(results, s, loss)).sum::<f64>();
    let mut order: Vec<usize> = (0..results.losses.len()).collect();
    order.sort_by(|&i, &j| overall(i).total_cmp(&overall(j)));
    let (_, mut rest) = area.split_vertically(26);
    for setting in 0..SETTINGS.len() {
        let names = if setting == 0 { NAMES } else { 0 };
        let (panel, others) = rest.split_horizontally(names + PANEL);
        draw_panel(results, setting, (&order, names), &panel)?;
        rest = others;
    }
    Ok(area.present()?)
}

/// What the colours mean, in the top row.
fn legend(area: &Area<'_>) -> Result<(), Box<dyn Error>> {
    for (place, purpose) in Purpose::ALL.into_iter().enumerate() {
        let left = NAMES as i32 + 180 * place as i32;
        area.draw(&Circle::new((left, 16), 4, colour(purpose).filled()))?;
        area.draw(&Text::new(purpose.long_name(), (left + 10, 9), ("sans-serif", 15)))?;
    }
    Ok(())
}

/// The panel of one setting, by place, with room for names of the given width.
fn draw_panel(
    results: &Results,
    setting: usize,
    (order, names): (&[usize], u32),
    panel: &Area<'_>,
) -> Result<(), Box<dyn Error>> {
    let (left, count) = (least(results), order.len() as f64);
    panel.draw(&Text::new(SETTINGS[setting].title(), (names as i32 + MARGIN, 6), ("sans-serif", 18)))?;
    let mut chart = ChartBuilder::on(panel)
        .margin(MARGIN)
        .margin_top(28)
        .x_label_area_size(40)
        .y_label_area_size(names)
        .build_cartesian_2d(left..1.0, -0.7..count - 0.3)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_desc("test accuracy")
        .x_labels(5)
        .x_label_formatter(&|x| format!("{x:.1}"))
        .y_labels(order.len() + 2)
        .y_label_formatter(&|&y| name_at(results, order, y))
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 15))
        .draw()?;
    for (place, &loss) in order.iter().enumerate() {
        let values: Vec<f64> = results.of(setting, loss).iter().map(|scores| scores.accuracy).collect();
        let (centre, spread, y) = (mean(&values), deviation(&values), place as f64);
        let colour = colour(results.losses[loss].purpose);
        let reach = [((centre - spread).max(left), y), ((centre + spread).min(1.0), y)];
        chart.draw_series([PathElement::new(reach, colour.stroke_width(2))])?;
        chart.draw_series([Circle::new((centre, y), 4, colour.filled())])?;
    }
    Ok(())
}

/// Where the axis begins: a tenth that no run is below.
fn least(results: &Results) -> f64 {
    let least = results.scores.iter().flatten().map(|scores| scores.accuracy).fold(0.9, f64::min);
    (10.0 * least).floor() / 10.0
}

/// The name of the loss that is drawn at height `y`, if one is.
fn name_at(results: &Results, order: &[usize], y: f64) -> String {
    let place = y.round();
    let exact = (y - place).abs() < 1e-6 && place >= 0.0;
    let loss = order.get(place as usize).filter(|_| exact);
    loss.map_or(String::new(), |&loss| results.losses[loss].name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LOSSES;
    use crate::metrics::Scores;

    #[test]
    fn every_loss_has_its_name_and_a_point_in_each_panel() {
        for count in [1, 2, 5, LOSSES.len()] {
            let losses: Vec<_> = LOSSES.iter().take(count).collect();
            let one = Scores { accuracy: 0.75, tail: 0.5, calibration: 0.1 };
            let scores = vec![vec![one; 2]; SETTINGS.len() * count];
            let path = std::env::temp_dir().join(format!("zoo-plot-{}-{count}.svg", std::process::id()));
            draw(&Results { losses, scores }, &path).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            for loss in &LOSSES[..count] {
                assert_eq!(
                    text.matches(&format!("\n{}\n", loss.name)).count(),
                    1,
                    "{} of {count}",
                    loss.name
                );
            }
            assert_eq!(text.matches("<circle ").count(), SETTINGS.len() * count + Purpose::ALL.len());
            assert!(SETTINGS.iter().all(|setting| text.contains(&setting.title())));
        }
    }
}
