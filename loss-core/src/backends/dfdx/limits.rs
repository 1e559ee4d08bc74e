//! What dfdx cannot do: a tensor has at most six axes.

use super::layout::union;
use super::plan::Plan;
use crate::ir::{Axis, NodeId, NodeKind, Program};
use crate::passes::for_graphs;

/// The most axes of a tensor.
pub const MAX_AXES: usize = 6;

/// The axes of the first tensor in the generated code that would have too many.
pub fn too_wide(program: &Program) -> Option<Vec<Axis>> {
    let program = for_graphs(program);
    let plan = Plan::of(&program);
    plan.nodes().map(|id| widest(&plan, id)).find(|axes| axes.len() > MAX_AXES)
}

/// The axes of the widest tensor that computing a node takes.
fn widest(plan: &Plan, id: NodeId) -> Vec<Axis> {
    let graph = plan.graph();
    let axes = |id: &NodeId| &graph[*id].axes[..];
    if let NodeKind::Host(call, args) = &graph[id].kind {
        let slices: Vec<Vec<Axis>> = (0..args.len()).map(|i| call.slice(i)).collect();
        let outer = call.outer(graph, args);
        let widest = slices.into_iter().max_by_key(Vec::len).unwrap_or_default();
        return union([&outer[..], &widest, if plan.on_host(id) { &[] } else { axes(&id) }]);
    }
    if plan.on_host(id) {
        // Arrays on the host have any number of axes.
        return if plan.uses(id).tensor > 0 { axes(&id).to_vec() } else { vec![] };
    }
    match &graph[id].kind {
        NodeKind::Reduce { over, body, given, .. } => {
            union([axes(body), given.as_ref().map_or(&[][..], axes), &over[..]])
        }
        NodeKind::Contract { lhs, rhs, .. } => union([axes(lhs), axes(rhs)]),
        // An axis of the index that is new takes the place of the axis that is read.
        NodeKind::Gather { body, axis, index } => {
            let kept: Vec<Axis> = axes(body).iter().filter(|a| *a != axis).copied().collect();
            let new = axes(index).iter().any(|a| !kept.contains(a));
            if new { union([&kept[..], axes(index)]) } else { axes(body).to_vec() }
        }
        _ => axes(&id).to_vec(),
    }
}
