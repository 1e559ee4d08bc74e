//! From one value to another along a straight line or a power of one.

use super::error::Check;
use super::{Schedule, ScheduleError, between, progress};

/// A straight line, then its end: `start + (end - start) x` with `x = min(t / steps, 1)`.
///
/// `linear_schedule` of optax, `LinearLR` of PyTorch, `linear_rampup` of mean teachers (Tarvainen and Valpola 2017),
/// the linear competence of Platanios et al. 2019.
///
/// ```
/// use dfdx_loss::schedule::{Linear, Schedule};
///
/// let margin = Linear::new(0.0, 0.5, 10.0)?;
/// assert_eq!([margin.at(0.0), margin.at(5.0), margin.at(99.0)], [0.0, 0.25, 0.5]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    start: f64,
    end: f64,
    steps: f64,
}

impl Linear {
    /// From `start` to `end` in `steps` steps.
    pub fn new(start: f64, end: f64, steps: f64) -> Result<Self, ScheduleError> {
        let check = Check("Linear");
        Ok(Self {
            start: check.finite("start", start)?,
            end: check.finite("end", end)?,
            steps: check.positive("steps", steps)?,
        })
    }
}

impl Schedule for Linear {
    fn at(&self, step: f64) -> f64 {
        between(self.start, self.end, progress(step, self.steps))
    }
}

/// A power of a straight line, then its end: `end + (start - end) (1 - x)^power` with `x = min(t / steps, 1)`.
///
/// `polynomial_schedule` of optax; `PolynomialLR` of PyTorch, whose end is 0.
///
/// ```
/// use dfdx_loss::schedule::{Polynomial, Schedule};
///
/// let rate = Polynomial::new(1.0, 0.0, 8.0, 2.0)?;
/// assert_eq!([rate.at(0.0), rate.at(4.0), rate.at(8.0)], [1.0, 0.25, 0.0]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polynomial {
    start: f64,
    end: f64,
    steps: f64,
    power: f64,
}

impl Polynomial {
    /// From `start` to `end` in `steps` steps.
    pub fn new(start: f64, end: f64, steps: f64, power: f64) -> Result<Self, ScheduleError> {
        let check = Check("Polynomial");
        Ok(Self {
            start: check.finite("start", start)?,
            end: check.finite("end", end)?,
            steps: check.positive("steps", steps)?,
            power: check.positive("power", power)?,
        })
    }
}

impl Schedule for Polynomial {
    fn at(&self, step: f64) -> f64 {
        between(self.end, self.start, (1.0 - progress(step, self.steps)).powf(self.power))
    }
}
