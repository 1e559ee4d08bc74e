//! Nash-MTL and FairGrad: weights that are fair to every task.

use super::compact::Compact;
use super::solve::{self, Fair};
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use nalgebra::{DMatrix, DVector};

/// The root of `(G x)_i = x_i^{-p}` among tasks with a gradient; the others have weight 0. Zeros if there is none: the
/// point is Pareto stationary.
///
/// With `x_i = t_i y_i` and `t_i = |g_i|^{-2 / (1 + p)}`, what `x` would be for one task alone, `y` is near 1.
fn fair_weights(rows: &Compact, p: f64, aggregator: &'static str) -> Result<Vec<f64>, AggregateError> {
    let live: Vec<usize> = (0..rows.tasks()).filter(|&i| rows.norms[i] > 0.0).collect();
    let mut weights = vec![0.0; rows.tasks()];
    if live.is_empty() {
        return Ok(weights);
    }
    // All relative to the longest gradient, and to each one's own norm first, so that no product overflows.
    let size = rows.norms.max();
    let relative = DVector::from_iterator(live.len(), live.iter().map(|&i| rows.norms[i] / size));
    let t = relative.map(|norm| norm.powf(-2.0 / (1.0 + p)));
    let lengths = relative.map(|norm| norm.powf(1.0 - 2.0 / (1.0 + p)));
    let scaled = DMatrix::from_fn(live.len(), live.len(), |i, j| {
        let (first, second) = (live[i], live[j]);
        lengths[i] * (rows.gramian[(first, second)] / rows.norms[first] / rows.norms[second]) * lengths[j]
    });
    match solve::fair(&scaled, &t.map(|t| t.powf(1.0 - p)), p) {
        Fair::Root(root) => {
            let unit = size.powf(-2.0 / (1.0 + p));
            live.iter().enumerate().for_each(|(k, &i)| weights[i] = root[k] * t[k] * unit);
        }
        Fair::Unbounded => {}
        Fair::Lost => {
            return Err(AggregateError::NoSolution { aggregator, reason: "Newton's method did not settle" });
        }
    }
    Ok(weights)
}

/// The Nash bargaining solution (Navon et al., ICML 2022): the positive weights with `α_i (G α)_i = 1`.
///
/// They do not depend on the scale of the losses: a gradient twice as long has half the weight. Tasks whose gradient is
/// 0 have weight 0; at a Pareto stationary point, where there is no solution, all have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NashBargaining;

impl Aggregator for NashBargaining {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        fair_weights(&Compact::of(jacobian)?, 1.0, "NashBargaining").map(Update::Weights)
    }
}

/// Nash-MTL (Navon et al., ICML 2022): [`NashBargaining`], solved anew every few steps, with a bound on the norm of the
/// update.
///
/// The problem is solved exactly, where the authors' code iterates until changes are below 1e-6.
#[derive(Clone, Debug, PartialEq)]
pub struct NashMtl {
    max_norm: f64,
    every: usize,
    step: usize,
    weights: Vec<f64>,
}

impl NashMtl {
    /// Updates longer than `max_norm` are shortened to it (0: none are; the paper has 1). New weights are solved for
    /// every `every` steps, at least 1.
    pub fn new(max_norm: f64, every: usize) -> Result<Self, AggregateError> {
        let allowed = |n: f64| n.is_finite() && n >= 0.0;
        check_numbers("NashMtl", "max_norm", &[max_norm], allowed, "a finite number of at least 0")?;
        check_numbers("NashMtl", "every", &[every as f64], |n| n >= 1.0, "at least 1")?;
        Ok(Self { max_norm, every, step: 0, weights: vec![] })
    }
}

impl Aggregator for NashMtl {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        if self.step.is_multiple_of(self.every) {
            self.weights = fair_weights(&rows, 1.0, "NashMtl")?;
        }
        check_length("rows", rows.tasks(), self.weights.len())?;
        self.step += 1;
        let alpha = DVector::from_column_slice(&self.weights);
        let norm = alpha.dot(&(&rows.gramian * &alpha)).max(0.0).sqrt();
        let shorter = if self.max_norm > 0.0 && norm > self.max_norm { self.max_norm / norm } else { 1.0 };
        Ok(Update::Weights(self.weights.iter().map(|w| w * shorter).collect()))
    }
}

/// FairGrad (Ban and Ji, ICML 2024, equation 4): the positive weights with `(G x)_i = x_i^{-1/α}`.
///
/// `α = 1` is [`NashBargaining`]; the greater `α`, the more the task that gains least counts. Tasks without a gradient
/// and Pareto stationary points are treated as there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FairGrad {
    alpha: f64,
}

impl FairGrad {
    /// `alpha` is above 0.
    pub fn new(alpha: f64) -> Result<Self, AggregateError> {
        check_numbers(
            "FairGrad",
            "alpha",
            &[alpha],
            |a| a.is_finite() && a > 0.0,
            "a finite number above 0",
        )?;
        Ok(Self { alpha })
    }
}

impl Aggregator for FairGrad {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        fair_weights(&Compact::of(jacobian)?, 1.0 / self.alpha, "FairGrad").map(Update::Weights)
    }
}
