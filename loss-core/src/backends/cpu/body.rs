//! What a stage does with its rows, in one of two ways: row by row, with the innermost loop in vectors; or many rows
//! side by side, one in each lane, which is faster if rows are short and the only way if they are single elements.

use super::kernel::Code;
use crate::ir::Axis;
use crate::ir::loops::{Along, ArrayId, How, LetId, Nest, Place, Rows, Step, Target, Value};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// How rows are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One after the other.
    Rows,
    /// A chunk's rows side by side; there are no inner loops.
    Elements,
    /// Short rows side by side, as many as a tile of a sweep has lanes.
    Lanes,
}

impl Mode {
    /// Whether the lanes are rows.
    pub fn is_lanes(self) -> bool {
        self != Mode::Rows
    }
}

/// A stage in one of the modes.
pub struct Body<'b> {
    /// The kernel.
    pub code: &'b Code<'b>,
    /// The stage.
    pub rows: &'b Rows,
    /// How.
    pub mode: Mode,
    /// Loads of what the stage has computed, and what that was.
    pub aliases: BTreeMap<LetId, LetId>,
    /// The arrays that this stage writes.
    pub written: BTreeSet<ArrayId>,
    axes: Vec<BTreeSet<Axis>>,
    /// Arrays that begin each row with the neutral element.
    pub begun: RefCell<BTreeMap<ArrayId, How>>,
    pub early: BTreeSet<ArrayId>,
}

impl<'b> Body<'b> {
    /// The stage's code: what is done with `rows`; `None` if it cannot be done in that mode.
    pub fn print(code: &'b Code<'b>, rows: &'b Rows, mode: Mode) -> Option<TokenStream> {
        let mut body = Body {
            code,
            rows,
            mode,
            aliases: BTreeMap::new(),
            written: targets(rows).map(|t| t.array).chain(alongs(rows).map(|a| a.to.0)).collect(),
            axes: vec![],
            begun: RefCell::new(BTreeMap::new()),
            early: early(rows, code),
        };
        body.axes = body.all_axes();
        match mode {
            Mode::Rows => Some(body.one_by_one()),
            Mode::Elements => body.elements(),
            Mode::Lanes => body.tiles(),
        }
    }

    /// An array's variable.
    pub fn array(&self, array: ArrayId) -> &Ident {
        &self.code.arrays[array.0]
    }

    /// The loops that an expression depends on.
    pub fn axes_of(&self, id: LetId) -> &BTreeSet<Axis> {
        &self.axes[id.0]
    }

    pub fn place(&self, array: ArrayId) -> Place {
        self.code.kernel.arrays[array.0].place
    }

    /// Whether an array is a variable of the row, not memory.
    pub fn is_variable(&self, array: ArrayId) -> bool {
        let info = &self.code.kernel.arrays[array.0];
        info.place == Place::Row && info.axes.is_empty() && self.mode == Mode::Rows
    }

    /// The gradient in whose row an array lives.
    pub fn home(&self, array: ArrayId) -> Option<ArrayId> {
        self.code.kernel.arrays[array.0].home.filter(|_| self.mode == Mode::Rows)
    }

    /// The array that lives where a target sets a gradient.
    pub fn guest(&self, target: &Target) -> Option<ArrayId> {
        let made = self.written.iter().copied().find(|a| self.home(*a) == Some(target.array));
        made.filter(|_| target.how == How::Set)
    }

    /// Whether an array is a sum over all rows.
    pub fn is_sum(&self, array: ArrayId) -> bool {
        self.code.is_sum(self.rows, array)
    }

    /// Whether a variable has a value before it is computed.
    pub fn is_declared_early(&self, array: ArrayId) -> bool {
        self.early.contains(&array)
    }

    /// Whether only the chunk's own rows of an array are at hand.
    pub fn is_local(&self, array: ArrayId) -> bool {
        let across = targets(self.rows).any(|t| t.array == array && t.across);
        self.written.contains(&array)
            && !across
            && self.place(array) != Place::Row
            && self.rows.outer.is_some()
    }

    /// What an array of the row depends on is not told by its indices.
    fn all_axes(&self) -> Vec<BTreeSet<Axis>> {
        let mut axes: Vec<BTreeSet<Axis>> = vec![];
        for l in &self.rows.lets {
            let mut own: BTreeSet<Axis> = l.axes.iter().copied().collect();
            own.extend(l.value.operands().iter().flat_map(|o| axes[o.0].clone()));
            if let Value::Load(array, _) = &l.value
                && self.written.contains(array)
            {
                own.extend(self.rows.outer);
            }
            axes.push(own);
        }
        axes
    }

    /// Row by row.
    fn one_by_one(&self) -> TokenStream {
        let steps: TokenStream = self.rows.steps.iter().map(|s| self.step(s)).collect();
        let (begin, moved_in) = (self.begin(&quote!(1)), self.moved_in());
        let (rows, row) = (&self.code.scope.rows, &self.code.scope.row);
        let at = self.rows.outer.map(|outer| self.code.scope.axis(outer));
        let at = at.map_or_else(|| quote!(_), |at| quote!(#at));
        quote! {
            for (#row, #at) in #rows.enumerate() {
                #moved_in
                #begin
                #steps
            }
        }
    }

    /// All rows in one sweep.
    fn elements(mut self) -> Option<TokenStream> {
        let nests = nests(self.rows);
        let only_nests = nests.len() == self.rows.steps.len() && nests.iter().all(|n| n.loops.is_empty());
        if !only_nests || self.rows.outer.is_none() {
            return None;
        }
        let all: Vec<&Target> = nests.iter().flat_map(|n| &n.targets).collect();
        for (i, l) in self.rows.lets.iter().enumerate() {
            let Value::Load(array, at) = &l.value else { continue };
            if self.written.contains(array) {
                let sets = |t: &&&Target| t.array == *array && t.at == *at && t.how == How::Set;
                self.aliases.insert(LetId(i), all.iter().find(sets)?.value);
            }
        }
        let kept = |t: &&Target| self.place(t.array) != Place::Row;
        let kept: Vec<&Target> = all.into_iter().filter(kept).collect();
        if kept.iter().any(|t| !t.across && matches!(t.how, How::Reduce(_))) {
            return None;
        }
        let (first, row, count, rows) = self.lane_names();
        let sweep = self.sweep((&[], self.rows.outer?), &BTreeMap::new(), &kept)?;
        Some(quote! {
            let (#first, #row, #count) = (#rows.start, 0, #rows.len());
            #sweep
        })
    }

    /// A tile of rows at a time.
    fn tiles(&self) -> Option<TokenStream> {
        let outer = self.rows.outer?;
        let mut steps = TokenStream::new();
        for step in &self.rows.steps {
            let Step::Nest(nest) = step else { return None };
            let targets: Vec<&Target> = nest.targets.iter().collect();
            for target in targets.iter().filter(|t| !t.across && matches!(t.how, How::Reduce(_))) {
                self.begun.borrow_mut().insert(target.array, target.how);
            }
            let code = self.sweep((&nest.loops, outer), &nest.spans, &targets)?;
            steps.extend(self.guarded(&nest.needed_by, code));
        }
        let (first, row, count, rows) = self.lane_names();
        let begin = self.begin(&quote!(#count));
        Some(quote! {
            for #first in #rows.clone().step_by(LANES) {
                let (#row, #count) = (#first - #rows.start, LANES.min(#rows.end - #first));
                #begin
                #steps
            }
        })
    }

    fn lane_names(&self) -> (&Ident, &Ident, &Ident, &Ident) {
        let scope = self.code.scope;
        (&scope.first, &scope.row, &scope.count, &scope.rows)
    }

    fn step(&self, step: &Step) -> TokenStream {
        match step {
            Step::Nest(nest) => self.guarded(&nest.needed_by, self.nest(nest)),
            Step::Along(along) => self.guarded(&along.needed_by, self.along(along)),
        }
    }

    /// Code that is needed for some gradients only.
    fn guarded(&self, needed_by: &[usize], code: TokenStream) -> TokenStream {
        match self.code.needed(needed_by) {
            Some(condition) => quote!(if #condition { #code }),
            None => code,
        }
    }
}

/// The nests of a stage.
pub fn nests(rows: &Rows) -> Vec<&Nest> {
    rows.steps.iter().filter_map(|s| if let Step::Nest(n) = s { Some(n) } else { None }).collect()
}

/// The operations on lines of a stage.
pub fn alongs(rows: &Rows) -> impl Iterator<Item = &Along> {
    rows.steps.iter().filter_map(|s| if let Step::Along(a) = s { Some(a) } else { None })
}

/// The targets of a stage.
pub fn targets(rows: &Rows) -> impl Iterator<Item = &Target> {
    let nests = rows.steps.iter().filter_map(|s| if let Step::Nest(n) = s { Some(n) } else { None });
    nests.flat_map(|n| &n.targets)
}

/// Variables that are computed only if some gradient is wanted.
fn early(rows: &Rows, code: &Code) -> BTreeSet<ArrayId> {
    let conditional = nests(rows).into_iter().filter(|n| code.needed(&n.needed_by).is_some());
    conditional.flat_map(|n| &n.targets).map(|t| t.array).collect()
}
