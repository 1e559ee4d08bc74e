//! The command line.

use crate::shared::flags::{cores, count, in_target};
use clap::Parser;
use std::path::PathBuf;

/// Trains a physics-informed network with three ways to combine the gradients of its loss terms.
#[derive(Debug, Parser)]
pub struct Args {
    /// Steps of each run, 50 to 1000000.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = count(50..=1_000_000))]
    #[arg(default_value_if("quick", "true", "100"))]
    pub steps: usize,
    /// Runs of each method, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = count(1..=100))]
    #[arg(default_value_if("quick", "true", "1"))]
    pub seeds: usize,
    /// Runs at the same time, 1 to 256; by default one a core.
    #[arg(long, value_name = "N", default_value_t = cores(), value_parser = count(1..=256))]
    pub threads: usize,
    /// The plot, an SVG image.
    #[arg(long, value_name = "FILE", default_value_os_t = in_target("pinn.svg"))]
    pub out: PathBuf,
    /// 100 steps, one seed, unless they are given.
    #[arg(long)]
    quick: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_well_formed() {
        Args::command().debug_assert();
    }
}
