//! All runs, side by side on threads.

use crate::args::Args;
use crate::data::Digits;
use crate::losses::Loss;
use crate::train::{Job, train};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::ThreadPoolBuilder;
use std::sync::Mutex;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// Test accuracy after each epoch.
pub type Curve = Vec<f64>;

/// The curves of all runs.
#[derive(Debug)]
pub struct Results {
    /// The noise rates in percent.
    pub noise: Vec<u32>,
    /// The losses.
    pub losses: Vec<&'static Loss>,
    /// Runs of each pair of noise rate and loss.
    pub seeds: usize,
    /// One curve a job, in the order of [`jobs`].
    pub curves: Vec<Curve>,
}

impl Results {
    /// The curves of one loss at one noise rate, both by place; one curve a seed.
    pub fn curves(&self, noise: usize, loss: usize) -> &[Curve] {
        let start = (noise * self.losses.len() + loss) * self.seeds;
        &self.curves[start..start + self.seeds]
    }
}

/// Trains every loss at every noise rate with every seed.
pub fn run(args: &Args, digits: &Digits) -> Results {
    let (train_part, test_part) = digits.split();
    let jobs = jobs(args);
    let bar = progress_bar(jobs.len() * args.epochs);
    let curves = side_by_side(&jobs, args.threads, |&job| {
        train(job, &train_part, &test_part, args.epochs, || bar.inc(1))
    });
    bar.finish_and_clear();
    Results { noise: args.noise.clone(), losses: args.losses.clone(), seeds: args.seeds, curves }
}

/// The seed runs fastest, then the loss, then the noise rate.
fn jobs(args: &Args) -> Vec<Job> {
    let mut jobs = Vec::new();
    for &noise in &args.noise {
        for loss in &args.losses {
            let job = |seed| Job { criterion: loss.criterion, noise, draw: args.draw, seed };
            jobs.extend((0..args.seeds as u64).map(job));
        }
    }
    jobs
}

/// A bar over epochs of all runs. It draws on standard error, and only where that is a terminal.
fn progress_bar(epochs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} elapsed, {eta} left")
        .expect("the template is well formed");
    let bar = ProgressBar::new(epochs as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// `work` on every job, up to `threads` at once; results in the order of the jobs. Each thread takes the next job of
/// the queue when it is done with one.
fn side_by_side<J: Sync, R: Send>(jobs: &[J], threads: usize, work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let queue = Mutex::new(jobs.iter().enumerate());
    let next = || queue.lock().expect("taking a job cannot panic").next();
    let worker = || {
        let mut done = Vec::new();
        while let Some((place, job)) = next() {
            done.push((place, work(job)));
        }
        done
    };
    let mut results = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads.min(jobs.len())).map(|_| scope.spawn(|| on_one_core(worker))).collect();
        workers.into_iter().flat_map(joined).collect::<Vec<_>>()
    });
    results.sort_by_key(|&(place, _)| place);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The worker's result, or its panic.
fn joined<R>(worker: ScopedJoinHandle<'_, R>) -> R {
    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs `work` in a rayon pool of one thread. dfdx hands its matrix products to as many threads as the current pool has:
/// with the global pool, runs side by side would take each other's cores.
fn on_one_core<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..40).collect();
        let slow_first = |&job: &u64| {
            std::thread::sleep(Duration::from_millis(if job < 3 { 20 } else { 0 }));
            job * job
        };
        let expected: Vec<u64> = jobs.iter().map(|job| job * job).collect();
        for threads in [1, 3, 100] {
            assert_eq!(side_by_side(&jobs, threads, slow_first), expected);
        }
        assert_eq!(side_by_side(&[], 2, slow_first), []);
    }

    #[test]
    fn each_job_sees_one_core() {
        assert_eq!(side_by_side(&[(); 4], 2, |()| rayon::current_num_threads()), [1; 4]);
    }

    #[test]
    fn curves_are_found_by_noise_and_loss() {
        let losses: Vec<&Loss> = crate::losses::LOSSES.iter().take(2).collect();
        let curves = (0..12).map(|place| vec![f64::from(place)]).collect();
        let results = Results { noise: vec![0, 40], losses, seeds: 3, curves };
        assert_eq!(results.curves(0, 0), [[0.0], [1.0], [2.0]]);
        assert_eq!(results.curves(1, 0), [[6.0], [7.0], [8.0]]);
        assert_eq!(results.curves(1, 1), [[9.0], [10.0], [11.0]]);
    }

    #[test]
    fn threads_do_not_change_the_numbers() {
        let digits = Digits {
            pixels: (0..64 * 60).map(|i| (i % 17) as f32 / 16.0).collect(),
            labels: (0..60).map(|i| i % 10).collect(),
        };
        let mut args = Args { epochs: 2, seeds: 2, noise: vec![0, 40], threads: 1, ..Args::default() };
        let alone = run(&args, &digits).curves;
        args.threads = 3;
        assert_eq!(run(&args, &digits).curves, alone);
    }
}
