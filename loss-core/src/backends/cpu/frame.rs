//! One nest of loops: which expressions it needs, at which depth each is computed, and what a sweep reads.

use super::body::Body;
use super::expr::Expr;
use super::names::Scope;
use crate::backends::dfdx::Names;
use crate::ir::loops::{At, LetId, Span, Target, Value};
use crate::ir::{Axis, Ty};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// More operations than this are not written into another expression.
const LONG: usize = 5;
/// A sweep reads at most so many arrays.
const MOST_SOURCES: usize = 16;

/// A nest, or what is left of it beside its lane.
pub struct Frame<'b> {
    /// The stage.
    pub body: &'b Body<'b>,
    /// The loops, outermost first, without the lane.
    pub loops: Vec<Axis>,
    /// The axis whose iterations run side by side.
    pub lane: Option<Axis>,
    /// Where loops and lanes have anything to do.
    pub spans: BTreeMap<Axis, Span>,
    /// The variable that holds the span of the lanes.
    pub lane_span: Option<Ident>,
    /// The variables in scope, by what they hold.
    pub bound: BTreeMap<LetId, Ident>,
    /// Statements before the loops, then at the top of each loop.
    pub levels: Vec<TokenStream>,
    /// Statements of a sweep's function.
    pub inner: TokenStream,
    /// What a sweep reads: the variable, and the source.
    pub sources: Vec<(Ident, TokenStream)>,
    names: RefCell<Names>,
}

/// Where an expression is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    Loops(usize),
    Lane,
}

/// How an expression is used.
#[derive(Default)]
struct Uses {
    count: usize,
    /// By something that is computed deeper.
    crossing: bool,
}

impl<'b> Frame<'b> {
    /// The frame of some targets; `None` if no sweep can do it with this lane.
    pub fn new(
        body: &'b Body<'b>,
        (loops, lane): (Vec<Axis>, Option<Axis>),
        spans: &BTreeMap<Axis, Span>,
        targets: &[&Target],
    ) -> Option<Self> {
        let levels = vec![TokenStream::new(); loops.len() + 1];
        let (bound, inner, sources) = (BTreeMap::new(), TokenStream::new(), vec![]);
        let names = RefCell::new(body.code.scope.names());
        let (own, lane_span) = (spans.clone(), None);
        let mut frame =
            Frame { body, loops, lane, spans: own, lane_span, bound, levels, inner, sources, names };
        // What differs from lane to lane is no span.
        let apart: Vec<Axis> =
            spans.iter().filter(|s| s.1.ends().any(|id| frame.in_lanes(id))).map(|s| *s.0).collect();
        if apart.iter().any(|axis| !spans[axis].asked) {
            return None;
        }
        frame.spans.retain(|axis, _| !apart.contains(axis));
        frame.lane_span = lane.filter(|lane| frame.spans.contains_key(lane)).map(|_| frame.fresh("span"));
        let (order, uses) = frame.used(targets);
        for id in order {
            frame.place(id, &uses[&id])?;
        }
        (frame.sources.len() <= MOST_SOURCES).then_some(frame)
    }

    /// A name not in use.
    pub fn fresh(&self, stem: &str) -> Ident {
        self.names.borrow_mut().fresh(stem)
    }

    /// The names.
    pub fn scope(&self) -> &'b Scope<'b> {
        self.body.code.scope
    }

    /// The expression that stands for this one.
    pub fn resolved(&self, id: LetId) -> LetId {
        self.body.aliases.get(&id).map_or(id, |&other| self.resolved(other))
    }

    /// Whether an expression differs from lane to lane.
    pub fn in_lanes(&self, id: LetId) -> bool {
        self.lane.is_some_and(|lane| self.body.axes_of(self.resolved(id)).contains(&lane))
    }

    fn depth(&self, id: LetId) -> Depth {
        if self.in_lanes(id) {
            return Depth::Lane;
        }
        let axes = self.body.axes_of(id);
        Depth::Loops(self.loops.iter().rposition(|l| axes.contains(l)).map_or(0, |i| i + 1))
    }

    /// What the targets need, operands first.
    fn used(&self, targets: &[&Target]) -> (Vec<LetId>, BTreeMap<LetId, Uses>) {
        let (mut order, mut uses) = (vec![], BTreeMap::new());
        for (level, axis) in self.loops.iter().chain(&self.lane).enumerate() {
            let ends = self.spans.get(axis).map(Span::ends);
            ends.into_iter()
                .flatten()
                .for_each(|id| self.visit(id, Depth::Loops(level), &mut order, &mut uses));
        }
        let deepest = if self.lane.is_some() { Depth::Lane } else { Depth::Loops(self.loops.len()) };
        for target in targets {
            for id in std::iter::once(target.value).chain(target.given) {
                self.visit(id, deepest, &mut order, &mut uses);
            }
            for at in &target.at {
                match at {
                    // A scatter is given its index as a value.
                    At::Computed(id) if self.in_lanes(*id) && !self.is_beside(*id) => {
                        self.visit(*id, deepest, &mut order, &mut uses);
                    }
                    At::Computed(id) => self.visit_index(*id, deepest, &mut order, &mut uses),
                    At::Axis(_) => {}
                }
            }
        }
        (order, uses)
    }

    fn is_beside(&self, id: LetId) -> bool {
        matches!(self.body.rows.lets[self.resolved(id).0].value, Value::Beside(..))
    }

    fn visit(&self, id: LetId, user: Depth, order: &mut Vec<LetId>, uses: &mut BTreeMap<LetId, Uses>) {
        let id = self.resolved(id);
        let (known, depth) = (uses.contains_key(&id), self.depth(id));
        let entry = uses.entry(id).or_default();
        entry.count += 1;
        entry.crossing |= depth < user;
        if known {
            return;
        }
        match &self.body.rows.lets[id.0].value {
            Value::Op(_, args) => args.iter().for_each(|&a| self.visit(a, depth, order, uses)),
            Value::Load(_, at) => at.iter().for_each(|&at| {
                if let At::Computed(index) = at {
                    self.visit_index(index, depth, order, uses);
                }
            }),
            Value::HyperArray(_, At::Computed(index)) => self.visit_index(*index, depth, order, uses),
            _ => {}
        }
        order.push(id);
    }

    /// An index is written where it is used, unless it is more than a plain element.
    fn visit_index(&self, id: LetId, user: Depth, order: &mut Vec<LetId>, uses: &mut BTreeMap<LetId, Uses>) {
        let id = self.resolved(id);
        match &self.body.rows.lets[id.0].value {
            Value::Load(_, at) => at.iter().for_each(|&at| {
                if let At::Computed(index) = at {
                    self.visit_index(index, user, order, uses);
                }
            }),
            Value::Element(_) | Value::Position(_) | Value::Beside(..) => {}
            _ => self.visit(id, user, order, uses),
        }
    }

    /// Gives an expression a variable, if it is to have one.
    fn place(&mut self, id: LetId, uses: &Uses) -> Option<()> {
        let l = &self.body.rows.lets[id.0];
        let depth = self.depth(id);
        match &l.value {
            Value::Const(_) | Value::Truth(_) | Value::Element(_) | Value::Hyper(_) | Value::Size(_) => {}
            Value::Position(_) | Value::Beside(_) => {
                let shared = uses.count > 1 && depth == Depth::Lane;
                shared.then(|| self.bind(id, depth));
            }
            Value::Load(array, at) if depth == Depth::Lane => {
                let (source, converted) = self.source(*array, at)?;
                let name = self.fresh(&self.body.code.kernel.arrays[array.0].name);
                self.sources.push((name.clone(), source));
                match converted {
                    Some(method) => {
                        let method = super::names::ident(method);
                        let own = self.fresh(&self.body.code.kernel.arrays[array.0].name);
                        self.inner.extend(quote!(let #own = #name.#method();));
                        self.bound.insert(id, own);
                    }
                    None => {
                        self.bound.insert(id, name);
                    }
                }
            }
            // There is no source that picks from it.
            Value::HyperArray(..) if depth == Depth::Lane => return None,
            Value::Load(array, _) if self.body.is_variable(*array) => {}
            Value::Load(..) | Value::HyperArray(..) => {
                (uses.crossing || uses.count > 1).then(|| self.bind(id, depth));
            }
            Value::Op(..) => {
                let long = self.operations(id, &mut BTreeSet::new()) > LONG;
                (uses.crossing || uses.count > 1 || long || l.name.is_some()).then(|| self.bind(id, depth));
            }
        }
        Some(())
    }

    fn bind(&mut self, id: LetId, depth: Depth) {
        let Expr { code, .. } = self.definition(id);
        let stem = self.body.rows.lets[id.0].name.clone();
        let name = self.fresh(stem.as_deref().unwrap_or("t"));
        let statement = quote!(let #name = #code;);
        match depth {
            Depth::Lane => self.inner.extend(statement),
            Depth::Loops(level) => self.levels[level].extend(statement),
        }
        self.bound.insert(id, name);
    }

    /// How many operations an expression has, written out.
    fn operations(&self, id: LetId, seen: &mut BTreeSet<LetId>) -> usize {
        let id = self.resolved(id);
        if self.bound.contains_key(&id) || !seen.insert(id) {
            return 0;
        }
        match &self.body.rows.lets[id.0].value {
            Value::Op(_, args) => 1 + args.iter().map(|&a| self.operations(a, seen)).sum::<usize>(),
            _ => 0,
        }
    }

    /// The position of a lane along its axis.
    pub fn lane_position(&self) -> Expr {
        let (at, first) = (&self.scope().position, &self.scope().first);
        match (self.body.mode.is_lanes(), &self.lane_span) {
            (true, _) => Expr::loose(quote!(#first as i32 + #at)),
            (false, Some(span)) => Expr::loose(quote!(#span.start as i32 + #at)),
            (false, None) => Expr::atom(quote!(#at)),
        }
    }

    /// The elements of a loop that are visited.
    pub fn range(&self, axis: Axis) -> TokenStream {
        let size = self.scope().size(axis.set);
        let Some(span) = self.spans.get(&axis) else { return quote!(0..#size) };
        let end = |id: LetId| self.expr(id).code;
        match (span.from.map(end), span.to.map(end)) {
            (Some(at), _) if span.is_single() => quote!(span::single(#size, #at)),
            (Some(from), Some(to)) => quote!(span::between(#size, #from, #to)),
            (Some(from), None) => quote!(span::from(#size, #from)),
            (None, Some(to)) => quote!(span::to(#size, #to)),
            (None, None) => quote!(0..#size),
        }
    }

    /// The variable of a loop around this place.
    pub fn place_of(&self, axis: Axis) -> TokenStream {
        let name = self.scope().axis(axis);
        quote!(#name)
    }

    /// What a let is.
    pub fn ty(&self, id: LetId) -> Ty {
        self.body.rows.lets[self.resolved(id).0].ty
    }
}
