//! Schedules: their references' values, their properties, what they refuse.

#![allow(missing_docs)]

use dfdx_loss::schedule::{Schedule, ScheduleError};

mod golden;
mod properties;

/// A schedule behind one type, or why there is none.
type Built = Result<Box<dyn Schedule>, String>;

fn built<S: Schedule + 'static>(schedule: Result<S, ScheduleError>) -> Built {
    schedule.map(|s| Box::new(s) as Box<dyn Schedule>).map_err(|e| e.to_string())
}
