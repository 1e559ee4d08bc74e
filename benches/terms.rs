//! What reports cost: `forward_terms` against `forward`, with the backward pass of each, in turn. Prints medians.

use dfdx::prelude::*;
use dfdx_loss::loss;
use std::time::{Duration, Instant};

loss! {
    pub Scene(seg: [B, K], label: [B] -> K, depth: [N], truth: data [N]) {
        seg:   CrossEntropy(seg, label),
        depth: 0.3 * Huber<delta = 1.0>(depth, truth),
    }
}

const RUNS: usize = 61;

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() {
    let dev: Cpu = Default::default();
    for (batch, classes, pixels) in [(256, 10, 10_000), (4096, 1000, 1_000_000)] {
        let seg: Tensor<_, f32, _> = dev.sample_normal_like(&(batch, classes));
        let label = dev.tensor_from_vec((0..batch).map(|i| i * 7 % classes).collect(), (batch,));
        let depth: Tensor<_, f32, _> = dev.sample_normal_like(&(pixels,));
        let truth: Tensor<_, f32, _> = dev.sample_normal_like(&(pixels,));
        let (mut plain, mut reported) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let start = Instant::now();
            let loss = Scene.forward(seg.leaky_trace(), label.clone(), depth.leaky_trace(), truth.clone());
            drop(loss.backward());
            plain.push(start.elapsed());
            let start = Instant::now();
            let (loss, terms) =
                Scene.forward_terms(seg.leaky_trace(), label.clone(), depth.leaky_trace(), truth.clone());
            let report = terms.report();
            drop(loss.backward());
            reported.push(start.elapsed());
            assert!(report.total.is_finite());
        }
        let (plain, reported) = (median(plain), median(reported));
        println!(
            "{batch} x {classes} and {pixels}: forward {plain:.3} ms, forward_terms {reported:.3} ms, {:+.1} %",
            100.0 * (reported / plain - 1.0)
        );
    }
}
