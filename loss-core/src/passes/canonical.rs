//! Bound indices get canonical names, so that what is equal but for the letter of a bound index is one node.
//!
//! `exp(x[b, k]) / sum[j](exp(x[b, j]))`: inside the sum nothing else ranges over K, so `j` can be the first index
//! over K, and the two exponentials are one.

use super::rewrite::rewrite;
use crate::ir::load::rename;
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program};
use std::collections::HashMap;

/// Renames bound indices to the first copies that are free in their scope.
pub(super) fn canonical(program: Program) -> Program {
    rewrite(&program, &|g, kind, _| {
        let NodeKind::Reduce { op, over, body, given } = kind else { return None };
        let free = free_axes(g, over, *body, *given);
        let map = first_copies(over, &free);
        if map.iter().all(|(from, to)| from == to) {
            return None;
        }
        let mut substitution = Substitution { g, map: &map, known: HashMap::new() };
        let body = substitution.of(*body);
        let given = given.map(|c| substitution.of(c));
        let mut over: Vec<Axis> = map.iter().map(|m| m.1).collect();
        over.sort();
        Some(g.add(NodeKind::Reduce { op: *op, over, body, given }))
    })
}

fn free_axes(g: &Graph, over: &[Axis], body: NodeId, given: Option<NodeId>) -> Vec<Axis> {
    let nodes = std::iter::once(body).chain(given);
    nodes.flat_map(|n| g[n].axes.clone()).filter(|a| !over.contains(a)).collect()
}

/// For each bound axis, the first copy of its set that is neither free nor taken by another.
fn first_copies(over: &[Axis], free: &[Axis]) -> Vec<(Axis, Axis)> {
    let mut map: Vec<(Axis, Axis)> = Vec::new();
    for &axis in over {
        let taken = |copy: u8| {
            let candidate = Axis { set: axis.set, copy };
            free.contains(&candidate) || map.iter().any(|m| m.1 == candidate)
        };
        let copy = (0..=axis.copy).find(|&c| !taken(c)).unwrap_or(axis.copy);
        map.push((axis, Axis { set: axis.set, copy }));
    }
    map
}

/// Replaces free axes all through an expression, all at once.
struct Substitution<'a> {
    g: &'a mut Graph,
    map: &'a [(Axis, Axis)],
    /// What has been done; only looked up.
    known: HashMap<NodeId, NodeId>,
}

impl Substitution<'_> {
    fn axis(&self, axis: Axis) -> Axis {
        self.map.iter().find(|m| m.0 == axis).map_or(axis, |m| m.1)
    }

    fn of(&mut self, node: NodeId) -> NodeId {
        if !self.g[node].axes.iter().any(|&a| self.axis(a) != a) {
            return node;
        }
        if let Some(&known) = self.known.get(&node) {
            return known;
        }
        let new = self.rebuilt(node);
        self.known.insert(node, new);
        new
    }

    fn rebuilt(&mut self, node: NodeId) -> NodeId {
        let ty = self.g[node].ty;
        let kind = match self.g[node].kind.clone() {
            NodeKind::Input(i, axes) => {
                let axes = axes.into_iter().map(|a| self.axis(a)).collect();
                return self.g.add_input(i, axes, ty);
            }
            NodeKind::Iota(axis) => NodeKind::Iota(self.axis(axis)),
            NodeKind::HyperArray(hyper, axis) => NodeKind::HyperArray(hyper, self.axis(axis)),
            NodeKind::Op(op, args) => NodeKind::Op(op, args.into_iter().map(|a| self.of(a)).collect()),
            NodeKind::Argsort(body, axis) => NodeKind::Argsort(self.of(body), self.axis(axis)),
            NodeKind::Rank(body, axis) => NodeKind::Rank(self.of(body), self.axis(axis)),
            NodeKind::Cumsum(body, axis, way) => NodeKind::Cumsum(self.of(body), self.axis(axis), way),
            NodeKind::Rename(body, first) => {
                let to = |a: Axis| self.axis(first.iter().find(|m| m.0 == a).map_or(a, |m| m.1));
                let map: Vec<(Axis, Axis)> = self.g[body].axes.iter().map(|&a| (a, to(a))).collect();
                return rename(self.g, body, &map);
            }
            // Binders, and tensors that loops carry, stay as they are and are read at other axes.
            _ => return rename(self.g, node, self.map),
        };
        self.g.add(kind)
    }
}
