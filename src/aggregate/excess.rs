//! ExcessMTL: weights by how much risk a task has left.

use super::compact::Compact;
use super::jacobian::for_blocks;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};

/// ExcessMTL (He et al., ICML 2024): weights grow with a task's estimated excess risk, `w ← softmax(ln w + η e)`.
///
/// `e_i = Σ_k g_ik² / √(S_ik + 1e-7)` with `S` the running sum of squares, relative to its value at first: the mean over
/// the warm-up steps, in which the weights stay `1 / m`, or without a warm-up the first step's.
#[derive(Clone, Debug, PartialEq)]
pub struct ExcessMtl {
    step_size: f64,
    warm_up: usize,
    squares: Vec<Vec<f64>>,
    weights: Vec<f64>,
    base: Vec<f64>,
    steps: usize,
}

impl ExcessMtl {
    /// `step_size`, `η`, is above 0 (the paper: 1).
    pub fn new(step_size: f64, warm_up: usize) -> Result<Self, AggregateError> {
        let positive = |s: f64| s.is_finite() && s > 0.0;
        check_numbers("ExcessMtl", "step_size", &[step_size], positive, "a finite number above 0")?;
        Ok(Self { step_size, warm_up, squares: vec![], weights: vec![], base: vec![], steps: 0 })
    }

    /// The excess of each task, after adding its squares.
    fn excess(&mut self, jacobian: &dyn Jacobian) -> Vec<f64> {
        let mut excess = vec![0.0; jacobian.tasks()];
        for_blocks(jacobian, |from, rows| {
            for ((row, sums), excess) in rows.iter().zip(&mut self.squares).zip(&mut excess) {
                for (g, sum) in row.iter().zip(&mut sums[from..]) {
                    *sum += g * g;
                    *excess += g * g / (*sum + 1e-7).sqrt();
                }
            }
        });
        excess
    }

    fn start(&mut self, jacobian: &dyn Jacobian) {
        let m = jacobian.tasks();
        self.squares = vec![vec![0.0; jacobian.parameters()]; m];
        (self.weights, self.base) = (vec![1.0 / m as f64; m], vec![0.0; m]);
    }
}

impl Aggregator for ExcessMtl {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        Compact::of(jacobian)?;
        if self.steps == 0 {
            self.start(jacobian);
        }
        check_length("rows", jacobian.tasks(), self.weights.len())?;
        check_length("parameters", jacobian.parameters(), self.squares.first().map_or(0, Vec::len))?;
        let mut excess = self.excess(jacobian);
        self.steps += 1;
        if self.steps <= self.warm_up {
            self.base.iter_mut().zip(&excess).for_each(|(b, e)| *b += e / self.warm_up as f64);
            return Ok(Update::Weights(self.weights.clone()));
        }
        if self.warm_up == 0 && self.steps == 1 {
            self.base.clone_from(&excess);
        } else {
            excess.iter_mut().zip(&self.base).for_each(|(e, b)| *e /= b + 1e-7);
        }
        let logits: Vec<f64> =
            self.weights.iter().zip(&excess).map(|(w, e)| w.ln() + self.step_size * e).collect();
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let terms: Vec<f64> = logits.iter().map(|l| (l - most).exp()).collect();
        let sum: f64 = terms.iter().sum();
        self.weights = terms.iter().map(|t| t / sum).collect();
        Ok(Update::Weights(self.weights.clone()))
    }
}
