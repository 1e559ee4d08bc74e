//! Work over rows, on every core. The rows are cut into chunks, and the chunks into a binary tree, by the sizes
//! alone: who computes a chunk, and when, changes no bit of the result.

use super::arch::{Arch, Task, dispatch};
use super::pool::Buffer;
use super::real::Real;
use std::ops::Range;

/// Elements of a chunk, about: what it reads and writes stays in the cache of one core.
const CHUNK: usize = 1 << 15;
/// Elements from which on other threads pay for being woken.
const PARALLEL: usize = 1 << 18;
/// Chunks of many rows begin at multiples of this, so that vectors that span rows are full.
const ALIGNED: usize = 64;

/// How rows are cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    rows: usize,
    chunk_rows: usize,
    parallel: bool,
}

impl Plan {
    /// For rows of so much work each (in elements), at most `max_chunks`: kernels that keep an array for each
    /// chunk want few.
    pub fn new(rows: usize, elements_per_row: usize, max_chunks: usize) -> Plan {
        let elements = rows.saturating_mul(elements_per_row.max(1));
        let chunks = (elements / CHUNK).min(max_chunks).clamp(1, rows.max(1));
        let fair = rows.div_ceil(chunks).max(1);
        let chunk_rows = if fair < ALIGNED { fair } else { fair.next_multiple_of(ALIGNED) };
        Plan { rows, chunk_rows, parallel: elements >= PARALLEL }
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> usize {
        self.rows.div_ceil(self.chunk_rows)
    }

    /// The rows of some chunks.
    fn span(&self, chunks: Range<usize>) -> Range<usize> {
        let start = |chunk: usize| (chunk * self.chunk_rows).min(self.rows);
        start(chunks.start)..start(chunks.end)
    }
}

/// A kernel over rows, which may be asked for any of them by any thread. `O` arrays are written, `S` sums made.
pub trait Rows<F: Real, const O: usize, const S: usize>: Sync {
    /// Elements of scratch memory that one call of `rows` needs.
    fn scratch(&self) -> usize;

    /// Computes some rows: `outs` are the parts of the arrays that belong to them. `scratch` holds unspecified
    /// values at first. Implementations are `#[inline(always)]`, so that they are compiled for `A`.
    fn rows<A: Arch>(&self, cpu: A, rows: Range<usize>, outs: [&mut [F]; O], scratch: &mut [F]) -> [f64; S];
}

/// An array that a kernel writes.
#[derive(Debug, Default)]
pub struct Out<'a, F> {
    data: &'a mut [F],
    part: Part,
}

/// What belongs to a row or to a chunk.
#[derive(Clone, Copy, Debug)]
enum Part {
    Row(usize),
    Chunk(usize),
}

impl Default for Part {
    fn default() -> Self {
        Part::Row(0)
    }
}

impl<'a, F> Out<'a, F> {
    /// `width` elements for each row. An empty array stays empty.
    pub fn rows(data: &'a mut [F], width: usize) -> Self {
        Out { data, part: Part::Row(width) }
    }

    /// `len` elements for each chunk: `merge` makes one of them. An empty array stays empty.
    pub fn chunks(data: &'a mut [F], len: usize) -> Self {
        Out { data, part: Part::Chunk(len) }
    }

    /// How many elements belong to some chunks.
    fn share(&self, plan: &Plan, chunks: Range<usize>) -> usize {
        match self.part {
            _ if self.data.is_empty() => 0,
            Part::Row(width) => plan.span(chunks).len() * width,
            Part::Chunk(len) => chunks.len() * len,
        }
    }

    /// Cuts off what does not belong to the first chunks, and returns it.
    fn split(&mut self, plan: &Plan, first: Range<usize>) -> Self {
        let share = self.share(plan, first);
        let (left, right) = std::mem::take(&mut self.data).split_at_mut(share);
        self.data = left;
        Out { data: right, part: self.part }
    }
}

/// Runs a kernel over all rows and returns its sums over them.
///
/// # Panics
/// When the length of an array is not what the plan says.
pub fn run<F: Real, const O: usize, const S: usize, K: Rows<F, O, S>>(
    kernel: &K,
    plan: Plan,
    outs: [Out<F>; O],
) -> [f64; S] {
    for out in &outs {
        assert_eq!(out.share(&plan, 0..plan.chunks()), out.data.len(), "rows and array disagree");
    }
    tree(&|rows, outs| leaf(kernel, rows, outs), plan, 0..plan.chunks(), outs)
}

/// A kernel on some rows, compiled for the best instructions this processor has.
fn leaf<F: Real, const O: usize, const S: usize, K: Rows<F, O, S>>(
    kernel: &K,
    rows: Range<usize>,
    outs: [&mut [F]; O],
) -> [f64; S] {
    let mut scratch = Buffer::any(kernel.scratch());
    dispatch(Chunk::<K, F, O, S> { kernel, rows, outs, scratch: &mut scratch })
}

struct Chunk<'a, K, F, const O: usize, const S: usize> {
    kernel: &'a K,
    rows: Range<usize>,
    outs: [&'a mut [F]; O],
    scratch: &'a mut [F],
}

impl<F: Real, K: Rows<F, O, S>, const O: usize, const S: usize> Task for Chunk<'_, K, F, O, S> {
    type Output = [f64; S];

    #[cfg_attr(optimised, inline(always))]
    fn run<A: Arch>(self, cpu: A) -> [f64; S] {
        self.kernel.rows(cpu, self.rows, self.outs, self.scratch)
    }
}

/// `leaf` of one kernel, so that the tree is compiled once for all kernels.
type Leaf<'a, F, const O: usize, const S: usize> =
    dyn Fn(Range<usize>, [&mut [F]; O]) -> [f64; S] + Sync + 'a;

/// Halves the chunks until one is left; adds the sums of the halves.
fn tree<F: Real, const O: usize, const S: usize>(
    leaf: &Leaf<F, O, S>,
    plan: Plan,
    chunks: Range<usize>,
    mut outs: [Out<F>; O],
) -> [f64; S] {
    match chunks.len() {
        0 => [0.0; S],
        1 => leaf(plan.span(chunks), outs.map(|out| out.data)),
        more => {
            let middle = chunks.start + more / 2;
            let first = chunks.start..middle;
            let rest = outs.each_mut().map(|out| out.split(&plan, first.clone()));
            let (left, right) = join(
                plan.parallel,
                || tree(leaf, plan, first.clone(), outs),
                || tree(leaf, plan, middle..chunks.end, rest),
            );
            std::array::from_fn(|s| left[s] + right[s])
        }
    }
}

/// Does parts `0..parts` of a job, in any order, on every core if `parallel`.
pub(super) fn each(parts: Range<usize>, parallel: bool, part: &(dyn Fn(usize) + Sync)) {
    match parts.len() {
        0 => {}
        1 => part(parts.start),
        more => {
            let middle = parts.start + more / 2;
            join(
                parallel,
                || each(parts.start..middle, parallel, part),
                || each(middle..parts.end, parallel, part),
            );
        }
    }
}

/// Both, at the same time if `parallel` and there is another thread.
fn join<A: Send, B: Send>(
    parallel: bool,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    if parallel && rayon::current_num_threads() > 1 { rayon::join(a, b) } else { (a(), b()) }
}

/// A job on a pool of so many threads.
#[cfg(test)]
pub(super) fn on_threads<R: Send>(threads: usize, job: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(job)
}

#[cfg(test)]
mod tests {
    use super::super::merge::{Merge, merge};
    use super::*;

    /// Sums and scales rows of `width`, and counts rows by their remainder.
    struct Sums<'a> {
        x: &'a [f32],
        width: usize,
    }

    impl Rows<f32, 3, 2> for Sums<'_> {
        fn scratch(&self) -> usize {
            self.width
        }

        #[cfg_attr(optimised, inline(always))]
        fn rows<A: Arch>(
            &self,
            _: A,
            rows: Range<usize>,
            [doubled, row_sums, counts]: [&mut [f32]; 3],
            scratch: &mut [f32],
        ) -> [f64; 2] {
            let mut sums = [0.0; 2];
            counts.fill(0.0);
            for (at, row) in rows.enumerate() {
                scratch.copy_from_slice(&self.x[row * self.width..][..self.width]);
                let sum = scratch.iter().sum::<f32>();
                row_sums[at] = sum;
                sums[0] += f64::from(sum);
                sums[1] += f64::from(sum) * f64::from(sum);
                if !counts.is_empty() {
                    counts[row % 7] += 1.0;
                }
                let doubled = doubled.get_mut(at * self.width..).unwrap_or_default();
                doubled.iter_mut().zip(scratch.iter()).for_each(|(out, x)| *out = 2.0 * x);
            }
            sums
        }
    }

    /// Everything the kernel makes, with and without the arrays that are not always wanted.
    fn computed(
        rows: usize,
        width: usize,
        most: usize,
        all: bool,
    ) -> (Vec<f32>, Vec<f32>, Vec<f32>, [f64; 2]) {
        let x: Vec<f32> = (0..rows * width).map(|i| ((i * 7919) % 1013) as f32 * 0.37 - 180.0).collect();
        // Under an interpreter, few rows are cut and shared among threads as many would be.
        let plan = Plan::new(rows, if cfg!(miri) { CHUNK } else { width }, most);
        let mut doubled = vec![0.0; if all { x.len() } else { 0 }];
        let mut row_sums = vec![0.0; rows];
        let mut counts = Buffer::zeroed(if all { plan.chunks() * 7 } else { 0 });
        let outs = [Out::rows(&mut doubled, width), Out::rows(&mut row_sums, 1), Out::chunks(&mut counts, 7)];
        let sums = run(&Sums { x: &x, width }, plan, outs);
        merge(&mut counts, plan.chunks(), 7, Merge::Sum);
        if all {
            assert!(doubled.iter().zip(&x).all(|(y, x)| *y == 2.0 * x));
            assert_eq!(counts.iter().sum::<f32>(), rows as f32);
        }
        (doubled, row_sums, counts.to_vec(), sums)
    }

    const SIZES: [(usize, usize, usize); 8] = [
        (0, 3, 8),
        (1, 1, 8),
        (256, 10, 8),
        (100_003, 10, usize::MAX),
        (100_003, 10, 5),
        (3, 128_000, 64),
        (9, 60_000, 64),
        (1, 300_000, 64),
    ];

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        for (rows, width, most) in SIZES.into_iter().take(if cfg!(miri) { 3 } else { 8 }) {
            for all in [true, false] {
                let one = on_threads(1, || computed(rows, width, most, all));
                for threads in [2, if cfg!(miri) { 3 } else { 8 }] {
                    assert_eq!(on_threads(threads, || computed(rows, width, most, all)), one);
                }
            }
        }
    }

    #[test]
    fn chunks_cover_the_rows() {
        for rows in [0, 1, 63, 64, 65, 1000, if cfg!(miri) { 2000 } else { 99_999 }] {
            for per_row in [0, 1, 10, 1000, 128_000] {
                for most in [0, 1, 7, 64, usize::MAX] {
                    let plan = Plan::new(rows, per_row, most);
                    assert!(plan.chunks() <= most.max(1) && plan.chunks() <= rows);
                    let covered: usize = (0..plan.chunks()).map(|c| plan.span(c..c + 1).len()).sum();
                    assert_eq!(covered, rows);
                    assert_eq!(plan.span(0..plan.chunks()), 0..rows);
                }
            }
        }
    }

    #[test]
    fn small_jobs_are_one_chunk() {
        assert_eq!(Plan::new(256, 10, 64).chunks(), 1);
        assert!(!Plan::new(4096, 63, 64).parallel && Plan::new(4096, 64, 64).parallel);
        assert_eq!(Plan::new(64, 128_000, usize::MAX).chunks(), 64);
    }

    #[test]
    fn a_panic_poisons_nothing() {
        struct Panics;
        impl Rows<f32, 1, 0> for Panics {
            fn scratch(&self) -> usize {
                100
            }
            #[cfg_attr(optimised, inline(always))]
            fn rows<A: Arch>(&self, _: A, rows: Range<usize>, _: [&mut [f32]; 1], _: &mut [f32]) -> [f64; 0] {
                assert!(!rows.contains(&700), "as planned");
                []
            }
        }
        let rows = if cfg!(miri) { 1000 } else { 1 << 19 };
        let mut out = vec![0.0; rows];
        let panics = std::panic::AssertUnwindSafe(|| {
            run(&Panics, Plan::new(rows, 1, usize::MAX), [Out::rows(&mut out, 1)])
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        computed(256, 10, 8, true);
    }

    #[test]
    #[should_panic(expected = "rows and array disagree")]
    fn arrays_have_the_length_of_the_plan() {
        let mut short = [0.0; 9];
        let (x, plan) = ([0.0; 10], Plan::new(10, 1, 1));
        run(&Sums { x: &x, width: 1 }, plan, [Out::default(), Out::rows(&mut short, 1), Out::default()]);
    }
}
