//! What a stage does with its rows, in one of two ways: row by row, with the innermost loop in vectors; or many rows
//! side by side, one in each lane, which is faster if rows are short and the only way if they are single elements.

use super::expr::Expr;
use super::frame::Frame;
use super::kernel::Code;
use crate::ir::Axis;
use crate::ir::loops::{Along, ArrayId, At, How, LetId, Nest, Place, Rows, Span, Step, Target, Value};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A sweep makes at most so much.
const MOST_SINKS: usize = 12;

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

    /// The innermost loop as a sweep, if that is possible.
    fn nest(&self, nest: &Nest) -> TokenStream {
        let targets: Vec<&Target> = nest.targets.iter().collect();
        let swept = nest.loops.split_last().and_then(|(&lane, loops)| {
            let single = nest.spans.get(&lane).is_some_and(Span::is_single);
            if single { None } else { self.sweep((loops, lane), &nest.spans, &targets) }
        });
        swept.unwrap_or_else(|| self.plain(nest, &targets))
    }

    /// Plain loops.
    fn plain(&self, nest: &Nest, targets: &[&Target]) -> TokenStream {
        let frame = Frame::new(self, (nest.loops.clone(), None), &nest.spans, targets)
            .expect("plain loops can do everything");
        for target in targets.iter().filter(|t| !t.across && matches!(t.how, How::Reduce(_))) {
            self.begun.borrow_mut().insert(target.array, target.how);
        }
        let inner = targets.iter().map(|t| frame.take(t)).collect();
        frame.looped(inner)
    }

    /// Sweeps along `lane` in their loops: as few as can be, since no sweep has two sinks for one array.
    fn sweep(
        &self,
        around: (&[Axis], Axis),
        spans: &BTreeMap<Axis, Span>,
        targets: &[&Target],
    ) -> Option<TokenStream> {
        let mut groups: Vec<Vec<&Target>> = vec![];
        for target in targets {
            let free = |g: &&mut Vec<&Target>| {
                g.len() < MOST_SINKS && g.iter().all(|other| other.array != target.array)
            };
            match groups.iter_mut().find(free) {
                Some(group) => group.push(target),
                None => groups.push(vec![target]),
            }
        }
        groups.iter().map(|group| self.one_sweep(around, spans, group)).collect()
    }

    fn one_sweep(
        &self,
        (loops, lane): (&[Axis], Axis),
        spans: &BTreeMap<Axis, Span>,
        targets: &[&Target],
    ) -> Option<TokenStream> {
        let frame = Frame::new(self, (loops.to_vec(), Some(lane)), spans, targets)?;
        let sinks = targets.iter().map(|t| frame.sink(t)).collect::<Option<Vec<_>>>()?;
        // Beside the iterations of an empty span there may be nothing: it has no sweep, and so no result.
        let guarded = spans.get(&lane).is_some_and(|span| !span.asked);
        let (mut names, mut after) = (vec![], TokenStream::new());
        for (target, sink) in targets.iter().zip(&sinks) {
            let Some(wide) = sink.result else {
                if !target.across && matches!(target.how, How::Reduce(_)) {
                    self.begun.borrow_mut().insert(target.array, target.how);
                }
                names.push(quote!(_));
                continue;
            };
            let direct = self.is_direct(target, loops, spans) && !guarded;
            let reduced = !target.across && matches!(target.how, How::Reduce(_)) && !direct;
            if reduced {
                self.begun.borrow_mut().insert(target.array, target.how);
            }
            if direct && self.is_variable(target.array) && !self.is_declared_early(target.array) {
                let name = self.array(target.array);
                names.push(quote!(#name));
                continue;
            }
            let name = frame.fresh(&self.code.kernel.arrays[target.array.0].name);
            names.push(quote!(#name));
            after.extend(match wide {
                true => {
                    let sum = self.array(target.array);
                    quote!(#sum += #name;)
                }
                false => frame.take_value(target, Expr::atom(quote!(#name)), direct),
            });
        }
        let (cpu, position) = (&self.code.scope.cpu, &self.code.scope.position);
        let count = match (self.mode, &frame.lane_span) {
            (_, Some(span)) => quote!(#span.len()),
            (Mode::Rows, None) => self.code.scope.size(lane.set),
            _ => {
                let count = &self.code.scope.count;
                quote!(#count)
            }
        };
        let (items, sources): (Vec<_>, Vec<_>) = frame.sources.iter().cloned().unzip();
        let (sinks, values): (Vec<_>, Vec<_>) = sinks.into_iter().map(|s| (s.sink, s.item)).unzip();
        let inner = &frame.inner;
        let function = quote!(#[inline(always)] |#position, (#(#items,)*)| { #inner (#(#values,)*) });
        let call = quote!(lanes::sweep(#cpu, #count, (#(#sources,)*), (#(#sinks,)*), #function));
        let results = names.iter().any(|n| n.to_string() != "_");
        let call = if results { quote!(let (#(#names,)*) = #call;) } else { quote!(#call;) };
        let span = frame.lane_span.as_ref().map(|span| (span, frame.range(lane)));
        let span = span.map(|(name, range)| quote!(let #name = #range;));
        let name = &frame.lane_span;
        Some(frame.looped(match guarded {
            true => quote!(#span if !#name.is_empty() { #call #after }),
            false => quote!(#span #call #after),
        }))
    }

    /// Whether each element of what is reduced into is the result of one sweep. Elements that a computed index or the span
    /// of a loop passes over are the neutral element.
    fn is_direct(&self, target: &Target, loops: &[Axis], spans: &BTreeMap<Axis, Span>) -> bool {
        let alone = targets(self.rows).filter(|t| t.array == target.array).count() == 1;
        let told = loops.iter().all(|l| target.at.contains(&At::Axis(*l)) && !spans.contains_key(l))
            && target.at.iter().all(|at| matches!(at, At::Axis(_)));
        self.mode == Mode::Rows && !target.across && alone && told && matches!(target.how, How::Reduce(_))
    }
}

impl Frame<'_> {
    /// The loops around some code, with what is computed in each.
    pub fn looped(&self, inner: TokenStream) -> TokenStream {
        let mut code = inner;
        for (level, axis) in self.loops.iter().enumerate().rev() {
            let (before, name) = (&self.levels[level + 1], self.scope().axis(*axis));
            let range = self.range(*axis);
            code = quote!(for #name in #range { #before #code });
        }
        let before = &self.levels[0];
        quote!(#before #code)
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
