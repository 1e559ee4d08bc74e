//! CR-MOGM: weights that change slowly.

use super::compact::Compact;
use super::{AggregateError, Aggregator, Jacobian, Mgda, Update, check_length, check_numbers};

/// Correlation-reduced multi-objective gradient manipulation (Zhou et al., NeurIPS 2022): a running mean of the weights
/// of [`Mgda`], `λ ← α λ + (1 - α) w`.
#[derive(Clone, Debug, PartialEq)]
pub struct CrMogm {
    alpha: f64,
    inner: Mgda,
    weights: Option<Vec<f64>>,
}

impl CrMogm {
    /// `alpha`, from 0 to below 1, is how much of the weights stays. They start at the first weights found.
    pub fn new(alpha: f64, inner: Mgda) -> Result<Self, AggregateError> {
        check_numbers("CrMogm", "alpha", &[alpha], |a| (0.0..1.0).contains(&a), "from 0 to below 1")?;
        Ok(Self { alpha, inner, weights: None })
    }

    /// With weights to start from.
    pub fn initial_weights(self, weights: Vec<f64>) -> Result<Self, AggregateError> {
        check_numbers("CrMogm", "initial_weights", &weights, f64::is_finite, "a finite number")?;
        Ok(Self { weights: Some(weights), ..self })
    }
}

impl Aggregator for CrMogm {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let found = self.inner.weights(&Compact::of(jacobian)?);
        let before = self.weights.take().unwrap_or_else(|| found.iter().copied().collect());
        check_length("rows", found.len(), before.len())?;
        let mixed = before.iter().zip(found.iter());
        let weights: Vec<f64> = mixed.map(|(old, new)| self.alpha * old + (1.0 - self.alpha) * new).collect();
        self.weights = Some(weights.clone());
        Ok(Update::Weights(weights))
    }
}
