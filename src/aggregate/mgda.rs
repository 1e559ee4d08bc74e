//! MGDA: the shortest vector in the hull of the gradients.

use super::compact::Compact;
use super::solve;
use super::{AggregateError, Aggregator, Jacobian, Update, check_numbers};
use nalgebra::DVector;

/// Multiple-gradient descent (Sener and Koltun, NeurIPS 2018, algorithm 2): Frank-Wolfe steps towards the shortest
/// vector in the hull of the gradients, stopped early.
///
/// `MGDA` of torchjd. [`MinNorm`] is the vector itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mgda {
    epsilon: f64,
    max_iters: usize,
}

impl Mgda {
    /// Stops after a step shorter than `epsilon`, or after `max_iters` steps.
    pub fn new(epsilon: f64, max_iters: usize) -> Result<Self, AggregateError> {
        check_numbers(
            "Mgda",
            "epsilon",
            &[epsilon],
            |e| e.is_finite() && e >= 0.0,
            "a number of at least 0",
        )?;
        Ok(Self { epsilon, max_iters })
    }

    pub(super) fn weights(&self, rows: &Compact) -> DVector<f64> {
        let (g, m) = (&rows.gramian, rows.tasks());
        let mut alpha = DVector::from_element(m, 1.0 / m as f64);
        for _ in 0..self.max_iters {
            let products = g * &alpha;
            // The first of several least ones.
            let Some(t) = (0..m).min_by(|&i, &j| products[i].total_cmp(&products[j])) else { break };
            let (a, b, c) = (products[t], alpha.dot(&products), g[(t, t)]);
            let gamma = if c <= a {
                1.0
            } else if b <= a {
                0.0
            } else {
                (b - a) / (b + c - 2.0 * a)
            };
            alpha *= 1.0 - gamma;
            alpha[t] += gamma;
            if gamma < self.epsilon {
                break;
            }
        }
        alpha
    }
}

impl Default for Mgda {
    fn default() -> Self {
        Self { epsilon: 0.001, max_iters: 100 }
    }
}

impl Aggregator for Mgda {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        Ok(Update::Weights(self.weights(&Compact::of(jacobian)?).iter().copied().collect()))
    }
}

/// The shortest vector in the hull of the gradients, exactly: `min |Σ α_i g_i|` over `α ≥ 0`, `Σ α = 1`.
///
/// Multiple-gradient descent (Désidéri, Comptes Rendus Mathématique 2012). It is 0 exactly at Pareto stationary
/// points, and else descends for every task.
///
/// ```
/// use dfdx_loss::aggregate::{Aggregator, MinNorm, Rows, Update};
///
/// let gradients = [[1.0, 1.0], [1.0, -1.0], [5.0, 5.0]];
/// let update = MinNorm.aggregate(&Rows::new(&gradients)?)?;
/// assert_eq!(update, Update::Weights(vec![0.5, 0.5, 0.0]));
/// # Ok::<(), dfdx_loss::aggregate::AggregateError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MinNorm;

impl Aggregator for MinNorm {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        if rows.tasks() == 0 {
            return Ok(Update::Weights(vec![]));
        }
        let size = rows.norms.max();
        let scaled = if size > 0.0 { &rows.gramian / size / size } else { rows.gramian.clone() };
        let alpha = solve::nonnegative(&scaled, &DVector::zeros(rows.tasks()), true);
        let reason = "the active set did not settle";
        let alpha = alpha.ok_or(AggregateError::NoSolution { aggregator: "MinNorm", reason })?;
        Ok(Update::Weights(alpha.iter().copied().collect()))
    }
}

/// The shortest vector between two gradients, in closed form, with weights kept between 0.001 and 0.999.
///
/// The code of Sener and Koltun, NeurIPS 2018, whose `MinNormSolver` has these bounds for two vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TwoTaskMgda;

impl Aggregator for TwoTaskMgda {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let g = Compact::of(jacobian)?.gramian;
        if g.nrows() != 2 {
            let allowed = "2".to_owned();
            return Err(AggregateError::Tasks { aggregator: "TwoTaskMgda", tasks: g.nrows(), allowed });
        }
        let (a, b, c) = (g[(0, 0)], g[(0, 1)], g[(1, 1)]);
        let gamma = if b >= a {
            0.999
        } else if b >= c {
            0.001
        } else {
            (c - b) / (a + c - 2.0 * b)
        };
        Ok(Update::Weights(vec![gamma, 1.0 - gamma]))
    }
}
