//! Replacing axes by axes all through an expression, several by the same one if need be: the diagonal of a node.

use super::algebra::Algebra;
use crate::ir::builder::fresh_axis;
use crate::ir::load::{gather, rename};
use crate::ir::{Axis, NodeId, NodeKind, OpRef};
use crate::ops::{Sort, reduce};
use std::collections::BTreeMap;

/// The node with axes replaced, all at once. Conditions that compare an index with itself are decided, so the
/// result may lack an axis along which it is constant.
pub(super) fn replace(g: &mut Algebra, node: NodeId, map: &[(Axis, Axis)]) -> NodeId {
    Replacement { g, map: map.to_vec(), known: BTreeMap::new() }.of(node)
}

struct Replacement<'a> {
    g: &'a mut Algebra,
    map: Vec<(Axis, Axis)>,
    known: BTreeMap<NodeId, NodeId>,
}

impl Replacement<'_> {
    fn to(&self, axis: Axis) -> Axis {
        self.map.iter().find(|m| m.0 == axis).map_or(axis, |m| m.1)
    }

    fn of(&mut self, node: NodeId) -> NodeId {
        if self.g.axes(node).iter().all(|&a| self.to(a) == a) {
            return node;
        }
        if let Some(&known) = self.known.get(&node) {
            return known;
        }
        let new = self.replaced(node);
        self.known.insert(node, new);
        new
    }

    fn replaced(&mut self, node: NodeId) -> NodeId {
        let ty = self.g.graph()[node].ty;
        match self.g.graph()[node].kind.clone() {
            NodeKind::Iota(axis) => self.g.node(NodeKind::Iota(self.to(axis))),
            NodeKind::Input(i, axes) if self.keeps_apart(&axes) => {
                let axes = axes.into_iter().map(|a| self.to(a)).collect();
                self.g.graph().add_input(i, axes, ty)
            }
            NodeKind::Op(op, args) => {
                let args: Vec<NodeId> = args.into_iter().map(|a| self.of(a)).collect();
                self.decided(op, &args).unwrap_or_else(|| self.g.op(op.name, &args))
            }
            NodeKind::Reduce { op, over, body, given } => {
                let (over, mut inner) = self.inside(node, &over);
                let body = inner.of(body);
                let given = given.map(|c| inner.of(c));
                match given.and_then(|c| self.truth(c)) {
                    Some(false) if op.gives == Sort::Real => self.g.constant(op.neutral),
                    _ => self.g.builder.reduce(op.0, &over, body, given),
                }
            }
            NodeKind::Contract { over, lhs, rhs } => {
                let (over, mut inner) = self.inside(node, &over);
                let (lhs, rhs) = (inner.of(lhs), inner.of(rhs));
                let product = self.g.plain_mul(lhs, rhs);
                let row = reduce::find("sum").expect("the reducer table has `sum`");
                self.g.builder.reduce(row, &over, product, None)
            }
            NodeKind::Rename(body, first) => {
                let once = |a: Axis| first.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
                let map: Vec<(Axis, Axis)> =
                    self.g.axes(body).iter().map(|&a| (a, self.to(once(a)))).collect();
                replace(self.g, body, &map)
            }
            NodeKind::Gather { body, axis, index } => {
                let index = self.of(index);
                let (bound, mut inner) = self.inside(node, &[axis]);
                let body = inner.of(body);
                self.g.read(body, bound[0], index)
            }
            _ => self.read_apart(node),
        }
    }

    /// Whether axes stay different.
    fn keeps_apart(&self, axes: &[Axis]) -> bool {
        axes.iter().enumerate().all(|(i, &a)| axes[..i].iter().all(|&b| self.to(a) != self.to(b)))
    }

    /// The bound axes, other ones where a new free axis would be captured, and the replacement inside.
    fn inside(&mut self, node: NodeId, over: &[Axis]) -> (Vec<Axis>, Replacement<'_>) {
        let mut map: Vec<(Axis, Axis)> = self.map.iter().filter(|m| !over.contains(&m.0)).copied().collect();
        let free: Vec<Axis> = self.g.axes(node).iter().map(|&a| self.to(a)).collect();
        let mut taken = [over, &free, self.g.axes(node)].concat();
        let mut bound = Vec::new();
        for &axis in over {
            let to = if free.contains(&axis) { fresh_axis(axis.set, &taken) } else { axis };
            taken.push(to);
            map.push((axis, to));
            bound.push(to);
        }
        (bound, Replacement { g: &mut *self.g, map, known: BTreeMap::new() })
    }

    fn truth(&self, id: NodeId) -> Option<bool> {
        match self.g.builder.graph[id].kind {
            NodeKind::Truth(holds) => Some(holds),
            _ => None,
        }
    }

    /// An index compared with itself, and what follows from it.
    fn decided(&mut self, op: OpRef, args: &[NodeId]) -> Option<NodeId> {
        let compared = op.takes == [Sort::Same, Sort::Same] && args[0] == args[1];
        if compared && matches!(self.g.graph()[args[0]].kind, NodeKind::Iota(_)) {
            let holds = (op.eval)(&[0.0, 0.0]) != 0.0;
            return Some(self.g.node(NodeKind::Truth(holds)));
        }
        match (op.name, self.truth(args[0]), args.get(1).and_then(|&a| self.truth(a))) {
            ("select", Some(holds), _) => Some(if holds { args[1] } else { args[2] }),
            ("and", Some(false), _) | ("or", Some(true), _) => Some(args[0]),
            ("and", _, Some(false)) | ("or", _, Some(true)) => Some(args[1]),
            _ => None,
        }
    }

    /// What cannot be rebuilt is read at other axes, the second of two equal ones by a gather.
    fn read_apart(&mut self, node: NodeId) -> NodeId {
        let axes = self.g.axes(node).to_vec();
        let mut taken: Vec<Axis> = axes.iter().flat_map(|&a| [a, self.to(a)]).collect();
        let (mut map, mut again) = (Vec::new(), Vec::new());
        for axis in axes {
            let to = self.to(axis);
            let place = if map.iter().any(|m: &(Axis, Axis)| m.1 == to) {
                let fresh = fresh_axis(axis.set, &taken);
                again.push((fresh, to));
                fresh
            } else {
                to
            };
            taken.push(place);
            map.push((axis, place));
        }
        let node = rename(self.g.graph(), node, &map);
        again.into_iter().fold(node, |node, (place, to)| {
            let index = self.g.node(NodeKind::Iota(to));
            gather(self.g.graph(), node, place, index)
        })
    }
}
