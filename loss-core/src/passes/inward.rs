//! What is reduced at one place is computed at that place alone: in `sum[n, m | m == n + 1](abs(apart[n, m]))` with
//! `apart[n, m] = sum[d](..)` the sum over `d` is made of neighbours, not of all pairs.

use super::fuse::conjuncts;
use super::linear::places;
use super::rewrite::rewrite;
use crate::ir::load::{back, rename, renamed};
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program};
use std::collections::BTreeMap;

/// Takes conditions that leave an index one place into the reductions that have this index.
pub(super) fn inward(program: Program) -> Program {
    rewrite(&program, &|g, kind, _| {
        let NodeKind::Reduce { op, over, body, given: Some(given) } = kind else { return None };
        let parts = conjuncts(g, *given);
        let (index, condition) = over.iter().find_map(|&index| {
            let found = places(g, &program.hypers, &parts, index).into_iter().next()?;
            found.width.is_none().then_some((index, found.told[0]))
        })?;
        let body = Inner { index, condition }.at_place(g, *body, &mut BTreeMap::new());
        let kind = NodeKind::Reduce { op: *op, over: over.clone(), body, given: Some(*given) };
        Some(g.add(kind))
    })
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
