//! Priority-constrained descent: one objective comes first, the others keep a share of theirs.

use super::compact::Compact;
use super::solve;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use nalgebra::{DMatrix, DVector};

/// Priority-constrained descent, as in torchjd: the direction nearest to the first task's that gives every other task
/// `j` at least `τ_j` of its own descent.
///
/// Gradients are first divided by a running root mean square of their norms, `h_i = s_i g_i`. Then
/// `min |d - h_0|² / 2` with `h_j·d ≥ τ_j |h_j|²`, and the update has the length of the first gradient. Where the
/// constraints cannot be met they are dropped; a first gradient of zeros gives an update of zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorityDescent {
    tau: Vec<f64>,
    beta: f64,
    eps: f64,
    squares: Vec<f64>,
    steps: i32,
}

impl PriorityDescent {
    /// `tau`, from 0 to 1, for each task after the first. `beta`, from 0 to below 1, is the rate of the mean square
    /// (0.999), `eps` above 0 keeps it from 0 (1e-8).
    pub fn new(tau: Vec<f64>, beta: f64, eps: f64) -> Result<Self, AggregateError> {
        check_numbers("PriorityDescent", "tau", &tau, |t| (0.0..=1.0).contains(&t), "from 0 to 1")?;
        check_numbers("PriorityDescent", "beta", &[beta], |b| (0.0..1.0).contains(&b), "from 0 to below 1")?;
        let positive = |e: f64| e.is_finite() && e > 0.0;
        check_numbers("PriorityDescent", "eps", &[eps], positive, "a finite number above 0")?;
        let squares = vec![0.0; tau.len() + 1];
        Ok(Self { tau, beta, eps, squares, steps: 0 })
    }

    /// The factor of each gradient.
    fn scales(&mut self, rows: &Compact) -> DVector<f64> {
        self.steps += 1;
        let correction = 1.0 - self.beta.powi(self.steps);
        for (square, norm) in self.squares.iter_mut().zip(rows.norms.iter()) {
            *square = self.beta * *square + (1.0 - self.beta) * norm * norm;
        }
        DVector::from_iterator(
            self.squares.len(),
            self.squares.iter().map(|square| 1.0 / (square / correction + self.eps).sqrt()),
        )
    }
}

impl Aggregator for PriorityDescent {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        check_length("rows", rows.tasks(), self.tau.len() + 1)?;
        let (s, m) = (self.scales(&rows), rows.tasks());
        let g = DMatrix::from_fn(m, m, |i, j| s[i] * rows.gramian[(i, j)] * s[j]);
        // The dual: `min μᵀ A μ / 2 - cᵀ μ`, `μ ≥ 0`, with `A` and `c` of the constraints.
        let a = g.view((1, 1), (m - 1, m - 1)).into_owned();
        let b = DVector::from_fn(m - 1, |j, _| g[(0, j + 1)] - self.tau[j] * g[(j + 1, j + 1)]);
        let mut mu = DVector::zeros(m);
        mu[0] = 1.0;
        if let Some(found) = solve::nonnegative(&a, &b, false) {
            let met = (&a * &found + &b).iter().all(|slack| *slack >= -1e-9 * g.amax().max(1.0));
            if met {
                mu.rows_mut(1, m - 1).copy_from(&found);
            }
        }
        let length = mu.dot(&(&g * &mu)).max(0.0).sqrt();
        let first = rows.norms[0];
        let scale = if first == 0.0 || length <= 1e-15 * g.amax().sqrt() { 0.0 } else { first / length };
        Ok(Update::Weights(mu.iter().zip(s.iter()).map(|(mu, s)| mu * s * scale).collect()))
    }
}
