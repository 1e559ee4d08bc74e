//! The command line.

use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Trains one network on three tasks of handwritten digits, with six ways to combine their losses.

usage: cargo run --release --example multi_task -- [flags]

  --epochs N   passes over the training images, 1 to 10000  [300]
  --seeds N    runs of each method, 1 to 100                [3]
  --threads N  runs at the same time, 1 to 256              [number of cores]
  --out FILE   the plot, an SVG image                       [multi_task.svg in the target folder]
  --quick      3 epochs, one seed
  --help       print this text
";

/// What to do.
#[derive(Debug, PartialEq)]
pub struct Args {
    /// Passes over the training images.
    pub epochs: usize,
    /// Runs of each method.
    pub seeds: usize,
    /// Runs at the same time.
    pub threads: usize,
    /// The file of the plot.
    pub out: PathBuf,
}

/// Reads the arguments after the program's name; `None` if help is asked for.
pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut args = Args { epochs: 300, seeds: 3, threads, out: PathBuf::from(target).join("multi_task.svg") };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` stands without a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--quick" => (args.epochs, args.seeds) = (3, 1),
            "--epochs" => args.epochs = number(&word, &value()?, 10_000)?,
            "--seeds" => args.seeds = number(&word, &value()?, 100)?,
            "--threads" => args.threads = number(&word, &value()?, 256)?,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &str) -> Result<Option<Args>, String> {
        parse(words.split_whitespace().map(String::from))
    }

    #[test]
    fn every_flag_is_read() {
        let args = parse_words("--epochs 7 --seeds 2 --threads 5 --out a.svg").unwrap().unwrap();
        assert_eq!(args, Args { epochs: 7, seeds: 2, threads: 5, out: "a.svg".into() });
        let quick = parse_words("--quick").unwrap().unwrap();
        assert_eq!((quick.epochs, quick.seeds), (3, 1));
        assert_eq!(parse_words("--seeds 4 --help"), Ok(None));
    }

    #[test]
    fn unfit_words_say_why() {
        assert!(parse_words("--epochs 0").unwrap_err().contains("from 1 to 10000"));
        assert!(parse_words("--seeds").unwrap_err().contains("without a value"));
        assert!(parse_words("--speed 3").unwrap_err().contains("unknown argument `--speed`"));
    }
}
