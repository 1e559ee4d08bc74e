//! Runs side by side on threads.

use indicatif::{ProgressBar, ProgressStyle};
use rayon::ThreadPoolBuilder;
use std::sync::Mutex;
use std::time::Duration;

/// A bar over so many steps. It draws on standard error, and only where that is a terminal.
pub fn progress_bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} elapsed, {eta} left")
        .expect("the template is well formed");
    let bar = ProgressBar::new(steps as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// `work` for every method with every seed, up to `threads` at once; results by method, then by seed.
pub fn each_seed<M: Sync, R: Send>(
    methods: &[M],
    seeds: usize,
    threads: usize,
    work: impl Fn(&M, u64) -> R + Sync,
) -> Vec<Vec<R>> {
    let jobs: Vec<_> = methods.iter().flat_map(|m| (0..seeds as u64).map(move |seed| (m, seed))).collect();
    let mut results = side_by_side(&jobs, threads, |&(method, seed)| work(method, seed)).into_iter();
    methods.iter().map(|_| results.by_ref().take(seeds).collect()).collect()
}

/// `work` on every job; results in the order of the jobs. Each thread computes in a rayon pool of its own: with a common
/// one, a thread that waits for a matrix product would begin another job within the time of this one.
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
    fn results_are_by_method_and_seed_whatever_the_threads() {
        let slow_first = |&method: &u64, seed| {
            std::thread::sleep(Duration::from_millis(if method == 0 { 20 } else { 0 }));
            10 * method + seed
        };
        for threads in [1, 3, 100] {
            assert_eq!(each_seed(&[0, 1, 2], 2, threads, slow_first), [[0, 1], [10, 11], [20, 21]]);
        }
        assert!(each_seed(&[], 2, 2, slow_first).is_empty());
    }

    #[test]
    fn each_run_sees_one_core() {
        assert_eq!(each_seed(&[()], 4, 2, |(), _| rayon::current_num_threads()), [[1; 4]]);
    }
}
