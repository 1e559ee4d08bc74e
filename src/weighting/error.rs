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

/// Law: one finite number a task, above 0 where `positive`.
pub(super) fn check_tasks(
    what: &'static str,
    values: &[f64],
    expected: usize,
    positive: bool,
) -> Result<(), WeightingError> {
    if values.len() != expected {
        return Err(WeightingError::Tasks { found: values.len(), expected });
    }
    let odd = |v: &f64| !v.is_finite() || positive && *v <= 0.0;
    match values.iter().position(odd) {
        Some(task) => {
            let allowed = if positive { "a finite number above 0" } else { "a finite number" };
            Err(WeightingError::Number { what, task, value: values[task], allowed })
        }
        None => Ok(()),
    }
}
