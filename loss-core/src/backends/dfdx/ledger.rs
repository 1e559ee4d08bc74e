//! Who moves a tensor and who copies it.
//!
//! A tape travels with one tensor, so the last use that needs the tape takes the tensor itself and the others
//! an empty tape. Which use is the last is known only when all are written: the body is emitted twice, first
//! recording every use in order, then deciding.

use crate::ir::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// A variable of the generated code that holds a tensor, or what was made of one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Var {
    /// An argument.
    Input(usize),
    /// A computed tensor; a carried one inside its loop.
    Node(NodeId),
    /// A carried tensor after its loop: loop and slot.
    Out(usize, usize),
    /// The next value of a carried tensor: loop and slot.
    Next(usize, usize),
    /// A tensor's values without its tape.
    Value(Origin),
    /// An array on the host.
    Table(Origin),
    /// A number or condition on the host.
    Scalar(NodeId),
}

/// What a secondary variable was made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// An argument.
    Input(usize),
    /// A node.
    Node(NodeId),
    /// A carried tensor after its loop.
    Out(usize, usize),
}

impl Var {
    /// Its values without the tape.
    pub fn value(self) -> Var {
        match self {
            Var::Input(i) => Var::Value(Origin::Input(i)),
            Var::Out(l, slot) | Var::Next(l, slot) => Var::Value(Origin::Out(l, slot)),
            Var::Node(id) | Var::Scalar(id) => Var::Value(Origin::Node(id)),
            Var::Value(origin) | Var::Table(origin) => Var::Value(origin),
        }
    }
}

/// What a use wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// The tensor with a tape.
    Taped,
    /// The values, owned.
    Plain,
    /// The values, borrowed.
    Borrowed,
}

/// How a use gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Get {
    /// `x`: moved, or borrowed by the caller.
    Itself,
    /// `x.with_empty_tape()`.
    EmptyTape,
    /// `x.retaped::<NoneTape>()`.
    Values,
    /// `x.clone()`.
    Clone,
    /// The variable that holds the values without the tape, cloned.
    Alias,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    at: usize,
    want: Want,
    depth: usize,
}

/// All uses.
#[derive(Default, Debug)]
pub struct Ledger {
    events: BTreeMap<Var, Vec<Event>>,
    handed: BTreeSet<Var>,
    deciding: bool,
    now: usize,
}

impl Ledger {
    /// Starts over, deciding.
    pub fn decide(&mut self) {
        self.deciding = true;
        self.now = 0;
        self.handed.clear();
    }

    /// The present position in the order of uses.
    pub fn now(&self) -> usize {
        self.now
    }

    /// A use, `depth` loops deep, of a variable that lives `home` loops deep.
    pub fn take(&mut self, var: Var, taped: bool, want: Want, depth: usize, home: usize) -> Get {
        let at = self.now;
        self.now += 1;
        if !self.deciding {
            self.events.entry(var).or_default().push(Event { at, want, depth });
            return Get::Itself;
        }
        let last = self.mover(var, taped, home);
        match want {
            Want::Taped if last == Some(at) => Get::Itself,
            Want::Taped => Get::EmptyTape,
            _ if self.handed.contains(&var) => Get::Alias,
            _ if taped && last.is_some_and(|last| last < at) => Get::Alias,
            Want::Borrowed => Get::Itself,
            Want::Plain if taped => Get::Values,
            Want::Plain if last == Some(at) => Get::Itself,
            Want::Plain => Get::Clone,
        }
    }

    /// The use that moves a variable: of a taped one the last that takes the tape, of another the last of
    /// all; none if that use stands in a deeper loop or only borrows.
    fn mover(&self, var: Var, taped: bool, home: usize) -> Option<usize> {
        let events = self.events.get(&var)?;
        let last = events.iter().rfind(|e| !taped || e.want == Want::Taped)?;
        (last.depth == home && last.want != Want::Borrowed).then_some(last.at)
    }

    /// Whether the values of a taped variable are needed after it has moved.
    pub fn needs_alias(&self, var: Var, home: usize) -> bool {
        let Some(mover) = self.mover(var, true, home) else { return false };
        self.events[&var].iter().any(|e| e.want != Want::Taped && e.at > mover)
    }

    /// Whether a use takes the tape of a variable at all.
    pub fn takes_tape(&self, var: Var) -> bool {
        self.events.get(&var).is_some_and(|events| events.iter().any(|e| e.want == Want::Taped))
    }

    /// Hands the tape of a variable over after the loop that used it last. Whether its values are still read.
    pub fn hand_over(&mut self, var: Var) -> bool {
        self.handed.insert(var);
        self.events.get(&var).is_some_and(|events| events.iter().any(|e| e.at >= self.now))
    }

    /// Where the last use that takes the tape stands.
    pub fn last_taped(&self, var: Var) -> Option<usize> {
        let last = self.events.get(&var)?.iter().rfind(|e| e.want == Want::Taped)?;
        Some(last.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(uses: &[(Want, usize)], taped: bool) -> (Vec<Get>, bool) {
        let mut ledger = Ledger::default();
        let var = Var::Input(0);
        let all = |ledger: &mut Ledger| {
            uses.iter().map(|&(want, depth)| ledger.take(var, taped, want, depth, 0)).collect::<Vec<_>>()
        };
        all(&mut ledger);
        ledger.decide();
        (all(&mut ledger), ledger.needs_alias(var, 0))
    }

    #[test]
    fn the_last_taped_use_moves() {
        let (gets, alias) = replay(&[(Want::Taped, 0), (Want::Plain, 0), (Want::Taped, 0)], true);
        assert_eq!((gets, alias), (vec![Get::EmptyTape, Get::Values, Get::Itself], false));
    }

    #[test]
    fn values_needed_after_the_move_are_kept() {
        let (gets, alias) = replay(&[(Want::Taped, 0), (Want::Borrowed, 0)], true);
        assert_eq!((gets, alias), (vec![Get::Itself, Get::Alias], true));
    }

    #[test]
    fn nothing_moves_inside_a_loop() {
        let (gets, _) = replay(&[(Want::Taped, 0), (Want::Taped, 1)], true);
        assert_eq!(gets, [Get::EmptyTape, Get::EmptyTape]);
        let (gets, _) = replay(&[(Want::Plain, 0), (Want::Plain, 1)], false);
        assert_eq!(gets, [Get::Clone, Get::Clone]);
    }

    #[test]
    fn a_later_borrow_keeps_a_plain_tensor() {
        let (gets, _) = replay(&[(Want::Plain, 0), (Want::Borrowed, 0)], false);
        assert_eq!(gets, [Get::Clone, Get::Itself]);
    }
}
