//! Which set an index ranges over: inferred by unification, remembering the place that decided it.

use crate::diag::SpanRange;
use crate::ir::SetId;

/// A set that may not be known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetVar(usize);

impl SetVar {
    /// Its position, as in [`super::tree::Checked::set_vars`].
    pub fn index(self) -> usize {
        self.0
    }
}

#[derive(Clone, Debug)]
enum Entry {
    Link(usize),
    Open,
    Known(SetId, SpanRange),
}

/// The union-find structure.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    entries: Vec<Entry>,
}

/// Two sets that ought to be one: the one known first with the place that decided it, and the other.
pub struct Clash {
    /// The set known first.
    pub first: SetId,
    /// The place that decided it.
    pub decided: SpanRange,
    /// The other set.
    pub second: SetId,
    /// The place that decided the other.
    pub second_decided: SpanRange,
}

impl Sets {
    /// A variable of which nothing is known.
    pub fn open(&mut self) -> SetVar {
        self.entries.push(Entry::Open);
        SetVar(self.entries.len() - 1)
    }

    /// A variable for a set that is known, from `place`.
    pub fn known(&mut self, set: SetId, place: SpanRange) -> SetVar {
        self.entries.push(Entry::Known(set, place));
        SetVar(self.entries.len() - 1)
    }

    fn root(&self, mut var: usize) -> usize {
        while let Entry::Link(next) = self.entries[var] {
            var = next;
        }
        var
    }

    /// The set, if it is known by now.
    pub fn get(&self, var: SetVar) -> Option<SetId> {
        match self.entries[self.root(var.0)] {
            Entry::Known(set, _) => Some(set),
            _ => None,
        }
    }

    /// Makes two variables one set.
    pub fn unify(&mut self, a: SetVar, b: SetVar) -> Result<(), Clash> {
        let (a, b) = (self.root(a.0), self.root(b.0));
        if a == b {
            return Ok(());
        }
        match (&self.entries[a], &self.entries[b]) {
            (Entry::Known(first, decided), Entry::Known(second, second_decided)) if first != second => {
                Err(Clash {
                    first: *first,
                    decided: *decided,
                    second: *second,
                    second_decided: *second_decided,
                })
            }
            (Entry::Open, _) => {
                self.entries[a] = Entry::Link(b);
                Ok(())
            }
            _ => {
                self.entries[b] = Entry::Link(a);
                Ok(())
            }
        }
    }

    /// The set of every variable; `fallback` for those that stayed open (an error has been reported then).
    pub fn resolved(&self, fallback: SetId) -> Vec<SetId> {
        (0..self.entries.len()).map(|i| self.get(SetVar(i)).unwrap_or(fallback)).collect()
    }
}
