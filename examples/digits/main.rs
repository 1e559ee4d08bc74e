//! Which loss survives wrong labels? A small network learns handwritten digits from labels of which 0, 40, 60 and 80 % are
//! wrong, once with each of four losses written in index notation; a table and a plot compare the test accuracies.
//!
//! ```text
//! cargo run --release --example digits
//! ```

mod args;
mod losses;
mod plot;
mod report;
mod runs;
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
use shared::data::Digits;
use shared::outcome::{Failure, claim, exit_code};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    exit_code(compare(&Args::read()))
}

/// The whole comparison.
fn compare(args: &Args) -> Result<(), Failure> {
    let digits = Digits::read(&args.data)?;
    claim(&args.out)?;
    let count = args.noise.len() * args.losses.len() * args.seeds;
    println!("{count} runs of {} epochs, {} at a time", args.epochs, args.threads.min(count));
    let start = Instant::now();
    let results = runs::run(args, &digits);
    println!("done in {:.0} s\n", start.elapsed().as_secs_f64());
    println!("test accuracy after the last epoch{}", spread(args.seeds));
    println!("{}", report::table(&results));
    plot::draw(&results, &args.out)
        .map_err(|error| format!("cannot draw `{}`: {error}", args.out.display()))?;
    println!("curves: {}", args.out.display());
    Ok(())
}

/// What the numbers of the table are, if not those of a single run.
fn spread(seeds: usize) -> String {
    if seeds == 1 { String::new() } else { format!(", mean ± standard deviation over {seeds} seeds") }
}
