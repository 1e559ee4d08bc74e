//! One loop for two whose indices stand at a fixed distance: `sum[n, m | m == n + 1](abs(x[m] - x[n]))` reads `x[n + 1]`.
//!
//! Law: the loop that is left stops where its neighbour would be outside of its set.

use super::span::{Order, Spans, common};
use crate::ir::loops::{At, LetId, Span, Target, Value};
use crate::ir::{Axis, Ty};
use std::collections::{BTreeMap, BTreeSet};

/// A loop that is left out, and the one that it goes along with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    pub out: Axis,
    pub along: Axis,
    by: i32,
}

impl Spans<'_> {
    /// Leaves out loops that go along with others: what they were, and the spans of these.
    pub fn collapse(
        &mut self,
        loops: &mut Vec<Axis>,
        targets: &mut [Target],
    ) -> (Vec<Beside>, BTreeMap<Axis, Span>) {
        let (mut found, mut spans) = (vec![], BTreeMap::new());
        while let Some((beside, bound)) = self.beside(loops, targets, &spans) {
            self.leave_out(loops, targets, beside, bound);
            spans.insert(beside.along, self.within(beside));
            found.push(beside);
        }
        (found, spans)
    }

    /// A loop that can be left out, and the number that its index is equal to. Rather one that is reduced: what stands
    /// at its own index is written in order.
    fn beside(
        &mut self,
        loops: &[Axis],
        targets: &[Target],
        spans: &BTreeMap<Axis, Span>,
    ) -> Option<(Beside, LetId)> {
        let mut outs = loops.to_vec();
        outs.retain(|out| !spans.contains_key(out) && self.is_plain(targets, *out));
        outs.sort_by_key(|&axis| targets.iter().filter(|t| t.at.contains(&At::Axis(axis))).count());
        for out in outs {
            let around = others(loops, out);
            for (order, bound) in common(targets.iter().map(|t| self.told(t, out, &around)).collect()) {
                let distance = self.distance(bound).filter(|_| order == Order::Equal);
                if let Some((along, by)) = distance.filter(|(along, _)| !spans.contains_key(along)) {
                    return Some((Beside { out, along, by }, bound));
                }
            }
        }
        None
    }

    /// The n and the 1 of n + 1.
    fn distance(&self, bound: LetId) -> Option<(Axis, i32)> {
        let (op, args) = match &self.lets[bound.0].value {
            Value::Position(axis) => return Some((*axis, 0)),
            Value::Op(op, args) => (op, args),
            _ => return None,
        };
        let (axis, by) = self.distance(args[0])?;
        let more = match args.get(1).map(|more| &self.lets[more.0].value) {
            Some(Value::Const(more)) => *more,
            None => 0.0,
            _ => return None,
        };
        let sum = match op.name {
            "real" | "add" => f64::from(by) + more,
            "sub" => f64::from(by) - more,
            _ => return None,
        };
        let near = sum.fract() == 0.0 && sum.abs() < f64::from(i16::MAX);
        near.then_some((axis, sum as i32))
    }

    /// Whether nothing is looked up at what is itself read at an index.
    fn is_plain(&self, targets: &[Target], index: Axis) -> bool {
        let lookup = |at: &At| matches!(at, At::Computed(id) if self.depends(*id, index));
        let mut open: Vec<LetId> =
            targets.iter().flat_map(|t| [t.value].into_iter().chain(t.given)).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                match &self.lets[id.0].value {
                    Value::Load(_, at) if at.iter().any(lookup) => return false,
                    Value::HyperArray(_, at) if lookup(at) => return false,
                    value => open.extend(value.operands()),
                }
            }
        }
        !targets.iter().any(|t| t.at.iter().any(lookup))
    }

    fn leave_out(&mut self, loops: &mut Vec<Axis>, targets: &mut [Target], beside: Beside, bound: LetId) {
        let (out, around) = (beside.out, others(loops, beside.out));
        let value = Value::Beside(beside.along, beside.by);
        let with = self.intern(value, vec![beside.along], Ty::Index(out.set));
        let mut known = BTreeMap::new();
        for target in targets {
            let mut given = target.given.map_or(vec![], |given| self.conjuncts(given));
            given.retain(|&c| !self.told_by(c, out, &around).contains(&(Order::Equal, bound)));
            let given = given.into_iter().map(|c| self.moved(c, (out, with), &mut known));
            target.given = given.collect::<Vec<_>>().into_iter().reduce(|a, b| self.both(a, b));
            target.value = self.moved(target.value, (out, with), &mut known);
            target.at = moved_places(&target.at, (out, with));
        }
        *loops = around.into_iter().collect();
    }

    /// An expression where the index of a loop is another one.
    fn moved(&mut self, id: LetId, to: (Axis, LetId), known: &mut BTreeMap<LetId, LetId>) -> LetId {
        if !self.depends(id, to.0) {
            return id;
        }
        if let Some(&moved) = known.get(&id) {
            return moved;
        }
        let made = self.lets[id.0].clone();
        let value = match made.value {
            Value::Position(_) => return to.1,
            Value::Load(array, at) => Value::Load(array, moved_places(&at, to)),
            Value::HyperArray(i, at) => Value::HyperArray(i, moved_place(at, to)),
            Value::Op(op, args) => Value::Op(op, args.iter().map(|&a| self.moved(a, to, known)).collect()),
            leaf => leaf,
        };
        let along = self.lets[to.1.0].axes.clone();
        let axes: BTreeSet<Axis> = made.axes.into_iter().filter(|a| *a != to.0).chain(along).collect();
        let moved = self.intern(value, axes.into_iter().collect(), made.ty);
        known.insert(id, moved);
        moved
    }

    /// Where the neighbour is an element: 0 <= n + by <= size - 1.
    fn within(&mut self, Beside { out, along, by }: Beside) -> Span {
        let from = (by < 0).then(|| self.constant(-f64::from(by)));
        let to = (by > 0 || out.set != along.set).then(|| {
            let (size, less) =
                (self.intern(Value::Size(out.set), vec![], Ty::Real), self.constant(f64::from(by) + 1.0));
            self.op("sub", &[size, less])
        });
        Span { asked: false, from, to }
    }
}

fn others(loops: &[Axis], out: Axis) -> BTreeSet<Axis> {
    loops.iter().copied().filter(|axis| *axis != out).collect()
}

fn moved_place(at: At, (out, with): (Axis, LetId)) -> At {
    if at == At::Axis(out) { At::Computed(with) } else { at }
}

fn moved_places(at: &[At], to: (Axis, LetId)) -> Vec<At> {
    at.iter().map(|&at| moved_place(at, to)).collect()
}
