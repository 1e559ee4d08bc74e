//! Losses of confident samples: near zero, a loss keeps the digits that its sum of exponentials has, however large the
//! logits are.

use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    /// By the logarithm of a softmax.
    pub Logarithm(logits: [B, K], target: [B] -> K) {
        let p[b, k] = log_softmax[k](logits[b, k]);
        -p[b, target[b]]
    }
    #[graph]
    pub LogarithmGraph(logits: [B, K], target: [B] -> K) = Logarithm(logits, target);
    /// As a ratio.
    pub Ratio(logits: [B, K], target: [B] -> K) = -ln(exp(logits[b, target[b]]) / sum[k](exp(logits[b, k])));
    /// As a difference.
    pub Difference(logits: [B, K], target: [B] -> K) = logsumexp[k](logits[b, k]) - logits[b, target[b]];
    /// Of every class, by a target distribution.
    pub Soft(logits: [B, K], target: data [B, K]) = -sum[k](target[b, k] * log_softmax[k](logits[b, k]));
}

/// The target's logit and all others', exact in `f32`.
const LOGITS: [(f32, f32); 5] =
    [(20.0, 10.0), (100.0, 86.0), (1000.0, 990.0), (-1000.0, -1012.0), (64.0, 50.0)];

type Matrix = Tensor<(usize, usize), f32, Cpu>;
type Classes = Tensor<(usize,), usize, Cpu>;

/// Samples of class 0.
fn samples(columns: usize) -> (Matrix, Classes) {
    let (dev, rows) = (Cpu::default(), LOGITS.len());
    let row = |&(own, other): &(f32, f32)| (0..columns).map(move |k| if k == 0 { own } else { other });
    let logits = dev.tensor_from_vec(LOGITS.iter().flat_map(row).collect(), (rows, columns));
    (logits, dev.tensor_from_vec(vec![0; rows], (rows,)))
}

fn exact(columns: usize) -> Vec<f64> {
    let others = columns as f64 - 1.0;
    LOGITS.iter().map(|&(own, other)| (others * f64::from(other - own).exp()).ln_1p()).collect()
}

/// Half a unit in the last place of 1 for each exponential that is added to the target's.
#[track_caller]
fn assert_exact(found: f32, exact: f64, columns: usize) {
    let allowed = f64::from(f32::EPSILON) * columns as f64 / 2.0;
    assert!((f64::from(found) - exact).abs() <= allowed, "{found:e}, not {exact:e}, of {columns} classes");
}

#[track_caller]
fn assert_all_exact(found: &[f32], columns: usize) {
    let exact = exact(columns);
    assert_eq!(found.len(), exact.len());
    found.iter().zip(exact).for_each(|(&found, exact)| assert_exact(found, exact, columns));
}

/// Rows side by side, and rows on their own.
const COLUMNS: [usize; 3] = [2, 5, 40];

macro_rules! every_way {
    ($($loss:ident),*) => {
        for columns in COLUMNS {
            let (logits, target) = samples(columns);
            let mean = exact(columns).iter().sum::<f64>() / LOGITS.len() as f64;
            $(
                assert_all_exact(&$loss.per_sample(logits.clone(), target.clone()).as_vec(), columns);
                assert_exact($loss.forward(logits.clone(), target.clone()).array(), mean, columns);
                assert_exact($loss.forward(logits.leaky_trace(), target.clone()).array(), mean, columns);
            )*
        }
    };
}

#[test]
fn small_losses_have_their_digits() {
    every_way!(Logarithm, LogarithmGraph, Ratio, Difference);
}

#[test]
fn small_losses_of_soft_targets_have_their_digits() {
    for columns in COLUMNS {
        let (logits, _) = samples(columns);
        let first = (0..LOGITS.len() * columns).map(|i| if i % columns == 0 { 1.0 } else { 0.0 }).collect();
        let target = Cpu::default().tensor_from_vec(first, (LOGITS.len(), columns));
        assert_all_exact(&Soft.per_sample(logits, target).as_vec(), columns);
    }
}
