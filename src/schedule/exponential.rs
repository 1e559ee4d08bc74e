//! Powers of a rate.

use super::error::Check;
use super::{Schedule, ScheduleError, from_start};

/// Multiplied by `rate` every `steps` steps: `start rate^(t / steps)`; as a staircase, `start rate^floor(t / steps)`.
///
/// `exponential_decay` of optax; `ExponentialLR` (one step) and `StepLR` (a staircase) of PyTorch.
///
/// ```
/// use dfdx_loss::schedule::{Exponential, Schedule};
///
/// let rate = Exponential::new(1.0, 0.5, 4.0)?.bounded(0.2)?;
/// assert_eq!([rate.at(0.0), rate.at(4.0), rate.at(8.0), rate.at(12.0)], [1.0, 0.5, 0.25, 0.2]);
/// assert_eq!(rate.staircase().at(3.9), 1.0);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    start: f64,
    rate: f64,
    steps: f64,
    staircase: bool,
    bound: Option<f64>,
}

impl Exponential {
    /// From `start`, smooth and without a bound.
    pub fn new(start: f64, rate: f64, steps: f64) -> Result<Self, ScheduleError> {
        let check = Check("Exponential");
        Ok(Self {
            start: check.finite("start", start)?,
            rate: check.positive("rate", rate)?,
            steps: check.positive("steps", steps)?,
            staircase: false,
            bound: None,
        })
    }

    /// Changes only where a multiple of `steps` is complete.
    pub fn staircase(self) -> Self {
        Self { staircase: true, ..self }
    }

    /// Never below `bound` with a rate below 1, never above it with another.
    pub fn bounded(self, bound: f64) -> Result<Self, ScheduleError> {
        let check = Check("Exponential");
        check.finite("bound", bound)?;
        let ahead = if self.rate < 1.0 { bound <= self.start } else { bound >= self.start };
        check.that(ahead, "bound", bound, "on the side of `start` to which `rate` leads")?;
        Ok(Self { bound: Some(bound), ..self })
    }
}

impl Schedule for Exponential {
    fn at(&self, step: f64) -> f64 {
        let times = from_start(step) / self.steps;
        let times = if self.staircase { times.floor() } else { times };
        let value = self.start * self.rate.powf(times);
        match self.bound {
            Some(bound) if self.rate < 1.0 => value.max(bound),
            Some(bound) => value.min(bound),
            None => value,
        }
    }
}
