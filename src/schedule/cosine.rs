//! Half waves.

use super::error::Check;
use super::{Schedule, ScheduleError, between, from_start, progress};
use std::f64::consts::PI;

/// `(1 + cos(pi x)) / 2`: from 1 at 0 to 0 at 1.
fn half_wave(x: f64) -> f64 {
    0.5 * (1.0 + (PI * x).cos())
}

/// Half a cosine wave, then its end: `end + (start - end) ((1 + cos(pi x)) / 2)^exponent` with
/// `x = min(t / steps, 1)`.
///
/// Loshchilov and Hutter 2017. `cosine_decay_schedule` of optax, where `end = alpha start`; `cosine_rampdown` of mean
/// teachers. `CosineAnnealingLR` of PyTorch does not stop at the end: [`CosineAnnealing`].
///
/// ```
/// use dfdx_loss::schedule::{Cosine, Schedule};
///
/// let rate = Cosine::new(1.0, 0.0, 10.0)?;
/// assert!((rate.at(5.0) - 0.5).abs() < 1e-15);
/// assert_eq!(rate.at(10.0), rate.at(1000.0));
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cosine {
    start: f64,
    end: f64,
    steps: f64,
    exponent: f64,
}

impl Cosine {
    /// From `start` to `end` in `steps` steps, with exponent 1.
    pub fn new(start: f64, end: f64, steps: f64) -> Result<Self, ScheduleError> {
        let check = Check("Cosine");
        Ok(Self {
            start: check.finite("start", start)?,
            end: check.finite("end", end)?,
            steps: check.positive("steps", steps)?,
            exponent: 1.0,
        })
    }

    /// With another exponent.
    pub fn exponent(self, exponent: f64) -> Result<Self, ScheduleError> {
        Ok(Self { exponent: Check("Cosine").positive("exponent", exponent)?, ..self })
    }
}

impl Schedule for Cosine {
    fn at(&self, step: f64) -> f64 {
        between(self.end, self.start, half_wave(progress(step, self.steps)).powf(self.exponent))
    }
}

/// A whole wave of cosines, for ever: `low + (high - low) (1 + cos(pi t / steps)) / 2`. It is at `low` after `steps`
/// and back at `high` after as many more.
///
/// `CosineAnnealingLR` of PyTorch: `high` is the optimiser's rate, `low` is `eta_min`, `steps` is `T_max`.
///
/// ```
/// use dfdx_loss::schedule::{CosineAnnealing, Schedule};
///
/// let rate = CosineAnnealing::new(1.0, 0.0, 6.0)?;
/// assert_eq!([rate.at(0.0), rate.at(6.0), rate.at(12.0)], [1.0, 0.0, 1.0]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineAnnealing {
    high: f64,
    low: f64,
    steps: f64,
}

impl CosineAnnealing {
    /// From `high` to `low` in `steps` steps and back again.
    pub fn new(high: f64, low: f64, steps: f64) -> Result<Self, ScheduleError> {
        let check = Check("CosineAnnealing");
        Ok(Self {
            high: check.finite("high", high)?,
            low: check.finite("low", low)?,
            steps: check.positive("steps", steps)?,
        })
    }
}

impl Schedule for CosineAnnealing {
    fn at(&self, step: f64) -> f64 {
        between(self.low, self.high, half_wave(from_start(step) / self.steps))
    }
}

/// Half waves that start again at `high`: cycle `k` has `steps growth^k` steps; in it,
/// `low + (high - low) (1 + cos(pi x)) / 2` with `x` the part of the cycle that is over. It jumps between cycles.
///
/// SGDR (Loshchilov and Hutter 2017, eq. 5). `CosineAnnealingWarmRestarts` of PyTorch: `steps` is `T_0`, `growth` is
/// `T_mult`.
///
/// ```
/// use dfdx_loss::schedule::{Schedule, WarmRestarts};
///
/// let rate = WarmRestarts::new(1.0, 0.0, 3.0, 2)?;
/// assert_eq!([rate.at(0.0), rate.at(3.0), rate.at(9.0)], [1.0; 3]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmRestarts {
    high: f64,
    low: f64,
    steps: f64,
    growth: usize,
}

impl WarmRestarts {
    /// From `high` towards `low`: first in `steps` steps, then each time in `growth` times as many.
    pub fn new(high: f64, low: f64, steps: f64, growth: usize) -> Result<Self, ScheduleError> {
        let check = Check("WarmRestarts");
        Ok(Self {
            high: check.finite("high", high)?,
            low: check.finite("low", low)?,
            steps: check.positive("steps", steps)?,
            growth: check.count("growth", growth)?,
        })
    }

    /// Which part of its cycle is over.
    fn phase(&self, step: f64) -> f64 {
        if self.growth == 1 {
            return step % self.steps / self.steps;
        }
        let (mut step, mut length) = (step, self.steps);
        // Cycles grow at least twofold: few of them reach any step.
        while step >= length {
            step -= length;
            length *= self.growth as f64;
        }
        step / length
    }
}

impl Schedule for WarmRestarts {
    fn at(&self, step: f64) -> f64 {
        between(self.low, self.high, half_wave(self.phase(from_start(step))))
    }
}
