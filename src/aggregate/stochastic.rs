//! Rules that need the gradients of two batches, so that their estimate is not biased: MoDo and SDMGrad.

use super::solve::onto_simplex;
use super::{AggregateError, check_length, check_numbers};
use nalgebra::{DMatrix, DVector};

fn cross(cross_gramian: &[f64], m: usize) -> Result<DMatrix<f64>, AggregateError> {
    check_length("cross_gramian", cross_gramian.len(), m * m)?;
    check_numbers("a cross Gramian", "entry", cross_gramian, f64::is_finite, "a finite number")?;
    Ok(DMatrix::from_row_slice(m, m, cross_gramian))
}

/// MoDo (Chen, Fernando, Ying and Chen, NeurIPS 2023): a projected gradient step on the weights,
/// `λ ← Π(λ - γ (M λ + ρ λ))` with `M = J_1 J_2ᵀ` of two batches.
#[derive(Clone, Debug, PartialEq)]
pub struct MoDo {
    gamma: f64,
    rho: f64,
    weights: DVector<f64>,
}

impl MoDo {
    /// For so many tasks: step size `gamma` above 0 and regularisation `rho` of at least 0, both 0.1 in torchjd.
    pub fn new(tasks: usize, gamma: f64, rho: f64) -> Result<Self, AggregateError> {
        check_numbers("MoDo", "gamma", &[gamma], |g| g.is_finite() && g > 0.0, "a finite number above 0")?;
        check_numbers("MoDo", "rho", &[rho], |r| r.is_finite() && r >= 0.0, "a finite number of at least 0")?;
        Ok(Self { gamma, rho, weights: DVector::from_element(tasks, 1.0 / tasks as f64) })
    }

    /// The weights after a step with these inner products: row by row, entry `i, j` is that of task `i`'s gradient on
    /// one batch and task `j`'s on another.
    pub fn weights(&mut self, cross_gramian: &[f64]) -> Result<Vec<f64>, AggregateError> {
        let m = cross(cross_gramian, self.weights.len())?;
        let gradient = m * &self.weights + self.rho * &self.weights;
        self.weights = onto_simplex(&(&self.weights - self.gamma * gradient));
        Ok(self.weights.iter().copied().collect())
    }
}

/// SDMGrad (Xiao, Ban and Ji, NeurIPS 2023): projected gradient steps with momentum on the weights of a direction that
/// stays near a preferred one.
#[derive(Clone, Debug, PartialEq)]
pub struct SdmGrad {
    lr: f64,
    momentum: f64,
    iterations: usize,
    lambda: f64,
    preference: DVector<f64>,
    weights: DVector<f64>,
}

impl SdmGrad {
    /// `preference` has a weight for each task, `lambda ≥ 0` says how much it counts; `iterations` steps of size `lr`
    /// above 0 with `momentum` of at least 0.
    pub fn new(
        preference: Vec<f64>,
        lambda: f64,
        lr: f64,
        momentum: f64,
        iterations: usize,
    ) -> Result<Self, AggregateError> {
        let at_least_0 = |x: f64| x.is_finite() && x >= 0.0;
        check_numbers("SdmGrad", "lr", &[lr], |x| x.is_finite() && x > 0.0, "a finite number above 0")?;
        check_numbers("SdmGrad", "momentum", &[momentum], at_least_0, "a finite number of at least 0")?;
        check_numbers("SdmGrad", "lambda", &[lambda], at_least_0, "a finite number of at least 0")?;
        check_numbers("SdmGrad", "preference", &preference, f64::is_finite, "a finite number")?;
        let m = preference.len();
        let (preference, weights) = (DVector::from_vec(preference), DVector::from_element(m, 1.0 / m as f64));
        Ok(Self { lr, momentum, iterations, lambda, preference, weights })
    }

    /// The weights after a step with these inner products, as for [`MoDo`].
    pub fn weights(&mut self, cross_gramian: &[f64]) -> Result<Vec<f64>, AggregateError> {
        let m = cross(cross_gramian, self.weights.len())?;
        let scale = m.diagonal().map(|d| d.max(0.0).sqrt()).mean();
        let a = m / (scale * scale + 1e-8);
        let mut velocity: Option<DVector<f64>> = None;
        for _ in 0..self.iterations {
            let gradient = &a * (&self.weights + self.lambda * &self.preference);
            let next = match velocity {
                Some(before) => self.momentum * before + gradient,
                None => gradient,
            };
            self.weights = onto_simplex(&(&self.weights - self.lr * &next));
            velocity = Some(next);
        }
        let sum = (&self.weights + self.lambda * &self.preference) / (1.0 + self.lambda);
        Ok(sum.iter().copied().collect())
    }
}
