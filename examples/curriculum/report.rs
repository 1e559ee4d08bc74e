//! The table of the accuracies.

use crate::losses::WAYS;
use crate::shared::statistics::{deviation, mean};

/// One row a way, of the accuracy after each epoch: by way, then by seed.
pub fn table(results: &[Vec<Vec<f64>>]) -> String {
    let row = |((title, _), runs): (&(&str, _), &Vec<Vec<f64>>)| {
        let last: Vec<f64> = runs.iter().map(|curve| curve[curve.len() - 1]).collect();
        let best: Vec<f64> = runs.iter().map(|curve| curve.iter().copied().fold(0.0, f64::max)).collect();
        format!("{title:13} {:>18} {:>18}\n", cell(&last), cell(&best))
    };
    let rows: String = WAYS.iter().zip(results).map(row).collect();
    format!("{:12} {:>18} {:>18}\n{rows}", "test accuracy", "last epoch", "best epoch")
}

/// Mean and standard deviation, in percent.
fn cell(values: &[f64]) -> String {
    format!("{:.1} ± {:.1} %", 100.0 * mean(values), 100.0 * deviation(values))
}
