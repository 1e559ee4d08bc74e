//! The command line.

use crate::losses::{Entry, LOSSES};
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Trains one small network with every multi-class loss of the catalogue, on handwritten digits with right and wrong
labels and with a long tail of classes.

usage: cargo run --release --example zoo -- [flags]

  --epochs N   passes over as many images as the whole training part has, 1 to 10000  [100]
  --seeds N    runs of each loss on each training set, 1 to 100                       [3]
  --only NAME  the losses with NAME in their name, in upper or lower case             [all]
  --out FILE   the plot, an SVG image                                                 [zoo.svg in the target folder]
  --quick      2 epochs, one seed
  --help       print this text
";

/// What to do.
#[derive(Debug, PartialEq)]
pub struct Args {
    /// Passes over as many images as the whole training part has.
    pub epochs: usize,
    /// Runs of each loss on each training set.
    pub seeds: usize,
    /// The losses to compare.
    pub losses: Vec<&'static Entry>,
    /// The file of the plot.
    pub out: PathBuf,
}

impl Default for Args {
    fn default() -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        Self {
            epochs: 100,
            seeds: 3,
            losses: LOSSES.iter().collect(),
            out: PathBuf::from(target).join("zoo.svg"),
        }
    }
}

/// Reads the arguments after the program's name; `None` if help is asked for.
pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let mut args = Args::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` stands without a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--quick" => (args.epochs, args.seeds) = (2, 1),
            "--epochs" => args.epochs = number(&word, &value()?, 10_000)?,
            "--seeds" => args.seeds = number(&word, &value()?, 100)?,
            "--only" => args.losses = named(&value()?)?,
            "--out" => args.out = value()?.into(),
            _ => return Err(format!("unknown argument `{word}`\nhelp: `--help` lists the flags")),
        }
    }
    Ok(Some(args))
}

/// A whole number from 1 to `high`.
fn number(flag: &str, text: &str, high: usize) -> Result<usize, String> {
    let fault = || format!("`{flag}` does not take `{text}`\nhelp: expected a whole number from 1 to {high}");
    text.parse().ok().filter(|value| (1..=high).contains(value)).ok_or_else(fault)
}

/// The losses with `part` in their name.
fn named(part: &str) -> Result<Vec<&'static Entry>, String> {
    let part_lower = part.to_lowercase();
    let found: Vec<_> = LOSSES.iter().filter(|loss| loss.name.to_lowercase().contains(&part_lower)).collect();
    if found.is_empty() {
        let names: Vec<&str> = LOSSES.iter().map(|loss| loss.name).collect();
        return Err(format!("no loss has `{part}` in its name\nhelp: there are {}", names.join(", ")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &str) -> Result<Option<Args>, String> {
        parse(words.split_whitespace().map(String::from))
    }

    #[test]
    fn every_flag_is_read() {
        let args = parse_words("--epochs 7 --seeds 2 --only ncerce --out a.svg").unwrap().unwrap();
        assert_eq!((args.epochs, args.seeds, args.out), (7, 2, "a.svg".into()));
        assert_eq!(args.losses.iter().map(|loss| loss.name).collect::<Vec<_>>(), ["NceRce"]);
        let quick = parse_words("--quick").unwrap().unwrap();
        assert_eq!((quick.epochs, quick.seeds, quick.losses.len()), (2, 1, LOSSES.len()));
        assert_eq!(parse_words("--seeds 4 --help"), Ok(None));
        assert_eq!(parse_words(""), Ok(Some(Args::default())));
    }

    #[test]
    fn unfit_words_say_why() {
        assert!(parse_words("--epochs 0").unwrap_err().contains("from 1 to 10000"));
        assert!(parse_words("--seeds many").unwrap_err().contains("does not take `many`"));
        assert!(parse_words("--seeds").unwrap_err().contains("without a value"));
        assert!(parse_words("--speed 3").unwrap_err().contains("unknown argument `--speed`"));
        let unknown = parse_words("--only nosuch").unwrap_err();
        assert!(unknown.contains("`nosuch`") && unknown.contains("CrossEntropy, "), "{unknown}");
    }
}
