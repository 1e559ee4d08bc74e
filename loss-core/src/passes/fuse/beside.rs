//! One loop less where an index stands at a distance from others: `sum[n, m | m == n + 1](abs(x[m] - x[n]))` reads
//! `x[n + 1]`, and `sum[k, s | s == t + k](w[k] * x[s])` reads `x[t + k]`. In a window it is a loop over its places:
//! `sum[m | abs(m - n) <= 2](x[m])` reads `x[n + d - 2]` for `d` from 0 to 4, for many `n` at once.
//!
//! Law: loops that are left stop where what stands beside them would be outside of its set.

use super::order::Touch;
use super::span::{Order, Spans, Told, common};
use crate::ir::loops::{At, Beside, LetId, Span, Target, Value};
use crate::ir::{Axis, SetId, Ty};
use crate::passes::window::set_of;
use std::collections::{BTreeMap, BTreeSet};

/// How deep a place is looked for: what is shared in it is looked at each time.
const DEEPEST: usize = 8;

/// A loop that is left out, and where its index stands; in a window, at this place.
pub(super) struct Without {
    out: Axis,
    place: Beside,
    window: Option<Axis>,
    /// What the conditions are that say so.
    told: Vec<Told>,
}

impl Spans<'_> {
    /// Leaves out loops whose indices stand at a distance from others.
    pub fn collapse(
        &mut self,
        outer: Option<Axis>,
        loops: &mut Vec<Axis>,
        targets: &mut [Target],
    ) -> Vec<Without> {
        let mut found = vec![];
        while let Some(without) = self.without(outer, loops, targets) {
            self.leave_out(outer, targets, &without);
            loops.retain(|axis| *axis != without.out);
            loops.extend(without.window);
            found.push(without);
        }
        found
    }

    /// A loop that can be left out. Rather one that is reduced: what stands at its own index is written in order. Rather
    /// one over the set of another one: that leaves the longer loops.
    fn without(&mut self, outer: Option<Axis>, loops: &[Axis], targets: &[Target]) -> Option<Without> {
        let mut outs: Vec<Axis> = loops.iter().copied().filter(|out| self.is_plain(targets, *out)).collect();
        outs.sort_by_key(|&axis| {
            let written = targets.iter().filter(|t| t.at.contains(&At::Axis(axis))).count();
            let around = loops.iter().chain(&outer);
            (written, around.filter(|other| other.set == axis.set).count() < 2)
        });
        outs.into_iter().find_map(|out| {
            let around = around(outer, loops, out);
            let told = common(targets.iter().map(|t| self.told(t, out, &around)).collect());
            let found = told.iter().find_map(|&told| self.equal(out, told)).or_else(|| {
                let window = self.window(out, &around, &told)?;
                targets.iter().all(|t| self.says_no_more(t, &window, &around)).then_some(window)
            });
            found.filter(|without| without.place.axes().any(|axis| loops.contains(&axis)))
        })
    }

    fn equal(&self, out: Axis, told: Told) -> Option<Without> {
        let place = self.place(told.1).filter(|_| told.0 == Order::Equal)?;
        Some(Without { out, place, window: None, told: vec![told] })
    }

    /// n - 2 <= m <= n + 2: m is n + d - 2. The loop over d is none of those there are.
    fn window(&self, out: Axis, taken: &BTreeSet<Axis>, told: &[Told]) -> Option<Without> {
        let bound = |order: Order| told.iter().copied().find(|told| told.0 == order);
        let (from, to) = (bound(Order::AtLeast)?, bound(Order::AtMost)?);
        let (first, last) = (self.place(from.1)?, self.place(to.1)?);
        let width = usize::try_from(last.by - first.by + 1).ok().filter(|_| first.axes().eq(last.axes()))?;
        let set = set_of(self.sets, width)?;
        let window = (0..u8::MAX).map(|copy| Axis { set, copy }).find(|axis| !taken.contains(axis))?;
        let place = first.and(Beside { plus: vec![window], minus: vec![], by: 0 })?;
        Some(Without { out, place, window: Some(window), told: vec![from, to] })
    }

    /// Whether those conditions of a target that are told by a window say just that.
    fn says_no_more(&mut self, target: &Target, without: &Without, around: &BTreeSet<Axis>) -> bool {
        let given = target.given.map_or(vec![], |given| self.conjuncts(given));
        given.into_iter().all(|condition| {
            let told = self.told_by(condition, without.out, around);
            let own = |told: &Told| without.told.contains(told);
            !told.iter().any(own) || told.iter().all(own) && self.is_exact(condition)
        })
    }

    /// Whether a comparison is one of whole numbers.
    fn is_exact(&self, condition: LetId) -> bool {
        match &self.lets[condition.0].value {
            Value::Op(_, args) => args.iter().all(|&arg| self.is_whole(arg)),
            _ => false,
        }
    }

    /// A sum of indices and a whole number.
    fn place(&self, id: LetId) -> Option<Beside> {
        self.place_within(id, DEEPEST)
    }

    fn place_within(&self, id: LetId, depth: usize) -> Option<Beside> {
        match &self.lets[id.0].value {
            Value::Position(axis) => Some(Beside { plus: vec![*axis], minus: vec![], by: 0 }),
            Value::Beside(place) => Some(place.clone()),
            Value::Const(by) if by.fract() == 0.0 && by.abs() < f64::from(i16::MAX) => {
                Some(Beside { plus: vec![], minus: vec![], by: *by as i32 })
            }
            Value::Op(op, args) if depth > 0 => {
                let first = self.place_within(args[0], depth - 1)?;
                match op.name {
                    "real" => Some(first),
                    "neg" => Some(first.negative()),
                    "add" => first.and(self.place_within(args[1], depth - 1)?),
                    "sub" => first.and(self.place_within(args[1], depth - 1)?.negative()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether nothing is looked up at what is itself read at an index, and nothing stands beside that.
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
                    Value::Beside(place) if place.axes().any(|axis| axis == index) => return false,
                    value => open.extend(value.operands()),
                }
            }
        }
        !targets.iter().any(|t| t.at.iter().any(lookup))
    }

    fn leave_out(&mut self, outer: Option<Axis>, targets: &mut [Target], without: &Without) {
        let out = without.out;
        let around: BTreeSet<Axis> = without.place.axes().chain(outer).collect();
        let axes: BTreeSet<Axis> = without.place.axes().collect();
        let value = Value::Beside(without.place.clone());
        let with = self.intern(value, axes.into_iter().collect(), Ty::Index(out.set));
        let mut known = BTreeMap::new();
        for target in targets {
            let mut given = target.given.map_or(vec![], |given| self.conjuncts(given));
            given.retain(|&c| {
                let told = self.told_by(c, out, &around);
                !told.iter().any(|told| without.told.contains(told))
            });
            let given = given.into_iter().map(|c| self.moved(c, (out, with), &mut known));
            target.given = given.collect::<Vec<_>>().into_iter().reduce(|a, b| self.both(a, b));
            target.value = self.moved(target.value, (out, with), &mut known);
            target.at = moved_places(&target.at, (out, with));
        }
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

    /// Where all that stands beside the loops is within its set: 0 <= place <= size - 1, told for the innermost loop in it.
    pub fn within(&mut self, loops: &[Axis], all: &[Without], spans: &mut BTreeMap<Axis, Span>) {
        for Without { out, place, .. } in all {
            let Some(&inner) = loops.iter().rfind(|axis| place.axes().any(|a| a == **axis)) else { continue };
            let own = self.inside(place, inner, out.set);
            let span = spans.get(&inner).copied();
            let span = span.map_or(own, |other| self.narrowed(own, other));
            spans.insert(inner, span);
        }
    }

    fn inside(&mut self, place: &Beside, inner: Axis, set: SetId) -> Span {
        let (rest, one) = (self.without_axis(place, inner), self.constant(1.0));
        let (size, more) = (self.intern(Value::Size(set), vec![], Ty::Real), self.op("add", &[rest, one]));
        let (from, to) = match place.plus.contains(&inner) {
            true => (self.op("neg", &[rest]), self.op("sub", &[size, more])),
            false => (self.op("sub", &[more, size]), rest),
        };
        // What is so of every iteration.
        let known = |spans: &Self, id: LetId, holds: fn(f64) -> bool| matches!(spans.lets[id.0].value, Value::Const(v) if holds(v));
        let all_from = known(self, from, |from| from <= 0.0);
        let all_to = place.plus == [inner] && inner.set == set && known(self, rest, |rest| rest <= 0.0);
        Span { asked: false, from: (!all_from).then_some(from), to: (!all_to).then_some(to) }
    }

    /// What stands beside a loop as a number, but for the index of that loop.
    fn without_axis(&mut self, place: &Beside, axis: Axis) -> LetId {
        let mut sum = self.constant(f64::from(place.by));
        for (op, axes) in [("add", &place.plus), ("sub", &place.minus)] {
            for &other in axes.iter().filter(|a| **a != axis) {
                let index = self.intern(Value::Position(other), vec![other], Ty::Index(other.set));
                sum = self.op(op, &[sum, index]);
            }
        }
        sum
    }

    fn narrowed(&mut self, a: Span, b: Span) -> Span {
        let mut both = |op, a: Option<LetId>, b: Option<LetId>| match (a, b) {
            (Some(a), Some(b)) => Some(self.op(op, &[a, b])),
            (a, b) => a.or(b),
        };
        let (from, to) = (both("max", a.from, b.from), both("min", a.to, b.to));
        Span { asked: a.asked && b.asked, from, to }
    }
}

/// What a nest touches once loops are left out. What slides over an array is rather the innermost loop than what it is
/// shifted by: a loop over the same set, or one that is written in order.
pub(super) fn touched(touched: &[Touch], targets: &[Target], all: &[Without]) -> Vec<Touch> {
    let mut found = Vec::new();
    for touch in touched {
        let place = touch.at.iter().enumerate().find_map(|(i, at)| {
            let without = all.iter().find(|w| *at == At::Axis(w.out))?;
            Some((i, without))
        });
        let Some((i, Without { place, .. })) = place else {
            found.push(Touch { at: touch.at.clone(), reduces: touch.reduces });
            continue;
        };
        let with = |axis: Axis| {
            let mut at = touch.at.clone();
            at[i] = At::Axis(axis);
            at
        };
        found.extend(place.plus.iter().map(|&axis| Touch { at: with(axis), reduces: touch.reduces }));
        // Backwards is not in order.
        let backwards =
            |&axis: &Axis| Touch { at: vec![At::Axis(axis), At::Axis(axis)], reduces: touch.reduces };
        found.extend(place.minus.iter().map(backwards));
    }
    for Without { out, place, .. } in all {
        let same: Vec<Axis> = place.plus.iter().copied().filter(|axis| axis.set == out.set).collect();
        let written = |axis: &Axis| targets.iter().any(|t| t.at.contains(&At::Axis(*axis)));
        let long = if same.is_empty() { place.plus.iter().copied().filter(written).collect() } else { same };
        let twice = |axis: Axis| (0..2).map(move |_| Touch { at: vec![At::Axis(axis)], reduces: false });
        found.extend(long.into_iter().flat_map(twice));
    }
    found
}

fn around(outer: Option<Axis>, loops: &[Axis], out: Axis) -> BTreeSet<Axis> {
    loops.iter().copied().filter(|axis| *axis != out).chain(outer).collect()
}

fn moved_place(at: At, (out, with): (Axis, LetId)) -> At {
    if at == At::Axis(out) { At::Computed(with) } else { at }
}

fn moved_places(at: &[At], to: (Axis, LetId)) -> Vec<At> {
    at.iter().map(|&at| moved_place(at, to)).collect()
}
