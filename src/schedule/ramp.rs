//! The weight of a consistency loss.

use super::error::Check;
use super::{Schedule, ScheduleError, progress};

/// From `exp(-5)` to 1 in `steps` steps, then 1: `exp(-5 (1 - x)^2)` with `x = min(t / steps, 1)`.
///
/// Laine and Aila 2017; `sigmoid_rampup` of mean teachers (Tarvainen and Valpola 2017). Theirs is 1 for a length of 0:
/// use the constant `1.0`. Their `linear_rampup` is [`Linear`](super::Linear), their `cosine_rampdown`
/// [`Cosine`](super::Cosine).
///
/// ```
/// use dfdx_loss::schedule::{Schedule, SigmoidRampUp};
///
/// let weight = SigmoidRampUp::new(10.0)?.scaled(100.0)?;
/// assert_eq!([weight.at(0.0), weight.at(10.0)], [100.0 * (-5_f64).exp(), 100.0]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SigmoidRampUp {
    steps: f64,
}

impl SigmoidRampUp {
    /// At 1 after `steps` steps.
    pub fn new(steps: f64) -> Result<Self, ScheduleError> {
        Ok(Self { steps: Check("SigmoidRampUp").positive("steps", steps)? })
    }
}

impl Schedule for SigmoidRampUp {
    fn at(&self, step: f64) -> f64 {
        (-5.0 * (1.0 - progress(step, self.steps)).powi(2)).exp()
    }
}
