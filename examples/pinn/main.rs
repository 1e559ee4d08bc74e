//! A physics-informed network for the viscous Burgers equation `u_t + u u_x = nu u_xx`, `nu = 0.01 / pi`, with
//! `u(0, x) = -sin(pi x)` and `u(t, -1) = u(t, 1) = 0`, as in ConFIG (Liu, Chu, Thuerey 2024). Adam steps
//! along the plain sum of the three gradients, or along what ConFIG or UPGrad make of them.
//!
//! dfdx's tape is first-order, so `u_t`, `u_x` and `u_xx` are central differences of the network: five points
//! for each place, stacked in one batch.
//!
//! ```text
//! cargo run --release --example pinn
//! ```

mod args;
mod exact;
mod losses;
mod plot;
mod runs;
mod train;
#[path = "../shared"]
mod shared {
    pub mod curves;
    pub mod flags;
    pub mod outcome;
    pub mod statistics;
    pub mod threads;
}

use args::Args;
use clap::Parser;
use shared::outcome::{Failure, claim, exit_code};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    exit_code(compare(&Args::parse()))
}

/// The whole comparison.
fn compare(args: &Args) -> Result<(), Failure> {
    claim(&args.out)?;
    println!("{} runs of {} steps", train::METHODS.len() * args.seeds, args.steps);
    let start = Instant::now();
    let results = runs::run(args)?;
    println!("done in {:.0} s\n", start.elapsed().as_secs_f64());
    println!("relative L2 error after the last step, mean ± standard deviation over {} seeds", args.seeds);
    println!("{}", runs::table(&results));
    plot::draw(&results, &args.out)?;
    println!("curves: {}", args.out.display());
    Ok(())
}
