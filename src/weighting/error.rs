//! Why there are no weights.

/// What is wrong with a weighting's parameters or with what it is given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightingError {
    /// A parameter that a weighting cannot have.
    #[error("`{parameter}` of `{weighting}` is {value}, but has to be {allowed}")]
    Parameter {
        /// The weighting.
        weighting: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A number of a task that the formula cannot take.
    #[error("the {what} of task {task} is {value}, but has to be {allowed}")]
    Number {
        /// What the number is.
        what: &'static str,
        /// The task, from 0.
        task: usize,
        /// The number.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Numbers for more or fewer tasks than there are.
    #[error("there are {found} numbers for {expected} tasks")]
    Tasks {
        /// The numbers given.
        found: usize,
        /// The tasks.
        expected: usize,
    },
}

/// Law: a parameter lies in its domain.
pub(super) fn check_parameter(
    weighting: &'static str,
    parameter: &'static str,
    value: f64,
    holds: bool,
    allowed: &'static str,
) -> Result<(), WeightingError> {
    if holds { Ok(()) } else { Err(WeightingError::Parameter { weighting, parameter, value, allowed }) }
}

/// What numbers of tasks may be.
#[derive(Clone, Copy)]
pub(super) enum Range {
    Finite,
    NotNegative,
    Positive,
}

/// Law: one number a task, in its range.
pub(super) fn check_tasks(
    what: &'static str,
    values: &[f64],
    expected: usize,
    range: Range,
) -> Result<(), WeightingError> {
    if values.len() != expected {
        return Err(WeightingError::Tasks { found: values.len(), expected });
    }
    let (holds, allowed): (fn(f64) -> bool, _) = match range {
        Range::Finite => (|_| true, "a finite number"),
        Range::NotNegative => (|v| v >= 0.0, "a finite number of at least 0"),
        Range::Positive => (|v| v > 0.0, "a finite number above 0"),
    };
    match values.iter().position(|&v| !v.is_finite() || !holds(v)) {
        Some(task) => Err(WeightingError::Number { what, task, value: values[task], allowed }),
        None => Ok(()),
    }
}
