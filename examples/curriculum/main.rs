//! Which samples should a network look at? Handwritten digits with 40 % wrong labels, learned with weights that follow
//! from the losses and change over the epochs, and with a robust loss for comparison.
//!
//! Strategies that favour high losses are made for clean data: here high losses are mostly wrong labels, and the table
//! shows it.
//!
//! ```text
//! cargo run --release --example curriculum
//! ```

#[path = "../digits/data.rs"]
#[allow(dead_code)]
mod data;
mod losses;
mod plot;
mod train;

use indicatif::{ProgressBar, ProgressStyle};
use losses::WAYS;
use std::error::Error;
use std::path::{Path, PathBuf};

const HELP: &str = "\
Compares ways to weigh samples on handwritten digits with wrong labels.

usage: cargo run --release --example curriculum -- [flags]

  --epochs N   passes over the training images [40]
  --seeds N    runs of each way                [3]
  --out FILE   the plot, an SVG image          [curriculum.svg in the target folder]
  --quick      2 epochs, one seed
  --help       print this text
";

struct Args {
    epochs: usize,
    seeds: usize,
    out: PathBuf,
}

/// `None` if help is asked for.
fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let mut args = Args { epochs: 40, seeds: 3, out: PathBuf::from(target).join("curriculum.svg") };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` stands without a value"));
        let number = |text: String| match text.parse() {
            Ok(number @ 1..=10_000) => Ok(number),
            _ => Err(format!("`{word}` does not take `{text}`: it is a whole number from 1 to 10000")),
        };
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--quick" => (args.epochs, args.seeds) = (2, 1),
            "--epochs" => args.epochs = number(value()?)?,
            "--seeds" => args.seeds = number(value()?)?,
            "--out" => args.out = value()?.into(),
            _ => return Err(format!("unknown argument `{word}`\nhelp: `--help` lists the flags")),
        }
    }
    Ok(Some(args))
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(args) = parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv");
    let (train, test) = data::Digits::read(&file)?.split();
    if let Some(folder) = args.out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    println!("{} % wrong labels, {} epochs, {} seeds", train::NOISE, args.epochs, args.seeds);
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} elapsed, {eta} left")?;
    let bar = ProgressBar::new((WAYS.len() * args.seeds * args.epochs) as u64).with_style(style);
    let run = |criterion| -> Vec<Vec<f64>> {
        let seeds = 0..args.seeds as u64;
        seeds.map(|seed| train::train(criterion, seed, (&train, &test), args.epochs, || bar.inc(1))).collect()
    };
    let results: Vec<Vec<Vec<f64>>> = WAYS.iter().map(|&(_, criterion)| run(criterion)).collect();
    bar.finish_and_clear();
    println!("\n{:12} {:>18} {:>18}", "test accuracy", "last epoch", "best epoch");
    for ((title, _), runs) in WAYS.iter().zip(&results) {
        let last = runs.iter().map(|curve| curve[curve.len() - 1]).collect();
        let best = runs.iter().map(|curve| curve.iter().copied().fold(0.0, f64::max)).collect();
        println!("{title:13} {:>18} {:>18}", spread(last), spread(best));
    }
    let means: Vec<Vec<f64>> = results.iter().map(|runs| mean_curve(runs)).collect();
    plot::draw(&means, &args.out)?;
    println!("\ncurves: {}", args.out.display());
    Ok(())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean and standard deviation, in percent.
fn spread(values: Vec<f64>) -> String {
    let centre = mean(&values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    let deviation = (squares / (values.len().max(2) - 1) as f64).sqrt();
    format!("{:.1} ± {:.1} %", 100.0 * centre, 100.0 * deviation)
}

/// The mean over the seeds, epoch by epoch.
fn mean_curve(runs: &[Vec<f64>]) -> Vec<f64> {
    (0..runs[0].len()).map(|i| mean(&runs.iter().map(|curve| curve[i]).collect::<Vec<_>>())).collect()
}
