//! The command line.

use crate::data::Draw;
use crate::losses::{LOSSES, Loss};
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// What `--help` prints.
pub const HELP: &str = "\
Trains a small network on handwritten digits with ever more wrong labels, once with each loss,
then prints a table of test accuracies and draws their curves.

usage: cargo run --release --example digits -- [flags]

  --noise LIST    shares of wrong training labels, in percent   [0,40,60,80]
  --draw CLASSES  a wrong label is drawn from `others` (the 9 other
                  classes) or `all` (one in ten stays right)    [all]
  --losses LIST   losses: ce, poly1, gce, nce_rce               [all]
  --epochs N      passes over the training images, 1 to 10000   [60]
  --seeds N       runs of each loss and noise rate, 1 to 100    [3]
  --threads N     runs at the same time, 1 to 256               [number of cores]
  --data FILE     images: 64 pixels and the digit on each line  [examples/data/digits.csv]
  --out FILE      the plot, an SVG image                        [digits.svg in the target folder]
  --help          print this text
";

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    /// Noise rates in percent.
    pub noise: Vec<u32>,
    /// The classes that corrupted labels are drawn from.
    pub draw: Draw,
    /// The losses to compare.
    pub losses: Vec<&'static Loss>,
    /// Passes over the training data.
    pub epochs: usize,
    /// Runs of each loss and noise rate; the seeds are counted from 0.
    pub seeds: usize,
    /// Runs at the same time.
    pub threads: usize,
    /// The file of images.
    pub data: PathBuf,
    /// The file of the plot.
    pub out: PathBuf,
}

impl Default for Args {
    fn default() -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        Self {
            noise: vec![0, 40, 60, 80],
            draw: Draw::All,
            losses: LOSSES.iter().collect(),
            epochs: 60,
            seeds: 3,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            data: Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv"),
            out: PathBuf::from(target).join("digits.svg"),
        }
    }
}

/// Why the command line makes no sense.
#[derive(Debug, PartialEq, Error)]
pub enum ArgError {
    #[error("argument {0:?} is not valid Unicode")]
    Unicode(OsString),
    #[error("unknown argument `{0}`\nhelp: `--help` lists the flags")]
    Unknown(String),
    #[error("`{flag}` stands without a value\nhelp: expected {expected}")]
    Missing { flag: &'static str, expected: &'static str },
    #[error("`{flag}` does not take `{value}`\nhelp: expected {expected}")]
    Value { flag: &'static str, value: String, expected: &'static str },
    #[error("`{flag}` names `{item}` twice")]
    Twice { flag: &'static str, item: String },
}

/// Reads the arguments after the program's name; `None` if help is asked for.
pub fn parse(raw: impl IntoIterator<Item = OsString>) -> Result<Option<Args>, ArgError> {
    let mut args = Args::default();
    let mut words = raw.into_iter().map(|word| word.into_string().map_err(ArgError::Unicode));
    while let Some(word) = words.next().transpose()? {
        if word == "--help" || word == "-h" {
            return Ok(None);
        }
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (word.as_str(), None),
        };
        let flag =
            FLAGS.iter().find(|flag| flag.name == name).ok_or_else(|| ArgError::Unknown(word.clone()))?;
        let value = match inline {
            Some(value) => Some(value),
            None => words.next().transpose()?,
        };
        // A flag in the place of a value means that the value was forgotten.
        let value = value.filter(|value| !value.is_empty() && !value.starts_with("--"));
        let value = value.ok_or(ArgError::Missing { flag: flag.name, expected: flag.expected })?;
        (flag.set)(&mut args, &value).map_err(|fault| fault.of(flag, value))?;
    }
    Ok(Some(args))
}

/// A flag that takes a value.
struct Flag {
    name: &'static str,
    expected: &'static str,
    /// Puts a value in its place.
    set: fn(&mut Args, &str) -> Result<(), Fault>,
}

/// What is wrong with a value.
enum Fault {
    /// It is not what was expected.
    Unfit,
    /// This item of the list stands there twice.
    Twice(String),
}

impl Fault {
    fn of(self, flag: &Flag, value: String) -> ArgError {
        match self {
            Self::Unfit => ArgError::Value { flag: flag.name, value, expected: flag.expected },
            Self::Twice(item) => ArgError::Twice { flag: flag.name, item },
        }
    }
}

const FLAGS: &[Flag] = &[
    Flag {
        name: "--noise",
        expected: "whole percentages from 0 to 100, separated by commas, as in `0,40,60,80`",
        set: |args, value| list(value, |item| number(item, 0..=100)).map(|noise| args.noise = noise),
    },
    Flag {
        name: "--draw",
        expected: "`others` or `all`",
        set: |args, value| draw(value).map(|draw| args.draw = draw),
    },
    Flag {
        name: "--losses",
        expected: "names out of `ce`, `poly1`, `gce`, `nce_rce`, separated by commas",
        set: |args, value| list(value, loss).map(|losses| args.losses = losses),
    },
    Flag {
        name: "--epochs",
        expected: "a whole number from 1 to 10000",
        set: |args, value| number(value, 1..=10_000).map(|epochs| args.epochs = epochs),
    },
    Flag {
        name: "--seeds",
        expected: "a whole number from 1 to 100",
        set: |args, value| number(value, 1..=100).map(|seeds| args.seeds = seeds),
    },
    Flag {
        name: "--threads",
        expected: "a whole number from 1 to 256",
        set: |args, value| number(value, 1..=256).map(|threads| args.threads = threads),
    },
    Flag {
        name: "--data",
        expected: "the path of a CSV file",
        set: |args, value| path(value).map(|path| args.data = path),
    },
    Flag {
        name: "--out",
        expected: "the path of the SVG file to write",
        set: |args, value| path(value).map(|path| args.out = path),
    },
];

/// A whole number in `range`.
fn number<T: FromStr + PartialOrd>(text: &str, range: RangeInclusive<T>) -> Result<T, Fault> {
    text.trim().parse().ok().filter(|value| range.contains(value)).ok_or(Fault::Unfit)
}

/// Any path; whether it can be used shows when it is opened.
fn path(text: &str) -> Result<PathBuf, Fault> {
    Ok(text.into())
}

/// The classes that wrong labels come from.
fn draw(name: &str) -> Result<Draw, Fault> {
    match name {
        "others" => Ok(Draw::Others),
        "all" => Ok(Draw::All),
        _ => Err(Fault::Unfit),
    }
}

/// A loss by its short name.
fn loss(name: &str) -> Result<&'static Loss, Fault> {
    LOSSES.iter().find(|loss| loss.name == name.trim()).ok_or(Fault::Unfit)
}

/// Items separated by commas, each once.
fn list<T: PartialEq>(text: &str, item: impl Fn(&str) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let mut items = Vec::new();
    for text in text.split(',') {
        let next = item(text)?;
        if items.contains(&next) {
            return Err(Fault::Twice(text.trim().to_string()));
        }
        items.push(next);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Option<Args>, ArgError> {
        parse(words.iter().map(OsString::from))
    }

    fn message(words: &[&str]) -> String {
        parse_words(words).unwrap_err().to_string()
    }

    fn names(args: &Args) -> Vec<&str> {
        args.losses.iter().map(|loss| loss.name).collect()
    }

    #[test]
    fn nothing_means_the_defaults() {
        let args = parse_words(&[]).unwrap().unwrap();
        assert_eq!(args, Args::default());
        assert_eq!((args.epochs, args.seeds, args.noise.as_slice()), (60, 3, &[0, 40, 60, 80][..]));
        assert_eq!(names(&args), ["ce", "poly1", "gce", "nce_rce"]);
        assert!(args.threads >= 1);
    }

    #[test]
    fn every_flag_is_read_in_both_spellings() {
        let words = "--noise 80,0 --draw others --losses=gce,ce --epochs 7 --seeds=2 --threads 5 --data a=b.csv --out=c=d.svg";
        let args = parse_words(&words.split(' ').collect::<Vec<_>>()).unwrap().unwrap();
        assert_eq!((args.noise.as_slice(), names(&args)), (&[80, 0][..], vec!["gce", "ce"]));
        assert_eq!((args.draw, args.epochs, args.seeds, args.threads), (Draw::Others, 7, 2, 5));
        assert_eq!((args.data, args.out), ("a=b.csv".into(), "c=d.svg".into()));
    }

    #[test]
    fn help_wins_over_what_follows() {
        assert_eq!(parse_words(&["--epochs", "3", "--help", "--nonsense"]), Ok(None));
        assert_eq!(parse_words(&["-h"]), Ok(None));
    }

    #[test]
    fn the_help_text_names_every_flag_and_loss() {
        assert!(FLAGS.iter().all(|flag| HELP.contains(flag.name)));
        let losses = FLAGS.iter().find(|flag| flag.name == "--losses").unwrap();
        assert!(LOSSES.iter().all(|loss| HELP.contains(loss.name) && losses.expected.contains(loss.name)));
    }

    #[test]
    fn unfit_values_say_what_was_expected() {
        for (flag, values) in [
            ("--noise", &["101", "-1", "a", "40,,60", "0.5", "40;60"][..]),
            ("--losses", &["mse", "ce,", "CE"]),
            ("--draw", &["other", "10"]),
            ("--epochs", &["0", "10001", "ten", "1e3", "99999999999999999999"]),
            ("--seeds", &["0", "101", "3.0"]),
            ("--threads", &["0", "257", "-2"]),
        ] {
            for &value in values {
                let text = message(&[flag, value]);
                let head = format!("`{flag}` does not take `{value}`\nhelp: expected ");
                assert!(text.starts_with(&head), "{text}");
            }
        }
    }

    #[test]
    fn forgotten_values_unknown_flags_and_repeats_are_errors() {
        let missing = "`--epochs` stands without a value\nhelp: expected a whole number from 1 to 10000";
        assert_eq!(message(&["--epochs"]), missing);
        assert_eq!(message(&["--epochs", "--seeds", "3"]), missing);
        assert_eq!(message(&["--epochs="]), missing);
        assert_eq!(message(&["--epoch", "3"]), "unknown argument `--epoch`\nhelp: `--help` lists the flags");
        assert_eq!(message(&["3"]), "unknown argument `3`\nhelp: `--help` lists the flags");
        assert_eq!(message(&["--noise", "40, 40"]), "`--noise` names `40` twice");
        assert_eq!(message(&["--losses", "ce,gce,ce"]), "`--losses` names `ce` twice");
    }
}
