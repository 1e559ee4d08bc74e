//! The compared ways to weigh samples, written as specs with schedules.

use crate::shared::network::{Labels, Logits, Value};
use dfdx_loss::loss;

loss! {
    /// No weights.
    pub Plain(logits: [B, K], target: [B] -> K) = CrossEntropy(logits, target);

    /// Harder samples more, and more so as training goes on (Sow et al. 2025). Made for clean data.
    pub Harder(logits: [B, K], target: [B] -> K) =
        reweight<LinUpper<r = cosine(1.0 -> 0.4, over = 30)>>(CrossEntropy(logits, target)[b]);

    /// Losses in the middle of the batch more (Sow et al. 2025).
    pub Middle(logits: [B, K], target: [B] -> K) =
        reweight<Quadratic<r = cosine(1.0 -> 0.4, over = 30)>>(CrossEntropy(logits, target)[b]);

    /// Self-paced: nothing from a threshold on that falls as the network gets to know the classes.
    pub SelfPaced(logits: [B, K], target: [B] -> K) =
        reweight<SelfPacedLinear<threshold = linear(10.0 -> 2.5, over = 15)>>(CrossEntropy(logits, target)[b]);

    /// Truncated: all samples for 5 epochs, then those below a loss of 1.5 (after Zhang and Sabuncu 2018).
    pub Truncated(logits: [B, K], target: [B] -> K) =
        reweight<TruncatedWeights<threshold = stages(100.0, 5 -> 1.5)>>(CrossEntropy(logits, target)[b]);

    /// For comparison a robust loss without weights: active and passive (Ma et al. 2020).
    pub Robust(logits: [B, K], target: [B] -> K) =
        apl<alpha = 1.0, beta = 1.0>(NormalizedCrossEntropy(logits, target), ReverseCrossEntropy(logits, target));
}

/// A loss of a batch in an epoch.
pub type Criterion = fn(f64, Logits, Labels) -> Value;

/// Every way, with its title.
pub const WAYS: [(&str, Criterion); 6] = [
    ("plain", |_, logits, labels| Plain.forward(logits, labels)),
    ("harder more", |epoch, logits, labels| Harder.at(epoch).forward(logits, labels)),
    ("middle more", |epoch, logits, labels| Middle.at(epoch).forward(logits, labels)),
    ("self-paced", |epoch, logits, labels| SelfPaced.at(epoch).forward(logits, labels)),
    ("truncated", |epoch, logits, labels| Truncated.at(epoch).forward(logits, labels)),
    ("NCE + RCE", |_, logits, labels| Robust.forward(logits, labels)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NOISE;
    use crate::shared::data::{Digits, PIXELS};
    use crate::shared::training::Job;

    #[test]
    fn every_way_learns() {
        let labels: Vec<usize> = (0..200).map(|i| i % 2).collect();
        let pixels = labels.iter().flat_map(|&label| [label as f32; PIXELS]).collect();
        let data = Digits { pixels, labels };
        for (name, criterion) in WAYS {
            let curve = Job { criterion, noise: NOISE, seed: 3 }.train(&data, &data, 12, || ());
            assert!(curve.contains(&1.0), "{name}: {curve:?}");
        }
    }
}
