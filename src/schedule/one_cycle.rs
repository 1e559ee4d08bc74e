//! Up once, down once.

use super::error::Check;
use super::{Curve, Knots, Schedule, ScheduleError};

/// Up to `peak` at step `top` and down at step `end`, along a [`Curve`] (half a cosine wave if not said otherwise).
/// With `divisors(d, f)` it starts at `peak / d` and ends at `peak / (d f)`; they are 25 and 10000 if not said
/// otherwise.
/// With `back_at(b)` it is at its start again at step `b`, and only then goes on to its end.
///
/// Smith and Topin 2018. PyTorch and optax put the places differently (`p` is `pct_start`, `q` is `pct_final`, `T` the
/// number of steps):
///
/// | theirs | here |
/// |---|---|
/// | `OneCycleLR` | `new(max_lr, p T - 1, T - 1)` |
/// | `OneCycleLR(three_phase=True)` | the same with `.back_at(2 p T - 2)` |
/// | `cosine_onecycle_schedule` | `new(peak_value, floor(p T), T)` |
/// | `linear_onecycle_schedule` | the same with `.back_at(floor(q T))` and `.curve(Curve::Linear)` |
///
/// ```
/// use dfdx_loss::schedule::{OneCycle, Schedule};
///
/// let rate = OneCycle::new(1.0, 3.0, 11.0)?.divisors(10.0, 2.0)?;
/// assert_eq!([rate.at(0.0), rate.at(3.0), rate.at(11.0)], [0.1, 1.0, 0.05]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OneCycle {
    peak: f64,
    top: f64,
    back: Option<f64>,
    end: f64,
    divisors: (f64, f64),
    curve: Curve,
    knots: Knots,
}

impl OneCycle {
    /// At `peak` at step `top`, over at step `end`.
    pub fn new(peak: f64, top: f64, end: f64) -> Result<Self, ScheduleError> {
        let check = Check("OneCycle");
        check.finite("peak", peak)?;
        check.positive("top", top)?;
        check.finite("end", end)?;
        check.that(end > top, "end", end, "beyond `top`")?;
        let (divisors, curve) = ((25.0, 1e4), Curve::Cosine);
        let knots = Knots::new(&[(0.0, peak)], curve)?;
        Self { peak, top, back: None, end, divisors, curve, knots }.joined()
    }

    /// At its start again at step `back`.
    pub fn back_at(self, back: f64) -> Result<Self, ScheduleError> {
        let inside = self.top < back && back < self.end;
        Check("OneCycle").that(inside, "back", back, "between `top` and `end`")?;
        Self { back: Some(back), ..self }.joined()
    }

    /// Starts at `peak / divisor` and ends at `peak / (divisor last)`.
    pub fn divisors(self, divisor: f64, last: f64) -> Result<Self, ScheduleError> {
        let check = Check("OneCycle");
        let divisors = (check.positive("divisor", divisor)?, check.positive("last", last)?);
        Self { divisors, ..self }.joined()
    }

    /// Along another curve.
    pub fn curve(self, curve: Curve) -> Result<Self, ScheduleError> {
        Self { curve, ..self }.joined()
    }

    fn joined(mut self) -> Result<Self, ScheduleError> {
        let start = self.peak / self.divisors.0;
        let mut knots = vec![(0.0, start), (self.top, self.peak)];
        knots.extend(self.back.map(|back| (back, start)));
        knots.push((self.end, start / self.divisors.1));
        self.knots = Knots::new(&knots, self.curve)?;
        Ok(self)
    }
}

impl Schedule for OneCycle {
    fn at(&self, step: f64) -> f64 {
        self.knots.at(step)
    }
}
