//! What runs along an axis, from element to element.

use super::ReduceRef;
use crate::ops::reduce;

/// What runs along an axis, other than a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Running {
    /// `logsumexp` of the elements so far.
    LogSumExp,
    /// The largest of the elements so far.
    Max,
    /// The smallest of the elements so far.
    Min,
    /// Of `y`, which never rises on the way, and `a`: the sum of `a exp(y here - y there)` over what has come so far;
    /// without `a`, it is 1.
    Fading,
    /// Of `y`, which never turns back, and `a`: the sum of `a` over what has come so far and has the same `y`; without
    /// `a`, it is 1.
    Standing,
    /// The element that came last; at the first one, what a reducer is over none.
    Before(ReduceRef),
}

impl Running {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Running::LogSumExp => "logsumexp",
            Running::Max => "max",
            Running::Min => "min",
            Running::Fading => "fading",
            Running::Standing => "standing",
            Running::Before(_) => "before",
        }
    }

    /// What it makes of a line, from its first element on.
    pub fn eval(self, line: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let reducer = |name: &str| reduce::find(name).expect("the reducer table has it").eval;
        let sum = |i: usize, factor: &dyn Fn(f64, f64) -> f64| -> f64 {
            let term = |j: usize| weights.map_or(1.0, |w| w[j]) * factor(line[i], line[j]);
            (0..=i).map(term).sum()
        };
        let element = |i: usize| match self {
            Running::LogSumExp | Running::Max | Running::Min => reducer(self.name())(&line[..=i]),
            Running::Fading => sum(i, &|here, there| if here == there { 1.0 } else { (here - there).exp() }),
            Running::Standing => sum(i, &|here, there| f64::from(u8::from(here == there))),
            Running::Before(op) => {
                if i == 0 {
                    op.neutral
                } else {
                    line[i - 1]
                }
            }
        };
        (0..line.len()).map(element).collect()
    }
}
