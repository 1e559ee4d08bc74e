//! `sum[m | m <= n](x[m])` and `sum[m | m >= n](x[m])` are running sums: linear, not quadratic.

use super::rewrite::rewrite;
use crate::ir::load::rename;
use crate::ir::{Axis, Direction, Graph, NodeId, NodeKind, Program};

/// Replaces prefix and suffix sums by scans.
pub(super) fn scan(program: Program) -> Program {
    rewrite(&program, &|g, kind, _| running_sum(g, kind))
}

/// sum[m | m <= n](x[m]) == cumsum(x)[n], and sum[m | m < n](x[m]) == cumsum(x)[n] - x[n]; from the other end for
/// `>=` and `>`
fn running_sum(g: &mut Graph, kind: &NodeKind) -> Option<NodeId> {
    let NodeKind::Reduce { op, over, body, given: Some(given) } = kind else { return None };
    let (&[m], "sum") = (&over[..], op.name) else { return None };
    let (n, way, strict) = bound(g, *given, m)?;
    if !g[*body].axes.contains(&m) || g[*body].axes.contains(&n) {
        return None;
    }
    let total = g.add(NodeKind::Cumsum(*body, m, way));
    let total = rename(g, total, &[(m, n)]);
    if !strict {
        return Some(total);
    }
    let own = rename(g, *body, &[(m, n)]);
    Some(g.op("sub", &[total, own]))
}

/// The `n` of `m <= n` (forward, not strict), `m < n` (forward, strict), `m >= n`, `m > n` (backward), or their
/// mirror images.
pub(super) fn bound(g: &Graph, given: NodeId, m: Axis) -> Option<(Axis, Direction, bool)> {
    use Direction::{Backward, Forward};
    let NodeKind::Op(op, args) = &g[given].kind else { return None };
    let axis = |id: NodeId| match g[id].kind {
        NodeKind::Iota(axis) => Some(axis),
        _ => None,
    };
    let (a, b) = (axis(args[0])?, axis(*args.get(1)?)?);
    match op.name {
        "le" if a == m => Some((b, Forward, false)),
        "ge" if b == m => Some((a, Forward, false)),
        "lt" if a == m => Some((b, Forward, true)),
        "gt" if b == m => Some((a, Forward, true)),
        "ge" if a == m => Some((b, Backward, false)),
        "le" if b == m => Some((a, Backward, false)),
        "gt" if a == m => Some((b, Backward, true)),
        "lt" if b == m => Some((a, Backward, true)),
        _ => None,
    }
}
