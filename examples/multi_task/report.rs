//! The table of the scores, and what it says.

use crate::network::Scores;
use crate::runs::Results;
use crate::shared::statistics::{deviation, mean};
use crate::train::{METHODS, Run};

/// A column of the table: its head, and its number of a run.
type Column = (&'static str, fn(&Run) -> f64);

/// The columns of the scores: above 0 in all of them.
const SCORES: [Column; 4] = [
    ("wrong digits, %", |run| 100.0 * (1.0 - last(run).accuracy)),
    ("cross entropy", |run| last(run).losses[0]),
    ("ink, % rms", |run| 100.0 * last(run).losses[1].sqrt()),
    ("image, % rms", |run| 100.0 * last(run).losses[2].sqrt()),
];

/// The scores after the last epoch.
fn last(run: &Run) -> Scores {
    run.scores[run.scores.len() - 1]
}

/// Mean and sample standard deviation of a column over the seeds.
fn statistics(runs: &[Run], value: fn(&Run) -> f64) -> (f64, f64) {
    let values: Vec<f64> = runs.iter().map(value).collect();
    (mean(&values), deviation(&values))
}

/// One row a method.
pub fn table(results: &Results) -> String {
    let heads: String = SCORES.iter().map(|(head, _)| format!("  {head:>15}")).collect();
    let mut text = format!("{:11}{heads}  {:>8}\n", "", "ms/epoch");
    for (method, runs) in METHODS.iter().zip(results) {
        text += &format!("{:11}", method.title);
        for (_, value) in SCORES {
            let (centre, spread) = statistics(runs, value);
            let cell = match runs.len() {
                1 => format!("{centre:.3}"),
                _ => format!("{centre:.3} ± {spread:.3}"),
            };
            text += &format!("  {cell:>15}");
        }
        let time = |run: &Run| 1000.0 * run.time.as_secs_f64() / run.scores.len() as f64;
        text += &format!("  {:>8.0}\n", statistics(runs, time).0);
    }
    text
}

/// What differs from the plain sum by more than both spreads together, a line a method.
pub fn verdicts(results: &Results) -> String {
    let verdict = |runs: &[Run]| {
        let (mut better, mut worse) = (Vec::new(), Vec::new());
        for (head, value) in SCORES {
            let ((plain, noise), (centre, spread)) =
                (statistics(&results[0], value), statistics(runs, value));
            let name = head.split(',').next().unwrap_or(head);
            match centre - plain {
                gap if gap < -(noise + spread) => better.push(name),
                gap if gap > noise + spread => worse.push(name),
                _ => (),
            }
        }
        let list = |names: Vec<&str>| if names.is_empty() { "nothing".into() } else { names.join(", ") };
        format!("better in {}; worse in {}", list(better), list(worse))
    };
    let others = METHODS.iter().zip(results).skip(1);
    others.map(|(method, runs)| format!("{:11}  {}\n", method.title, verdict(runs))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Two runs of each method; of the second one, half the image error.
    fn results() -> Results {
        let run = |image: f64| Run {
            scores: vec![Scores { losses: [0.5, 0.01, image], accuracy: 0.75 }],
            time: Duration::from_millis(7),
        };
        (0..METHODS.len()).map(|m| vec![run(if m == 1 { 0.01 } else { 0.04 }); 2]).collect()
    }

    #[test]
    fn the_table_gives_mean_and_spread() {
        let text = table(&results());
        let row = text.lines().nth(2).unwrap();
        assert!(row.starts_with("uncertainty") && row.ends_with("10.000 ± 0.000         7"), "{row}");
        assert!(row.contains("25.000 ± 0.000"));
    }

    #[test]
    fn verdicts_name_what_differs() {
        let text = verdicts(&results());
        assert!(text.starts_with("uncertainty  better in image; worse in nothing\n"), "{text}");
        assert_eq!(text.matches("better in nothing; worse in nothing").count(), METHODS.len() - 2);
    }
}
