//! One network, three tasks on handwritten digits: which digit it is, how much ink it takes, and what it looks
//! like. A shared trunk makes 16 features, and three heads read them. The losses differ much in scale; six ways
//! to combine them are compared with the same seeds and the same number of steps.
//!
//! No way wins everywhere, and the order depends on the budget. After 300 epochs all others draw better images
//! than the plain sum; GradNorm draws the best ones and pays for them with the highest cross entropy. After 60
//! epochs ConFIG and GradNorm tell digits worse than the plain sum, and `uncertainty` is no different from it:
//! a step of Adam moves its log-variances by about 0.001 at most. PCGrad and UPGrad stay close to the plain sum.
//! A sum with weights tuned by hand is not among the methods.
//!
//! ```text
//! cargo run --release --example multi_task
//! ```

mod args;
mod losses;
mod network;
mod norms;
mod plot;
mod report;
mod runs;
mod train;
#[path = "../shared"]
mod shared {
    pub mod curves;
    pub mod data;
    pub mod flags;
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
    println!("{} runs of {} epochs", train::METHODS.len() * args.seeds, args.epochs);
    let start = Instant::now();
    let results = runs::run(args, &digits)?;
    println!("done in {:.0} s\n", start.elapsed().as_secs_f64());
    match args.seeds {
        1 => println!("test errors after the last epoch"),
        seeds => println!("test errors after the last epoch, mean ± standard deviation over {seeds} seeds"),
    }
    println!("{}", report::table(&results));
    println!("times are of runs that share the cores; one wrong digit is 0.278 %");
    if args.seeds > 1 {
        println!("\nagainst the plain sum, beyond both deviations together (few seeds: a hint, not a test)");
        println!("{}", report::verdicts(&results));
    }
    plot::draw(&results, &args.out)?;
    println!("curves: {}", args.out.display());
    Ok(())
}
