//! Decay with the root of the step.

use super::error::Check;
use super::{Schedule, ScheduleError, between, from_start};

/// A straight line to the peak, then decay with the root of the step: `start + (peak - start) t / warm_up` below
/// `warm_up`, then `peak sqrt(warm_up / t)`.
///
/// `inverse_sqrt` of fairseq. The reciprocal root of T5 (Raffel et al. 2020), `b / sqrt(max(t, w))`, has
/// `start = peak = b / sqrt(w)`.
///
/// ```
/// use dfdx_loss::schedule::{InverseSqrt, Schedule};
///
/// let rate = InverseSqrt::new(0.0, 1.0, 4.0)?;
/// assert_eq!([rate.at(2.0), rate.at(4.0), rate.at(16.0)], [0.5, 1.0, 0.5]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InverseSqrt {
    start: f64,
    peak: f64,
    warm_up: f64,
}

impl InverseSqrt {
    /// From `start` to `peak` in `warm_up` steps.
    pub fn new(start: f64, peak: f64, warm_up: f64) -> Result<Self, ScheduleError> {
        let check = Check("InverseSqrt");
        Ok(Self {
            start: check.finite("start", start)?,
            peak: check.finite("peak", peak)?,
            warm_up: check.positive("warm_up", warm_up)?,
        })
    }
}

impl Schedule for InverseSqrt {
    fn at(&self, step: f64) -> f64 {
        let step = from_start(step);
        if step < self.warm_up {
            between(self.start, self.peak, step / self.warm_up)
        } else {
            self.peak * (self.warm_up / step).sqrt()
        }
    }
}

/// The rate of the Transformer: `scale / sqrt(width) min(1 / sqrt(s), s / warm_up^1.5)` with `s = t + 1`.
///
/// Vaswani et al. 2017, eq. 3: `width` is `d_model`, and step 0 here is their step 1.
///
/// ```
/// use dfdx_loss::schedule::{Noam, Schedule};
///
/// let rate = Noam::new(1.0, 64.0, 4.0)?;
/// assert_eq!([rate.at(1.0), rate.at(3.0), rate.at(15.0)], [0.03125, 0.0625, 0.03125]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noam {
    scale: f64,
    width: f64,
    warm_up: f64,
}

impl Noam {
    /// For a model of `width` dimensions.
    pub fn new(scale: f64, width: f64, warm_up: f64) -> Result<Self, ScheduleError> {
        let check = Check("Noam");
        Ok(Self {
            scale: check.finite("scale", scale)?,
            width: check.positive("width", width)?,
            warm_up: check.positive("warm_up", warm_up)?,
        })
    }
}

impl Schedule for Noam {
    fn at(&self, step: f64) -> f64 {
        let step = from_start(step) + 1.0;
        let rise = step / (self.warm_up * self.warm_up.sqrt());
        self.scale / self.width.sqrt() * step.sqrt().recip().min(rise)
    }
}
