//! How many samples a curriculum shows.

use super::error::Check;
use super::{Schedule, ScheduleError, from_start};

/// What [`Pacing`] grows along: `g(x)`, where `x` is 1 when all samples are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pace {
    /// `x`.
    Linear,
    /// `x^2`.
    Quadratic,
    /// `sqrt(x)`.
    Root,
    /// All at once: `floor(x)`, of all samples rather than of those left.
    Step,
    /// `(exp(10 x) - 1) / (exp(10) - 1)`.
    Exponential,
    /// `1 + ln(x + exp(-10)) / 10`.
    Logarithmic,
}

/// The number of samples, rounded down, of which `first` are there from the start and all `size` after `steps`:
/// `first + (size - first) g(t / steps)` with `g` of [`Pace`].
///
/// Wu, Dyer and Neyshabur 2021 and their `get_pacing_function`, where `first` is `b N` and `steps` is `a T`. As there
/// it grows beyond `size` after `steps`: [`clamped`](Schedule::clamped) stops it.
///
/// ```
/// use dfdx_loss::schedule::{Pace, Pacing, Schedule};
///
/// let shown = Pacing::new(Pace::Linear, 200.0, 1000.0, 80.0)?;
/// assert_eq!([shown.at(0.0), shown.at(40.0), shown.at(100.0)], [200.0, 600.0, 1200.0]);
/// assert_eq!(shown.clamped(200.0, 1000.0)?.at(100.0), 1000.0);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacing {
    pace: Pace,
    first: f64,
    size: f64,
    steps: f64,
}

impl Pacing {
    /// From `first` to `size` samples in `steps` steps.
    pub fn new(pace: Pace, first: f64, size: f64, steps: f64) -> Result<Self, ScheduleError> {
        let check = Check("Pacing");
        check.not_negative("first", first)?;
        check.positive("size", size)?;
        check.that(first <= size, "first", first, "at most `size`")?;
        Ok(Self { pace, first, size, steps: check.positive("steps", steps)? })
    }
}

impl Schedule for Pacing {
    // Rounding down shows the last bit: where the exact value is a whole number, the order of the operations counts.
    fn at(&self, step: f64) -> f64 {
        let (step, left) = (from_start(step), self.size - self.first);
        let x = step / self.steps;
        let grown = match self.pace {
            Pace::Linear => left / self.steps * step,
            Pace::Quadratic => left / (self.steps * self.steps) * (step * step),
            Pace::Root => left / self.steps.sqrt() * step.sqrt(),
            Pace::Step => self.size * x.floor(),
            Pace::Exponential => left / 10_f64.exp_m1() * (10.0 * x).exp_m1(),
            Pace::Logarithmic => left * (1.0 + 0.1 * (x + (-10_f64).exp()).ln()),
        };
        (grown + self.first).floor()
    }
}
