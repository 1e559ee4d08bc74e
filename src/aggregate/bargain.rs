//! Nash-MTL and FairGrad: weights that are fair to every task.

use super::compact::Compact;
use super::solve;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use nalgebra::{DMatrix, DVector};

/// The root of `(G x)_i = x_i^{-p}` among tasks with a gradient; the others have weight 0. Zeros if there is none: the
/// point is Pareto stationary.
fn fair_weights(rows: &Compact, p: f64) -> Vec<f64> {
    let live: Vec<usize> = (0..rows.tasks()).filter(|&i| rows.norms[i] > 0.0).collect();
    let mut weights = vec![0.0; rows.tasks()];
    if live.is_empty() {
        return weights;
    }
    // With unit rows for p = 1, which scales row by row; else with one scale for all, which keeps the equation's form.
    let size = rows.norms.max();
    let unit = |i: usize| if p == 1.0 { rows.norms[i] } else { size };
    let scaled = DMatrix::from_fn(live.len(), live.len(), |i, j| {
        rows.gramian[(live[i], live[j])] / unit(live[i]) / unit(live[j])
    });
    let Some(root) = solve::fair(&scaled, p) else { return weights };
    for (&i, x) in live.iter().zip(root.iter()) {
        weights[i] = if p == 1.0 { x / unit(i) } else { x * size.powf(-2.0 / (1.0 + p)) };
    }
    weights
}

/// The Nash bargaining solution (Navon et al., ICML 2022): the positive weights with `α_i (G α)_i = 1`.
///
/// They do not depend on the scale of the losses: a gradient twice as long has half the weight. Tasks whose gradient is
/// 0 have weight 0; at a Pareto stationary point, where there is no solution, all have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NashBargaining;

impl Aggregator for NashBargaining {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        Ok(Update::Weights(fair_weights(&Compact::of(jacobian)?, 1.0)))
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
            self.weights = fair_weights(&rows, 1.0);
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
        check_numbers("FairGrad", "alpha", &[alpha], |a| a.is_finite() && a > 0.0, "a finite number above 0")?;
        Ok(Self { alpha })
    }
}

impl Aggregator for FairGrad {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        Ok(Update::Weights(fair_weights(&Compact::of(jacobian)?, 1.0 / self.alpha)))
    }
}
