//! The multi-class losses of the catalogue side by side: one small network, one budget, four training sets made of the
//! same handwritten digits (labels right, 40 % wrong, 60 % wrong; and a long tail of classes). A table for each training
//! set, sorted by accuracy, and a plot.
//!
//! What the default run shows, with three seeds and nothing tuned. With right labels nearly all are at 97 %, and label
//! smoothing is ahead. With wrong labels the pairs of an active and a passive loss, symmetric and generalized cross
//! entropy are well ahead of cross entropy, as their papers say; normalized cross entropy and normalized focal loss
//! alone are not. Focal loss, sparsemax, LDAM with scale 30 and Z-loss fall behind cross entropy. Mean absolute error and
//! its three relatives, which are the same up to a factor, hold out, too, but now and then they give up a class, and with
//! a long tail all the rare ones. There the losses that know the class counts lead, except for vector scaling: with its
//! defaults it is best at the rare classes and pays with the frequent ones.
//!
//! Each loss is generated code of its own, and so the compiler works on this example for some minutes.
//!
//! ```text
//! cargo run --release --example zoo
//! ```

mod args;
mod losses;
mod metrics;
mod plot;
mod report;
mod runs;
mod settings;
mod train;
#[path = "../shared"]
mod shared {
    pub mod data;
    pub mod flags;
    pub mod network;
    pub mod noise;
    pub mod outcome;
    pub mod statistics;
    pub mod threads;
}

use args::Args;
use clap::Parser;
use shared::data::{Digits, shipped};
use shared::outcome::{Failure, claim, exit_code};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    exit_code(compare(&Args::parse()))
}

/// The whole comparison.
fn compare(args: &Args) -> Result<(), Failure> {
    let digits = Digits::read(&shipped())?;
    claim(&args.out)?;
    let count = settings::SETTINGS.len() * args.losses.len() * args.seeds;
    println!("{count} runs of {} epochs", args.epochs);
    let start = Instant::now();
    let results = runs::run(args, &digits);
    println!("done in {:.0} s\n", start.elapsed().as_secs_f64());
    println!("{}", report::tables(&results));
    println!("{}", report::NOTES);
    plot::draw(&results, &args.out)
        .map_err(|error| format!("cannot draw `{}`: {error}", args.out.display()))?;
    println!("plot: {}", args.out.display());
    Ok(())
}
