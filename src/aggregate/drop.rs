//! GradDrop: where signs disagree, one of them is drawn.

use super::compact::Compact;
use super::jacobian::for_blocks;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use crate::draws::Draws;

/// GradDrop (Chen et al., NeurIPS 2020, algorithm 1): for each parameter, only the gradients of one sign are kept, the
/// positive ones with the probability `P = (1 + Σ g / Σ |g|) / 2`.
///
/// Of what is dropped a share, the task's `leak`, is kept. Where all entries are 0, so is the update.
#[derive(Clone, Debug, PartialEq)]
pub struct GradDrop {
    leak: Option<Vec<f64>>,
    draws: Draws,
}

impl GradDrop {
    /// With draws from this seed on.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { leak: None, draws: Draws(seed) }
    }

    /// With a share for each task, from 0 to 1, of what is dropped.
    pub fn leak(self, leak: Vec<f64>) -> Result<Self, AggregateError> {
        check_numbers("GradDrop", "leak", &leak, |l| (0.0..=1.0).contains(&l), "from 0 to 1")?;
        Ok(Self { leak: Some(leak), ..self })
    }

    /// With given draws, one a parameter, uniform from 0 to 1.
    pub fn with_draws(&self, jacobian: &dyn Jacobian, draws: &[f64]) -> Result<Update, AggregateError> {
        Compact::of(jacobian)?;
        check_length("draws", draws.len(), jacobian.parameters())?;
        let none = vec![0.0; jacobian.tasks()];
        let leak = self.leak.as_ref().unwrap_or(&none);
        check_length("leak", leak.len(), jacobian.tasks())?;
        let mut update = Vec::with_capacity(draws.len());
        for_blocks(jacobian, |from, rows| {
            for k in 0..rows[0].len() {
                let column = || rows.iter().map(|row| row[k]);
                let (sum, size) = (column().sum::<f64>(), column().map(f64::abs).sum::<f64>());
                let positive = if size > 0.0 { 0.5 * (1.0 + sum / size) } else { 0.5 };
                let kept = |g: f64| {
                    let draw = draws[from + k];
                    positive > draw && g > 0.0 || positive < draw && g < 0.0
                };
                let share = |(g, leak): (f64, &f64)| if kept(g) { g } else { leak * g };
                update.push(column().zip(leak).map(share).sum());
            }
        });
        Ok(Update::Direction(update))
    }
}

impl Aggregator for GradDrop {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let draws: Vec<f64> = (0..jacobian.parameters()).map(|_| self.draws.uniform()).collect();
        self.with_draws(jacobian, &draws)
    }
}
