//! In `sum[m | abs(m - n) <= 2](f(m, n))`, where f sums for each pair, what is read at `m` is unfolded: it gets an axis for
//! the places of the window, and the sums are made for these alone, not for all pairs.

use super::fuse::conjuncts;
use super::linear::{number, places};
use super::rewrite::rewrite;
use super::window::{set_of, steps};
use crate::ir::builder::fresh_axis;
use crate::ir::load::{back, rename, renamed};
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program, ReduceRef, Ty, reach};
use crate::ops::reduce;
use std::collections::BTreeMap;

/// Unfolds windows in which sums are made for each pair.
pub(super) fn unfold(program: Program) -> Program {
    rewrite(&program, &|g, kind, _| {
        let NodeKind::Reduce { op, over, body, given: Some(given) } = kind else { return None };
        let mut sum = Sum { op: *op, over: over.clone(), body: *body, parts: conjuncts(g, *given) };
        for &index in over {
            sum.unfold(g, &program, index);
        }
        let Sum { op, over, body: new, parts } = sum;
        let given = parts.into_iter().reduce(|a, b| g.op("and", &[a, b]));
        (new != *body).then(|| g.add(NodeKind::Reduce { op, over, body: new, given }))
    })
}

/// A reduction under conditions.
struct Sum {
    op: ReduceRef,
    over: Vec<Axis>,
    body: NodeId,
    parts: Vec<NodeId>,
}

impl Sum {
    /// reduce[m | abs(m - n) <= 2 && c(m)](f(m)) == reduce[k | n - 2 + k is inside && c(n - 2 + k)](f(n - 2 + k))
    fn unfold(&mut self, g: &mut Graph, program: &Program, index: Axis) -> Option<()> {
        let window = places(g, &program.hypers, &self.parts, index).into_iter().next()?;
        window.width?;
        let set = set_of(&program.sets, steps(&program.sets, (self.op, &self.over), index, &window)?)?;
        let mut taken = [&self.over[..], &g[self.body].axes].concat();
        taken.extend(self.parts.iter().flat_map(|&part| &g[part].axes));
        let step = fresh_axis(set, &taken);
        let (first, own, added) = (window.first.node(g), number(g, index), number(g, step));
        let place = g.op("add", &[first, added]);
        let view = View { index, place, condition: g.op("eq", &[own, place]) };
        if !view.sums_pairs(g, self.body) {
            return None;
        }
        let mut known = BTreeMap::new();
        let body = view.read(g, self.body, &mut known)?;
        let rest: Vec<NodeId> =
            self.parts.iter().copied().filter(|part| !window.told.contains(part)).collect();
        let rest: Option<Vec<NodeId>> = rest.into_iter().map(|part| view.read(g, part, &mut known)).collect();
        let inside = window.first.inside(g, place, index.set, true);
        (self.body, self.parts) = (body, [vec![inside], rest?].concat());
        self.over.retain(|axis| *axis != index);
        self.over.push(step);
        self.over.sort();
        Some(())
    }
}

/// An index that stands at a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct View {
    index: Axis,
    place: NodeId,
    /// That the index is the place.
    condition: NodeId,
}

impl View {
    /// Whether a node is one for each pair of the index and of what its place depends on.
    fn is_of_pairs(&self, g: &Graph, id: NodeId) -> bool {
        let has = |axis: &Axis| g[id].axes.contains(axis);
        has(&self.index) && g[self.place].axes.iter().any(has)
    }

    fn sums_pairs(&self, g: &Graph, body: NodeId) -> bool {
        let live = reach::live(g, [body]);
        let is_sum = |id: NodeId| match g[id].kind {
            NodeKind::Rename(inner, _) => matches!(g[inner].kind, NodeKind::Reduce { .. }),
            NodeKind::Reduce { .. } => true,
            _ => false,
        };
        g.ids().any(|id| live[id.index()] && is_sum(id) && self.is_of_pairs(g, id))
    }

    /// An expression at the place; nothing if that cannot be said.
    fn read(
        &self,
        g: &mut Graph,
        id: NodeId,
        known: &mut BTreeMap<(View, NodeId), Option<NodeId>>,
    ) -> Option<NodeId> {
        if !g[id].axes.contains(&self.index) {
            return Some(id);
        }
        if let Some(&node) = known.get(&(*self, id)) {
            return node;
        }
        let of_pairs = self.is_of_pairs(g, id);
        let node = match g[id].kind.clone() {
            NodeKind::Op(op, args) if op.name == "real" && g[args[0]].kind == NodeKind::Iota(self.index) => {
                Some(self.place)
            }
            NodeKind::Op(op, args) if of_pairs || is_number(g, id) => {
                let args: Option<Vec<NodeId>> =
                    args.into_iter().map(|arg| self.read(g, arg, known)).collect();
                args.map(|args| g.add(NodeKind::Op(op, args)))
            }
            NodeKind::Reduce { op, over, body, given } if of_pairs => {
                let apart = over.iter().all(|axis| !g[self.condition].axes.contains(axis));
                let body = self.read(g, body, known).filter(|_| apart);
                let given = given.map(|given| self.read(g, given, known));
                match (body, given) {
                    (Some(body), None) => Some(g.add(NodeKind::Reduce { op, over, body, given: None })),
                    (Some(body), Some(Some(given))) => {
                        Some(g.add(NodeKind::Reduce { op, over, body, given: Some(given) }))
                    }
                    _ => None,
                }
            }
            NodeKind::Rename(body, map) if of_pairs => back(&map, &g[self.condition].axes).and_then(|back| {
                let (place, condition) = (rename(g, self.place, &back), rename(g, self.condition, &back));
                let inner = View { index: renamed(&back, self.index), place, condition };
                let body = inner.read(g, body, known)?;
                Some(rename(g, body, &map))
            }),
            _ if of_pairs => None,
            _ => self.unfolded(g, id),
        };
        known.insert((*self, id), node);
        node
    }

    /// sum[m | m == n - 2 + k](x[m]); of a window of two axes one sum.
    fn unfolded(&self, g: &mut Graph, id: NodeId) -> Option<NodeId> {
        let op = match g[id].ty {
            Ty::Real => reduce::find("sum")?,
            Ty::Bool => reduce::find("any")?,
            Ty::Index(_) => return None,
        };
        let kind = match g[id].kind.clone() {
            NodeKind::Reduce { op: inner, mut over, body, given: Some(given) } if inner.name == op.name => {
                over.push(self.index);
                over.sort();
                let given = g.op("and", &[given, self.condition]);
                NodeKind::Reduce { op: inner, over, body, given: Some(given) }
            }
            _ => {
                let over = vec![self.index];
                NodeKind::Reduce { op: ReduceRef(op), over, body: id, given: Some(self.condition) }
            }
        };
        Some(g.add(kind))
    }
}

/// Whether a node reads nothing but indices, sizes and hyperparameters.
fn is_number(g: &Graph, id: NodeId) -> bool {
    let live = reach::live(g, [id]);
    g.ids().filter(|id| live[id.index()]).all(|id| {
        matches!(
            g[id].kind,
            NodeKind::Const(_)
                | NodeKind::Hyper(_)
                | NodeKind::Size(_)
                | NodeKind::Iota(_)
                | NodeKind::Truth(_)
                | NodeKind::Op(..)
        )
    })
}
