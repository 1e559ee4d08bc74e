//! All runs, and the table of their errors.

use crate::args::Args;
use crate::shared::statistics::{deviation, mean};
use crate::shared::threads::{each_seed, progress_bar};
use crate::train::{EVERY, METHODS, train};
use dfdx_loss::training::TrainingError;

/// The error over the steps of each run: by method, then by seed.
pub type Results = Vec<Vec<Vec<f64>>>;

/// Trains with every method and every seed.
pub fn run(args: &Args) -> Result<Results, TrainingError> {
    let bar = progress_bar(METHODS.len() * args.seeds * (args.steps / EVERY));
    let curves = each_seed(&METHODS, args.seeds, args.threads, |&(_, new_rule), seed| {
        train(new_rule, seed, args.steps, || bar.inc(1))
    });
    bar.finish_and_clear();
    curves.into_iter().map(|curves| curves.into_iter().collect()).collect()
}

/// One row a method.
pub fn table(results: &Results) -> String {
    let row = |((title, _), curves): (&(&str, _), &Vec<Vec<f64>>)| {
        let finals: Vec<f64> = curves.iter().filter_map(|curve| curve.last().copied()).collect();
        format!("{title:10}  {:.4} ± {:.4}\n", mean(&finals), deviation(&finals))
    };
    METHODS.iter().zip(results).map(row).collect()
}
