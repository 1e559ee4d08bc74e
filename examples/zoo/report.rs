//! The tables.

use crate::metrics::Scores;
use crate::runs::Results;
use crate::settings::{SETTINGS, Setting};
use crate::shared::statistics::{deviation, mean};

/// What to keep in mind about the numbers.
pub const NOTES: &str = "\
All numbers are of the test images after the last step, in percent; with several seeds, mean ± standard deviation. One test
image is 0.28. Calibration error: 15 bins of the softmax probability, also for losses that are not made for softmax.
No hyperparameter is tuned on these images, and Adam's step size is the same for all.
";

/// A measure of a run.
type Measure = fn(&Scores) -> f64;

/// The mean accuracy of one loss in one setting, both by place.
pub fn mean_accuracy(results: &Results, setting: usize, loss: usize) -> f64 {
    mean(&results.of(setting, loss).iter().map(|scores| scores.accuracy).collect::<Vec<_>>())
}

/// Mean and, with several runs, spread in percent.
fn cell(scores: &[Scores], measure: Measure) -> String {
    let values: Vec<f64> = scores.iter().map(|scores| 100.0 * measure(scores)).collect();
    match values.len() {
        1 => format!("{:.1}", values[0]),
        _ => format!("{:.1} ± {:.1}", mean(&values), deviation(&values)),
    }
}

/// A table for each setting.
pub fn tables(results: &Results) -> String {
    let tables = SETTINGS.iter().enumerate().map(|(place, &setting)| table(results, place, setting));
    tables.collect::<Vec<_>>().join("\n")
}

/// A row a loss, the most accurate first.
fn table(results: &Results, place: usize, setting: Setting) -> String {
    let mut columns: Vec<(&str, Measure)> =
        vec![("accuracy", |scores| scores.accuracy), ("calib. error", |scores| scores.calibration)];
    if setting == Setting::LongTail {
        columns.insert(1, ("rarest 3", |scores| scores.tail));
    }
    let mut order: Vec<usize> = (0..results.losses.len()).collect();
    let accuracy = |loss: usize| mean_accuracy(results, place, loss);
    order.sort_by(|&i, &j| accuracy(j).total_cmp(&accuracy(i)));
    let head = [setting.title().as_str(), "paper", "made for"].map(String::from).into_iter();
    let names = columns.iter().map(|(name, _)| (*name).to_string());
    let mut rows: Vec<Vec<String>> = vec![head.chain(names).collect()];
    for loss in order {
        let entry = results.losses[loss];
        let cells = columns.iter().map(|&(_, measure)| cell(results.of(place, loss), measure));
        let texts = [entry.name, entry.paper, entry.purpose.name()].map(String::from);
        rows.push(texts.into_iter().chain(cells).collect());
    }
    aligned(&rows)
}

/// Columns of equal width, the first three to the left and the others to the right, with a rule under the head.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (text, &width))| match column {
            0..3 => format!("{text:width$}"),
            _ => format!("{text:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ") + "\n"
    };
    let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1)) + "\n";
    line(&rows[0]) + &rule + &rows[1..].iter().map(line).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LOSSES;

    fn results(accuracies: [f64; 4]) -> Results {
        let one = accuracies.map(|accuracy| Scores { accuracy, tail: 0.25, calibration: 0.125 });
        let scores = vec![[one[..2].to_vec(), one[2..].to_vec()]; SETTINGS.len()].concat();
        Results { losses: LOSSES.iter().take(2).collect(), scores }
    }

    #[test]
    fn the_most_accurate_comes_first_with_mean_and_spread() {
        let text = table(&results([0.5, 0.5, 0.8, 1.0]), 0, SETTINGS[0]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("right labels") && lines[0].ends_with("calib. error"), "{text}");
        assert_eq!(lines[1], "-".repeat(lines[0].chars().count()));
        assert!(
            lines[2].starts_with(LOSSES[1].name) && lines[2].ends_with("90.0 ± 14.1    12.5 ± 0.0"),
            "{text}"
        );
        assert!(lines[3].starts_with(LOSSES[0].name) && lines[3].contains("50.0 ± 0.0"), "{text}");
    }

    #[test]
    fn only_the_long_tail_has_a_column_for_the_rarest() {
        let text = tables(&results([0.5; 4]));
        assert_eq!((text.matches("calib. error").count(), text.matches("rarest 3").count()), (4, 1));
        assert_eq!(text.matches("25.0 ± 0.0").count(), 2);
    }

    #[test]
    fn one_run_has_no_spread() {
        assert_eq!(cell(&results([0.5; 4]).scores[0][..1], |scores| scores.tail), "25.0");
    }
}
