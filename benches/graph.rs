//! Generated graph code against the same losses written by hand in dfdx, forward and backward on the CPU.
//!
//! `cargo bench --bench graph` prints, for each loss and size, the median of both and their ratio. Runs alternate
//! (A B A B), so that what the machine does meanwhile hits both alike.

use dfdx::prelude::*;
use dfdx_loss::loss;
use std::time::{Duration, Instant};

loss! {
    #[graph]
    pub OnlyCrossEntropy(logits: [B, K], target: [B] -> K) = CrossEntropy(logits, target);
    #[graph]
    pub OnlyFocal<gamma = 2.0>(logits: [B, K], target: [B] -> K) = FocalLoss<gamma = gamma>(logits, target);
    #[graph]
    pub OnlyInfoNce<temperature = 0.1>(query: [N, D], key: [N, D]) =
        InfoNce<temperature = temperature>(query, key);
}

type Matrix = Tensor<(usize, usize), f32, Cpu>;
type Classes = Tensor<(usize,), usize, Cpu>;

fn cross_entropy(logits: &Matrix, target: &Classes) -> Gradients<f32, Cpu> {
    let logp = logits.leaky_trace().log_softmax::<Axis<1>>();
    (-logp.select(target.clone())).mean().backward()
}

fn focal(logits: &Matrix, target: &Classes, gamma: f32) -> Gradients<f32, Cpu> {
    let logp = logits.leaky_trace().log_softmax::<Axis<1>>().select(target.clone());
    let weight = (-(logp.with_empty_tape().exp()) + 1.0).powf(gamma);
    (-(weight * logp)).mean().backward()
}

fn normalized<T: Tape<f32, Cpu>>(
    x: Tensor<(usize, usize), f32, Cpu, T>,
) -> Tensor<(usize, usize), f32, Cpu, T> {
    let shape = *x.shape();
    let norm = x.with_empty_tape().square().sum::<_, Axis<1>>().sqrt();
    x / norm.broadcast_like::<_, Axis<1>>(&shape)
}

fn info_nce(query: &Matrix, key: &Matrix, temperature: f32) -> Gradients<f32, Cpu> {
    let (q, k) = (normalized(query.leaky_trace()), normalized(key.leaky_trace()));
    let n = query.shape().0;
    let s = q.matmul(k.permute::<_, Axes2<1, 0>>()) / temperature;
    let diagonal = query.device().tensor_from_vec((0..n).collect(), (n,));
    (-s.log_softmax::<Axis<1>>().select(diagonal)).mean().backward()
}

/// Medians of `rounds` runs of each, taken in turn.
fn race(rounds: usize, mut a: impl FnMut(), mut b: impl FnMut()) -> (Duration, Duration) {
    let time = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        f();
        start.elapsed()
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for round in 0..rounds + 3 {
        let (x, y) = (time(&mut a), time(&mut b));
        if round >= 3 {
            first.push(x);
            second.push(y);
        }
    }
    first.sort();
    second.sort();
    (first[rounds / 2], second[rounds / 2])
}

fn report(name: &str, (ours, hand): (Duration, Duration)) {
    let ratio = ours.as_secs_f64() / hand.as_secs_f64();
    println!("{name:<28} generated {ours:>10.3?}   by hand {hand:>10.3?}   ratio {ratio:.3}");
}

fn main() {
    let dev = Cpu::default();
    for (batch, classes, rounds) in [(256, 10, 400), (1024, 100, 60), (4096, 1000, 10)] {
        let logits: Matrix = dev.sample_normal_like(&(batch, classes));
        let target: Classes = dev.tensor_from_vec((0..batch).map(|i| i % classes).collect(), (batch,));
        let ours = || drop(OnlyCrossEntropy.forward(logits.leaky_trace(), target.clone()).backward());
        let hand = || drop(cross_entropy(&logits, &target));
        report(&format!("cross_entropy {batch}x{classes}"), race(rounds, ours, hand));
        let loss = OnlyFocal { gamma: 2.0 };
        let ours = || drop(loss.forward(logits.leaky_trace(), target.clone()).backward());
        let hand = || drop(focal(&logits, &target, 2.0));
        report(&format!("focal {batch}x{classes}"), race(rounds, ours, hand));
    }
    for (n, d, rounds) in [(64, 32, 200), (256, 64, 40), (1024, 256, 8)] {
        let (query, key): (Matrix, Matrix) =
            (dev.sample_normal_like(&(n, d)), dev.sample_normal_like(&(n, d)));
        let loss = OnlyInfoNce { temperature: 0.1 };
        let ours = || drop(loss.forward(query.leaky_trace(), key.leaky_trace()).backward());
        let hand = || drop(info_nce(&query, &key, 0.1));
        report(&format!("info_nce {n}x{d}"), race(rounds, ours, hand));
    }
}
