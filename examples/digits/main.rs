//! Which loss survives wrong labels? A small network learns handwritten digits from labels of which 0, 40, 60 and 80 % are
//! wrong, once with each of four losses written in index notation; a table and a plot compare the test accuracies.
//!
//! ```text
//! cargo run --release --example digits
//! ```

mod args;
mod data;
mod losses;
mod plot;
mod report;
mod runs;
mod train;

use args::Args;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let outcome = match args::parse(std::env::args_os().skip(1)) {
        Ok(None) => {
            print!("{}", args::HELP);
            Ok(())
        }
        Ok(Some(args)) => compare(&args).map_err(|error| (error, 1)),
        Err(error) => Err((error.into(), 2)),
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
fn compare(args: &Args) -> Result<(), Box<dyn Error>> {
    let digits = data::Digits::read(&args.data)?;
    claim(&args.out)?;
    let count = args.noise.len() * args.losses.len() * args.seeds;
    println!("{count} runs of {} epochs, {} at a time", args.epochs, args.threads.min(count));
    let start = Instant::now();
    let results = runs::run(args, &digits);
    println!("done in {:.0} s\n", start.elapsed().as_secs_f64());
    println!("test accuracy after the last epoch{}", spread(args.seeds));
    println!("{}", report::table(&results));
    plot::draw(&results, &args.out)
        .map_err(|error| format!("cannot draw `{}`: {error}", args.out.display()))?;
    println!("curves: {}", args.out.display());
    Ok(())
}

/// What the numbers of the table are, if not those of a single run.
fn spread(seeds: usize) -> String {
    if seeds == 1 { String::new() } else { format!(", mean ± standard deviation over {seeds} seeds") }
}

/// Makes sure that the plot can be written, before the time is spent on the runs.
fn claim(path: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let made = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::OpenOptions::new().create(true).append(true).open(path));
    made.map(drop).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}
