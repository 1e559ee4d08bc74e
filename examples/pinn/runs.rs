//! All runs, side by side on threads, and the table of their errors.

use crate::args::Args;
use crate::train::{EVERY, METHODS, train};
use dfdx_loss::training::TrainingError;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

/// The error over the steps of each run: by method, then by seed.
pub type Results = Vec<Vec<Vec<f64>>>;

/// Trains with every method and every seed.
pub fn run(args: &Args) -> Result<Results, Box<dyn std::error::Error>> {
    let jobs: Vec<_> = (0..METHODS.len()).flat_map(|m| (0..args.seeds as u64).map(move |s| (m, s))).collect();
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} elapsed, {eta} left")?;
    let bar = ProgressBar::new((jobs.len() * (args.steps / EVERY)) as u64).with_style(style);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    let work = |&(method, seed): &(usize, u64)| train(method, seed, args.steps, || bar.inc(1));
    let curves: Result<Vec<_>, TrainingError> = pool.install(|| jobs.par_iter().map(work).collect());
    bar.finish_and_clear();
    Ok(curves?.chunks(args.seeds).map(<[_]>::to_vec).collect())
}

/// Mean of `values`.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean over the seeds, measurement by measurement.
pub fn mean_curve(curves: &[Vec<f64>]) -> Vec<f64> {
    (0..curves[0].len()).map(|i| mean(&curves.iter().map(|curve| curve[i]).collect::<Vec<_>>())).collect()
}

/// One row a method.
pub fn table(results: &Results) -> String {
    let row = |((title, _), curves): (&(&str, _), &Vec<Vec<f64>>)| {
        let finals: Vec<f64> = curves.iter().filter_map(|curve| curve.last().copied()).collect();
        let centre = mean(&finals);
        let squares: f64 = finals.iter().map(|value| (value - centre).powi(2)).sum();
        let spread = (squares / (finals.len().max(2) - 1) as f64).sqrt();
        format!("{title:10}  {centre:.4} ± {spread:.4}\n")
    };
    METHODS.iter().zip(results).map(row).collect()
}
