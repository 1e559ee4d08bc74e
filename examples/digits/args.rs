//! The command line.

use crate::losses::{LOSSES, Loss};
use crate::shared::data::shipped;
use crate::shared::flags::{cores, count, in_target};
use crate::shared::noise::Draw;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{CommandFactory, Parser, error::ErrorKind, value_parser};
use std::fmt::Display;
use std::path::PathBuf;

/// Trains a small network on handwritten digits with ever more wrong labels, once with each loss, then prints a table of
/// test accuracies and draws their curves.
#[derive(Debug, Parser)]
#[command(name = "digits")]
pub struct Args {
    /// Shares of wrong training labels, in percent.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0,40,60,80")]
    #[arg(value_parser = value_parser!(u32).range(0..=100))]
    pub noise: Vec<u32>,
    /// A wrong label is drawn from the 9 `others` or from `all` classes (one in ten stays right).
    #[arg(long, value_name = "CLASSES", default_value_t = Draw::All, value_enum, hide_possible_values = true)]
    pub draw: Draw,
    /// The losses to compare; by default all.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values = names(), hide_default_value = true)]
    #[arg(value_parser = PossibleValuesParser::new(names()).map(named))]
    pub losses: Vec<&'static Loss>,
    /// Passes over the training images, 1 to 10000.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = count(1..=10_000))]
    pub epochs: usize,
    /// Runs of each loss and noise rate, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = count(1..=100))]
    pub seeds: usize,
    /// Runs at the same time, 1 to 256; by default one a core.
    #[arg(long, value_name = "N", default_value_t = cores(), value_parser = count(1..=256))]
    pub threads: usize,
    /// Images: 64 pixels and the digit on each line.
    #[arg(long, value_name = "FILE", default_value_os_t = shipped())]
    pub data: PathBuf,
    /// The plot, an SVG image.
    #[arg(long, value_name = "FILE", default_value_os_t = in_target("digits.svg"))]
    pub out: PathBuf,
}

impl Args {
    /// Reads the command line; ends the program where that makes no sense.
    pub fn read() -> Self {
        Self::parse().checked().unwrap_or_else(|error| error.exit())
    }

    /// What a list names twice would be trained twice.
    fn checked(self) -> Result<Self, clap::Error> {
        let names: Vec<&str> = self.losses.iter().map(|loss| loss.name).collect();
        let fault = twice("noise", &self.noise).or_else(|| twice("losses", &names));
        fault.map_or(Ok(self), |text| Err(Self::command().error(ErrorKind::ValueValidation, text)))
    }
}

/// A complaint about the first item that stands there again.
fn twice<T: Display + PartialEq>(flag: &str, items: &[T]) -> Option<String> {
    let again = (0..items.len()).find(|&i| items[..i].contains(&items[i]))?;
    Some(format!("`--{flag}` names `{}` twice", items[again]))
}

/// The names of all losses.
fn names() -> impl Iterator<Item = &'static str> {
    LOSSES.iter().map(|loss| loss.name)
}

/// The loss of that name.
fn named(name: String) -> &'static Loss {
    LOSSES.iter().find(|loss| loss.name == name).expect("clap lets only these names pass")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn nothing_means_all_losses_and_lists_keep_their_order() {
        let read = |words: &[&str]| Args::try_parse_from(words).unwrap().checked().unwrap();
        let names = |args: &Args| args.losses.iter().map(|loss| loss.name).collect::<Vec<_>>();
        let args = read(&["digits"]);
        assert_eq!((args.noise.as_slice(), names(&args)), (&[0, 40, 60, 80][..], super::names().collect()));
        let args = read(&["digits", "--noise", "80,0", "--losses=gce,ce"]);
        assert_eq!((args.noise.as_slice(), names(&args)), (&[80, 0][..], vec!["gce", "ce"]));
    }

    #[test]
    fn nothing_is_named_twice() {
        let fault = |words: [&str; 3]| Args::parse_from(words).checked().unwrap_err().to_string();
        assert!(fault(["digits", "--noise", "40,0,40"]).contains("`--noise` names `40` twice"));
        assert!(fault(["digits", "--losses", "ce,gce,ce"]).contains("`--losses` names `ce` twice"));
    }
}
