//! Gradients brought to comparable lengths before they are combined.

use super::compact::Compact;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};

/// What each gradient is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalization {
    /// Nothing.
    None,
    /// Its norm.
    L2,
    /// Its loss.
    Loss,
    /// Its loss times its norm.
    LossPlus,
}

impl Normalization {
    /// The factor of each gradient. The losses are above 0 where they count; a gradient of zeros stays one.
    pub fn factors(self, jacobian: &dyn Jacobian, losses: &[f64]) -> Result<Vec<f64>, AggregateError> {
        let rows = Compact::of(jacobian)?;
        check_length("losses", losses.len(), rows.tasks())?;
        if matches!(self, Self::Loss | Self::LossPlus) {
            let positive = |l: f64| l.is_finite() && l > 0.0;
            check_numbers("Normalization", "losses", losses, positive, "a finite number above 0")?;
        }
        let divisor = |(norm, loss): (&f64, &f64)| match self {
            Self::None => 1.0,
            Self::L2 => *norm,
            Self::Loss => *loss,
            Self::LossPlus => loss * norm,
        };
        let factor = |divisor: f64| if divisor > 0.0 { 1.0 / divisor } else { 0.0 };
        Ok(rows.norms.iter().zip(losses).map(divisor).map(factor).collect())
    }
}

/// Another rule on normalised gradients (Sener and Koltun, NeurIPS 2018).
///
/// The losses, or the losses of the first step, are set before each step; what comes out is the inner rule's update of
/// the rows divided by the norms, the losses, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalized<A> {
    normalization: Normalization,
    inner: A,
    /// The loss of each task; needed by [`Normalization::Loss`] and [`Normalization::LossPlus`].
    pub losses: Vec<f64>,
}

impl<A: Aggregator> Normalized<A> {
    /// The inner rule on gradients normalised so.
    pub fn new(normalization: Normalization, inner: A) -> Self {
        Self { normalization, inner, losses: vec![] }
    }
}

/// Rows times factors.
struct Scaled<'a> {
    rows: &'a dyn Jacobian,
    factors: Vec<f64>,
}

impl Jacobian for Scaled<'_> {
    fn tasks(&self) -> usize {
        self.rows.tasks()
    }

    fn parameters(&self) -> usize {
        self.rows.parameters()
    }

    fn read(&self, task: usize, from: usize, into: &mut [f64]) {
        self.rows.read(task, from, into);
        into.iter_mut().for_each(|entry| *entry *= self.factors[task]);
    }
}

impl<A: Aggregator> Aggregator for Normalized<A> {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let ones = vec![1.0; jacobian.tasks()];
        let losses = if self.losses.is_empty() { &ones } else { &self.losses };
        let factors = self.normalization.factors(jacobian, losses)?;
        let scaled = Scaled { rows: jacobian, factors };
        match self.inner.aggregate(&scaled)? {
            Update::Weights(weights) => {
                Ok(Update::Weights(weights.iter().zip(&scaled.factors).map(|(w, f)| w * f).collect()))
            }
            direction @ Update::Direction(_) => Ok(direction),
        }
    }
}
