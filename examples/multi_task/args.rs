//! The command line.

use crate::shared::flags::{cores, count, in_target};
use clap::Parser;
use std::path::PathBuf;

/// Trains one network on three tasks of handwritten digits, with six ways to combine their losses.
#[derive(Debug, Parser)]
pub struct Args {
    /// Passes over the training images, 1 to 10000.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = count(1..=10_000))]
    #[arg(default_value_if("quick", "true", "3"))]
    pub epochs: usize,
    /// Runs of each method, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = count(1..=100))]
    #[arg(default_value_if("quick", "true", "1"))]
    pub seeds: usize,
    /// Runs at the same time, 1 to 256; by default one a core.
    #[arg(long, value_name = "N", default_value_t = cores(), value_parser = count(1..=256))]
    pub threads: usize,
    /// The plot, an SVG image.
    #[arg(long, value_name = "FILE", default_value_os_t = in_target("multi_task.svg"))]
    pub out: PathBuf,
    /// 3 epochs, one seed, unless they are given.
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

    #[test]
    fn quick_gives_way_to_numbers() {
        let args = Args::parse_from(["multi_task", "--epochs", "7", "--quick"]);
        assert_eq!((args.epochs, args.seeds), (7, 1));
    }
}
