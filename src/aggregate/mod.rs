//! One update direction from the gradients of several tasks.

mod error;
mod jacobian;

pub use error::AggregateError;
pub use jacobian::{Jacobian, Rows};

/// A rule that makes one update of the gradients of several tasks.
///
/// Some rules carry a state from step to step, so that one value serves one training run.
pub trait Aggregator {
    /// The update for these gradients. A gradient that is not finite is an error that names its task.
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError>;
}

impl<A: Aggregator + ?Sized> Aggregator for Box<A> {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        (**self).aggregate(jacobian)
    }
}

/// What an [`Aggregator`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The sum of the rows, each times its weight. Needs no more memory than one row.
    Weights(Vec<f64>),
    /// A direction that is no such sum, or not known as one: one entry a parameter.
    Direction(Vec<f64>),
}

impl Update {
    /// The update as numbers, one a parameter.
    pub fn direction(&self, jacobian: &dyn Jacobian) -> Vec<f64> {
        match self {
            Self::Weights(weights) => jacobian::combine(jacobian, weights),
            Self::Direction(direction) => direction.clone(),
        }
    }
}
