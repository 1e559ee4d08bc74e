//! The losses that are compared, written as in their papers.

use crate::shared::network::{Labels, Logits, Value};
use dfdx_loss::loss;

loss! {
    /// Cross entropy.
    pub CrossEntropy(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k]);
        -logp[b, target[b]]
    }

    /// Poly-1 cross entropy (Leng et al. 2022).
    pub Poly1<epsilon = 1.0>(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k]);
        let p[b] = exp(logp[b, target[b]]);
        -logp[b, target[b]] + epsilon * (1 - p[b])
    }

    /// Generalized cross entropy (Zhang & Sabuncu 2018).
    pub GeneralizedCrossEntropy<q = 0.7 in 0<..=1>(logits: [B, K], target: [B] -> K) {
        let p[b, k] = softmax[k](logits[b, k]);
        (1 - clamp(p[b, target[b]], 1e-7, 1) ^ q) / q
    }

    /// Normalized cross entropy (Ma et al. 2020).
    #[active]
    pub NormalizedCrossEntropy(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k]);
        logp[b, target[b]] / sum[k](logp[b, k])
    }

    /// Reverse cross entropy (Wang et al. 2019); `log 0` is `ln(floor)`.
    #[passive]
    pub ReverseCrossEntropy<floor = 1e-4 in 0..1>(logits: [B, K], target: [B] -> K) {
        let p[b, k] = clamp(softmax[k](logits[b, k]), 1e-7, 1);
        -ln(floor) * sum[k | k != target[b]](p[b, k])
    }

    /// The active + passive pair (Ma et al. 2020).
    pub ActivePassive(logits: [B, K], target: [B] -> K) =
        apl<alpha = 1.0, beta = 1.0>(NormalizedCrossEntropy(logits, target), ReverseCrossEntropy(logits, target));
}

/// A loss of a batch.
pub type Criterion = fn(Logits, Labels) -> Value;

/// A loss as the command line, the table and the plot know it.
#[derive(Debug, Clone, Copy)]
pub struct Loss {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name in the table and the plot.
    pub title: &'static str,
    /// Its mean over a batch.
    pub criterion: Criterion,
}

/// All losses; a line here is all that another one needs.
pub const LOSSES: &[Loss] = &[
    Loss::new("ce", "cross entropy", |x, y| CrossEntropy.forward(x, y)),
    Loss::new("poly1", "Poly-1", |x, y| Poly1::default().forward(x, y)),
    Loss::new("gce", "generalized cross entropy", |x, y| GeneralizedCrossEntropy::default().forward(x, y)),
    Loss::new("nce_rce", "active + passive (NCE + RCE)", |x, y| ActivePassive.forward(x, y)),
];

impl Loss {
    const fn new(name: &'static str, title: &'static str, criterion: Criterion) -> Self {
        Self { name, title, criterion }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::data::{Digits, PIXELS};
    use crate::shared::noise::{Draw, Noise};
    use crate::shared::training::Job;
    use std::cell::Cell;

    /// Two classes that any pixel tells apart.
    fn blobs() -> Digits {
        let labels: Vec<usize> = (0..200).map(|i| i % 2).collect();
        let pixels = labels.iter().flat_map(|&label| [label as f32; PIXELS]).collect();
        Digits { pixels, labels }
    }

    #[test]
    fn every_loss_learns_and_a_seed_decides_the_run() {
        let data = blobs();
        for loss in LOSSES {
            let noise = Noise { percent: 20, draw: Draw::Others };
            let job = Job { criterion: |_, x, y| (loss.criterion)(x, y), noise, seed: 3 };
            let ticks = Cell::new(0);
            let curve = job.train(&data, &data, 12, || ticks.set(ticks.get() + 1));
            assert_eq!((ticks.get(), curve.len()), (12, 12));
            assert_eq!(curve.last(), Some(&1.0), "{}: {curve:?}", loss.name);
            assert_eq!(curve, job.train(&data, &data, 12, || ()), "{}", loss.name);
        }
    }
}
