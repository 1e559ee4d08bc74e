//! FAMO.

use super::error::{Range, check_parameter, check_tasks};
use super::{WeightingError, softmax};

/// Keeps logarithms from minus infinity.
const FLOOR: f64 = 1e-8;

/// FAMO (Liu et al., NeurIPS 2023): weights that bring all losses down at one rate, learned from what the last step did,
/// so that one backward pass serves all.
///
/// With `z = softmax(ξ)` and `D = L - min + 1e-8` the objective is `c Σ z_i ln D_i`, `c = 1 / Σ (z / D)`: losses are
/// weighted by `c z / D`. After the step, a step of Adam on `ξ` with the gradient that the change of `ln D` has.
#[derive(Clone, Debug, PartialEq)]
pub struct Famo {
    lr: f64,
    weight_decay: f64,
    least: Vec<f64>,
    logits: Vec<f64>,
    moments: (Vec<f64>, Vec<f64>),
    steps: i32,
    before: Option<Vec<f64>>,
}

impl Famo {
    /// `least` has for each loss a number that it does not go below, mostly 0. `lr` is above 0 (0.025), `weight_decay` at
    /// least 0 (1e-3).
    pub fn new(least: Vec<f64>, lr: f64, weight_decay: f64) -> Result<Self, WeightingError> {
        check_parameter("Famo", "lr", lr, lr.is_finite() && lr > 0.0, "a finite number above 0")?;
        let holds = weight_decay.is_finite() && weight_decay >= 0.0;
        check_parameter("Famo", "weight_decay", weight_decay, holds, "a finite number of at least 0")?;
        check_tasks("least loss", &least, least.len(), Range::Finite)?;
        let zeros = vec![0.0; least.len()];
        let moments = (zeros.clone(), zeros.clone());
        Ok(Self { lr, weight_decay, least, logits: zeros, moments, steps: 0, before: None })
    }

    /// The logits `ξ`.
    #[must_use]
    pub fn weight_logits(&self) -> &[f64] {
        &self.logits
    }

    /// The value of the objective, and the weight of each loss before a step.
    pub fn weights(&mut self, losses: &[f64]) -> Result<(f64, Vec<f64>), WeightingError> {
        let gaps = self.gaps(losses)?;
        let shares = softmax(&self.logits);
        let scale = 1.0 / shares.iter().zip(&gaps).map(|(z, d)| z / d).sum::<f64>();
        let value = scale * shares.iter().zip(&gaps).map(|(z, d)| z * d.ln()).sum::<f64>();
        let weights = shares.iter().zip(&gaps).map(|(z, d)| scale * z / d).collect();
        self.before = Some(gaps);
        Ok((value, weights))
    }

    /// Learns from the losses after the step, on the same batch. Without [`weights`](Self::weights) before, nothing.
    pub fn update(&mut self, losses_after: &[f64]) -> Result<(), WeightingError> {
        let after = self.gaps(losses_after)?;
        let Some(before) = self.before.take() else { return Ok(()) };
        let gains: Vec<f64> = before.iter().zip(&after).map(|(b, a)| b.ln() - a.ln()).collect();
        let shares = softmax(&self.logits);
        let mean: f64 = shares.iter().zip(&gains).map(|(z, d)| z * d).sum();
        self.steps += 1;
        let corrections = (1.0 - 0.9_f64.powi(self.steps), 1.0 - 0.999_f64.powi(self.steps));
        for (i, logit) in self.logits.iter_mut().enumerate() {
            let gradient = shares[i] * (gains[i] - mean) + self.weight_decay * *logit;
            let (first, second) = (&mut self.moments.0[i], &mut self.moments.1[i]);
            *first = 0.9 * *first + 0.1 * gradient;
            *second = 0.999 * *second + 0.001 * gradient * gradient;
            *logit -= self.lr * (*first / corrections.0) / ((*second / corrections.1).sqrt() + 1e-8);
        }
        Ok(())
    }

    /// Law: no loss is below its least value.
    fn gaps(&self, losses: &[f64]) -> Result<Vec<f64>, WeightingError> {
        check_tasks("loss", losses, self.least.len(), Range::Finite)?;
        let gaps: Vec<f64> =
            losses.iter().zip(&self.least).map(|(loss, least)| loss - least + FLOOR).collect();
        match gaps.iter().position(|gap| *gap <= 0.0) {
            Some(task) => Err(WeightingError::Number {
                what: "loss",
                task,
                value: losses[task],
                allowed: "at least its least value",
            }),
            None => Ok(gaps),
        }
    }
}
