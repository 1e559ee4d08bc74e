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

use dfdx::prelude::{Cache, Cpu, Device, Dtype};
use losses::{Backend, Inputs, NAMES};
use std::process::ExitCode;
use std::time::Instant;

const WARM_UP: usize = 5;
const RUNS: usize = 30;

struct Request {
    loss: String,
    rows: usize,
    columns: usize,
    backend: Backend,
    threads: usize,
    double: bool,
    cache: bool,
}

impl Request {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Request, String> {
        let mut positional = Vec::new();
        let (mut backend, mut threads, mut double, mut cache) = (Backend::Fused, 0, false, false);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--backend" => {
                    backend = match value()?.as_str() {
                        "fused" => Backend::Fused,
                        "graph" => Backend::Graph,
                        "hand" => Backend::Hand,
                        other => return Err(format!("there is no backend `{other}`")),
                    }
                }
                "--threads" => threads = number(&value()?)?,
                "--dtype" => double = value()? == "f64",
                "--cache" => cache = true,
                _ => positional.push(arg),
            }
        }
        let [loss, rows, columns] = &positional[..] else {
            return Err("usage: speed <loss> <B> <K> [--backend fused|graph|hand] [--threads N] \
                        [--dtype f32|f64] [--cache]"
                .to_owned());
        };
        if !NAMES.contains(&loss.as_str()) {
            return Err(format!("there is no loss `{loss}`; there are {}", NAMES.join(", ")));
        }
        let (rows, columns) = (number(rows)?, number(columns)?);
        Ok(Request { loss: loss.clone(), rows, columns, backend, threads, double, cache })
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
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

fn run() -> Result<(), String> {
    let request = Request::parse(std::env::args().skip(1))?;
    if request.threads > 0 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(request.threads);
        pool.build_global().map_err(|e| e.to_string())?;
    }
    let times = if request.double { time::<f64>(&request) } else { time::<f32>(&request) };
    let Request { loss, rows, columns, backend, .. } = &request;
    let (median, min, extra) = times.ok_or_else(|| format!("nobody wrote `{loss}` by hand"))?;
    let (threads, dtype) = (rayon::current_num_threads(), if request.double { "f64" } else { "f32" });
    println!(
        "{{\"loss\":\"{loss}\",\"B\":{rows},\"K\":{columns},\"backend\":\"{backend:?}\",\"threads\":{threads},\
         \"dtype\":\"{dtype}\",\"median_ms\":{median:.4},\"min_ms\":{min:.4},\"extra_mb\":{extra:.1}}}"
    );
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
