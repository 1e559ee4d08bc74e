//! Which nodes a node is computed from, loops included.

use super::{Graph, NodeId, NodeKind, Program};

/// The nodes a node is computed from: its operands and, for a loop's result, the values after a round, those of
/// the loop that it reverses included.
pub fn needs(graph: &Graph, id: NodeId) -> Vec<NodeId> {
    let mut needs = graph.operands(id);
    if let NodeKind::LoopOut { id, .. } = graph[id].kind {
        needs.extend(&graph.loops[id].next);
        if let Some(reversed) = graph.loops[id].reverses {
            needs.extend(&graph.loops[reversed].next);
        }
    }
    needs
}

/// For each node by position: whether the value or one of the roots is computed from it, they themselves included.
pub fn live_all(program: &Program) -> Vec<bool> {
    live(&program.graph, program.wanted())
}

/// For each node by position: whether one of `roots` is computed from it, the roots included.
pub fn live(graph: &Graph, roots: impl IntoIterator<Item = NodeId>) -> Vec<bool> {
    let mut live = vec![false; graph.len()];
    let mut open: Vec<NodeId> = roots.into_iter().collect();
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut live[id.index()], true) {
            open.extend(needs(graph, id));
        }
    }
    live
}

/// For each node by position: whether it stands in the body of a loop, that is, whether its value may change
/// from round to round. The loop's results do not. The body of a loop that reverses another includes that one's.
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
    let reverses = |l: usize, other: usize| graph.loops[l].reverses == Some(other);
    let v = match graph[id].kind {
        NodeKind::LoopVar { id: own, .. } => own == of || reverses(of, own),
        NodeKind::LoopOut { id: own, .. } if own == of || reverses(of, own) || reverses(own, of) => false,
        _ => needs(graph, id).into_iter().any(|n| varies(graph, of, n, known)),
    };
    known[id.index()] = Some(v);
    v
}
