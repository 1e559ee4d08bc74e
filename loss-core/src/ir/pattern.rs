//! Matching expressions of the language against nodes.

use super::term::{Bind, Term};
use super::{Axis, Graph, NodeId, NodeKind};

/// What the names of a pattern stand for.
#[derive(Clone, Default)]
pub(crate) struct Found {
    pub args: Vec<(String, NodeId)>,
    pub indices: Vec<(String, Vec<Axis>)>,
    pub given: Option<NodeId>,
}

/// What the names stand for if the node is of that form.
pub(crate) fn matches(g: &Graph, pattern: &Term, kind: &NodeKind) -> Option<Found> {
    let mut found = Found::default();
    kind_matches(g, pattern, kind, &mut found).then_some(found)
}

fn node_matches(g: &Graph, pattern: &Term, node: NodeId, found: &mut Found) -> bool {
    match pattern {
        Term::Number(value) => g.as_const(node) == Some(*value),
        Term::Name(name) => bind(found, name, node),
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

fn kind_matches(g: &Graph, pattern: &Term, kind: &NodeKind, found: &mut Found) -> bool {
    match (pattern, kind) {
        (Term::Op(name, terms), NodeKind::Op(op, args)) if name == op.name && terms.len() == args.len() => {
            all(g, terms.iter().zip(args.iter().copied()), found)
                || (matches!(op.name, "add" | "mul")
                    && all(g, terms.iter().zip(args.iter().rev().copied()), found))
        }
        (Term::Bind(pattern), NodeKind::Reduce { op, over, body, given }) => {
            pattern.name == op.name && reduce_matches(g, pattern, over, *body, *given, found)
        }
        _ => false,
    }
}

/// All operands, in this order; what a failed attempt bound is forgotten.
fn all<'t>(g: &Graph, pairs: impl Iterator<Item = (&'t Term, NodeId)>, found: &mut Found) -> bool {
    let mut attempt = found.clone();
    for (term, node) in pairs {
        if !node_matches(g, term, node, &mut attempt) {
            return false;
        }
    }
    *found = attempt;
    true
}

fn reduce_matches(
    g: &Graph,
    pattern: &Bind,
    over: &[Axis],
    body: NodeId,
    given: Option<NodeId>,
    found: &mut Found,
) -> bool {
    match found.indices.iter().find(|i| i.0 == pattern.index) {
        Some(known) if known.1 != over || found.given != given => return false,
        Some(_) => {}
        None => {
            found.indices.push((pattern.index.clone(), over.to_vec()));
            found.given = given;
        }
    }
    node_matches(g, &pattern.args[0], body, found)
}
