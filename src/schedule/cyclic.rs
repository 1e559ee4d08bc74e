//! Up and down, again and again.

use super::error::Check;
use super::{Schedule, ScheduleError, between, from_start};
use std::f64::consts::PI;

/// How the height of triangles changes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Height {
    Same,
    Halved,
    Decayed(f64),
}

/// Triangles: `low + (high - low) h f`, where `h` rises from 0 to 1 in `up` steps and falls back in `down` steps. The
/// height `f` is 1; `2^-k` in cycle `k` if `halving`; `gamma^t` if `decaying`.
///
/// Smith 2017. `CyclicLR` of PyTorch with the modes `triangular`, `triangular2` and `exp_range`.
///
/// ```
/// use dfdx_loss::schedule::{Cyclic, Schedule};
///
/// let rate = Cyclic::new(0.0, 1.0, 2.0, 4.0)?.halving();
/// assert_eq!([rate.at(2.0), rate.at(4.0), rate.at(6.0), rate.at(8.0)], [1.0, 0.5, 0.0, 0.5]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cyclic {
    low: f64,
    high: f64,
    up: f64,
    down: f64,
    height: Height,
}

impl Cyclic {
    /// From `low` to `high` in `up` steps and back in `down` steps.
    pub fn new(low: f64, high: f64, up: f64, down: f64) -> Result<Self, ScheduleError> {
        let check = Check("Cyclic");
        Ok(Self {
            low: check.finite("low", low)?,
            high: check.finite("high", high)?,
            up: check.positive("up", up)?,
            down: check.positive("down", down)?,
            height: Height::Same,
        })
    }

    /// Each triangle is half as high as the one before it.
    pub fn halving(self) -> Self {
        Self { height: Height::Halved, ..self }
    }

    /// Each step multiplies the height by `gamma`.
    pub fn decaying(self, gamma: f64) -> Result<Self, ScheduleError> {
        Ok(Self { height: Height::Decayed(Check("Cyclic").positive("gamma", gamma)?), ..self })
    }
}

impl Schedule for Cyclic {
    fn at(&self, step: f64) -> f64 {
        let step = from_start(step);
        let period = self.up + self.down;
        let inside = step % period;
        let rise = if inside <= self.up { inside / self.up } else { (period - inside) / self.down };
        let height = match self.height {
            Height::Same => 1.0,
            Height::Halved => (-(step / period).floor()).exp2(),
            Height::Decayed(gamma) => gamma.powf(step),
        };
        between(self.low, self.high, rise * height)
    }
}

/// What a cycle of [`CyclicalAnnealing`] rises along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rise {
    /// `v`.
    Linear,
    /// `1 / (1 + exp(6 - 12 v))`: from 0.0025 at 0 to 0.9975 at 1.
    Sigmoid,
    /// `(1 - cos(pi v)) / 2`.
    Cosine,
}

/// The weight of a KL divergence, in `cycles` cycles: in each, `v` goes from `start` to `stop` during the first `ratio`
/// of it, and the value is what [`Rise`] makes of `v`; during the rest and after the last cycle it is 1. It jumps
/// between cycles, and before the rest if the rise does not end at 1.
///
/// Fu et al. 2019 and their `frange_cycle_linear`, `frange_cycle_sigmoid` and `frange_cycle_cosine`.
///
/// ```
/// use dfdx_loss::schedule::{CyclicalAnnealing, Schedule};
///
/// let weight = CyclicalAnnealing::new(32.0, 4)?;
/// assert_eq!([weight.at(0.0), weight.at(2.0), weight.at(5.0), weight.at(8.0)], [0.0, 0.5, 1.0, 0.0]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CyclicalAnnealing {
    steps: f64,
    period: f64,
    range: (f64, f64),
    ratio: f64,
    rise: Rise,
}

impl CyclicalAnnealing {
    /// `cycles` cycles in `steps` steps, linear from 0 to 1 during the first half of each.
    pub fn new(steps: f64, cycles: usize) -> Result<Self, ScheduleError> {
        let check = Check("CyclicalAnnealing");
        let period = check.positive("steps", steps)? / check.count("cycles", cycles)? as f64;
        Ok(Self { steps, period, range: (0.0, 1.0), ratio: 0.5, rise: Rise::Linear })
    }

    /// With `v` from `start` to `stop`.
    pub fn range(self, start: f64, stop: f64) -> Result<Self, ScheduleError> {
        let check = Check("CyclicalAnnealing");
        check.finite("start", start)?;
        check.finite("stop", stop)?;
        check.that(stop > start, "stop", stop, "above `start`")?;
        Ok(Self { range: (start, stop), ..self })
    }

    /// Rises during this part of each cycle.
    pub fn ratio(self, ratio: f64) -> Result<Self, ScheduleError> {
        let inside = ratio > 0.0 && ratio <= 1.0;
        Check("CyclicalAnnealing").that(inside, "ratio", ratio, "above 0 and at most 1")?;
        Ok(Self { ratio, ..self })
    }

    /// Along another curve.
    pub fn rise(self, rise: Rise) -> Self {
        Self { rise, ..self }
    }
}

impl Schedule for CyclicalAnnealing {
    fn at(&self, step: f64) -> f64 {
        let step = from_start(step);
        let part = step % self.period / (self.period * self.ratio);
        if step >= self.steps || part > 1.0 {
            return 1.0;
        }
        let v = between(self.range.0, self.range.1, part);
        match self.rise {
            Rise::Linear => v,
            Rise::Sigmoid => 1.0 / (1.0 + (6.0 - 12.0 * v).exp()),
            Rise::Cosine => 0.5 - 0.5 * (PI * v).cos(),
        }
    }
}
