//! Schedules made of schedules: what the methods of [`Schedule`] return.

use super::error::Check;
use super::{Schedule, ScheduleError, between, from_start};

/// See [`Schedule::then`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Then<A, B> {
    first: A,
    at: f64,
    next: B,
}

impl<A, B> Then<A, B> {
    pub(super) fn new(first: A, at: f64, next: B) -> Result<Self, ScheduleError> {
        Ok(Self { first, at: Check("then").positive("at", at)?, next })
    }
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn at(&self, step: f64) -> f64 {
        if step < self.at { self.first.at(step) } else { self.next.at(step - self.at) }
    }
}

/// See [`Schedule::warm_up_then`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUpThen<A, B> {
    from: A,
    steps: f64,
    next: B,
}

impl<A, B> WarmUpThen<A, B> {
    pub(super) fn new(from: A, steps: f64, next: B) -> Result<Self, ScheduleError> {
        Ok(Self { from, steps: Check("warm_up_then").positive("steps", steps)?, next })
    }
}

impl<A: Schedule, B: Schedule> Schedule for WarmUpThen<A, B> {
    fn at(&self, step: f64) -> f64 {
        if step < self.steps {
            between(self.from.at(step), self.next.at(0.0), step.max(0.0) / self.steps)
        } else {
            self.next.at(step - self.steps)
        }
    }
}

/// See [`Schedule::scaled`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaled<S> {
    schedule: S,
    by: f64,
}

impl<S> Scaled<S> {
    pub(super) fn new(schedule: S, by: f64) -> Result<Self, ScheduleError> {
        Ok(Self { schedule, by: Check("scaled").finite("by", by)? })
    }
}

impl<S: Schedule> Schedule for Scaled<S> {
    fn at(&self, step: f64) -> f64 {
        self.schedule.at(step) * self.by
    }
}

/// See [`Schedule::times`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times<A, B>(pub(super) A, pub(super) B);

impl<A: Schedule, B: Schedule> Schedule for Times<A, B> {
    fn at(&self, step: f64) -> f64 {
        self.0.at(step) * self.1.at(step)
    }
}

/// See [`Schedule::clamped`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clamped<S> {
    schedule: S,
    low: f64,
    high: f64,
}

impl<S> Clamped<S> {
    pub(super) fn new(schedule: S, low: f64, high: f64) -> Result<Self, ScheduleError> {
        let check = Check("clamped");
        check.finite("low", low)?;
        check.finite("high", high)?;
        check.that(high >= low, "high", high, "at least `low`")?;
        Ok(Self { schedule, low, high })
    }
}

impl<S: Schedule> Schedule for Clamped<S> {
    fn at(&self, step: f64) -> f64 {
        self.schedule.at(step).clamp(self.low, self.high)
    }
}

/// See [`Schedule::delayed`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delayed<S> {
    schedule: S,
    by: f64,
}

impl<S> Delayed<S> {
    pub(super) fn new(schedule: S, by: f64) -> Result<Self, ScheduleError> {
        Ok(Self { schedule, by: Check("delayed").not_negative("by", by)? })
    }
}

impl<S: Schedule> Schedule for Delayed<S> {
    fn at(&self, step: f64) -> f64 {
        self.schedule.at(from_start(step - self.by))
    }
}

/// Schedules in a row, each with a length and with steps counted from its own start; the last goes on for ever.
///
/// `join_schedules` of optax, `SequentialLR` of PyTorch. With a warm-up and a cosine in each cycle, the `sgdr_schedule`
/// of optax (Loshchilov and Hutter 2017).
///
/// ```
/// use dfdx_loss::schedule::{Cosine, Schedule, Sequence};
///
/// let cycle = |peak: f64| 0.0_f64.warm_up_then(2.0, Cosine::new(peak, 0.0, 4.0)?);
/// let rate = Sequence::new(vec![(6.0, cycle(1.0)?), (6.0, cycle(0.5)?)])?;
/// assert_eq!([rate.at(0.0), rate.at(2.0), rate.at(6.0), rate.at(8.0)], [0.0, 1.0, 0.0, 0.5]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence<S> {
    parts: Vec<(f64, S)>,
}

impl<S> Sequence<S> {
    /// Each schedule after its predecessor's length.
    pub fn new(parts: Vec<(f64, S)>) -> Result<Self, ScheduleError> {
        let check = Check("Sequence");
        check.count("parts", parts.len())?;
        for (length, _) in &parts {
            check.positive("length", *length)?;
        }
        Ok(Self { parts })
    }
}

impl<S: Schedule> Schedule for Sequence<S> {
    fn at(&self, step: f64) -> f64 {
        let (mut step, last) = (step, self.parts.len() - 1);
        for (length, schedule) in &self.parts[..last] {
            if step < *length {
                return schedule.at(step);
            }
            step -= length;
        }
        self.parts[last].1.at(step)
    }
}

/// A function of the step as a schedule. It sees no step before 0.
///
/// `LambdaLR` of PyTorch.
///
/// ```
/// use dfdx_loss::schedule::{Formula, Schedule};
///
/// let weight = Formula(|step: f64| 1.0 / (1.0 + step)).clamped(0.1, 1.0)?;
/// assert_eq!([weight.at(0.0), weight.at(1.0), weight.at(99.0)], [1.0, 0.5, 0.1]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Formula<F>(pub F);

impl<F: Fn(f64) -> f64> Schedule for Formula<F> {
    fn at(&self, step: f64) -> f64 {
        (self.0)(from_start(step))
    }
}
