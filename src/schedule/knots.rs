//! Values at places, joined by curves.

use super::error::Check;
use super::stages::products;
use super::{Schedule, ScheduleError, between};
use std::f64::consts::PI;

/// How a value gets from one place to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Curve {
    /// `x`.
    Linear,
    /// `(1 - cos(pi x)) / 2`.
    Cosine,
}

impl Curve {
    /// From 0 at 0 to 1 at 1.
    fn weight(self, x: f64) -> f64 {
        match self {
            Curve::Linear => x,
            Curve::Cosine => 0.5 * (1.0 - (PI * x).cos()),
        }
    }
}

/// Continuous through values at places: between neighbours `v_k + (v_(k+1) - v_k) w(x)`, with
/// `x = (t - at_k) / (at_(k+1) - at_k)` and `w` of the [`Curve`]; before the first and after the last their values.
///
/// With factors, `piecewise_interpolate_schedule` of optax.
///
/// ```
/// use dfdx_loss::schedule::{Curve, Knots, Schedule};
///
/// let weight = Knots::new(&[(0.0, 0.0), (4.0, 1.0), (8.0, 0.5)], Curve::Linear)?;
/// assert_eq!([weight.at(2.0), weight.at(4.0), weight.at(6.0), weight.at(9.0)], [0.5, 1.0, 0.75, 0.5]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Knots {
    knots: Vec<(f64, f64)>,
    curve: Curve,
}

impl Knots {
    /// Through each value at its place.
    pub fn new(knots: &[(f64, f64)], curve: Curve) -> Result<Self, ScheduleError> {
        let check = Check("Knots");
        check.count("knots", knots.len())?;
        let mut before = f64::NEG_INFINITY;
        for &(at, value) in knots {
            check.not_negative("at", at)?;
            before = check.that(at > before, "at", at, "beyond the one before it")?;
            check.finite("value", value)?;
        }
        Ok(Self { knots: knots.to_vec(), curve })
    }

    /// Through `first` at 0, and at each further place through the last value times a factor.
    pub fn factors(first: f64, factors: &[(f64, f64)], curve: Curve) -> Result<Self, ScheduleError> {
        let mut knots = vec![(0.0, first)];
        knots.extend(products(first, factors));
        Self::new(&knots, curve)
    }
}

impl Schedule for Knots {
    fn at(&self, step: f64) -> f64 {
        let passed = self.knots.partition_point(|&(at, _)| at <= step);
        let (from, value) = self.knots[passed.saturating_sub(1)];
        match self.knots.get(passed) {
            Some(&(to, next)) if passed > 0 => {
                between(value, next, self.curve.weight((step - from) / (to - from)))
            }
            _ => value,
        }
    }
}
