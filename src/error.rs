//! What can go wrong when a loss is built or applied.

use crate::schedule::ScheduleError;
use std::fmt::{Debug, Display};

/// Why a loss could not be computed. `Err` is the device's own error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LossError<Err: Debug + Display> {
    /// A class index that its set does not have.
    #[error("`{input}{position:?}` is {value}, but `{set}` has the {size} elements 0..{size}")]
    Class {
        /// The input that holds it.
        input: &'static str,
        /// Where in the input.
        position: Vec<usize>,
        /// The index found.
        value: usize,
        /// The index set.
        set: &'static str,
        /// How many elements the set has.
        size: usize,
    },
    /// Two inputs disagree about the size of an index set.
    #[error("`{set}` is {expected} in `{first}` but {found} in `{input}`")]
    Length {
        /// The index set.
        set: &'static str,
        /// The input that fixes the size.
        first: &'static str,
        /// Its size there.
        expected: usize,
        /// The input that differs.
        input: &'static str,
        /// The size found.
        found: usize,
    },
    /// Two inputs that must have one shape have two.
    #[error("`{first}` has the shape {expected:?} but `{input}` has {found:?}")]
    Shape {
        /// The first input.
        first: &'static str,
        /// Its shape.
        expected: Vec<usize>,
        /// The input that differs.
        input: &'static str,
        /// Its shape.
        found: Vec<usize>,
    },
    /// An index set without elements.
    #[error("`{set}` is empty in `{input}`")]
    Empty {
        /// The index set.
        set: &'static str,
        /// The input that fixes the size.
        input: &'static str,
    },
    /// A fixed element, written in the loss, that the set does not have.
    #[error("the loss reads element {index} of `{set}`, which has the {size} elements 0..{size}")]
    Index {
        /// The index set.
        set: &'static str,
        /// The element read.
        index: usize,
        /// How many elements the set has.
        size: usize,
    },
    /// An element outside the domain that its input declares.
    #[error("`{input}{position:?}` is {value}, but has to be {allowed}")]
    Domain {
        /// The input.
        input: &'static str,
        /// Where in the input.
        position: Vec<usize>,
        /// The element found.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A host function failed, or what it gave is not what it is declared with.
    #[error("the host function `{function}` failed at {slice:?}: {reason}")]
    Host {
        /// What the loss calls it.
        function: &'static str,
        /// Which slice it was given: the indices that are not its own.
        slice: Vec<usize>,
        /// What it says, or what is wrong with what it gave.
        reason: String,
    },
    /// A hyperparameter outside its domain.
    #[error("{0}")]
    Param(ParamError),
    /// The device failed.
    #[error("{0}")]
    Device(Err),
}

impl<Err: Debug + Display> From<Err> for LossError<Err> {
    fn from(error: Err) -> Self {
        LossError::Device(error)
    }
}

/// A hyperparameter outside its domain.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` of `{loss}` is {value}, but has to be {allowed}")]
pub struct ParamError {
    /// The loss.
    pub loss: &'static str,
    /// The hyperparameter.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What is allowed.
    pub allowed: &'static str,
}

impl From<ScheduleError> for ParamError {
    fn from(error: ScheduleError) -> Self {
        let ScheduleError { schedule, parameter, value, allowed } = error;
        ParamError { loss: schedule, name: parameter, value, allowed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_input_the_place_and_the_range() {
        let class: LossError<String> =
            LossError::Class { input: "target", position: vec![3, 1], value: 12, set: "K", size: 10 };
        assert_eq!(class.to_string(), "`target[3, 1]` is 12, but `K` has the 10 elements 0..10");
        let length: LossError<String> =
            LossError::Length { set: "K", first: "logits", expected: 10, input: "teacher", found: 12 };
        assert_eq!(length.to_string(), "`K` is 10 in `logits` but 12 in `teacher`");
        let param = ParamError { loss: "Focal", name: "gamma", value: -1.0, allowed: "in 0.." };
        assert_eq!(param.to_string(), "`gamma` of `Focal` is -1, but has to be in 0..");
    }

    #[test]
    fn device_errors_convert() {
        let fails = || -> Result<(), LossError<String>> { Err("out of memory".to_owned())? };
        assert_eq!(fails(), Err(LossError::Device("out of memory".to_owned())));
    }
}
