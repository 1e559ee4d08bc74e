//! Numbers that change while one trains: weights of losses, margins, temperatures, learning rates.
//!
//! A [`Schedule`] is a plain value; it holds no state and knows nothing of tensors. Steps and epochs are `f64`, count
//! from 0 and may be fractions.
//!
//! ```
//! use dfdx_loss::schedule::{Cosine, Linear, Schedule};
//!
//! // Up to 0.1 in 5 epochs, down to 0 until epoch 100.
//! let rate = 0.001_f64.warm_up_then(5.0, Cosine::new(0.1, 0.0, 95.0)?)?;
//! // Nothing for 10 epochs, then more and more, at most 0.5.
//! let margin = Linear::new(0.0, 1.0, 40.0)?.delayed(10.0)?.clamped(0.0, 0.5)?;
//! let all: Vec<Box<dyn Schedule>> = vec![Box::new(rate), Box::new(margin), Box::new(1.0)];
//! let values: Vec<f64> = all.iter().map(|schedule| schedule.at(5.0)).collect();
//! assert_eq!(values, [0.1, 0.0, 1.0]);
//! # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
//! ```
//!
//! # All schedules
//!
//! | schedule | what it does | continuous |
//! |---|---|---|
//! | `f64` | stays | yes |
//! | [`Linear`], [`Polynomial`], [`Cosine`] | from one value to another, then stays | yes |
//! | [`Geometric`], [`Root`] | the same, straight in the logarithm or in a power | yes |
//! | [`SigmoidRampUp`] | from `exp(-5)` to 1, then stays | yes |
//! | [`Exponential`] | times a rate each so many steps | unless a staircase |
//! | [`InverseSqrt`], [`Noam`] | up in a line, down with the root of the step | yes |
//! | [`Stages`] | values that hold from place to place | no |
//! | [`Knots`], [`OneCycle`] | values at places, joined by curves | yes |
//! | [`CosineAnnealing`], [`Cyclic`] | down and up, for ever | yes |
//! | [`WarmRestarts`], [`CyclicalAnnealing`] | the same way again and again | no |
//! | [`Pacing`] | how many samples a curriculum shows | no |
//! | [`LdamRate`], [`SamRho`] | the numbers of two papers | no |
//! | [`Sequence`], [`Formula`], the methods of [`Schedule`] | made of others | |
//!
//! # Coming from PyTorch or optax
//!
//! | theirs | here |
//! |---|---|
//! | `constant_schedule`, `ConstantLR` | a number; `Stages::new(base * factor, &[(total_iters, base)])` |
//! | `linear_schedule`, `polynomial_schedule` | [`Linear`], [`Polynomial`]; `transition_begin` is [`delayed`](Schedule::delayed) |
//! | `LinearLR`, `PolynomialLR` | `Linear::new(base * start_factor, base * end_factor, total_iters)`, [`Polynomial`] to 0 |
//! | `cosine_decay_schedule` | [`Cosine`] from `init_value` to `alpha * init_value` |
//! | `CosineAnnealingLR`, `CosineAnnealingWarmRestarts` | [`CosineAnnealing`], [`WarmRestarts`] |
//! | `exponential_decay` | [`Exponential`]; `end_value` is [`bounded`](Exponential::bounded) |
//! | `ExponentialLR`, `StepLR` | `Exponential::new(base, gamma, 1.0)`, `Exponential::new(base, gamma, step_size)` as a `staircase()` |
//! | `piecewise_constant_schedule`, `MultiStepLR` | [`Stages::factors`] |
//! | `piecewise_interpolate_schedule` | [`Knots::factors`] |
//! | `OneCycleLR`, `linear_onecycle_schedule`, `cosine_onecycle_schedule` | [`OneCycle`] |
//! | `CyclicLR` | [`Cyclic`] |
//! | `warmup_cosine_decay_schedule` | `init.warm_up_then(w, Cosine::new(peak, end, decay_steps - w)?)` |
//! | `warmup_exponential_decay_schedule` | `init.warm_up_then(w, Exponential::new(..)?)` |
//! | `join_schedules`, `SequentialLR` | [`then`](Schedule::then), [`Sequence`] |
//! | `sgdr_schedule` | [`Sequence`] |
//! | `LambdaLR`, `ChainedScheduler` | [`Formula`], [`times`](Schedule::times) |

mod combine;
mod competence;
mod cosine;
mod cyclic;
mod error;
mod exponential;
mod inverse_sqrt;
mod knots;
mod one_cycle;
mod pacing;
mod polynomial;
mod published;
mod ramp;
mod stages;

pub use combine::{Clamped, Delayed, Formula, Scaled, Sequence, Then, Times, WarmUpThen};
pub use competence::{Geometric, Root};
pub use cosine::{Cosine, CosineAnnealing, WarmRestarts};
pub use cyclic::{Cyclic, CyclicalAnnealing, Rise};
pub use error::ScheduleError;
pub use exponential::Exponential;
pub use inverse_sqrt::{InverseSqrt, Noam};
pub use knots::{Curve, Knots};
pub use one_cycle::OneCycle;
pub use pacing::{Pace, Pacing};
pub use polynomial::{Linear, Polynomial};
pub use published::{LdamRate, SamRho};
pub use ramp::SigmoidRampUp;
pub use stages::Stages;

/// A number for each step.
pub trait Schedule {
    /// The value during this step. Steps count from 0, and one before 0 is as 0; what comes of NaN is not specified.
    fn at(&self, step: f64) -> f64;

    /// `self` before step `at`; from there on `next`, whose steps count from there. `at` is above 0.
    fn then<S: Schedule>(self, at: f64, next: S) -> Result<Then<Self, S>, ScheduleError>
    where
        Self: Sized,
    {
        Then::new(self, at, next)
    }

    /// In a straight line from `self`, mostly a number, to the first value of `next` in `steps` steps; then `next`,
    /// whose steps count from there: `a(t) + (b(0) - a(t)) t / steps`, then `b(t - steps)`. `steps` is above 0.
    fn warm_up_then<S: Schedule>(self, steps: f64, next: S) -> Result<WarmUpThen<Self, S>, ScheduleError>
    where
        Self: Sized,
    {
        WarmUpThen::new(self, steps, next)
    }

    /// Every value times a finite number.
    fn scaled(self, by: f64) -> Result<Scaled<Self>, ScheduleError>
    where
        Self: Sized,
    {
        Scaled::new(self, by)
    }

    /// Every value times that of another schedule.
    fn times<S: Schedule>(self, other: S) -> Times<Self, S>
    where
        Self: Sized,
    {
        Times(self, other)
    }

    /// Never below `low` or above `high`.
    fn clamped(self, low: f64, high: f64) -> Result<Clamped<Self>, ScheduleError>
    where
        Self: Sized,
    {
        Clamped::new(self, low, high)
    }

    /// Starts later: the first value up to step `by`, then `self` with steps counted from there.
    fn delayed(self, by: f64) -> Result<Delayed<Self>, ScheduleError>
    where
        Self: Sized,
    {
        Delayed::new(self, by)
    }
}

/// A constant.
impl Schedule for f64 {
    fn at(&self, _step: f64) -> f64 {
        *self
    }
}

impl<S: Schedule + ?Sized> Schedule for &S {
    fn at(&self, step: f64) -> f64 {
        (**self).at(step)
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn at(&self, step: f64) -> f64 {
        (**self).at(step)
    }
}

/// `step`, and 0 for what is before.
fn from_start(step: f64) -> f64 {
    if step < 0.0 { 0.0 } else { step }
}

/// How much of `steps` is over, from 0 to 1.
fn progress(step: f64, steps: f64) -> f64 {
    (step / steps).clamp(0.0, 1.0)
}

/// On the line from `a` at 0 to `b` at 1; exact at both.
fn between(a: f64, b: f64, x: f64) -> f64 {
    a * (1.0 - x) + b * x
}
