//! Values that hold from one place to the next.

use super::error::Check;
use super::{Schedule, ScheduleError};

/// A value for each stage: `v_k` with the largest `k` for which `at_k <= t`. It jumps at each `at_k`.
///
/// With factors, `piecewise_constant_schedule` of optax, and `MultiStepLR` of PyTorch, where all factors are `gamma`.
///
/// ```
/// use dfdx_loss::schedule::{Schedule, Stages};
///
/// let weight = Stages::new(0.0, &[(10.0, 1.0), (20.0, 2.0)])?;
/// assert_eq!([weight.at(9.9), weight.at(10.0), weight.at(99.0)], [0.0, 1.0, 2.0]);
/// let rate = Stages::factors(0.4, &[(3.0, 0.5), (8.0, 0.5)])?;
/// assert_eq!([rate.at(0.0), rate.at(3.0), rate.at(8.0)], [0.4, 0.2, 0.1]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stages {
    first: f64,
    stages: Vec<(f64, f64)>,
}

impl Stages {
    /// `first`, then each value from its place on. Of values at one place the last holds.
    pub fn new(first: f64, stages: &[(f64, f64)]) -> Result<Self, ScheduleError> {
        let check = Check("Stages");
        check.finite("first", first)?;
        let mut before = 0.0;
        for &(at, value) in stages {
            check.not_negative("at", at)?;
            before = check.that(at >= before, "at", at, "in order, after the one before it")?;
            check.finite("value", value)?;
        }
        Ok(Self { first, stages: stages.to_vec() })
    }

    /// `first`, multiplied by each factor from its place on. Factors at one place all count.
    pub fn factors(first: f64, factors: &[(f64, f64)]) -> Result<Self, ScheduleError> {
        Self::new(first, &products(first, factors))
    }
}

/// Factors at places, as values there.
pub(super) fn products(first: f64, factors: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut value = first;
    let product = |&(at, factor): &(f64, f64)| {
        value *= factor;
        (at, value)
    };
    factors.iter().map(product).collect()
}

impl Schedule for Stages {
    fn at(&self, step: f64) -> f64 {
        let begun = self.stages.partition_point(|&(at, _)| at <= step);
        if begun == 0 { self.first } else { self.stages[begun - 1].1 }
    }
}
