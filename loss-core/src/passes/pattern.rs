//! Matching expressions of the language against nodes.

use crate::ir::{Axis, Graph, NodeId, NodeKind};
use crate::syntax::ast::{Binder, Expr, ExprKind};

/// The left side of a rule.
pub(super) struct Pattern {
    expr: Expr,
    /// The op or reducer at its root, so that most nodes are dismissed at once.
    root: String,
}

impl Pattern {
    pub fn new(expr: Expr) -> Pattern {
        let root = match &expr.kind {
            ExprKind::Unary(op, _) | ExprKind::Binary(op, ..) => (*op).to_owned(),
            ExprKind::Call(name, _) => name.to_string(),
            ExprKind::Bind(binder) => binder.name.to_string(),
            _ => panic!("a pattern begins with an op"),
        };
        Pattern { expr, root }
    }
}

/// What the names of a pattern stand for.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub args: Vec<(String, NodeId)>,
    pub indices: Vec<(String, Vec<Axis>)>,
    pub given: Option<NodeId>,
}

/// What the names stand for if the node is of that form.
pub(super) fn matches(g: &Graph, pattern: &Pattern, kind: &NodeKind) -> Option<Found> {
    let name = match kind {
        NodeKind::Op(op, _) => op.name,
        NodeKind::Reduce { op, .. } => op.name,
        _ => return None,
    };
    if name != pattern.root {
        return None;
    }
    let mut found = Found::default();
    kind_matches(g, &pattern.expr, kind, &mut found).then_some(found)
}

fn node_matches(g: &Graph, pattern: &Expr, node: NodeId, found: &mut Found) -> bool {
    match &pattern.kind {
        ExprKind::Number(value) => g.as_const(node) == Some(*value),
        ExprKind::Name(name) => bind(found, &name.to_string(), node),
        _ => kind_matches(g, pattern, &g[node].kind, found),
    }
}

/// The same name matches the same node.
fn bind(found: &mut Found, name: &str, node: NodeId) -> bool {
    match found.args.iter().find(|a| a.0 == name) {
        Some(known) => known.1 == node,
        None => {
            found.args.push((name.to_owned(), node));
            true
        }
    }
}

fn kind_matches(g: &Graph, pattern: &Expr, kind: &NodeKind, found: &mut Found) -> bool {
    match (&pattern.kind, kind) {
        (ExprKind::Unary(name, x), NodeKind::Op(op, args)) => op.name == *name && node_matches(g, x, args[0], found),
        (ExprKind::Binary(name, x, y), NodeKind::Op(op, args)) if op.name == *name => {
            both(g, [x, y], [args[0], args[1]], found)
                || (matches!(*name, "add" | "mul") && both(g, [x, y], [args[1], args[0]], found))
        }
        (ExprKind::Call(name, patterns), NodeKind::Op(op, args)) => {
            name == op.name
                && patterns.len() == args.len()
                && patterns.iter().zip(args).all(|(p, &a)| node_matches(g, p, a, found))
        }
        (ExprKind::Bind(binder), NodeKind::Reduce { op, over, body, given }) => {
            binder.name == op.name && reduce_matches(g, binder, over, *body, *given, found)
        }
        _ => false,
    }
}

/// Both operands, in this order; what a failed attempt bound is forgotten.
fn both(g: &Graph, patterns: [&Expr; 2], args: [NodeId; 2], found: &mut Found) -> bool {
    let mut attempt = found.clone();
    let ok = patterns.iter().zip(args).all(|(p, a)| node_matches(g, p, a, &mut attempt));
    if ok {
        *found = attempt;
    }
    ok
}

fn reduce_matches(
    g: &Graph,
    binder: &Binder,
    over: &[Axis],
    body: NodeId,
    given: Option<NodeId>,
    found: &mut Found,
) -> bool {
    let index = binder.indices[0].to_string();
    match found.indices.iter().find(|i| i.0 == index) {
        Some(known) if known.1 != over || found.given != given => return false,
        Some(_) => {}
        None => {
            found.indices.push((index, over.to_vec()));
            found.given = given;
        }
    }
    node_matches(g, &binder.args[0], body, found)
}
