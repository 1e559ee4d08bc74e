//! CAGrad: near the mean gradient, best for the task that it serves worst.

use super::compact::Compact;
use super::solve;
use super::{AggregateError, Aggregator, Jacobian, Update, check_numbers};
use nalgebra::{DMatrix, DVector};

/// Conflict-averse gradient descent (Liu et al., NeurIPS 2021): the direction `d` with `|d - g_0| ≤ c |g_0|`, `g_0` the
/// mean gradient, that maximises the least `g_i·d`.
///
/// By duality the weights are `1 / m + s / |g_w| w_i`, where `w` minimises `g_0·g_w + s |g_w|` over the simplex with
/// `g_w = Σ w_i g_i` and `s = c |g_0|`. `c = 0` gives the mean. Where `|g_w|`, with the Gramian scaled to the trace 1, is
/// below `norm_eps`, the point is Pareto stationary and the update is 0. The problem is solved to rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaGrad {
    c: f64,
    norm_eps: f64,
}

impl CaGrad {
    /// `c ≥ 0` is how far the update may be from the mean; the paper has 0.4 and 0.5. `norm_eps` is above 0, usually
    /// 1e-4.
    pub fn new(c: f64, norm_eps: f64) -> Result<Self, AggregateError> {
        check_numbers("CaGrad", "c", &[c], |c| c.is_finite() && c >= 0.0, "a finite number of at least 0")?;
        let positive = |e: f64| e.is_finite() && e > 0.0;
        check_numbers("CaGrad", "norm_eps", &[norm_eps], positive, "a finite number above 0")?;
        Ok(Self { c, norm_eps })
    }
}

impl Default for CaGrad {
    fn default() -> Self {
        Self { c: 0.4, norm_eps: 1e-4 }
    }
}

impl Aggregator for CaGrad {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        let (m, trace) = (rows.tasks(), rows.gramian.trace());
        if self.c == 0.0 || m == 0 {
            return Ok(Update::Weights(vec![1.0 / m as f64; m]));
        }
        if trace < self.norm_eps {
            return Ok(Update::Weights(vec![0.0; m]));
        }
        let h = &rows.gramian / trace;
        let mean = &h * DVector::from_element(m, 1.0 / m as f64);
        let s = self.c * (h.sum().max(0.0)).sqrt() / m as f64;
        let reason = "the inner problem did not settle";
        let w = minimiser(&h, &mean, s).ok_or(AggregateError::NoSolution { aggregator: "CaGrad", reason })?;
        let r = norm(&h, &w);
        if r < self.norm_eps {
            return Ok(Update::Weights(vec![0.0; m]));
        }
        Ok(Update::Weights(w.iter().map(|w| 1.0 / m as f64 + s / r * w).collect()))
    }
}

fn norm(h: &DMatrix<f64>, w: &DVector<f64>) -> f64 {
    w.dot(&(h * w)).max(0.0).sqrt()
}

/// The minimiser of `b·w + s √(wᵀ H w)` over the simplex.
///
/// `√q` is the least `q / (2 r) + r / 2`, so that for the right `r` it is that of a quadratic program; `r` is right if it
/// is the norm that comes out.
fn minimiser(h: &DMatrix<f64>, b: &DVector<f64>, s: f64) -> Option<DVector<f64>> {
    let at = |r: f64| solve::nonnegative(&(h * (s / r)), b, true);
    let (mut low, mut high) = (0.0, h.diagonal().max().sqrt());
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high || high < 1e-12 {
            break;
        }
        if norm(h, &at(middle)?) > middle { low = middle } else { high = middle }
    }
    at(high)
}
