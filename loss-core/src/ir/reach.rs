//! Which nodes a node is computed from, loops included.

use super::{Graph, NodeId, NodeKind};

/// The nodes a node is computed from: its operands and, for a loop's result, the values after a round.
pub fn needs(graph: &Graph, id: NodeId) -> Vec<NodeId> {
    let mut needs = graph.operands(id);
    if let NodeKind::LoopOut { id, .. } = graph[id].kind {
        needs.extend(&graph.loops[id].next);
    }
    needs
}

/// For each node by position: whether `root` is computed from it, `root` included.
pub fn live(graph: &Graph, root: NodeId) -> Vec<bool> {
    let mut live = vec![false; graph.len()];
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut live[id.index()], true) {
            open.extend(needs(graph, id));
        }
    }
    live
}

/// For each node by position: whether it stands in the body of a loop, that is, whether its value may change
/// from round to round. The loop's results do not.
pub fn varying(graph: &Graph, of: usize) -> Vec<bool> {
    let mut known = vec![None; graph.len()];
    for id in graph.ids() {
        varies(graph, of, id, &mut known);
    }
    known.into_iter().map(|v| v == Some(true)).collect()
}

fn varies(graph: &Graph, of: usize, id: NodeId, known: &mut [Option<bool>]) -> bool {
    if let Some(v) = known[id.index()] {
        return v;
    }
    let v = match graph[id].kind {
        NodeKind::LoopVar { id: own, .. } => own == of,
        NodeKind::LoopOut { id: own, .. } if own == of => false,
        _ => needs(graph, id).into_iter().any(|n| varies(graph, of, n, known)),
    };
    known[id.index()] = Some(v);
    v
}
