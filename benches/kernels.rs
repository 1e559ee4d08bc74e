//! Fused kernels: against the graph, against a copy of the same bytes, over row lengths, and on more threads.
//!
//! `cargo bench --bench kernels`. What is compared runs in turn (A B A B); a figure is the median. The losses are
//! timed forward and backward in `f32`, on dfdx's default device without its cache. For single runs, and for hand-written
//! dfdx and PyTorch, see `examples/speed` and `benches/compare.py`.

#![allow(missing_docs)]

use dfdx::prelude::*;
use dfdx_loss::catalogue::classification::{CrossEntropy, FocalLoss};
use dfdx_loss::catalogue::ranking::ListMle;
use dfdx_loss::catalogue::regression::Mse;
use dfdx_loss::loss;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;
use std::time::{Duration, Instant};

loss! {
    #[graph]
    pub CrossEntropyGraph(logits: [B, K], target: [B] -> K) = CrossEntropy(logits, target);
}

type Matrix = Tensor<(usize, usize), f32, Cpu>;
type Classes = Tensor<(usize,), usize, Cpu>;

fn inputs(rows: usize, columns: usize) -> (Matrix, Classes) {
    let dev = Cpu::default();
    let logits = dev.sample_normal_like(&(rows, columns));
    (logits, dev.tensor_from_vec((0..rows).map(|i| i % columns).collect(), (rows,)))
}

/// Medians of some runs of each job, taken in turn.
fn race<const N: usize>(rounds: usize, mut jobs: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..rounds + 3 {
        for (job, times) in jobs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            job();
            if round >= 3 {
                times.push(start.elapsed());
            }
        }
    }
    times.map(|mut times| {
        times.sort();
        times[rounds / 2]
    })
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool")
}

fn cross_entropy(x: &Matrix, target: &Classes) {
    drop(CrossEntropy.forward(x.leaky_trace(), target.clone()).backward());
}

fn against_the_graph() {
    println!("cross entropy: kernels against the graph");
    for (rows, columns, rounds) in [(256, 10, 300), (4096, 1000, 15), (512, 32_000, 7)] {
        let (x, target) = inputs(rows, columns);
        let [fused, graph] = race(
            rounds,
            [&mut || cross_entropy(&x, &target), &mut || {
                drop(CrossEntropyGraph.forward(x.leaky_trace(), target.clone()).backward());
            }],
        );
        let (fused, graph) = (millis(fused), millis(graph));
        println!("  {rows}x{columns}: {fused:.3} ms, graph {graph:.3} ms, {:.1} times", graph / fused);
    }
}

/// A backward pass reads the input and writes the gradient: as many bytes as a copy moves.
fn against_a_copy() {
    println!("forward and backward against one copy of the input into fresh memory");
    for (rows, columns, rounds) in [(4096, 1000, 21), (512, 32_000, 9)] {
        let (x, target) = inputs(rows, columns);
        let y = x.clone() * 0.5;
        let data = x.as_vec();
        let times = race(
            rounds,
            [
                &mut || drop(black_box(data.clone())),
                &mut || cross_entropy(&x, &target),
                &mut || drop(FocalLoss::default().forward(x.leaky_trace(), target.clone()).backward()),
                &mut || drop(Mse.forward(x.leaky_trace(), y.clone()).backward()),
            ],
        );
        let [copy, ce, focal, mse] = times.map(millis);
        println!(
            "  {rows}x{columns}: copy {copy:.2} ms; cross entropy {:.2}, focal {:.2}, mse {:.2} times that",
            ce / copy,
            focal / copy,
            mse / copy
        );
    }
}

fn over_row_lengths() {
    println!("cross entropy, 2^22 elements: nanoseconds an element");
    for columns in [10, 23, 24, 32, 100, 1000, 10_000, 32_000, 128_000] {
        let (x, target) = inputs((1 << 22) / columns, columns);
        let [time] = race(9, [&mut || cross_entropy(&x, &target)]);
        println!("  K = {columns}: {:.3}", time.as_secs_f64() * 1e9 / f64::from(1 << 22));
    }
}

/// A prefix or suffix takes one pass: the time of an element depends on the logarithm of the length, by the order.
fn over_list_lengths() {
    println!("ListMLE, about 10^5 elements: nanoseconds an element");
    let dev = Cpu::default();
    for items in [10, 100, 1000, 10_000, 100_000] {
        let shape = (100_000 / items, items);
        let scores: Matrix = dev.sample_normal_like(&shape);
        let grades = dev.sample_normal_like(&shape);
        let mask = dev.tensor_from_vec(vec![true; 100_000], shape);
        let [time] = race(
            9,
            [&mut || {
                drop(ListMle.forward(scores.leaky_trace(), grades.clone(), mask.clone()).backward());
            }],
        );
        println!("  N = {items}: {:.1}", time.as_secs_f64() * 1e9 / 1e5);
    }
}

fn on_threads() {
    println!("cross entropy: one thread against two");
    for (rows, columns, rounds) in [(256, 10, 300), (4096, 1000, 21), (512, 32_000, 9)] {
        let (x, target) = inputs(rows, columns);
        let (one, two) = (pool(1), pool(2));
        let [one, two] = race(
            rounds,
            [&mut || one.install(|| cross_entropy(&x, &target)), &mut || {
                two.install(|| cross_entropy(&x, &target));
            }],
        );
        println!("  {rows}x{columns}: {:.2} times as fast", millis(one) / millis(two));
    }
}

fn main() {
    against_the_graph();
    against_a_copy();
    over_row_lengths();
    over_list_lengths();
    on_threads();
}
