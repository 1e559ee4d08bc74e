//! Which samples should a network look at? Handwritten digits with 40 % wrong labels, learned with weights that follow
//! from the losses and change over the epochs, and with a robust loss for comparison.
//!
//! Strategies that favour high losses are made for clean data: here high losses are mostly wrong labels, and the table
//! shows it.
//!
//! ```text
//! cargo run --release --example curriculum
//! ```

mod args;
mod losses;
mod plot;
mod report;
#[path = "../shared"]
mod shared {
    pub mod curves;
    pub mod data;
    pub mod flags;
    pub mod network;
    pub mod noise;
    pub mod outcome;
    pub mod statistics;
    pub mod threads;
    pub mod training;
}

use args::Args;
use clap::Parser;
use losses::{Criterion, WAYS};
use shared::data::{Digits, shipped};
use shared::flags::cores;
use shared::noise::{Draw, Noise};
use shared::outcome::{Failure, claim, exit_code};
use shared::threads::{each_seed, progress_bar};
use shared::training::Job;
use std::process::ExitCode;

/// Wrong training labels.
const NOISE: Noise = Noise { percent: 40, draw: Draw::Others };

fn main() -> ExitCode {
    exit_code(compare(&Args::parse()))
}

/// The whole comparison.
fn compare(args: &Args) -> Result<(), Failure> {
    let (train, test) = Digits::read(&shipped())?.split();
    claim(&args.out)?;
    println!("{} % wrong labels, {} epochs, {} seeds", NOISE.percent, args.epochs, args.seeds);
    let bar = progress_bar(WAYS.len() * args.seeds * args.epochs);
    let results = each_seed(&WAYS, args.seeds, cores(), |&(_, criterion): &(&str, Criterion), seed| {
        Job { criterion, noise: NOISE, seed }.train(&train, &test, args.epochs, || bar.inc(1))
    });
    bar.finish_and_clear();
    println!("\n{}", report::table(&results));
    plot::draw(&results, &args.out)?;
    println!("curves: {}", args.out.display());
    Ok(())
}
