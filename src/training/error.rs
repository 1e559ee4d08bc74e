//! Why a step could not be made.

use crate::aggregate::AggregateError;

/// What is wrong with the objectives of a step, or with what came of them.
///
/// Where a step fails, the parameters of the model are as they were before.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A step without an objective.
    #[error("a step needs at least one objective")]
    NoObjectives,
    /// A name that two objectives have.
    #[error("two objectives are called `{objective}`")]
    Duplicate {
        /// The name.
        objective: String,
    },
    /// A filter that leaves no parameter, or a model that has none.
    #[error("no parameter to aggregate over: the filter leaves none of those of the model")]
    NoParameters,
    /// A loss that is NaN.
    #[error("the loss of objective `{objective}` is NaN")]
    Nan {
        /// The objective.
        objective: String,
    },
    /// A gradient with an entry that is NaN or infinite.
    #[error("the gradient of objective `{objective}` is not finite: entry {entry} is {value}")]
    NotFinite {
        /// The objective.
        objective: String,
        /// The first such entry of its row.
        entry: usize,
        /// Its value.
        value: f64,
    },
    /// An objective that failed.
    #[error("objective `{objective}` failed: {reason}")]
    Objective {
        /// The objective.
        objective: String,
        /// Its error.
        reason: String,
    },
    /// A pass through the trunk, or another function without a name, that failed.
    #[error("the forward pass failed: {reason}")]
    Forward {
        /// Its error.
        reason: String,
    },
    /// An aggregator that failed, or returned numbers of the wrong length.
    #[error(transparent)]
    Aggregate(#[from] AggregateError),
    /// An aggregator that returned a number which is NaN or infinite.
    #[error("entry {entry} of the aggregator's update is {value}")]
    Update {
        /// The first such weight or entry.
        entry: usize,
        /// Its value.
        value: f64,
    },
    /// A gradient of sharpness-aware minimisation whose norm is NaN or infinite.
    #[error("the norm of the gradient is {value}")]
    Norm {
        /// The norm.
        value: f64,
    },
    /// A parameter out of its domain.
    #[error("`{parameter}` is {value}, but has to be {allowed}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// An optimizer that failed.
    #[error("the optimizer failed: {reason}")]
    Optimizer {
        /// Its error.
        reason: String,
    },
    /// A device that failed, mostly for want of memory.
    #[error("the device failed: {reason}")]
    Device {
        /// Its error.
        reason: String,
    },
}

/// The error of a device.
pub(super) fn device(error: impl std::fmt::Display) -> TrainingError {
    TrainingError::Device { reason: error.to_string() }
}
