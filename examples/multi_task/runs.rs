//! All runs.

use crate::args::Args;
use crate::shared::data::Digits;
use crate::shared::outcome::Failure;
use crate::shared::threads::{each_seed, progress_bar};
use crate::train::{METHODS, Run, train};

/// The runs: by method, then by seed.
pub type Results = Vec<Vec<Run>>;

/// Trains with every method and every seed.
pub fn run(args: &Args, digits: &Digits) -> Result<Results, Failure> {
    let (training, test) = digits.split();
    let bar = progress_bar(METHODS.len() * args.seeds * args.epochs);
    let runs = each_seed(&METHODS, args.seeds, args.threads, |method, seed| {
        train(method, seed, (&training, &test), args.epochs, || bar.inc(1))
    });
    bar.finish_and_clear();
    runs.into_iter().map(|runs| runs.into_iter().collect()).collect()
}
