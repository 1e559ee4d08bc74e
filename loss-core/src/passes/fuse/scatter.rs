//! Values that are put in one place of an axis: `if k == target[b] { v } else { 0 }`, and
//! `sum[b | target[b] == k](v)`. One write each, instead of a comparison for every `k`.

use super::conjuncts;
use crate::ir::{Axis, Graph, NodeId, NodeKind};

/// A summand of a gradient.
#[derive(Clone, Debug)]
pub(super) enum Term {
    /// A node over the input's axes, or some of them.
    Dense(NodeId),
    /// `value` at `axis == index` where `given` holds, 0 elsewhere.
    OneHot {
        /// All of it, as one node.
        whole: NodeId,
        axis: Axis,
        index: NodeId,
        value: NodeId,
        given: Option<NodeId>,
    },
}

impl Term {
    /// What it is made from: as a whole, or in its parts, some of which may be no operands of the whole.
    pub fn nodes(&self) -> Vec<NodeId> {
        match self {
            Term::Dense(id) => vec![*id],
            Term::OneHot { whole, index, value, given, .. } => {
                [*whole, *index, *value].into_iter().chain(*given).collect()
            }
        }
    }
}

/// The summands of a node: at most one is dense.
pub(super) fn terms(g: &mut Graph, node: NodeId) -> Vec<Term> {
    let mut signed = Vec::new();
    summands(g, node, false, &mut signed);
    if signed.iter().all(|&(id, _)| one_hot(g, id).is_none()) {
        return vec![Term::Dense(node)];
    }
    let (mut terms, mut dense) = (Vec::new(), None);
    for (id, negative) in signed {
        match one_hot(g, id) {
            Some((axis, index, value, given)) => {
                let (whole, value) =
                    if negative { (g.op("neg", &[id]), g.op("neg", &[value])) } else { (id, value) };
                terms.push(Term::OneHot { whole, axis, index, value, given });
            }
            None => {
                dense = Some(match (dense, negative) {
                    (None, false) => id,
                    (None, true) => g.op("neg", &[id]),
                    (Some(sum), false) => g.op("add", &[sum, id]),
                    (Some(sum), true) => g.op("sub", &[sum, id]),
                });
            }
        }
    }
    // Dense first: what is written last is in the cache.
    dense.map(Term::Dense).into_iter().chain(terms).collect()
}

fn summands(g: &Graph, id: NodeId, negative: bool, found: &mut Vec<(NodeId, bool)>) {
    match &g[id].kind {
        NodeKind::Op(op, args) if matches!(op.name, "add" | "sub") => {
            summands(g, args[0], negative, found);
            summands(g, args[1], negative != (op.name == "sub"), found);
        }
        NodeKind::Op(op, args) if op.name == "neg" => summands(g, args[0], !negative, found),
        _ => found.push((id, negative)),
    }
}

type Place = (Axis, NodeId, NodeId, Option<NodeId>);

/// `if axis == index && given { value } else { 0 }` where only the first comparison depends on the axis.
fn one_hot(g: &mut Graph, id: NodeId) -> Option<Place> {
    let NodeKind::Op(op, args) = g[id].kind.clone() else { return None };
    if op.name != "select" || g.as_const(args[2]) != Some(0.0) {
        return None;
    }
    let (axis, index, rest) = placed(g, args[0], &[args[1]])?;
    g[id].axes.contains(&axis).then(|| (axis, index, args[1], joined(g, &rest)))
}

/// The `axis == index` of a condition, if no other part of it and none of `values` depends on the axis.
pub(super) fn placed(g: &Graph, condition: NodeId, values: &[NodeId]) -> Option<(Axis, NodeId, Vec<NodeId>)> {
    let parts = conjuncts(g, condition);
    let free = |id: &NodeId, axis: Axis| !g[*id].axes.contains(&axis);
    parts.iter().enumerate().find_map(|(i, &part)| {
        let (axis, index) = comparison(g, part)?;
        let rest: Vec<NodeId> = parts.iter().enumerate().filter(|p| p.0 != i).map(|p| *p.1).collect();
        let alone = rest.iter().chain(values).all(|id| free(id, axis)) && free(&index, axis);
        alone.then_some((axis, index, rest))
    })
}

/// `k == index` with `k` an index variable: of two variables, the one that is not a position elsewhere.
fn comparison(g: &Graph, id: NodeId) -> Option<(Axis, NodeId)> {
    let NodeKind::Op(op, args) = &g[id].kind else { return None };
    let variable = |id: NodeId| match g[id].kind {
        NodeKind::Iota(axis) => Some(axis),
        _ => None,
    };
    if op.name != "eq" {
        return None;
    }
    match (variable(args[0]), variable(args[1])) {
        (Some(axis), _) => Some((axis, args[1])),
        (None, Some(axis)) => Some((axis, args[0])),
        (None, None) => None,
    }
}

/// The conjunction of conditions.
pub(super) fn joined(g: &mut Graph, parts: &[NodeId]) -> Option<NodeId> {
    let (&first, rest) = parts.split_first()?;
    Some(rest.iter().fold(first, |all, &part| g.op("and", &[all, part])))
}
