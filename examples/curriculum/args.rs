//! The command line.

use crate::shared::flags::{count, in_target};
use clap::Parser;
use std::path::PathBuf;

/// Compares ways to weigh samples on handwritten digits with wrong labels.
#[derive(Debug, Parser)]
pub struct Args {
    /// Passes over the training images, 1 to 10000.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = count(1..=10_000))]
    #[arg(default_value_if("quick", "true", "2"))]
    pub epochs: usize,
    /// Runs of each way, 1 to 10000.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = count(1..=10_000))]
    #[arg(default_value_if("quick", "true", "1"))]
    pub seeds: usize,
    /// The plot, an SVG image.
    #[arg(long, value_name = "FILE", default_value_os_t = in_target("curriculum.svg"))]
    pub out: PathBuf,
    /// 2 epochs, one seed, unless they are given.
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
