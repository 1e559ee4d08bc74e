//! GradNorm.

use super::error::{Range, check_parameter, check_tasks};
use super::{WeightingError, softmax};

/// GradNorm (Chen et al., ICML 2018, algorithm 1): weights that bring the gradients of all weighted losses to one length,
/// longer for what trains slowly.
///
/// `γ_i = |w_i| N_i` with `N` the norms of the unweighted gradients, on the last shared layer in the paper;
/// `r_i = (L_i / L_i⁰) / mean`, and the target `t_i = mean(γ) r_i^α`. A step descends `Σ |γ_i - t_i|`, targets being
/// constants, and scales the weights to add up to their number. [`Separate::norms`](crate::training::Separate::norms)
/// computes the norms.
#[derive(Clone, Debug, PartialEq)]
pub struct GradNorm {
    /// How much slower losses are favoured; 0 brings all gradients to one length. The paper: 0.12 to 3.
    pub alpha: f64,
    /// Step size, above 0.
    pub lr: f64,
    /// Whether a step has the size of `lr` in every weight, as one of a fresh Adam has.
    pub sign_steps: bool,
    weights: Vec<f64>,
    initial: Option<Vec<f64>>,
}

impl GradNorm {
    /// For so many losses, with weights of 1.
    pub fn new(losses: usize, alpha: f64, lr: f64) -> Result<Self, WeightingError> {
        check_parameter("GradNorm", "alpha", alpha, alpha.is_finite(), "a finite number")?;
        check_parameter("GradNorm", "lr", lr, lr.is_finite() && lr > 0.0, "a finite number above 0")?;
        Ok(Self { alpha, lr, sign_steps: false, weights: vec![1.0; losses], initial: None })
    }

    /// The weights.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The value that a step descends and its gradient by the weights, before the step. Those losses and norms are of the
    /// present step; the losses of the first step, each above 0, are what later ones are compared with.
    pub fn step(&mut self, losses: &[f64], norms: &[f64]) -> Result<(f64, Vec<f64>), WeightingError> {
        let first = self.initial.is_none();
        let range = if first { Range::Positive } else { Range::NotNegative };
        check_tasks("loss", losses, self.weights.len(), range)?;
        check_tasks("gradient norm", norms, self.weights.len(), Range::NotNegative)?;
        let initial = self.initial.get_or_insert_with(|| losses.to_vec());
        let (value, signs) = imbalance(&self.weights, losses, initial, norms, self.alpha);
        let gradient: Vec<f64> =
            signs.iter().zip(norms).zip(&self.weights).map(|((s, n), w)| s * n * sign(*w)).collect();
        let stepped = |(weight, slope): (&f64, &f64)| {
            let direction = if self.sign_steps { slope / (slope.abs() + 1e-8) } else { *slope };
            weight - self.lr * direction
        };
        let weights: Vec<f64> = self.weights.iter().zip(&gradient).map(stepped).collect();
        let sum: f64 = weights.iter().sum();
        // No scale makes these add up to their number.
        let least = (0..weights.len()).min_by(|&i, &j| weights[i].total_cmp(&weights[j]));
        if let (false, Some(task)) = (sum > 0.0, least) {
            let allowed = "such that the weights add up to more than 0: `lr` is too great";
            return Err(WeightingError::Number { what: "new weight", task, value: weights[task], allowed });
        }
        self.weights = weights.iter().map(|w| w * weights.len() as f64 / sum).collect();
        Ok((value, gradient))
    }
}

/// `Σ |γ_i - t_i|`, and the sign of each difference.
fn imbalance(weights: &[f64], losses: &[f64], initial: &[f64], norms: &[f64], alpha: f64) -> (f64, Vec<f64>) {
    let count = weights.len() as f64;
    let ratios: Vec<f64> = losses.iter().zip(initial).map(|(now, first)| now / first).collect();
    // Losses that are all 0 train equally fast.
    let mean_ratio = (ratios.iter().sum::<f64>() / count).max(f64::MIN_POSITIVE);
    let lengths: Vec<f64> = weights.iter().zip(norms).map(|(w, n)| w.abs() * n).collect();
    let mean_length = lengths.iter().sum::<f64>() / count;
    let apart = lengths
        .iter()
        .zip(&ratios)
        .map(|(length, ratio)| length - mean_length * (ratio / mean_ratio).powf(alpha));
    let apart: Vec<f64> = apart.collect();
    (apart.iter().map(|a| a.abs()).sum(), apart.iter().map(|a| sign(*a)).collect())
}

/// -1, 0 or 1.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// GradNorm with weights `w = K softmax(z)`: the weights, the value `Σ |γ_i - t_i|` and its gradient by the logits `z`,
/// for any optimizer.
///
/// The form of LibMTL, in which weights stay positive.
pub fn gradnorm_softmax(
    logits: &[f64],
    losses: &[f64],
    initial: &[f64],
    norms: &[f64],
    alpha: f64,
) -> Result<(Vec<f64>, f64, Vec<f64>), WeightingError> {
    let count = logits.len();
    check_tasks("weight logit", logits, count, Range::Finite)?;
    check_tasks("loss", losses, count, Range::NotNegative)?;
    check_tasks("initial loss", initial, count, Range::Positive)?;
    check_tasks("gradient norm", norms, count, Range::NotNegative)?;
    let shares = softmax(logits);
    let weights: Vec<f64> = shares.iter().map(|q| count as f64 * q).collect();
    let (value, signs) = imbalance(&weights, losses, initial, norms, alpha);
    let slopes: Vec<f64> = signs.iter().zip(norms).map(|(s, n)| s * n).collect();
    let mean: f64 = shares.iter().zip(&slopes).map(|(q, d)| q * d).sum();
    let gradient = shares.iter().zip(&slopes).map(|(q, d)| count as f64 * q * (d - mean)).collect();
    Ok((weights, value, gradient))
}
