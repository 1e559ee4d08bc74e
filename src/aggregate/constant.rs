//! Weights that do not depend on the gradients.

use super::compact::Compact;
use super::{AggregateError, Aggregator, Jacobian, Update};

/// The mean of the gradients: every weight is `1 / m`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean;

impl Aggregator for Mean {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let m = Compact::of(jacobian)?.tasks();
        Ok(Update::Weights(vec![1.0 / m as f64; m]))
    }
}

/// The sum of the gradients: every weight is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum;

impl Aggregator for Sum {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        Ok(Update::Weights(vec![1.0; Compact::of(jacobian)?.tasks()]))
    }
}

/// Given weights, of any sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    weights: Vec<f64>,
}

impl Constant {
    /// One weight a task.
    pub fn new(weights: Vec<f64>) -> Result<Self, AggregateError> {
        super::check_numbers("Constant", "weights", &weights, f64::is_finite, "a finite number")?;
        Ok(Self { weights })
    }
}

impl Aggregator for Constant {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let m = Compact::of(jacobian)?.tasks();
        super::check_length("weights", self.weights.len(), m)?;
        Ok(Update::Weights(self.weights.clone()))
    }
}
