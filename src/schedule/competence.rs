//! How much of the data a learner is ready for, and other straight lines on bent scales.

use super::error::Check;
use super::{Schedule, ScheduleError, between, progress};

/// A straight line of the logarithm, then its end: `start^(1 - x) end^x` with `x = min(t / steps, 1)`.
///
/// `geom` of the curriculum library CurML, where `end` is 1. Also for temperatures.
///
/// ```
/// use dfdx_loss::schedule::{Geometric, Schedule};
///
/// let temperature = Geometric::new(4.0, 1.0, 10.0)?;
/// assert_eq!([temperature.at(0.0), temperature.at(5.0), temperature.at(20.0)], [4.0, 2.0, 1.0]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometric {
    start: f64,
    end: f64,
    steps: f64,
}

impl Geometric {
    /// From `start` to `end`, both above 0, in `steps` steps.
    pub fn new(start: f64, end: f64, steps: f64) -> Result<Self, ScheduleError> {
        let check = Check("Geometric");
        Ok(Self {
            start: check.positive("start", start)?,
            end: check.positive("end", end)?,
            steps: check.positive("steps", steps)?,
        })
    }
}

impl Schedule for Geometric {
    fn at(&self, step: f64) -> f64 {
        let x = progress(step, self.steps);
        self.start.powf(1.0 - x) * self.end.powf(x)
    }
}

/// A straight line of a power, then its end: `(start^p + (end^p - start^p) x)^(1 / p)` with `x = min(t / steps, 1)`.
///
/// The competence `root-p` of Platanios et al. 2019 (`start` is their `c_0`, `end` is 1); theirs is `p = 2`.
///
/// ```
/// use dfdx_loss::schedule::{Root, Schedule};
///
/// let competence = Root::new(0.0, 1.0, 4.0, 2.0)?;
/// assert_eq!([competence.at(0.0), competence.at(1.0), competence.at(4.0)], [0.0, 0.5, 1.0]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Root {
    start: f64,
    end: f64,
    steps: f64,
    p: f64,
}

impl Root {
    /// From `start` to `end`, neither below 0, in `steps` steps.
    pub fn new(start: f64, end: f64, steps: f64, p: f64) -> Result<Self, ScheduleError> {
        let check = Check("Root");
        Ok(Self {
            start: check.not_negative("start", start)?,
            end: check.not_negative("end", end)?,
            steps: check.positive("steps", steps)?,
            p: check.positive("p", p)?,
        })
    }
}

impl Schedule for Root {
    fn at(&self, step: f64) -> f64 {
        let power = between(self.start.powf(self.p), self.end.powf(self.p), progress(step, self.steps));
        power.powf(1.0 / self.p)
    }
}
