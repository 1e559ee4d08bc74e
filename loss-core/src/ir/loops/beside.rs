//! Indices that stand at a distance from those of loops.

use crate::ir::Axis;
use std::collections::BTreeSet;

/// A sum of the numbers of iterations, of differences from them, and of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Loops whose numbers are added.
    pub plus: Vec<Axis>,
    /// Loops whose numbers are subtracted: none of those.
    pub minus: Vec<Axis>,
    /// What else is added.
    pub by: i32,
}

impl Beside {
    /// The loops.
    pub fn axes(&self) -> impl Iterator<Item = Axis> {
        self.plus.iter().chain(&self.minus).copied()
    }

    /// With all signs reversed.
    #[must_use]
    pub fn negative(self) -> Beside {
        Beside { plus: self.minus, minus: self.plus, by: -self.by }
    }

    /// The sum, unless a loop counts twice in it.
    #[must_use]
    pub fn and(self, other: Beside) -> Option<Beside> {
        let left = |axes: &[Axis], others: &[Axis]| -> Vec<Axis> {
            axes.iter().copied().filter(|axis| !others.contains(axis)).collect()
        };
        let plus = [left(&self.plus, &other.minus), left(&other.plus, &self.minus)].concat();
        let minus = [left(&self.minus, &other.plus), left(&other.minus, &self.plus)].concat();
        let once = |axes: &[Axis]| axes.iter().collect::<BTreeSet<_>>().len() == axes.len();
        (once(&plus) && once(&minus)).then(|| Beside { plus, minus, by: self.by + other.by })
    }
}
