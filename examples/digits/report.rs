//! The table of final accuracies.

use crate::runs::{Curve, Results};
use crate::shared::statistics::{deviation, mean};

/// The head of the first column.
const CORNER: &str = "label noise";

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

    /// One loss at two noise rates.
    fn results(finals: [&[f64]; 2]) -> Results {
        let curves = finals.map(|finals| finals.iter().map(|&last| vec![0.5, last]).collect());
        Results { noise: vec![0, 80], losses: LOSSES.iter().take(1).collect(), curves: curves.into() }
    }

    #[test]
    fn the_table_gives_mean_and_spread_of_the_last_epoch() {
        let text = table(&results([&[0.9, 0.8, 1.0], &[0.1; 3]]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "label noise              0 %           80 %");
        assert_eq!(lines[1], "-".repeat(lines[0].len()));
        assert!(lines[2].starts_with(LOSSES[0].title));
        assert!(lines[2].ends_with("  0.900 ± 0.100  0.100 ± 0.000"), "{text}");
    }

    #[test]
    fn one_seed_has_no_spread() {
        assert!(table(&results([&[0.9], &[0.25]])).trim_end().ends_with("0.900          0.250"));
    }
}
