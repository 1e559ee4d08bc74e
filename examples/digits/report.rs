//! The table of final accuracies.

use crate::runs::{Curve, Results};

/// The head of the first column.
const CORNER: &str = "label noise";

/// Mean of `values`.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sample standard deviation of `values`; 0 for a single one.
fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

/// The mean over runs, epoch by epoch.
pub fn mean_curve(curves: &[Curve]) -> Curve {
    let epochs = curves.first().map_or(0, Vec::len);
    (0..epochs).map(|epoch| mean(&curves.iter().map(|curve| curve[epoch]).collect::<Vec<_>>())).collect()
}

/// Accuracy after the last epoch: mean over the seeds and, with several seeds, the spread.
fn cell(curves: &[Curve]) -> String {
    let finals: Vec<f64> = curves.iter().filter_map(|curve| curve.last().copied()).collect();
    match finals.len() {
        1 => format!("{:.3}", finals[0]),
        _ => format!("{:.3} ± {:.3}", mean(&finals), deviation(&finals)),
    }
}

/// One row a loss, one column a noise rate.
pub fn table(results: &Results) -> String {
    let titles = results.losses.iter().map(|loss| loss.title);
    let width = titles.clone().chain([CORNER]).map(|title| title.chars().count()).max().unwrap_or(0);
    let row = |head: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("  {cell:>13}")).collect();
        format!("{head:width$}{cells}\n")
    };
    let head = row(CORNER, results.noise.iter().map(|noise| format!("{noise} %")).collect());
    let rule = "-".repeat(head.trim_end().chars().count());
    let rows = titles.enumerate().map(|(loss, title)| {
        row(title, (0..results.noise.len()).map(|noise| cell(results.curves(noise, loss))).collect())
    });
    format!("{head}{rule}\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LOSSES;

    fn results(seeds: usize, finals: &[f64]) -> Results {
        let curves = finals.iter().map(|&last| vec![0.5, last]).collect();
        Results { noise: vec![0, 80], losses: LOSSES.iter().take(1).collect(), seeds, curves }
    }

    #[test]
    fn the_table_gives_mean_and_spread_of_the_last_epoch() {
        let text = table(&results(3, &[0.9, 0.8, 1.0, 0.1, 0.1, 0.1]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "label noise              0 %           80 %");
        assert_eq!(lines[1], "-".repeat(lines[0].len()));
        assert!(lines[2].starts_with(LOSSES[0].title));
        assert!(lines[2].ends_with("  0.900 ± 0.100  0.100 ± 0.000"), "{text}");
    }

    #[test]
    fn one_seed_has_no_spread() {
        assert!(table(&results(1, &[0.9, 0.25])).trim_end().ends_with("0.900          0.250"));
    }

    #[test]
    fn curves_are_averaged_by_epoch() {
        assert_eq!(mean_curve(&[vec![0.0, 1.0], vec![0.5, 0.0]]), [0.25, 0.5]);
        assert_eq!(mean_curve(&[]), [0.0; 0]);
    }
}
