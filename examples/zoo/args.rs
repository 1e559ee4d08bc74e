//! The command line.

use crate::losses::{Entry, LOSSES};
use crate::shared::flags::{count, in_target};
use clap::Parser;
use std::path::PathBuf;

/// Trains one small network with every multi-class loss of the catalogue, on handwritten digits with right and wrong
/// labels and with a long tail of classes.
#[derive(Debug, Parser)]
pub struct Args {
    /// Passes over as many images as the whole training part has, 1 to 10000.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = count(1..=10_000))]
    #[arg(default_value_if("quick", "true", "2"))]
    pub epochs: usize,
    /// Runs of each loss on each training set, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = count(1..=100))]
    #[arg(default_value_if("quick", "true", "1"))]
    pub seeds: usize,
    /// The losses with NAME in their name, in upper or lower case; by default all.
    #[arg(long = "only", value_name = "NAME", default_value = "", hide_default_value = true)]
    #[arg(value_parser = named)]
    pub losses: Entries,
    /// The plot, an SVG image.
    #[arg(long, value_name = "FILE", default_value_os_t = in_target("zoo.svg"))]
    pub out: PathBuf,
    /// 2 epochs, one seed, unless they are given.
    #[arg(long)]
    quick: bool,
}

/// Several losses from one value. By its own name, clap would take the type for several values.
type Entries = Vec<&'static Entry>;

/// The losses with `part` in their name.
fn named(part: &str) -> Result<Entries, String> {
    let part = part.to_lowercase();
    let found: Vec<_> = LOSSES.iter().filter(|loss| loss.name.to_lowercase().contains(&part)).collect();
    if found.is_empty() {
        let names: Vec<&str> = LOSSES.iter().map(|loss| loss.name).collect();
        return Err(format!("no loss has it in its name\n\nthere are {}", names.join(", ")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_well_formed() {
        Args::command().debug_assert();
        assert_eq!(Args::parse_from(["zoo"]).losses.len(), LOSSES.len());
    }

    #[test]
    fn a_part_of_the_name_is_enough() {
        assert_eq!(named("ncerce").unwrap().iter().map(|loss| loss.name).collect::<Vec<_>>(), ["NceRce"]);
        assert!(named("nosuch").unwrap_err().contains("there are CrossEntropy, "));
    }
}
