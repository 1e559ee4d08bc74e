//! All runs, side by side on threads.

use crate::args::Args;
use crate::data::Digits;
use crate::train::{METHODS, Run, train};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::ThreadPoolBuilder;
use std::error::Error;
use std::sync::Mutex;

/// The runs: by method, then by seed.
pub type Results = Vec<Vec<Run>>;

/// Trains with every method and every seed.
pub fn run(args: &Args, digits: &Digits) -> Result<Results, Box<dyn Error + Send + Sync>> {
    let (training, test) = digits.split();
    let jobs: Vec<_> = (0..METHODS.len()).flat_map(|m| (0..args.seeds as u64).map(move |s| (m, s))).collect();
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} elapsed, {eta} left")?;
    let bar = ProgressBar::new((jobs.len() * args.epochs) as u64).with_style(style);
    let work = |&(method, seed): &(usize, u64)| {
        train(&METHODS[method], seed, (&training, &test), args.epochs, || bar.inc(1))
    };
    let runs: Result<Vec<Run>, _> = side_by_side(&jobs, args.threads, work).into_iter().collect();
    bar.finish_and_clear();
    Ok(runs?.chunks(args.seeds).map(<[_]>::to_vec).collect())
}

/// `work` on every job, up to `threads` at once; results in the order of the jobs. Each thread computes in a
/// rayon pool of its own: a pool of several threads, waiting for a matrix product, would begin another job
/// within the time of this one.
fn side_by_side<J: Sync, R: Send>(jobs: &[J], threads: usize, work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let queue = Mutex::new(jobs.iter().enumerate());
    let next = || queue.lock().expect("taking a job cannot panic").next();
    let drain = || std::iter::from_fn(next).map(|(place, job)| (place, work(job))).collect::<Vec<_>>();
    let worker = || match ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(drain),
        Err(_) => drain(),
    };
    let mut results = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(jobs.len())).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined
            .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Vec<_>>()
    });
    results.sort_by_key(|&(place, _)| place);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..40).collect();
        assert_eq!(
            side_by_side(&jobs, 3, |job| job * job),
            jobs.iter().map(|job| job * job).collect::<Vec<_>>()
        );
    }
}
