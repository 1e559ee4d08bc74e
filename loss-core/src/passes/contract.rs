//! `sum[d](a[i, d] * b[j, d])` is a matrix product.

use super::rewrite::rewrite;
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program};

/// Replaces sums of products over shared axes by contractions.
pub(super) fn contract(program: Program) -> Program {
    rewrite(&program, &|g, kind, _| contraction(g, kind))
}

/// Both factors must have every summed axis, and each an axis that the other lacks: a row-wise inner product
/// gains nothing from a matrix product, and a matrix times a vector is one.
fn contraction(g: &mut Graph, kind: &NodeKind) -> Option<NodeId> {
    let NodeKind::Reduce { op, over, body, given: None } = kind else { return None };
    if op.name != "sum" {
        return None;
    }
    let NodeKind::Op(mul, args) = &g[*body].kind else { return None };
    let (lhs, rhs) = (args[0], *args.get(1)?);
    let summed = |id: NodeId| over.iter().all(|a| g[id].axes.contains(a));
    let own = |x: NodeId, y: NodeId| g[x].axes.iter().any(|a: &Axis| !g[y].axes.contains(a));
    let product = mul.name == "mul" && summed(lhs) && summed(rhs) && (own(lhs, rhs) || own(rhs, lhs));
    let over = over.clone();
    product.then(|| g.add(NodeKind::Contract { over, lhs, rhs }))
}
