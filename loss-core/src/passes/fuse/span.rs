//! Where loops have anything to do: `sum[m | abs(m - n) <= 2](x[m])` asks five elements, however many there are.
//!
//! Law: a span leaves out only what the conditions of all targets leave out. They are asked again inside it, so that it
//! may be wider than they are.

use super::parts;
use crate::ir::loops::{Let, LetId, Span, Target, Value};
use crate::ir::{Axis, HyperInfo, OpRef, SetInfo, Ty};
use crate::ops;
use crate::syntax::ast::HyperType;
use std::collections::{BTreeMap, BTreeSet};

/// Expressions of a stage; those that spans need come behind the others.
pub(super) struct Spans<'a> {
    pub lets: &'a mut Vec<Let>,
    pub hypers: &'a [HyperInfo],
    pub sets: &'a [SetInfo],
}

/// A comparison of an index with a number, the index on the left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    AtMost,
    AtLeast,
    Equal,
}

/// A bound of an index.
pub(super) type Told = (Order, LetId);

impl Order {
    /// Of a comparison by name.
    fn of(name: &str) -> Option<Order> {
        match name {
            "le" | "lt" => Some(Order::AtMost),
            "ge" | "gt" => Some(Order::AtLeast),
            "eq" => Some(Order::Equal),
            _ => None,
        }
    }

    fn mirrored(self) -> Order {
        match self {
            Order::AtMost => Order::AtLeast,
            Order::AtLeast => Order::AtMost,
            Order::Equal => Order::Equal,
        }
    }
}

impl Spans<'_> {
    /// The spans of a nest's loops.
    pub fn of(&mut self, outer: Option<Axis>, loops: &[Axis], targets: &[Target]) -> BTreeMap<Axis, Span> {
        let mut around: BTreeSet<Axis> = outer.into_iter().collect();
        let mut spans = BTreeMap::new();
        for &axis in loops {
            let told = targets.iter().map(|t| self.told(t, axis, &around)).collect();
            spans.extend(span(&common(told)).map(|span| (axis, span)));
            around.insert(axis);
        }
        spans
    }

    /// Loops in an order in which an index that stands at one place is behind those that say at which.
    pub fn arranged(&mut self, outer: Option<Axis>, mut loops: Vec<Axis>, targets: &[Target]) -> Vec<Axis> {
        let before: BTreeMap<Axis, BTreeSet<Axis>> =
            loops.iter().map(|&axis| (axis, self.says_where(outer, &loops, axis, targets))).collect();
        let mut arranged: Vec<Axis> = vec![];
        while !loops.is_empty() {
            let ready = |axis: &Axis| before[axis].iter().all(|other| arranged.contains(other));
            let next = loops.iter().position(ready).unwrap_or(0);
            arranged.push(loops.remove(next));
        }
        arranged
    }

    /// The loops that say at which place an index stands, by numbers alone: of a class map, the classes are few, and the
    /// elements many, which are better visited in vectors.
    fn says_where(
        &mut self,
        outer: Option<Axis>,
        loops: &[Axis],
        axis: Axis,
        targets: &[Target],
    ) -> BTreeSet<Axis> {
        let around = loops.iter().filter(|other| **other != axis).chain(&outer).copied().collect();
        let told = common(targets.iter().map(|t| self.told(t, axis, &around)).collect());
        let place = told.into_iter().find(|(order, place)| *order == Order::Equal && self.is_number(*place));
        let says = place.map_or(vec![], |(_, place)| self.lets[place.0].axes.clone());
        says.into_iter().filter(|other| loops.contains(other)).collect()
    }

    /// The conditions of a target that leave one iteration of a loop, or those between two others.
    pub fn narrow(&mut self, outer: Option<Axis>, loops: &[Axis], target: &Target) -> Vec<LetId> {
        let conditions = target.given.map_or(vec![], |given| self.conjuncts(given));
        let mut narrow = BTreeSet::new();
        for axis in loops {
            let around = loops.iter().filter(|other| *other != axis).chain(&outer).copied().collect();
            let told: Vec<(LetId, Vec<Told>)> =
                conditions.iter().map(|&c| (c, self.told_by(c, *axis, &around))).collect();
            let says = |order: Order| told.iter().any(|(_, told)| told.iter().any(|t| t.0 == order));
            if says(Order::Equal) || says(Order::AtLeast) && says(Order::AtMost) {
                narrow.extend(told.iter().filter(|(_, told)| !told.is_empty()).map(|(c, _)| *c));
            }
        }
        narrow.into_iter().collect()
    }

    /// What a target's condition says of an index, in numbers that are known outside of its loop.
    pub fn told(&mut self, target: &Target, axis: Axis, around: &BTreeSet<Axis>) -> Vec<Told> {
        let conditions = target.given.map_or(vec![], |given| self.conjuncts(given));
        conditions.into_iter().flat_map(|condition| self.told_by(condition, axis, around)).collect()
    }

    /// What one condition says.
    pub fn told_by(&mut self, condition: LetId, axis: Axis, around: &BTreeSet<Axis>) -> Vec<Told> {
        let Value::Op(op, args) = self.lets[condition.0].value.clone() else { return vec![] };
        let Some(order) = Order::of(op.name) else { return vec![] };
        // Of whole numbers, less than 3 is at most 2. Of others, what stands at the bound itself does not matter.
        let below = matches!(op.name, "lt" | "gt") && args.iter().all(|&arg| self.is_whole(arg));
        let mut told = Vec::new();
        for (x, order, bound) in [(args[0], order, args[1]), (args[1], order.mirrored(), args[0])] {
            let known = self.lets[bound.0].axes.iter().all(|a| around.contains(a));
            if known && self.depends(x, axis) {
                let bound = if below { self.next(order, bound) } else { bound };
                self.isolated(x, order, bound, axis, true, &mut told);
            }
        }
        told.retain(|(_, bound)| self.lets[bound.0].axes.iter().all(|a| around.contains(a)));
        told
    }

    /// The whole number next to a bound, inside.
    fn next(&mut self, order: Order, bound: LetId) -> LetId {
        let one = self.constant(1.0);
        self.op(if order == Order::AtMost { "sub" } else { "add" }, &[bound, one])
    }

    /// The conditions that `and` joins.
    pub fn conjuncts(&self, given: LetId) -> Vec<LetId> {
        parts(given, |id| match &self.lets[id.0].value {
            Value::Op(op, args) if op.name == "and" => Some(args),
            _ => None,
        })
    }

    pub fn depends(&self, id: LetId, axis: Axis) -> bool {
        self.lets[id.0].axes.contains(&axis)
    }

    /// `x <= bound` for an index in x: x - y <= b == x <= b + y, and so on. It is `exact` while nothing has been
    /// brought to the other side that may be rounded.
    fn isolated(
        &mut self,
        x: LetId,
        order: Order,
        bound: LetId,
        axis: Axis,
        exact: bool,
        told: &mut Vec<Told>,
    ) {
        let (op, args) = match self.lets[x.0].value.clone() {
            Value::Position(own) if own == axis => {
                let bound = self.number(bound);
                return self.tell(order, bound, exact, told);
            }
            Value::Op(op, args) => (op, args),
            _ => return,
        };
        let whole = |spans: &Self, id: LetId| exact && spans.is_whole(bound) && spans.is_whole(id);
        match (op.name, &args[..]) {
            ("real", &[x]) => self.isolated(x, order, bound, axis, exact, told),
            ("neg", &[x]) => {
                let bound = self.op("neg", &[bound]);
                self.isolated(x, order.mirrored(), bound, axis, exact, told);
            }
            ("abs", &[x]) if order == Order::AtMost => {
                let below = self.op("neg", &[bound]);
                self.isolated(x, Order::AtMost, bound, axis, exact, told);
                self.isolated(x, Order::AtLeast, below, axis, exact, told);
            }
            ("add", &[x, y]) | ("add", &[y, x]) if self.depends(x, axis) && !self.depends(y, axis) => {
                let exact = whole(self, y);
                let bound = self.op("sub", &[bound, y]);
                self.isolated(x, order, bound, axis, exact, told);
            }
            ("sub", &[x, y]) if !self.depends(y, axis) => {
                let exact = whole(self, y);
                let bound = self.op("add", &[bound, y]);
                self.isolated(x, order, bound, axis, exact, told);
            }
            ("sub", &[y, x]) if !self.depends(y, axis) => {
                let exact = whole(self, y);
                let bound = self.op("sub", &[y, bound]);
                self.isolated(x, order.mirrored(), bound, axis, exact, told);
            }
            _ => {}
        }
    }

    /// What has been rounded may be off by less than 1.
    fn tell(&mut self, order: Order, bound: LetId, exact: bool, told: &mut Vec<Told>) {
        if exact {
            return told.push((order, bound));
        }
        let one = self.constant(1.0);
        for (side, op) in [(Order::AtMost, "add"), (Order::AtLeast, "sub")] {
            if order != side.mirrored() {
                let bound = self.op(op, &[bound, one]);
                told.push((side, bound));
            }
        }
    }

    /// Whether no array is read for a number.
    fn is_number(&self, id: LetId) -> bool {
        let (mut open, mut seen) = (vec![id], BTreeSet::new());
        while let Some(id) = open.pop() {
            let value = &self.lets[id.0].value;
            if matches!(value, Value::Load(..)) {
                return false;
            }
            open.extend(value.operands().into_iter().filter(|id| seen.insert(*id)));
        }
        true
    }

    /// Whether a number is whole, whatever the inputs are.
    pub fn is_whole(&self, id: LetId) -> bool {
        let (mut open, mut seen) = (vec![id], BTreeSet::new());
        while let Some(id) = open.pop() {
            let l = &self.lets[id.0];
            let whole = match &l.value {
                Value::Const(value) => value.fract() == 0.0,
                Value::Size(_) => true,
                Value::Hyper(i) => self.hypers.get(*i).is_some_and(|h| h.ty == HyperType::Integer),
                Value::Op(op, _) if op.name == "floor" => true,
                Value::Op(op, args) => {
                    open.extend(args.iter().filter(|arg| seen.insert(**arg)));
                    matches!(op.name, "add" | "sub" | "mul" | "neg" | "abs" | "min" | "max" | "real")
                }
                _ => matches!(l.ty, Ty::Index(_)),
            };
            if !whole {
                return false;
            }
        }
        true
    }

    fn number(&mut self, id: LetId) -> LetId {
        if self.lets[id.0].ty == Ty::Real { id } else { self.op("real", &[id]) }
    }

    /// An operation on numbers, in the form in which a person would write it.
    pub fn op(&mut self, name: &str, args: &[LetId]) -> LetId {
        let args: Vec<LetId> =
            args.iter().map(|&a| if name == "real" { a } else { self.number(a) }).collect();
        let constants: Vec<Option<f64>> = args.iter().map(|&a| self.as_constant(a)).collect();
        if let Some(values) = constants.iter().copied().collect::<Option<Vec<f64>>>() {
            return self.constant((ops::op(name).eval)(&values));
        }
        match (name, &constants[..]) {
            ("add" | "sub", [_, Some(0.0)]) => return args[0],
            ("sub", [Some(0.0), _]) => return self.op("neg", &args[1..]),
            ("add", [Some(_), None]) => return self.op("add", &[args[1], args[0]]),
            // x + -2 == x - 2
            ("add" | "sub", [None, Some(value)]) if *value < 0.0 => {
                let value = self.constant(-value);
                return self.op(if name == "add" { "sub" } else { "add" }, &[args[0], value]);
            }
            _ => {}
        }
        if let Some(simpler) = self.simpler(name, &args) {
            return simpler;
        }
        let axes: BTreeSet<Axis> = args.iter().flat_map(|a| self.lets[a.0].axes.clone()).collect();
        self.intern(Value::Op(OpRef(ops::op(name)), args), axes.into_iter().collect(), Ty::Real)
    }

    /// A sum or difference of sums and differences, with what is subtracted and numbers last.
    fn simpler(&mut self, name: &str, args: &[LetId]) -> Option<LetId> {
        let x = args[0];
        match (name, self.parts(x), args.get(1).map(|&y| (y, self.parts(y)))) {
            ("neg", Some(("neg", inner)), _) => Some(inner[0]),
            // -(x - y) == y - x
            ("neg", Some(("sub", inner)), _) => Some(self.op("sub", &[inner[1], inner[0]])),
            // -x + y == y - x
            ("add", Some(("neg", inner)), Some((y, _))) => Some(self.op("sub", &[y, inner[0]])),
            // x + -y == x - y
            ("add", _, Some((_, Some(("neg", inner))))) => Some(self.op("sub", &[x, inner[0]])),
            // x - -y == x + y
            ("sub", _, Some((_, Some(("neg", inner))))) => Some(self.op("add", &[x, inner[0]])),
            // x - (y + z) == x - y - z
            ("sub", _, Some((_, Some(("add", inner))))) => {
                let difference = self.op("sub", &[x, inner[0]]);
                Some(self.op("sub", &[difference, inner[1]]))
            }
            // x - (y - z) == x + z - y
            ("sub", _, Some((_, Some(("sub", inner))))) => {
                let sum = self.op("add", &[x, inner[1]]);
                Some(self.op("sub", &[sum, inner[0]]))
            }
            // (x + 2) - y == (x - y) + 2; (x + 2) + 1 == x + 3
            ("add" | "sub", Some((inner_name @ ("add" | "sub"), inner)), Some((y, _))) => {
                let number = self.as_constant(inner[1])?;
                let number = if inner_name == "add" { number } else { -number };
                let (rest, number) = match self.as_constant(y) {
                    Some(more) => (inner[0], if name == "add" { number + more } else { number - more }),
                    None => (self.op(name, &[inner[0], y]), number),
                };
                let number = self.constant(number);
                Some(self.op("add", &[rest, number]))
            }
            _ => None,
        }
    }

    fn as_constant(&self, id: LetId) -> Option<f64> {
        if let Value::Const(value) = self.lets[id.0].value { Some(value) } else { None }
    }

    fn parts(&self, id: LetId) -> Option<(&'static str, Vec<LetId>)> {
        match &self.lets[id.0].value {
            Value::Op(op, args) => Some((op.0.name, args.clone())),
            _ => None,
        }
    }

    pub fn both(&mut self, a: LetId, b: LetId) -> LetId {
        let axes: BTreeSet<Axis> = [a, b].iter().flat_map(|id| self.lets[id.0].axes.clone()).collect();
        self.intern(Value::Op(OpRef(ops::op("and")), vec![a, b]), axes.into_iter().collect(), Ty::Bool)
    }

    pub fn constant(&mut self, value: f64) -> LetId {
        self.intern(Value::Const(value), vec![], Ty::Real)
    }

    pub fn intern(&mut self, value: Value, axes: Vec<Axis>, ty: Ty) -> LetId {
        let known = self.lets.iter().position(|l| l.value == value && l.ty == ty);
        LetId(known.unwrap_or_else(|| {
            self.lets.push(Let { value, axes, ty, name: None });
            self.lets.len() - 1
        }))
    }
}

/// What the conditions of all targets say.
pub(super) fn common(told: Vec<Vec<Told>>) -> Vec<Told> {
    let mut told = told.into_iter();
    let first = told.next().unwrap_or_default();
    told.fold(first, |common, other| common.into_iter().filter(|bound| other.contains(bound)).collect())
}

fn span(told: &[Told]) -> Option<Span> {
    let first = |order: Order| told.iter().find(|(o, _)| *o == order).map(|(_, bound)| *bound);
    let single = first(Order::Equal);
    let (from, to) = (single.or(first(Order::AtLeast)), single.or(first(Order::AtMost)));
    (from.is_some() || to.is_some()).then_some(Span { asked: true, from, to })
}
