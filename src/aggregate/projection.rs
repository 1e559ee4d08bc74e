//! UPGrad and DualProj: projections on the cone of directions that conflict with no task.

use super::compact::Compact;
use super::solve;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use nalgebra::{DMatrix, DVector};

/// What both have in common: the weights of the tasks, and how the Gramian is made positive definite.
#[derive(Clone, Debug, PartialEq)]
struct Cone {
    preference: Option<Vec<f64>>,
    norm_eps: f64,
    reg_eps: f64,
}

impl Default for Cone {
    fn default() -> Self {
        Self { preference: None, norm_eps: 1e-4, reg_eps: 1e-4 }
    }
}

impl Cone {
    fn preference(&self, m: usize) -> Result<DVector<f64>, AggregateError> {
        let Some(given) = &self.preference else { return Ok(DVector::from_element(m, 1.0 / m as f64)) };
        check_length("preference", given.len(), m)?;
        Ok(DVector::from_column_slice(given))
    }

    /// `G / tr G + reg_eps I`, and `reg_eps I` where the trace is below `norm_eps`.
    fn matrix(&self, rows: &Compact) -> DMatrix<f64> {
        let (m, trace) = (rows.tasks(), rows.gramian.trace());
        let scaled = if trace >= self.norm_eps { &rows.gramian / trace } else { DMatrix::zeros(m, m) };
        scaled + self.reg_eps * DMatrix::identity(m, m)
    }

    /// The minimiser of `vᵀ H v` over `v ≥ u`: the weights of the projection of `Σ u_i g_i`.
    fn projected(h: &DMatrix<f64>, u: &DVector<f64>) -> Result<DVector<f64>, AggregateError> {
        let reason = "the active set did not settle";
        let above = solve::nonnegative(h, &(h * u), false);
        let above = above.ok_or(AggregateError::NoSolution { aggregator: "a projection", reason })?;
        Ok(u + above)
    }
}

/// The constructors of both.
macro_rules! options {
    ($name:ident, $text:literal) => {
        impl $name {
            /// With other regularisation, each above 0: the Gramian counts as 0 where its trace is below `norm_eps`,
            /// and `reg_eps` is added to its diagonal once its trace is 1.
            pub fn new(norm_eps: f64, reg_eps: f64) -> Result<Self, AggregateError> {
                let positive = |e: f64| e.is_finite() && e > 0.0;
                check_numbers($text, "norm_eps", &[norm_eps], positive, "a finite number above 0")?;
                check_numbers($text, "reg_eps", &[reg_eps], positive, "a finite number above 0")?;
                Ok(Self { cone: Cone { preference: None, norm_eps, reg_eps } })
            }

            /// With these weights of the tasks in place of `1 / m`.
            pub fn preference(mut self, weights: Vec<f64>) -> Result<Self, AggregateError> {
                check_numbers($text, "preference", &weights, f64::is_finite, "a finite number")?;
                self.cone.preference = Some(weights);
                Ok(self)
            }
        }
    };
}

/// UPGrad (Quinton and Rey 2024, Jacobian Descent for Multi-Objective Optimization): the mean of the gradients after
/// each has been projected on the cone of directions that conflict with none of them.
///
/// Up to the regularisation the update has no negative inner product with any gradient. Gradients whose squared norms
/// add up to less than `norm_eps` are averaged without projection.
///
/// ```
/// use dfdx_loss::aggregate::{Aggregator, Rows, UpGrad};
///
/// let gradients = [[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]];
/// let rows = Rows::new(&gradients)?;
/// let update = UpGrad::default().aggregate(&rows)?.direction(&rows);
/// let rounded = update.iter().map(|x| (x * 1e4).round() / 1e4).collect::<Vec<_>>();
/// assert_eq!(rounded, [0.2929, 1.9004, 1.9004]);
/// # Ok::<(), dfdx_loss::aggregate::AggregateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpGrad {
    cone: Cone,
}

options!(UpGrad, "UpGrad");

impl Aggregator for UpGrad {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        let (h, preference) = (self.cone.matrix(&rows), self.cone.preference(rows.tasks())?);
        let mut sum = DVector::zeros(rows.tasks());
        for i in 0..rows.tasks() {
            let mut own = DVector::zeros(rows.tasks());
            own[i] = preference[i];
            sum += Cone::projected(&h, &own)?;
        }
        Ok(Update::Weights(sum.iter().copied().collect()))
    }
}

/// The mean of the gradients, projected on the cone of directions that conflict with none of them.
///
/// Gradient Episodic Memory (Lopez-Paz and Ranzato, NeurIPS 2017, equation 11).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DualProj {
    cone: Cone,
}

options!(DualProj, "DualProj");

impl Aggregator for DualProj {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        let (h, preference) = (self.cone.matrix(&rows), self.cone.preference(rows.tasks())?);
        Ok(Update::Weights(Cone::projected(&h, &preference)?.iter().copied().collect()))
    }
}
