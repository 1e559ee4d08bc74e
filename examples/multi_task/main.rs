//! One network, three tasks on handwritten digits: which digit it is, how much ink it takes, and what it looks
//! like. A shared trunk makes 16 features, and three heads read them. The losses differ much in scale; six ways
//! to combine them are compared with the same seeds and the same number of steps.
//!
//! No way wins everywhere, and the order depends on the budget. After 300 epochs all others draw better images
//! than the plain sum; GradNorm draws the best ones and pays for them with the highest cross entropy. After 60
//! epochs ConFIG and GradNorm tell digits worse than the plain sum, and `uncertainty` is no different from it:
//! a step of Adam moves its log-variances by about 0.001 at most. PCGrad and UPGrad stay close to the plain sum.
//! A sum with weights tuned by hand is not among the methods.
//!
//! ```text
//! cargo run --release --example multi_task
//! ```

mod args;
#[path = "../digits/data.rs"]
#[allow(dead_code)]
mod data;
mod losses;
mod network;
mod norms;
mod plot;
mod report;
mod runs;
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
fn compare(args: &args::Args) -> Result<(), Box<dyn Error + Send + Sync>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv");
    let digits = data::Digits::read(&file)?;
    if let Some(folder) = args.out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    println!("{} runs of {} epochs", train::METHODS.len() * args.seeds, args.epochs);
    let start = Instant::now();
    let results = runs::run(args, &digits)?;
    println!("done in {:.0} s\n", start.elapsed().as_secs_f64());
    match args.seeds {
        1 => println!("test errors after the last epoch"),
        seeds => println!("test errors after the last epoch, mean ± standard deviation over {seeds} seeds"),
    }
    println!("{}", report::table(&results));
    println!("times are of runs that share the cores; one wrong digit is 0.278 %");
    if args.seeds > 1 {
        println!("\nagainst the plain sum, beyond both deviations together (few seeds: a hint, not a test)");
        println!("{}", report::verdicts(&results));
    }
    plot::draw(&results, &args.out)?;
    println!("curves: {}", args.out.display());
    Ok(())
}
