//! GradNorm as a rule for the gradients of a step.

use dfdx_loss::aggregate::{AggregateError, Aggregator, Jacobian, Update};
use dfdx_loss::training::ObjectiveReport;
use dfdx_loss::weighting::{WeightingError, gradnorm_softmax};

/// How much tasks that train slowly are favoured.
const ALPHA: f64 = 1.5;
/// The step of a logit.
const RATE: f64 = 0.02;

/// GradNorm (Chen et al. 2018) with weights `3 softmax(z)`. Each step moves each logit `z` by the same amount,
/// up or down.
#[derive(Default)]
pub struct Norms {
    logits: [f64; 3],
    /// The losses of the first step.
    initial: Option<Vec<f64>>,
}

impl Aggregator for Norms {
    fn aggregate(&mut self, _: &dyn Jacobian) -> Result<Update, AggregateError> {
        let exps = self.logits.map(f64::exp);
        let scale = exps.len() as f64 / exps.iter().sum::<f64>();
        Ok(Update::Weights(exps.map(|exp| scale * exp).to_vec()))
    }
}

impl Norms {
    /// Moves the weights after a step.
    pub fn learn(&mut self, step: &[ObjectiveReport]) -> Result<(), WeightingError> {
        let losses: Vec<f64> = step.iter().map(|objective| objective.loss).collect();
        let norms: Vec<f64> = step.iter().map(|objective| objective.norm).collect();
        let initial = self.initial.get_or_insert_with(|| losses.clone());
        let (_, _, slopes) = gradnorm_softmax(&self.logits, &losses, initial, &norms, ALPHA)?;
        for (logit, slope) in self.logits.iter_mut().zip(slopes) {
            *logit -= RATE * slope / (slope.abs() + 1e-12);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_gradients_lose_weight() {
        let objective = |norm| ObjectiveReport { name: String::new(), loss: 1.0, norm, weight: None };
        let mut norms = Norms::default();
        for _ in 0..50 {
            norms.learn(&[objective(4.0), objective(1.0), objective(0.1)]).unwrap();
        }
        assert!(norms.logits[0] < norms.logits[1] && norms.logits[1] < norms.logits[2]);
    }
}
