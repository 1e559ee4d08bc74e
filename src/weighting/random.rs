//! Random loss weighting.

use super::error::{Range, check_tasks};
use super::{WeightingError, softmax};
use crate::draws::Draws;

/// Random loss weighting (Lin, Ye and Zhang, TMLR 2022): in each step the softmax of draws from the standard normal
/// distribution, constants of the gradient.
///
/// ```
/// use dfdx_loss::weighting::RandomWeighting;
///
/// let mut weighting = RandomWeighting::new(3, 42);
/// let (first, second) = (weighting.weights(), weighting.weights());
/// assert!(first != second && (first.iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RandomWeighting {
    losses: usize,
    draws: Draws,
}

impl RandomWeighting {
    /// For so many losses, with draws from this seed on.
    #[must_use]
    pub fn new(losses: usize, seed: u64) -> Self {
        Self { losses, draws: Draws(seed) }
    }

    /// The weights of the next step. They add up to 1.
    pub fn weights(&mut self) -> Vec<f64> {
        let draws: Vec<f64> = (0..self.losses).map(|_| self.draws.normal()).collect();
        softmax(&draws)
    }

    /// The weights of given draws.
    pub fn of(draws: &[f64]) -> Result<Vec<f64>, WeightingError> {
        check_tasks("draw", draws, draws.len(), Range::Finite)?;
        Ok(softmax(draws))
    }
}
