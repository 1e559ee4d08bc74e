//! All runs, side by side on threads.

use crate::args::Args;
use crate::data::Digits;
use crate::losses::Entry;
use crate::metrics::Scores;
use crate::settings::SETTINGS;
use crate::train::{Job, train};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::ThreadPoolBuilder;
use std::error::Error;
use std::sync::Mutex;
use std::time::Duration;

/// The scores of all runs.
#[derive(Debug)]
pub struct Results {
    /// The losses.
    pub losses: Vec<&'static Entry>,
    /// Runs of each loss in each setting.
    pub seeds: usize,
    /// By setting, then by loss, then by seed.
    pub scores: Vec<Scores>,
}

impl Results {
    /// The scores of one loss in one setting, both by place; one a seed.
    pub fn of(&self, setting: usize, loss: usize) -> &[Scores] {
        let start = (setting * self.losses.len() + loss) * self.seeds;
        &self.scores[start..start + self.seeds]
    }
}

/// Trains with every loss in every setting with every seed.
pub fn run(args: &Args, digits: &Digits) -> Result<Results, Box<dyn Error>> {
    let (training, test) = digits.split();
    let mut jobs = Vec::new();
    for setting in SETTINGS {
        for loss in &args.losses {
            jobs.extend((0..args.seeds as u64).map(|seed| Job { criterion: loss.criterion, setting, seed }));
        }
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} runs  {elapsed} elapsed, {eta} left")?;
    let bar = ProgressBar::new(jobs.len() as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_secs(1));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let scores = side_by_side(&jobs, threads, |&job| {
        let scores = train(job, &training, &test, args.epochs);
        bar.inc(1);
        scores
    });
    bar.finish_and_clear();
    Ok(Results { losses: args.losses.clone(), seeds: args.seeds, scores })
}

/// `work` on every job, up to `threads` at once; results in the order of the jobs. Each thread computes in a
/// rayon pool of its own: dfdx hands its matrix products to the current pool, and with a common one the runs would take
/// each other's cores.
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
        let squares: Vec<u64> = jobs.iter().map(|job| job * job).collect();
        assert_eq!(side_by_side(&jobs, 3, |job| job * job), squares);
    }

    #[test]
    fn scores_are_found_by_setting_and_loss() {
        let scores = |accuracy| Scores { accuracy, tail: 0.0, calibration: 0.0 };
        let losses = crate::losses::LOSSES.iter().take(2).collect();
        let results = Results { losses, seeds: 3, scores: (0..24).map(|i| scores(f64::from(i))).collect() };
        assert_eq!(results.of(1, 0), [scores(6.0), scores(7.0), scores(8.0)]);
        assert_eq!(results.of(3, 1), [scores(21.0), scores(22.0), scores(23.0)]);
    }
}
