//! What named terms came to, step by step: for logs, tables and plots.
//!
//! ```
//! use dfdx_loss::report::{Recorder, Report, Term};
//!
//! let mut recorder = Recorder::new();
//! for step in 0..3 {
//!     // In training: `let (loss, terms) = criterion.forward_terms(..); let report = terms.report();`
//!     let value = 1.0 / (step + 1) as f64;
//!     let term = Term { name: "seg", value, weight: 0.5, sigma: None };
//!     recorder.record(step, &Report { total: 0.5 * value, terms: vec![term] })?;
//! }
//! let mut table = Vec::new();
//! recorder.write_csv(&mut table)?;
//! assert!(String::from_utf8(table)?.starts_with("step,total,seg,seg_weight\n0,0.5,1,0.5\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod panel;
mod recorder;

pub use recorder::{Recorder, RecorderError};

use std::fmt::{Display, Formatter, Result};

/// A named term of a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Its name in the spec.
    pub name: &'static str,
    /// Its value, without its weight.
    pub value: f64,
    /// Its weight at this step.
    pub weight: f64,
    /// Its standard deviation, in uncertainty weighting.
    pub sigma: Option<f64>,
}

/// A loss and its named terms, as [`forward_terms`](crate::Terms::report) reports them.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The loss.
    pub total: f64,
    /// Its terms, in their order in the spec.
    pub terms: Vec<Term>,
}

impl Report {
    /// The term of that name.
    #[must_use]
    pub fn term(&self, name: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.name == name)
    }
}

/// `total 1.2345 = 1.000 x seg 0.8123 + 0.500 x depth 0.8444 (sigma 0.912)`.
///
/// Penalties of learned weights are part of the total and of no term.
impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "total {:.4}", self.total)?;
        for (i, term) in self.terms.iter().enumerate() {
            let sign = if i == 0 { "=" } else { "+" };
            write!(f, " {sign} {:.3} x {} {:.4}", term.weight, term.name, term.value)?;
            if let Some(sigma) = term.sigma {
                write!(f, " (sigma {sigma:.3})")?;
            }
        }
        Ok(())
    }
}
