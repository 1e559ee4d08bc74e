//! The multi-class losses of the catalogue side by side: one small network, one budget, four training sets made of the
//! same handwritten digits (labels right, 40 % wrong, 60 % wrong; and a long tail of classes). A table for each training
//! set, sorted by accuracy, and a plot.
//!
//! What the default run shows, with three seeds and nothing tuned. With right labels nearly all are at 97 %, and label
//! smoothing is ahead. With wrong labels the pairs of an active and a passive loss, symmetric and generalized cross
//! entropy are well ahead of cross entropy, as their papers say; normalized cross entropy and normalized focal loss
//! alone are not. Focal loss, sparsemax, LDAM with scale 30 and Z-loss fall behind cross entropy. Mean absolute error and
//! its three relatives, which are the same up to a factor, hold out, too, but now and then they give up a class, and with
//! a long tail all the rare ones. There the losses that know the class counts lead, except for vector scaling: with its
//! defaults it is best at the rare classes and pays with the frequent ones.
//!
//! Each loss is generated code of its own, and so the compiler works on this example for some minutes.
//!
//! ```text
//! cargo run --release --example zoo
//! ```

mod args;
#[path = "../digits/data.rs"]
#[allow(dead_code)]
mod data;
mod losses;
mod metrics;
mod plot;
mod report;
mod runs;
mod settings;
mod train;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let outcome = match args::parse(std::env::args().skip(1)) {
        Ok(None) => {
            print!("{}", args::HELP);
            Ok(())
        }
        Ok(Some(args)) => compare(&args).map_err(|error| (error.to_string(), 1)),
        Err(error) => Err((error, 2)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((error, code)) => {
            eprintln!("error: {error}");
            ExitCode::from(code)
        }
    }
}

/// The whole comparison.
fn compare(args: &args::Args) -> Result<(), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv");
    let digits = data::Digits::read(&file)?;
    claim(&args.out)?;
    let count = settings::SETTINGS.len() * args.losses.len() * args.seeds;
    println!("{count} runs of {} epochs", args.epochs);
    let start = Instant::now();
    let results = runs::run(args, &digits)?;
    println!("done in {:.0} s\n", start.elapsed().as_secs_f64());
    println!("{}", report::tables(&results));
    println!("{}", report::NOTES);
    plot::draw(&results, &args.out)
        .map_err(|error| format!("cannot draw `{}`: {error}", args.out.display()))?;
    println!("plot: {}", args.out.display());
    Ok(())
}

/// Makes sure that the plot can be written, before the time is spent on the runs.
fn claim(path: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let made = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::OpenOptions::new().create(true).append(true).open(path));
    made.map(drop).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}
