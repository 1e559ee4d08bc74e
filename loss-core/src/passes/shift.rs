//! For graphs: `sum[m | m == n + 1](f(m))` is `f(n + 1)`, one element each instead of all pairs, and a window is a sum
//! over its places. Kernels have a way of their own (`fuse/beside.rs`).
//!
//! Law: what stands at a place is read at the element nearest to it, which there always is; whether the place is one of
//! the set's is a condition.

use super::fuse::conjuncts;
use super::linear::{Place, number, places};
use super::rewrite::rewrite;
use super::window::{set_of, steps};
use crate::ir::builder::fresh_axis;
use crate::ir::load::{back, gather, rename, renamed};
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program, ReduceRef, SetId, Ty, reach};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Reads neighbours, and the places of windows, at indices that are made from numbers alone.
pub(super) fn shift(program: &Program) -> Program {
    rewrite(program, &|g, kind, _| match kind {
        NodeKind::Reduce { op, over, body, given: Some(given) } => {
            let mut sum = Sum { over: over.clone(), body: *body, given: conjuncts(g, *given) };
            let first = sum.near(g, program, *op)?;
            sum.read_at(g, first);
            while let Some(near) = sum.near(g, program, *op) {
                sum.read_at(g, near);
            }
            Some(sum.reduced(g, *op))
        }
        _ => None,
    })
}

/// What is reduced.
struct Sum {
    over: Vec<Axis>,
    body: NodeId,
    given: Vec<NodeId>,
}

/// An index, where conditions leave it, and the set of the places, if it is a window.
struct Near {
    index: Axis,
    place: Place,
    steps: Option<SetId>,
}

impl Sum {
    /// An index that is left one place, or a window, and the set of the places. Rather an index of tensors of many axes,
    /// which are then read at fewer elements.
    fn near(&self, g: &Graph, program: &Program, op: ReduceRef) -> Option<Near> {
        let found = self.over.iter().flat_map(|&index| {
            let places = places(g, &program.hypers, &self.given, index).into_iter();
            places.filter_map(move |place| {
                let steps = steps(&program.sets, (op, &self.over), index, &place);
                let steps = steps.and_then(|steps| set_of(&program.sets, steps));
                let single = place.width.is_none() && (self.over.len() > 1 || op.neutral.is_finite());
                (single || steps.is_some()).then_some(Near { index, place, steps })
            })
        });
        found.min_by_key(|near| (near.steps.is_some(), Reverse(widest(g, self.body, near.index))))
    }

    /// reduce[m | m == p && c(m)](f(m)) == reduce[| p is inside && c(i)](f(i)), where i is what is nearest to p. In a window
    /// p is first + k, and k is reduced.
    fn read_at(
        &mut self,
        g: &mut Graph,
        Near { index, place: Place { first, told, whole, .. }, steps }: Near,
    ) {
        self.over.retain(|axis| *axis != index);
        let mut place = first.node(g);
        if let Some(set) = steps {
            let mut taken = [&self.over[..], &[index], &g[self.body].axes].concat();
            taken.extend(self.given.iter().flat_map(|&part| &g[part].axes));
            let step = fresh_axis(set, &taken);
            let position = number(g, step);
            place = g.op("add", &[place, position]);
            self.over.push(step);
        }
        let nearest = g.add(NodeKind::Nearest(place, index.set));
        self.body = read(g, self.body, (index, nearest), &mut BTreeMap::new());
        // Inside, the element nearest to a whole number is that number. What is reduced is read at an element outside, too:
        // `x[m] / (m + 1)` has a gradient there, which conditions do not have.
        let own = whole.then(|| (((index, nearest), number(g, index)), place));
        let mut known = own.into_iter().collect();
        let rest = self.given.iter().filter(|part| !whole || !told.contains(part));
        let rest: Vec<NodeId> = rest.map(|&part| read(g, part, (index, nearest), &mut known)).collect();
        let inside = first.inside(g, place, index.set, steps.is_some());
        self.given = [&[inside], &rest[..]].concat();
    }

    fn reduced(self, g: &mut Graph, op: ReduceRef) -> NodeId {
        let given = self.given.into_iter().reduce(|a, b| g.op("and", &[a, b])).expect("where it is inside");
        if !self.over.is_empty() {
            return g.add(NodeKind::Reduce { op, over: self.over, body: self.body, given: Some(given) });
        }
        let neutral = match g[self.body].ty {
            Ty::Bool => g.add(NodeKind::Truth(op.neutral != 0.0)),
            _ => g.constant(op.neutral),
        };
        g.op("select", &[given, self.body, neutral])
    }
}

/// The most axes of a tensor that is read at an index.
fn widest(g: &Graph, body: NodeId, index: Axis) -> usize {
    let live = reach::live(g, [body]);
    let axes = g.ids().filter(|id| live[id.index()]).filter_map(|id| match &g[id].kind {
        NodeKind::Input(_, axes) if axes.contains(&index) => Some(axes.len()),
        _ => None,
    });
    axes.max().unwrap_or(0)
}

/// An index, and another one to read it at.
type At = (Axis, NodeId);

/// An expression where an index is another one: what it reads is read there.
fn read(g: &mut Graph, id: NodeId, at: At, known: &mut BTreeMap<(At, NodeId), NodeId>) -> NodeId {
    let (axis, index) = at;
    if !g[id].axes.contains(&axis) {
        return id;
    }
    if let Some(&read) = known.get(&(at, id)) {
        return read;
    }
    let node = match g[id].kind.clone() {
        NodeKind::Iota(_) => index,
        NodeKind::Nearest(place, set) => {
            let place = read(g, place, at, known);
            g.add(NodeKind::Nearest(place, set))
        }
        NodeKind::Op(op, args) => {
            let args = args.into_iter().map(|arg| read(g, arg, at, known)).collect();
            g.add(NodeKind::Op(op, args))
        }
        NodeKind::Rename(body, map) => match back(&map, &[&g[index].axes[..], &[axis]].concat()) {
            Some(back) => {
                let inner = (renamed(&back, axis), rename(g, index, &back));
                let body = read(g, body, inner, known);
                rename(g, body, &map)
            }
            None => gather(g, id, axis, index),
        },
        NodeKind::Reduce { op, over, body, given } if over.iter().all(|a| !g[index].axes.contains(a)) => {
            let body = read(g, body, at, known);
            let given = given.map(|given| read(g, given, at, known));
            g.add(NodeKind::Reduce { op, over, body, given })
        }
        _ => gather(g, id, axis, index),
    };
    known.insert((at, id), node);
    node
}
