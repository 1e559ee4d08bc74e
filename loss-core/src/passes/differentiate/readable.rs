//! Rewrites a derivative for people: common factors stand before a sum, conditions inside conditions are one.

use crate::ir::{Graph, NodeId, NodeKind, Program};
use crate::passes::rewrite::fixpoint;
use crate::passes::simplify::simplify;

/// The same program as a person would rather write it down; not meant to be computed faster.
pub(super) fn readable(program: Program) -> Program {
    let program = fixpoint(program, &|g, kind, _| {
        let NodeKind::Op(op, args) = kind else { return None };
        match (op.name, &args[..]) {
            // The derivative is taken: nothing is left to stop.
            ("detach", &[x]) => Some(x),
            // A name says more than a factor.
            ("add" | "sub", &[x, y]) if g.name(x).is_none() && g.name(y).is_none() => {
                common_factor(g, op.name, x, y)
            }
            ("select", &[c, x, zero]) if g.as_const(zero) == Some(0.0) => nested(g, c, x, zero),
            _ => None,
        }
    });
    simplify(program)
}

/// if c { if d { x } else { 0 } } else { 0 } == if c && d { x } else { 0 }
fn nested(g: &mut Graph, c: NodeId, inner: NodeId, zero: NodeId) -> Option<NodeId> {
    let NodeKind::Op(op, args) = g[inner].kind.clone() else { return None };
    if op.name != "select" || args[2] != zero {
        return None;
    }
    let both = g.op("and", &[c, args[0]]);
    Some(g.op("select", &[both, args[1], zero]))
}

/// a * x + a * y == a * (x + y); x / a - y / a == (x - y) / a
fn common_factor(g: &mut Graph, op: &str, x: NodeId, y: NodeId) -> Option<NodeId> {
    if let (Some([x, a]), Some([y, b])) = (operands(g, x, "div"), operands(g, y, "div"))
        && a == b
    {
        let sum = g.op(op, &[x, y]);
        return Some(g.op("div", &[sum, a]));
    }
    let (first, second) = (splits(g, x), splits(g, y));
    let (a, x, y) = first.into_iter().find_map(|(a, x)| {
        let (_, y) = second.iter().find(|(b, _)| *b == a)?;
        Some((a, x, *y))
    })?;
    let (x, y) = (x.node(g), y.node(g));
    let sum = g.op(op, &[x, y]);
    Some(g.op("mul", &[a, sum]))
}

/// What is left of a product without a factor.
#[derive(Clone, Copy)]
enum Rest {
    Factor(NodeId),
    /// if c { 1 } else { 0 }
    Indicator(NodeId),
}

impl Rest {
    fn node(self, g: &mut Graph) -> NodeId {
        match self {
            Rest::Factor(node) => node,
            Rest::Indicator(condition) => {
                let (one, zero) = (g.constant(1.0), g.constant(0.0));
                g.op("select", &[condition, one, zero])
            }
        }
    }
}

/// The factors of a product that is no constant times something, each with the rest.
fn splits(g: &Graph, id: NodeId) -> Vec<(NodeId, Rest)> {
    if let Some([a, b]) = operands(g, id, "mul") {
        let pairs = [(a, Rest::Factor(b)), (b, Rest::Factor(a))];
        return pairs.into_iter().filter(|(factor, _)| g.as_const(*factor).is_none()).collect();
    }
    match &g[id].kind {
        NodeKind::Op(op, args) if op.name == "select" && g.as_const(args[2]) == Some(0.0) => {
            let value = args[1];
            if g.as_const(value).is_some() { vec![] } else { vec![(value, Rest::Indicator(args[0]))] }
        }
        _ => vec![],
    }
}

fn operands(g: &Graph, id: NodeId, name: &str) -> Option<[NodeId; 2]> {
    match &g[id].kind {
        NodeKind::Op(op, args) if op.name == name => Some([args[0], args[1]]),
        _ => None,
    }
}
