//! Times the forward and backward pass of one loss, and prints one line of JSON.
//!
//! ```text
//! cargo run --release --example speed -- <loss> <B> <K>
//!     [--backend fused|graph|hand] [--threads N] [--dtype f32|f64] [--cache]
//! ```
//!
//! Times are in milliseconds: the median and the minimum of 30 runs after 5 that are not counted. `extra_mb` is how
//! much the memory of the process grew at most while they ran.

mod hand;
mod losses;

use clap::{Parser, builder::PossibleValuesParser};
use dfdx::prelude::{Cache, Cpu, Device, Dtype};
use losses::{Backend, Inputs, NAMES};
use std::process::ExitCode;
use std::time::Instant;

const WARM_UP: usize = 5;
const RUNS: usize = 30;

/// Times the forward and backward pass of one loss, and prints one line of JSON.
#[derive(Parser)]
struct Request {
    /// What is timed.
    #[arg(value_parser = PossibleValuesParser::new(NAMES))]
    loss: String,
    /// Rows of the inputs.
    #[arg(value_name = "B")]
    rows: usize,
    /// Columns of the inputs.
    #[arg(value_name = "K")]
    columns: usize,
    /// The code that runs.
    #[arg(long, value_enum, default_value_t = Backend::Fused)]
    backend: Backend,
    /// Threads that share the work; 0 for one a core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// The type of the numbers.
    #[arg(long, value_parser = ["f32", "f64"], default_value = "f32")]
    dtype: String,
    /// Lets dfdx keep memory for later tensors.
    #[arg(long)]
    cache: bool,
}

/// The median and the minimum, in milliseconds, and the growth of memory, in megabytes.
fn time<E: Dtype>(request: &Request) -> Option<(f64, f64, f64)>
where
    Cpu: Device<E>,
{
    let dev = Cpu::default();
    if request.cache {
        dev.enable_cache();
    }
    let inputs = Inputs::<E>::new(&dev, request.rows, request.columns);
    let mut step = losses::step(&request.loss, request.backend, inputs)?;
    let before = memory_mb();
    let mut times = Vec::new();
    for run in 0..WARM_UP + RUNS {
        let start = Instant::now();
        step();
        if run >= WARM_UP {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    Some((times[RUNS / 2], times[0], peak_mb() - before))
}

/// The memory of this process, where the system tells; from here on, the largest one is counted.
fn memory_mb() -> f64 {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status_mb("VmRSS")
}

/// The largest memory since.
fn peak_mb() -> f64 {
    status_mb("VmHWM")
}

fn status_mb(entry: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(entry));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|n| n.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}

fn run(request: &Request) -> Result<(), String> {
    if request.threads > 0 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(request.threads);
        pool.build_global().map_err(|e| e.to_string())?;
    }
    let times = if request.dtype == "f64" { time::<f64>(request) } else { time::<f32>(request) };
    let Request { loss, rows, columns, backend, dtype, .. } = request;
    let (median, min, extra) = times.ok_or_else(|| format!("nobody wrote `{loss}` by hand"))?;
    let threads = rayon::current_num_threads();
    println!(
        "{{\"loss\":\"{loss}\",\"B\":{rows},\"K\":{columns},\"backend\":\"{backend:?}\",\"threads\":{threads},\
         \"dtype\":\"{dtype}\",\"median_ms\":{median:.5},\"min_ms\":{min:.5},\"extra_mb\":{extra:.1}}}"
    );
    Ok(())
}

fn main() -> ExitCode {
    match run(&Request::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
