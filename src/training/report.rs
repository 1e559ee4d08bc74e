//! What a step tells of its objectives.

use dfdx::prelude::*;

/// The gradients of a step, for any dfdx optimizer, and what led to them.
#[derive(Clone, Debug)]
pub struct Step<E: Dtype, D: Device<E>> {
    /// One gradient for each parameter of the model: `opt.update(&mut model, &step.gradients)`.
    pub gradients: Gradients<E, D>,
    /// One entry an objective, in the order in which they were given.
    pub objectives: Vec<ObjectiveReport>,
}

/// An objective in a step.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveReport {
    /// Its name.
    pub name: String,
    /// Its loss, before the update.
    pub loss: f64,
    /// The Euclidean norm of its row: of its gradient with respect to what is aggregated over.
    pub norm: f64,
    /// The weight of its row in the update, if the update is a weighted sum.
    pub weight: Option<f64>,
}
