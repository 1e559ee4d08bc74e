//! What kernels do not have is written with what they have: logsumexp, small powers, products that are no matrix
//! products.

use super::running;
use crate::ir::{Axis, Graph, NodeId, NodeKind, OpRef, Program, ReduceRef};
use crate::ops::reduce::{self, ReduceDef};
use crate::passes::rewrite::rewrite;

/// Rewrites once, operands before users.
pub(super) fn lower(program: &Program) -> Program {
    rewrite(program, &|g, kind, _| match kind {
        NodeKind::Reduce { op, over, body, given: Some(given) } if over.len() == 1 => {
            running::running(g, *op, over[0], *body, *given)
                .or_else(|| (op.name == "logsumexp").then(|| logsumexp(g, over, *body, Some(*given))))
        }
        NodeKind::Reduce { op, over, body, given } if op.name == "logsumexp" => {
            Some(logsumexp(g, over, *body, *given))
        }
        NodeKind::Op(op, args) => power(g, *op, args),
        NodeKind::Contract { over, lhs, rhs } if !is_matrix_product(g, over, *lhs, *rhs) => {
            let body = g.op("mul", &[*lhs, *rhs]);
            Some(sum(g, over, body, None))
        }
        _ => None,
    })
}

fn reduced(
    g: &mut Graph,
    op: &'static ReduceDef,
    over: &[Axis],
    body: NodeId,
    given: Option<NodeId>,
) -> NodeId {
    g.add(NodeKind::Reduce { op: ReduceRef(op), over: over.to_vec(), body, given })
}

fn sum(g: &mut Graph, over: &[Axis], body: NodeId, given: Option<NodeId>) -> NodeId {
    reduced(g, reduce::find("sum").expect("the reducer table has it"), over, body, given)
}

/// logsumexp(x) == m + ln(sum(exp(x - m))) with m = max(x), but 0 where that is infinite: so the sum is 0 if all
/// elements are minus infinity, infinite if one is infinity, and NaN if one is.
fn logsumexp(g: &mut Graph, over: &[Axis], body: NodeId, given: Option<NodeId>) -> NodeId {
    let peak = reduced(g, &reduce::PEAK, over, body, given);
    let size = g.op("abs", &[peak]);
    let (infinity, zero) = (g.constant(f64::INFINITY), g.constant(0.0));
    let infinite = g.op("eq", &[size, infinity]);
    let shift = g.op("select", &[infinite, zero, peak]);
    g.set_name(shift, "shift");
    let shifted = g.op("sub", &[body, shift]);
    let exp = g.op("exp", &[shifted]);
    let total = sum(g, over, exp, given);
    let ln = g.op("ln", &[total]);
    g.op("add", &[shift, ln])
}

/// x ^ 2 == x * x, x ^ 3 == x * x * x, x ^ -1 == 1 / x, x ^ 0.5 is left to `pow` (-0 differs).
fn power(g: &mut Graph, op: OpRef, args: &[NodeId]) -> Option<NodeId> {
    let (&[x, y], "pow") = (args, op.name) else { return None };
    match g.as_const(y)? {
        2.0 => Some(g.op("mul", &[x, x])),
        3.0 => {
            let square = g.op("mul", &[x, x]);
            Some(g.op("mul", &[square, x]))
        }
        -1.0 => {
            let one = g.constant(1.0);
            Some(g.op("div", &[one, x]))
        }
        _ => None,
    }
}

/// One axis summed, one of each factor's own, any number that both keep.
fn is_matrix_product(g: &Graph, over: &[Axis], lhs: NodeId, rhs: NodeId) -> bool {
    let own = |x: NodeId, y: NodeId| g[x].axes.iter().filter(|a| !g[y].axes.contains(a)).count();
    over.len() == 1 && own(lhs, rhs) == 1 && own(rhs, lhs) == 1
}
