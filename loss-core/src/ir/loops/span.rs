//! The iterations of a loop that there are.

#[cfg(doc)]
use super::Beside;
use super::LetId;

/// Iterations of a loop from a number to another one, both included. Numbers may be outside of the loop, and there need
/// not be an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Elsewhere no condition of the nest's targets holds. If not: elsewhere what stands [`Beside`] iterations is outside of
    /// its set.
    pub asked: bool,
    /// None before this; `None`: from the first one.
    pub from: Option<LetId>,
    /// None after this; `None`: to the last one.
    pub to: Option<LetId>,
}

impl Span {
    /// Its ends.
    pub fn ends(&self) -> impl Iterator<Item = LetId> {
        self.from.into_iter().chain(self.to)
    }

    /// Whether it is one element at most.
    pub fn is_single(&self) -> bool {
        self.from.is_some() && self.from == self.to
    }
}
