//! Gradient surgery: each gradient is turned away from those it conflicts with.

use super::compact::Compact;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use crate::draws::Draws;
use nalgebra::{DMatrix, DVector};

/// Law: each task has an order of other tasks.
fn check_orders(orders: &[Vec<usize>], m: usize) -> Result<(), AggregateError> {
    check_length("orders", orders.len(), m)?;
    match orders.iter().flatten().find(|&&task| task >= m) {
        Some(&task) => {
            let allowed = format!("numbers below {m}");
            Err(AggregateError::Tasks { aggregator: "an order", tasks: task, allowed })
        }
        None => Ok(()),
    }
}

/// PCGrad (Yu et al., NeurIPS 2020): each gradient loses its projection on every other with which it has a negative
/// inner product, in random order; the update is the sum of what remains.
///
/// `h ← h - (h·g_j) / (g_j·g_j) g_j` where `h·g_j < 0`. Gradients that do not conflict are summed.
///
/// ```
/// use dfdx_loss::aggregate::{Aggregator, PcGrad, Rows};
///
/// let gradients = [[1.0, 0.0], [-1.0, 1.0]];
/// let rows = Rows::new(&gradients)?;
/// let update = PcGrad::new(0).aggregate(&rows)?.direction(&rows);
/// assert_eq!(update, [0.5, 1.5]);
/// # Ok::<(), dfdx_loss::aggregate::AggregateError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PcGrad {
    draws: Draws,
}

impl PcGrad {
    /// With orders drawn from this seed on.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { draws: Draws(seed) }
    }

    /// With given orders: for each task the others, as it meets them.
    pub fn in_order(jacobian: &dyn Jacobian, orders: &[Vec<usize>]) -> Result<Update, AggregateError> {
        let g = Compact::of(jacobian)?.gramian;
        check_orders(orders, g.nrows())?;
        let mut sum = DVector::zeros(g.nrows());
        for (i, order) in orders.iter().enumerate() {
            // Coefficients of `h` over the gradients.
            let mut h = DVector::zeros(g.nrows());
            h[i] = 1.0;
            for &j in order {
                let product = h.dot(&g.column(j));
                if product < 0.0 {
                    h[j] -= product / g[(j, j)];
                }
            }
            sum += h;
        }
        Ok(Update::Weights(sum.iter().copied().collect()))
    }
}

impl Aggregator for PcGrad {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        Self::in_order(jacobian, &self.draws.orders(jacobian.tasks()))
    }
}

/// Gradient Vaccine (Wang et al., ICLR 2021): as [`PcGrad`], but gradients are turned until their cosine is what it has
/// been on average.
#[derive(Clone, Debug, PartialEq)]
pub struct GradVac {
    beta: f64,
    eps: f64,
    draws: Draws,
    target: DMatrix<f64>,
}

impl GradVac {
    /// `beta`, between 0 and 1, is the rate of the running mean of cosines (the paper: 0.5), `eps` keeps denominators
    /// from 0 (1e-8).
    pub fn new(beta: f64, eps: f64, seed: u64) -> Result<Self, AggregateError> {
        check_numbers("GradVac", "beta", &[beta], |b| (0.0..=1.0).contains(&b), "between 0 and 1")?;
        check_numbers("GradVac", "eps", &[eps], |e| e.is_finite() && e > 0.0, "a finite number above 0")?;
        Ok(Self { beta, eps, draws: Draws(seed), target: DMatrix::zeros(0, 0) })
    }

    /// With given orders: for each task the others, as it meets them.
    pub fn in_order(
        &mut self,
        jacobian: &dyn Jacobian,
        orders: &[Vec<usize>],
    ) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        let (g, m) = (&rows.gramian, rows.tasks());
        check_orders(orders, m)?;
        if self.target.is_empty() {
            self.target = DMatrix::zeros(m, m);
        }
        check_length("rows", m, self.target.nrows())?;
        let mut sum = DVector::zeros(m);
        for (i, order) in orders.iter().enumerate() {
            let mut h = DVector::zeros(m);
            h[i] = 1.0;
            for &j in order {
                let (length, other) = (h.dot(&(g * &h)).max(0.0).sqrt(), rows.norms[j]);
                let cosine = h.dot(&g.column(j)) / (length * other + self.eps);
                let target = self.target[(i, j)];
                if cosine < target {
                    let sine = |c: f64| (1.0 - c * c).max(0.0).sqrt();
                    h[j] += length * (target * sine(cosine) - cosine * sine(target))
                        / (other * sine(target) + self.eps);
                }
                self.target[(i, j)] = (1.0 - self.beta) * target + self.beta * cosine;
            }
            sum += h;
        }
        Ok(Update::Weights(sum.iter().copied().collect()))
    }

    /// The running mean of the cosine of each pair, row by row.
    #[must_use]
    pub fn target_cosine(&self) -> Vec<f64> {
        self.target.transpose().as_slice().to_vec()
    }
}

impl Aggregator for GradVac {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let orders = self.draws.orders(jacobian.tasks());
        self.in_order(jacobian, &orders)
    }
}
