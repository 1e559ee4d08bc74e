//! Constants, and the laws of 0 and 1.
//!
//! Law of this pass: a rule never makes the code worse, and never changes which axes the value has.

use super::rewrite::fixpoint;
use crate::ir::load::{gather, rename};
use crate::ir::{Axis, Graph, NodeId, NodeKind, OpRef, Program, SetInfo, SetSize};

/// Simplifies until nothing changes.
pub(super) fn simplify(program: Program) -> Program {
    fixpoint(program, &rule)
}

/// The node of that kind, simplified by itself; its operands are taken as they are.
pub(super) fn simplified(g: &mut Graph, mut kind: NodeKind, sets: &[SetInfo]) -> NodeId {
    let mut node = None;
    loop {
        match rule(g, &kind, sets) {
            Some(next) if node != Some(next) => {
                node = Some(next);
                kind = g[next].kind.clone();
            }
            _ => return node.unwrap_or_else(|| g.add(kind)),
        }
    }
}

fn rule(g: &mut Graph, kind: &NodeKind, sets: &[SetInfo]) -> Option<NodeId> {
    match kind {
        NodeKind::Op(op, args) => folded(g, *op, args).or_else(|| law(g, op.name, args)),
        NodeKind::Rename(body, map) => renamed(g, *body, map),
        NodeKind::Gather { body, axis, index } => gathered(g, *body, *axis, *index),
        NodeKind::Reduce { op, over, body, given: Some(given) } if op.name == "sum" => {
            selected(g, over, *body, *given)
        }
        NodeKind::Size(set) => match sets[usize::from(set.0)].size {
            SetSize::Fixed(n) => Some(g.constant(n as f64)),
            _ => None,
        },
        _ => None,
    }
}

/// An op of constants is a constant.
fn folded(g: &mut Graph, op: OpRef, args: &[NodeId]) -> Option<NodeId> {
    if op.name == "detach" {
        return g.as_const(args[0]).map(|_| args[0]);
    }
    let values: Option<Vec<f64>> = args.iter().map(|&a| g.as_const(a)).collect();
    let value = (op.eval)(&values?);
    match op.gives {
        crate::ops::Sort::Bool => Some(g.add(NodeKind::Truth(value != 0.0))),
        _ => value.is_finite().then(|| g.constant(value)),
    }
}

fn law(g: &mut Graph, op: &str, args: &[NodeId]) -> Option<NodeId> {
    let constant = |i: usize| args.get(i).and_then(|&a| g.as_const(a));
    let (x, y) = (args.first().copied()?, args.get(1).copied());
    match (op, constant(0), constant(1)) {
        // x + 0 == x; x - 0 == x; x * 1 == x; x / 1 == x; x ^ 1 == x
        ("add" | "sub", _, Some(0.0)) | ("mul" | "div" | "pow", _, Some(1.0)) => Some(x),
        // 0 + x == x; 1 * x == x
        ("add", Some(0.0), _) | ("mul", Some(1.0), _) => y,
        // 0 - x == -x; -1 * x == -x; x / -1 == -x
        ("sub", Some(0.0), _) | ("mul", Some(-1.0), _) => Some(g.op("neg", &[y?])),
        ("mul" | "div", _, Some(-1.0)) => Some(g.op("neg", &[x])),
        // x ^ 0 == 1, also at 0 (the field's convention), for scalars: axes stay as they are
        ("pow", _, Some(0.0)) if g[x].axes.is_empty() => Some(g.constant(1.0)),
        ("neg", ..) => negated(g, x),
        ("add" | "sub", _, Some(c)) if is_shifted(g, x) => shifted(g, x, if op == "add" { c } else { -c }),
        ("add" | "sub" | "mul", ..) => signs(g, op, x, y?),
        ("select" | "and" | "or" | "not", ..) => logic(g, op, args),
        _ => None,
    }
}

/// Whether a node is x + c or x - c.
fn is_shifted(g: &Graph, node: NodeId) -> bool {
    matches!(&g[node].kind, NodeKind::Op(op, args)
        if matches!(op.name, "add" | "sub") && g.as_const(args[1]).is_some())
}

/// (x + c) + d == x + (c + d)
fn shifted(g: &mut Graph, node: NodeId, d: f64) -> Option<NodeId> {
    let NodeKind::Op(op, args) = g[node].kind.clone() else { return None };
    let c = g.as_const(args[1])?;
    let shift = g.constant(if op.name == "add" { c } else { -c } + d);
    Some(g.op("add", &[args[0], shift]))
}

/// --x == x; -(x - y) == y - x
fn negated(g: &mut Graph, x: NodeId) -> Option<NodeId> {
    match &g[x].kind {
        NodeKind::Op(op, args) if op.name == "neg" => Some(args[0]),
        NodeKind::Op(op, args) if op.name == "sub" => {
            let swapped = [args[1], args[0]];
            Some(g.op("sub", &swapped))
        }
        _ => None,
    }
}

/// x + -y == x - y; -x + y == y - x; x - -y == x + y; -x * -y == x * y
fn signs(g: &mut Graph, op: &str, x: NodeId, y: NodeId) -> Option<NodeId> {
    let inner = |id: NodeId| match &g[id].kind {
        NodeKind::Op(op, args) if op.name == "neg" => Some(args[0]),
        _ => None,
    };
    match (op, inner(x), inner(y)) {
        ("add", _, Some(y)) => Some(g.op("sub", &[x, y])),
        ("add", Some(x), None) => Some(g.op("sub", &[y, x])),
        ("sub", _, Some(y)) => Some(g.op("add", &[x, y])),
        ("mul", Some(x), Some(y)) => Some(g.op("mul", &[x, y])),
        _ => None,
    }
}

fn logic(g: &mut Graph, op: &str, args: &[NodeId]) -> Option<NodeId> {
    let truth = |i: usize| match args.get(i).map(|&a| &g[a].kind) {
        Some(NodeKind::Truth(t)) => Some(*t),
        _ => None,
    };
    let keeps_axes =
        |g: &Graph, kept: NodeId| args.iter().all(|&a| g[a].axes.iter().all(|x| g[kept].axes.contains(x)));
    match (op, truth(0), truth(1)) {
        ("select", Some(t), _) => {
            let kept = if t { args[1] } else { args[2] };
            keeps_axes(g, kept).then_some(kept)
        }
        ("and", Some(true), _) | ("or", Some(false), _) => Some(args[1]),
        ("and", _, Some(true)) | ("or", _, Some(false)) => Some(args[0]),
        // c && c == c; (a && c) && c == a && c
        ("and" | "or", ..) if is_part(g, op, args[0], args[1], 8) => Some(args[0]),
        ("and" | "or", ..) if is_part(g, op, args[1], args[0], 8) => Some(args[1]),
        ("not", Some(t), _) => Some(g.add(NodeKind::Truth(!t))),
        _ => None,
    }
}

/// Whether a condition is one of those that a chain of `and`s or `or`s joins; only so far down.
fn is_part(g: &Graph, op: &str, chain: NodeId, part: NodeId, depth: usize) -> bool {
    chain == part
        || match &g[chain].kind {
            NodeKind::Op(own, args) if own.name == op && depth > 0 => {
                args.iter().any(|&a| is_part(g, op, a, part, depth - 1))
            }
            _ => false,
        }
}

/// Renaming what is renamed is one renaming; an input or an index renamed is read at other axes.
fn renamed(g: &mut Graph, body: NodeId, map: &[(Axis, Axis)]) -> Option<NodeId> {
    let to = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
    match g[body].kind.clone() {
        NodeKind::Input(input, axes) => {
            let ty = g[body].ty;
            Some(g.add_input(input, axes.into_iter().map(to).collect(), ty))
        }
        NodeKind::Iota(axis) => Some(g.add(NodeKind::Iota(to(axis)))),
        NodeKind::HyperArray(hyper, axis) => Some(g.add(NodeKind::HyperArray(hyper, to(axis)))),
        NodeKind::Rename(inner, first) => {
            let inner_axes = g[inner].axes.clone();
            let once = |a: Axis| first.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
            let map: Vec<(Axis, Axis)> = inner_axes.into_iter().map(|a| (a, to(once(a)))).collect();
            Some(rename(g, inner, &map))
        }
        _ if !map.iter().any(|m| m.0 != m.1) => Some(body),
        _ => None,
    }
}

/// Reading at an index what does not depend on it; reading the index itself.
fn gathered(g: &mut Graph, body: NodeId, axis: Axis, index: NodeId) -> Option<NodeId> {
    if !g[body].axes.contains(&axis) {
        return Some(body);
    }
    match g[body].kind {
        NodeKind::Iota(_) => Some(index),
        _ => None,
    }
}

/// sum[k | k == t](x[k]) == x[t] where t does not depend on k: an index is always within its set. Also where x does
/// not depend on k, if it has the axes of t.
fn selected(g: &mut Graph, over: &[Axis], body: NodeId, given: NodeId) -> Option<NodeId> {
    let (&[axis], NodeKind::Op(op, args)) = (over, &g[given].kind) else { return None };
    if op.name != "eq" {
        return None;
    }
    let position = g.id_of(&NodeKind::Iota(axis))?;
    let index = match (args[0] == position, args[1] == position) {
        (true, false) => args[1],
        (false, true) => args[0],
        _ => return None,
    };
    let free = !g[index].axes.contains(&axis) && g[index].ty == crate::ir::Ty::Index(axis.set);
    let keeps = g[body].axes.contains(&axis) || g[index].axes.iter().all(|a| g[body].axes.contains(a));
    (free && keeps).then(|| gather(g, body, axis, index))
}
