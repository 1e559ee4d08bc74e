//! Schedules of long-tailed recognition, with the numbers of their authors.

use super::error::Check;
use super::{Schedule, ScheduleError};

/// The learning rate of 200 epochs: `base (t + 1) / 5` up to epoch 4, then `base`, from epoch 160 on `base / 100` and
/// from epoch 180 on `base / 10000`.
///
/// Cao et al. 2019 (LDAM-DRW, `adjust_learning_rate`).
///
/// ```
/// use dfdx_loss::schedule::{LdamRate, Schedule};
///
/// let rate = LdamRate::new(1.0)?;
/// assert_eq!([rate.at(0.0), rate.at(4.0), rate.at(159.0), rate.at(160.0)], [0.2, 1.0, 1.0, 0.01]);
/// # Ok::<(), dfdx_loss::schedule::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LdamRate {
    base: f64,
}

impl LdamRate {
    /// At `base` between the warm-up and the drops.
    pub fn new(base: f64) -> Result<Self, ScheduleError> {
        Ok(Self { base: Check("LdamRate").finite("base", base)? })
    }
}

impl Schedule for LdamRate {
    fn at(&self, step: f64) -> f64 {
        let factor = match step {
            epoch if epoch < 4.0 => (epoch.max(0.0) + 1.0) / 5.0,
            epoch if epoch < 160.0 => 1.0,
            epoch if epoch < 180.0 => 1e-2,
            _ => 1e-4,
        };
        self.base * factor
    }
}

/// The radius of sharpness-aware minimisation over 200 epochs: 0.05, from epoch 5 on 0.1, from 160 on 0.5, from 180 on
/// 0.6.
///
/// Rangwani et al. 2022 (Saddle-LongTail, `adjust_rho` with `step`).
///
/// ```
/// use dfdx_loss::schedule::{SamRho, Schedule};
///
/// assert_eq!([SamRho.at(0.0), SamRho.at(5.0), SamRho.at(160.0), SamRho.at(180.0)], [0.05, 0.1, 0.5, 0.6]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SamRho;

impl Schedule for SamRho {
    fn at(&self, step: f64) -> f64 {
        match step {
            epoch if epoch < 5.0 => 0.05,
            epoch if epoch < 160.0 => 0.1,
            epoch if epoch < 180.0 => 0.5,
            _ => 0.6,
        }
    }
}
