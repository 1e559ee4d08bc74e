//! The command line.

use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Trains a physics-informed network with three ways to combine the gradients of its loss terms.

usage: cargo run --release --example pinn -- [flags]

  --steps N    steps of each run, 50 to 1000000          [2000]
  --seeds N    runs of each method, 1 to 100             [3]
  --threads N  runs at the same time, 1 to 256           [number of cores]
  --out FILE   the plot, an SVG image                    [pinn.svg in the target folder]
  --quick      100 steps, one seed
  --help       print this text
";

/// What to do.
pub struct Args {
    /// Steps of each run.
    pub steps: usize,
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
    let mut args = Args { steps: 2000, seeds: 3, threads, out: PathBuf::from(target).join("pinn.svg") };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` stands without a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--quick" => (args.steps, args.seeds) = (100, 1),
            "--steps" => args.steps = number(&word, &value()?, 50, 1_000_000)?,
            "--seeds" => args.seeds = number(&word, &value()?, 1, 100)?,
            "--threads" => args.threads = number(&word, &value()?, 1, 256)?,
            "--out" => args.out = value()?.into(),
            _ => return Err(format!("unknown argument `{word}`\nhelp: `--help` lists the flags")),
        }
    }
    Ok(Some(args))
}

/// A whole number from `low` to `high`.
fn number(flag: &str, text: &str, low: usize, high: usize) -> Result<usize, String> {
    let fault =
        || format!("`{flag}` does not take `{text}`\nhelp: expected a whole number from {low} to {high}");
    text.parse().ok().filter(|value| (low..=high).contains(value)).ok_or_else(fault)
}
