//! Why a schedule could not be built.

/// A parameter that a schedule cannot have.
///
/// ```
/// use dfdx_loss::schedule::Cosine;
///
/// let error = Cosine::new(1.0, 0.0, -3.0).unwrap_err();
/// assert_eq!(error.to_string(), "`steps` of `Cosine` is -3, but has to be a finite number above 0");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{parameter}` of `{schedule}` is {value}, but has to be {allowed}")]
pub struct ScheduleError {
    /// The schedule or the combinator.
    pub schedule: &'static str,
    /// The parameter.
    pub parameter: &'static str,
    /// Its value.
    pub value: f64,
    /// What is allowed.
    pub allowed: &'static str,
}

/// Checks the parameters of the schedule of that name.
#[derive(Clone, Copy)]
pub(super) struct Check(pub &'static str);

impl Check {
    /// `value`, if it holds.
    pub fn that(
        self,
        holds: bool,
        parameter: &'static str,
        value: f64,
        allowed: &'static str,
    ) -> Result<f64, ScheduleError> {
        if holds { Ok(value) } else { Err(ScheduleError { schedule: self.0, parameter, value, allowed }) }
    }

    pub fn finite(self, parameter: &'static str, value: f64) -> Result<f64, ScheduleError> {
        self.that(value.is_finite(), parameter, value, "a finite number")
    }

    /// For lengths, powers and rates.
    pub fn positive(self, parameter: &'static str, value: f64) -> Result<f64, ScheduleError> {
        self.that(value.is_finite() && value > 0.0, parameter, value, "a finite number above 0")
    }

    /// For places on the axis of steps.
    pub fn not_negative(self, parameter: &'static str, value: f64) -> Result<f64, ScheduleError> {
        self.that(value.is_finite() && value >= 0.0, parameter, value, "a finite number of at least 0")
    }

    /// For lengths that count whole things.
    pub fn count(self, parameter: &'static str, value: usize) -> Result<usize, ScheduleError> {
        self.that(value > 0, parameter, value as f64, "at least 1").map(|_| value)
    }
}
