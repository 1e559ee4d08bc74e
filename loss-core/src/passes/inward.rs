//! What is reduced at some places is computed at these alone: in `sum[n, m | m == n + 1](abs(apart[n, m]))` with
//! `apart[n, m] = sum[d](..)` the sum over `d` is made of neighbours, not of all pairs.

use super::fuse::conjuncts;
use super::linear::{Place, number, places};
use super::rewrite::rewrite;
use super::window::{set_of, steps};
use crate::ir::builder::fresh_axis;
use crate::ir::load::{back, rename, renamed};
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program, ReduceRef, SetInfo};
use std::collections::BTreeMap;

/// Takes conditions that leave an index one place, or a window, into the reductions that have this index.
pub(super) fn inward(program: Program) -> Program {
    rewrite(&program, &|g, kind, sets| {
        let NodeKind::Reduce { op, over, body, given: Some(given) } = kind else { return None };
        let mut outer = Outer { op: *op, over: over.clone(), body: *body, parts: conjuncts(g, *given) };
        for &index in over {
            let found = places(g, &program.hypers, &outer.parts, index).into_iter().next();
            if let Some(place) = found {
                outer.narrow(g, sets, index, &place);
            }
        }
        let Outer { op, over, body: new, parts } = outer;
        let given = parts.into_iter().reduce(|a, b| g.op("and", &[a, b]));
        (new != *body).then(|| g.add(NodeKind::Reduce { op, over, body: new, given }))
    })
}

/// A reduction under conditions.
struct Outer {
    op: ReduceRef,
    over: Vec<Axis>,
    body: NodeId,
    parts: Vec<NodeId>,
}

impl Outer {
    fn narrow(&mut self, g: &mut Graph, sets: &[SetInfo], index: Axis, place: &Place) -> Option<()> {
        let mut narrow = Outer { over: self.over.clone(), parts: self.parts.clone(), ..*self };
        let first = place.first.node(g);
        let (condition, at) = match place.width {
            Some(_) => narrow.step(g, sets, index, (place, first))?,
            None => (place.told[0], first),
        };
        narrow.body = Inner { index, condition }.at_place(g, self.body, &mut BTreeMap::new());
        // What is left may have no such index: then there has to be such a place.
        let has_index = |id: &NodeId| g[*id].axes.contains(&index);
        let is_read = narrow.parts.iter().any(|part| *part != condition && has_index(part));
        if place.whole && narrow.over.len() > 1 && !is_read && !has_index(&narrow.body) {
            let inside = place.first.inside(g, at, index.set, place.width.is_some());
            narrow.parts.iter_mut().filter(|part| **part == condition).for_each(|part| *part = inside);
            narrow.over.retain(|axis| *axis != index);
        }
        (narrow.body != self.body).then(|| *self = narrow)
    }

    /// In a window, sum[m | abs(m - n) <= 2](f(m)) == sum[k, m | m == n - 2 + k](f(m)): what then leaves m one place, and
    /// this.
    fn step(
        &mut self,
        g: &mut Graph,
        sets: &[SetInfo],
        index: Axis,
        (place, first): (&Place, NodeId),
    ) -> Option<(NodeId, NodeId)> {
        let set = set_of(sets, steps(sets, (self.op, &self.over), index, place)?)?;
        let mut taken = [&self.over[..], &g[self.body].axes].concat();
        taken.extend(self.parts.iter().flat_map(|&part| &g[part].axes));
        let step = fresh_axis(set, &taken);
        let (added, own) = (number(g, step), number(g, index));
        let at = g.op("add", &[first, added]);
        let condition = g.op("eq", &[own, at]);
        self.parts.retain(|part| !place.told.contains(part));
        self.parts.insert(0, condition);
        self.over.push(step);
        self.over.sort();
        Some((condition, at))
    }
}

/// What has been looked at.
type Known = BTreeMap<(Inner, NodeId), NodeId>;

/// An index, and the condition that leaves it one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Inner {
    index: Axis,
    condition: NodeId,
}

impl Inner {
    /// Whether a reduction is made for the index and for what that stands beside. One for the index alone has other uses.
    fn is_of_pairs(&self, g: &Graph, id: NodeId, over: &[Axis]) -> bool {
        let mut beside = g[self.condition].axes.iter().filter(|axis| **axis != self.index);
        over.iter().all(|axis| !g[self.condition].axes.contains(axis))
            && beside.any(|axis| g[id].axes.contains(axis))
    }

    /// reduce[d](f(d, m)) == reduce[d, m | m == n + 1](f(d, m)) where m is n + 1, as it is wherever this counts.
    fn at_place(&self, g: &mut Graph, id: NodeId, known: &mut Known) -> NodeId {
        if !g[id].axes.contains(&self.index) {
            return id;
        }
        if let Some(&node) = known.get(&(*self, id)) {
            return node;
        }
        let node = match g[id].kind.clone() {
            NodeKind::Op(op, args) => {
                let args = args.into_iter().map(|arg| self.at_place(g, arg, known)).collect();
                g.add(NodeKind::Op(op, args))
            }
            NodeKind::Rename(body, map) => match back(&map, &g[self.condition].axes) {
                Some(back) => {
                    let condition = rename(g, self.condition, &back);
                    let inner = Inner { index: renamed(&back, self.index), condition };
                    let body = inner.at_place(g, body, known);
                    rename(g, body, &map)
                }
                None => id,
            },
            NodeKind::Reduce { op, over, body, given } if self.is_of_pairs(g, id, &over) => {
                let body = self.at_place(g, body, known);
                let given = match given {
                    Some(given) => g.op("and", &[self.condition, given]),
                    None => self.condition,
                };
                let mut over = [&over[..], &[self.index]].concat();
                over.sort();
                g.add(NodeKind::Reduce { op, over, body, given: Some(given) })
            }
            _ => id,
        };
        known.insert((*self, id), node);
        node
    }
}
