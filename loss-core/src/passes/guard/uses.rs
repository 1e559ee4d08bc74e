//! Under which conditions a gradient reaches a node.
//!
//! What counts wherever a choice counts, because it is used on both sides or outside, needs no guard inside: if it
//! is infinite there, so is the loss or its gradient.

use crate::ir::{Axis, Graph, NodeId, NodeKind, Program, Ty, reach};
use crate::ops::Dfdx;
use std::collections::BTreeSet;

/// A condition on the way to a node, and whether it has to hold. The third tells apart what one condition is at other
/// indices: the last node on the way at which indices change.
type Step = (NodeId, bool, Option<NodeId>);

/// All of its steps have to be taken.
type Way = BTreeSet<Step>;

/// The ways to a node; `None` if they are too many to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ways(Option<BTreeSet<Way>>);

/// How many ways and steps are kept.
const MANY: usize = 8;

impl Default for Ways {
    fn default() -> Self {
        Ways(Some(BTreeSet::new()))
    }
}

impl Ways {
    fn always() -> Ways {
        Ways(Some([Way::new()].into()))
    }

    /// Whether this is reached wherever the other one is.
    pub fn cover(&self, other: &Ways) -> bool {
        let (Some(own), Some(other)) = (&self.0, &other.0) else { return false };
        other.iter().all(|way| own.iter().any(|o| o.is_subset(way)))
    }

    fn map(&self, f: impl Fn(&Way) -> Way) -> Ways {
        let ways = self.0.as_ref().map(|ways| ways.iter().map(f).collect::<BTreeSet<Way>>());
        Ways(ways.filter(|ways| ways.iter().all(|way| way.len() <= MANY)))
    }

    fn under(&self, condition: NodeId, holds: bool) -> Ways {
        self.map(|way| way.iter().copied().chain([(condition, holds, None)]).collect())
    }

    /// Through a node that only some axes pass unchanged.
    fn through(&self, graph: &Graph, node: NodeId, passing: &[Axis]) -> Ways {
        let passes = |c: NodeId| graph[c].axes.iter().all(|a| passing.contains(a));
        self.map(|way| {
            way.iter().map(|&(c, holds, at)| (c, holds, if passes(c) { at } else { Some(node) })).collect()
        })
    }

    pub fn join(&mut self, other: &Ways) {
        self.0 = match (self.0.take(), &other.0) {
            (Some(mut ways), Some(other)) => {
                ways.extend(other.iter().cloned());
                merge(&mut ways);
                Some(ways).filter(|ways| ways.len() <= MANY)
            }
            _ => None,
        };
    }
}

/// Two ways that differ in one step only, taken by one and not by the other, are one way without that step.
fn merge(ways: &mut BTreeSet<Way>) {
    let other = |step: &Step| (step.0, !step.1, step.2);
    let pair = |ways: &BTreeSet<Way>| {
        ways.iter().find_map(|way| {
            let both = |step: &&Step| {
                let turned = way.iter().map(|s| if s == *step { other(s) } else { *s }).collect::<Way>();
                ways.contains(&turned)
            };
            way.iter().find(both).map(|step| (way.clone(), *step))
        })
    };
    while let Some((way, step)) = pair(ways) {
        let rest: Way = way.iter().filter(|s| **s != step).copied().collect();
        let turned = rest.iter().copied().chain([other(&step)]).collect::<Way>();
        ways.remove(&way);
        ways.remove(&turned);
        ways.insert(rest);
    }
}

/// For each node, by position.
pub(super) fn ways(program: &Program) -> Vec<Ways> {
    let graph = &program.graph;
    let live = reach::live_all(program);
    let mut ways = vec![Ways::default(); graph.len()];
    program.wanted().for_each(|id| ways[id.index()] = Ways::always());
    for l in &graph.loops {
        // Rounds use what rounds before them give.
        l.init.iter().chain(&l.next).for_each(|id| ways[id.index()] = Ways::always());
    }
    for id in graph.ids().rev().filter(|id| live[id.index()] && graph[*id].ty == Ty::Real) {
        let own = std::mem::take(&mut ways[id.index()]);
        for (operand, reached) in operands(graph, id, &own) {
            ways[operand.index()].join(&reached);
        }
        ways[id.index()] = own;
    }
    ways
}

/// The operands that a node's gradient goes to, and the ways there.
fn operands(graph: &Graph, id: NodeId, own: &Ways) -> Vec<(NodeId, Ways)> {
    let axes = &graph[id].axes;
    let through = |operand: NodeId, passing: &[Axis]| (operand, own.through(graph, id, passing));
    match &graph[id].kind {
        NodeKind::Op(op, args) if op.dfdx == Dfdx::Choose => {
            vec![(args[1], own.under(args[0], true)), (args[2], own.under(args[0], false))]
        }
        NodeKind::Op(op, args) => {
            let carries = |(_, grad): &(&NodeId, &&str)| **grad != "0";
            args.iter().zip(op.grad).filter(carries).map(|(a, _)| (*a, own.clone())).collect()
        }
        NodeKind::Reduce { body, given, .. } => {
            let (body, inside) = through(*body, axes);
            vec![(body, given.map_or(inside.clone(), |given| inside.under(given, true)))]
        }
        NodeKind::Contract { lhs, rhs, .. } => vec![through(*lhs, axes), through(*rhs, axes)],
        NodeKind::LoopOut { .. } => vec![],
        _ => graph.operands(id).into_iter().map(|o| through(o, &[])).collect(),
    }
}
