//! Which values need an array although no law of their kind says so: what would be recomputed.

use super::draft::Draft;
use super::piece::{Piece, Work};
use super::{parts, schedule};
use crate::ir::loops::{At, LetId, Target, Value};
use crate::ir::{NodeId, NodeKind, Program};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes that get arrays.
#[derive(Default)]
pub(super) struct Wanted {
    /// They do not depend on the innermost loop in which they are used.
    pub needed: Vec<NodeId>,
    /// They are costly and used in several passes over a row.
    pub buffers: Vec<NodeId>,
}

/// Whether computing a node takes a costly op, what has an array aside.
pub(super) fn is_costly(program: &Program, id: NodeId, has_array: &dyn Fn(NodeId) -> bool) -> bool {
    let g = &program.graph;
    let (mut open, mut seen) = (vec![id], BTreeSet::new());
    while let Some(id) = open.pop() {
        if has_array(id) || !seen.insert(id) {
            continue;
        }
        if matches!(&g[id].kind, NodeKind::Op(op, _) if op.is_costly()) {
            return true;
        }
        open.extend(g.operands(id));
    }
    false
}

/// What the pieces of a draft recompute.
pub(super) fn wanted(draft: &Draft) -> Wanted {
    let mut wanted = Wanted::default();
    let uses: Vec<BTreeSet<LetId>> = draft.pieces.iter().map(|p| closure(draft, p)).collect();
    for (piece, lets) in draft.pieces.iter().zip(&uses) {
        let shown = shown(draft, piece, lets);
        wanted.needed.extend(lets.iter().filter_map(|&id| invariant(draft, piece, id, shown.contains(&id))));
    }
    if wanted.needed.is_empty() {
        wanted.buffers = repeated(draft, &uses);
    }
    wanted
}

/// The expressions that a piece computes.
fn closure(draft: &Draft, piece: &Piece) -> BTreeSet<LetId> {
    let Work::Target(target) = &piece.work else { return BTreeSet::new() };
    let places = target.at.iter().filter_map(|at| match at {
        At::Computed(index) => Some(*index),
        At::Axis(_) => None,
    });
    let mut open: Vec<LetId> = [target.value].into_iter().chain(target.given).chain(places).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(draft.lets[id.0].value.operands());
        }
    }
    seen
}

/// The expressions of a piece that something with other axes reads: what else there is of the same axes is a part of
/// them.
fn shown(draft: &Draft, piece: &Piece, lets: &BTreeSet<LetId>) -> BTreeSet<LetId> {
    let Work::Target(target) = &piece.work else { return BTreeSet::new() };
    let mut shown: BTreeSet<LetId> = [target.value].into_iter().chain(target.given).collect();
    for &user in lets {
        let other = |id: &LetId| draft.lets[id.0].axes != draft.lets[user.0].axes;
        shown.extend(draft.lets[user.0].value.operands().into_iter().filter(other));
    }
    shown
}

/// A value of the whole row, or a costly one that one of the loops does not change.
fn invariant(draft: &Draft, piece: &Piece, id: LetId, shown: bool) -> Option<NodeId> {
    let made = &draft.lets[id.0];
    let Value::Op(..) = made.value else { return None };
    if counts(draft, id) {
        return None;
    }
    let fewer = !made.axes.is_empty() && made.axes.len() + tied(draft, piece) < piece.space.len();
    let of_row = piece.outer().is_some_and(|outer| made.axes == [outer]);
    let node = draft.origins[id.0].filter(|node| fewer && !draft.kept.contains(node))?;
    (shown && (of_row || costly(draft, id))).then_some(node)
}

/// How many of its loops the conditions of a piece leave one iteration of, given the others: so much smaller is its space.
fn tied(draft: &Draft, piece: &Piece) -> usize {
    let Work::Target(Target { given: Some(given), .. }) = &piece.work else { return 0 };
    let value = |id: LetId| &draft.lets[id.0].value;
    let conditions = parts(*given, |id| match value(id) {
        Value::Op(op, args) if op.name == "and" => Some(args),
        _ => None,
    });
    let ties = |id: &LetId| {
        let made = &draft.lets[id.0];
        matches!(&made.value, Value::Op(op, _) if op.name == "eq")
            && made.axes.len() > 1
            && counts_compared(draft, *id)
    };
    conditions.iter().filter(|id| ties(id)).count()
}

/// Whether a comparison is one of sums of indices.
fn counts_compared(draft: &Draft, id: LetId) -> bool {
    match &draft.lets[id.0].value {
        Value::Op(_, args) => args.iter().all(|&arg| counts(draft, arg)),
        _ => false,
    }
}

/// Whether an expression is made of the indices of loops alone, which costs less than to load it. And conditions tell more
/// of an index if they show it.
fn counts(draft: &Draft, id: LetId) -> bool {
    let (mut open, mut seen) = (vec![id], BTreeSet::new());
    while let Some(id) = open.pop() {
        match &draft.lets[id.0].value {
            Value::Position(_) | Value::Const(_) | Value::Size(_) => {}
            Value::Op(op, args) if matches!(op.name, "real" | "add" | "sub" | "neg") => {
                open.extend(args.iter().filter(|arg| seen.insert(**arg)));
            }
            _ => return false,
        }
    }
    true
}

fn costly(draft: &Draft, id: LetId) -> bool {
    let (mut open, mut seen) = (vec![id], BTreeSet::new());
    while let Some(id) = open.pop() {
        if let (Value::Op(op, args), true) = (&draft.lets[id.0].value, seen.insert(id)) {
            if op.is_costly() {
                return true;
            }
            open.extend(args);
        }
    }
    false
}

/// Costly ops of two pieces of a row, of which one needs the other's result first. What rows of another stage need they
/// compute again: that costs less than an array of all rows, which is written to memory and read from there.
fn repeated(draft: &Draft, uses: &[BTreeSet<LetId>]) -> Vec<NodeId> {
    let (needs, keys) = (schedule::needs(draft), schedule::keys(draft, &BTreeMap::new()));
    let apart = |p: usize, q: usize| keys[p] == keys[q] && (needs[p].contains(&q) || needs[q].contains(&p));
    let mut found = Vec::new();
    for (i, made) in draft.lets.iter().enumerate() {
        let (Value::Op(op, _), Some(node)) = (&made.value, draft.origins[i]) else { continue };
        if !op.is_costly() || draft.kept.contains(&node) || made.axes.len() < 2 {
            continue;
        }
        let users: Vec<usize> = (0..uses.len()).filter(|&p| uses[p].contains(&LetId(i))).collect();
        if users.iter().any(|&p| users.iter().any(|&q| p != q && apart(p, q))) {
            found.push(node);
        }
    }
    found
}
