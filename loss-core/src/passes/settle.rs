//! Gathers move inwards, renamings outwards: `exp(x)[b, target[b]]` is `exp(x[b, target[b]])`, one exponential a row
//! and not one an element; and a rule about `ln(exp(x))` sees through both.

use super::rewrite::fixpoint;
use crate::ir::load::{gather, rename};
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program};

/// Moves until nothing moves.
pub(super) fn settle(program: Program) -> Program {
    fixpoint(program, &|g, kind, _| match kind {
        NodeKind::Gather { body, axis, index } => inwards(g, *body, *axis, *index),
        NodeKind::Op(op, args) => {
            let &[arg] = &args[..] else { return None };
            let NodeKind::Rename(inner, map) = g[arg].kind.clone() else { return None };
            let node = g.add(NodeKind::Op(*op, vec![inner]));
            Some(rename(g, node, &map))
        }
        _ => None,
    })
}

/// f(x, s)[k = i] == f(x[k = i], s) where s does not depend on k: nothing is read twice. At an index variable that x
/// lacks, any f: reading there only renames the axis.
fn inwards(g: &mut Graph, body: NodeId, axis: Axis, index: NodeId) -> Option<NodeId> {
    let renames = match g[index].kind {
        NodeKind::Iota(to) if !g[body].axes.contains(&to) => Some(to),
        _ => None,
    };
    let has = |g: &Graph, id: NodeId| g[id].axes.contains(&axis);
    let NodeKind::Op(op, args) = g[body].kind.clone() else {
        return renames.map(|to| rename(g, body, &[(axis, to)]));
    };
    let once = args.iter().filter(|&&a| has(g, a)).count() == 1 && !is_log_softmax(g, op.name, &args);
    if !once && renames.is_none() {
        return None;
    }
    let args = args.into_iter().map(|a| if has(g, a) { gather(g, a, axis, index) } else { a }).collect();
    Some(g.add(NodeKind::Op(op, args)))
}

/// x - logsumexp[k](x): backends subtract the largest x first, which is lost if only one x is read.
fn is_log_softmax(g: &Graph, op: &str, args: &[NodeId]) -> bool {
    op == "sub"
        && matches!(&g[args[1]].kind, NodeKind::Reduce { op, body, .. } if op.name == "logsumexp" && *body == args[0])
}
