//! `sum[m | m <= n](x[m])` is a running sum: linear, not quadratic.

use super::rewrite::rewrite;
use crate::ir::load::rename;
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program};

/// Replaces prefix sums by scans.
pub(super) fn scan(program: Program) -> Program {
    rewrite(&program, &|g, kind, _| prefix_sum(g, kind))
}

/// sum[m | m <= n](x[m]) == cumsum(x)[n], and sum[m | m < n](x[m]) == cumsum(x)[n] - x[n]
fn prefix_sum(g: &mut Graph, kind: &NodeKind) -> Option<NodeId> {
    let NodeKind::Reduce { op, over, body, given: Some(given) } = kind else { return None };
    let (&[m], "sum") = (&over[..], op.name) else { return None };
    let (n, strict) = upper_bound(g, *given, m)?;
    if !g[*body].axes.contains(&m) || g[*body].axes.contains(&n) {
        return None;
    }
    let total = g.add(NodeKind::Cumsum(*body, m));
    let total = rename(g, total, &[(m, n)]);
    if !strict {
        return Some(total);
    }
    let own = rename(g, *body, &[(m, n)]);
    Some(g.op("sub", &[total, own]))
}

/// The `n` of `m <= n` or `n >= m` (not strict), `m < n` or `n > m` (strict).
fn upper_bound(g: &Graph, given: NodeId, m: Axis) -> Option<(Axis, bool)> {
    let NodeKind::Op(op, args) = &g[given].kind else { return None };
    let axis = |id: NodeId| match g[id].kind {
        NodeKind::Iota(axis) => Some(axis),
        _ => None,
    };
    let (a, b) = (axis(args[0])?, axis(*args.get(1)?)?);
    match op.name {
        "le" if a == m => Some((b, false)),
        "ge" if b == m => Some((a, false)),
        "lt" if a == m => Some((b, true)),
        "gt" if b == m => Some((a, true)),
        _ => None,
    }
}
