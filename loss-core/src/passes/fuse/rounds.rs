//! Loops: one round is a kernel of its own, over the arrays that the loop carries and those that no round changes.

use super::draft::{Draft, Leaf};
use super::piece::{Piece, Work, set};
use super::schedule::{Gradients, schedule};
use super::{Root, is_condition};
use crate::ir::loops::{Array, ArrayId, Carried, Kernel, Let, LetId, Place, Repeat, Value};
use crate::ir::{Graph, Loop, NodeId, NodeKind, Ty, reach};
use std::collections::BTreeSet;

/// What the rounds of a loop read.
#[derive(Default)]
pub(super) struct Read {
    /// What no round changes, and what is not for every round to compute.
    pub from_outside: Vec<NodeId>,
    /// The variables of the loop that it reverses.
    pub replayed: Vec<NodeId>,
}

/// What the rounds of a loop read, as nodes that get an array outside of it. What is cheap is computed where it is
/// used.
pub(super) fn read(draft: &Draft, of: usize) -> Read {
    let g = draft.graph();
    let free = free(draft);
    let (mut read, mut open, mut seen) = (Read::default(), g.loops[of].next.clone(), BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let outside = free[id.index()].is_subset(&draft.around);
        match g[id].kind {
            NodeKind::LoopVar { id: l, .. } if g.loops[of].reverses == Some(l) => read.replayed.push(id),
            _ if outside && !is_condition(g, id) && is_worth_an_array(draft, id) => {
                read.from_outside.push(id)
            }
            NodeKind::LoopVar { .. } => {}
            _ => open.extend(reach::needs(g, id)),
        }
    }
    read.from_outside.sort();
    read.replayed.sort();
    read
}

/// Reductions, what stands along an axis, and what is costly.
fn is_worth_an_array(draft: &Draft, id: NodeId) -> bool {
    let g = draft.graph();
    let (mut open, mut seen) = (vec![id], BTreeSet::new());
    while let Some(id) = open.pop() {
        if draft.has_array(id) {
            return true;
        }
        if !seen.insert(id) {
            continue;
        }
        match &g[id].kind {
            NodeKind::Reduce { .. }
            | NodeKind::Contract { .. }
            | NodeKind::Argsort(..)
            | NodeKind::Rank(..)
            | NodeKind::Cumsum(..)
            | NodeKind::Running(..)
            | NodeKind::Host(..)
            | NodeKind::LoopOut { .. } => return true,
            NodeKind::Op(op, _) if op.is_costly() => return true,
            _ => open.extend(g.operands(id)),
        }
    }
    false
}

/// For each node, the loops whose variables it is a function of.
fn free(draft: &Draft) -> Vec<BTreeSet<usize>> {
    let g = draft.graph();
    let mut free: Vec<BTreeSet<usize>> = Vec::new();
    for id in g.ids() {
        let of: BTreeSet<usize> = match g[id].kind {
            NodeKind::LoopVar { id, .. } => BTreeSet::from([id]),
            NodeKind::LoopOut { id: l, .. } => {
                let inner = reach::needs(g, id).into_iter().flat_map(|n| free[n.index()].clone());
                inner.filter(|&other| other != l && Some(other) != g.loops[l].reverses).collect()
            }
            _ => g.operands(id).into_iter().flat_map(|o| free[o.index()].clone()).collect(),
        };
        free.push(of);
    }
    free
}

/// What has to be there before a loop runs.
pub(super) fn needs(draft: &Draft, of: usize) -> Vec<NodeId> {
    let Read { from_outside, replayed } = read(draft, of);
    draft.graph().loops[of].init.iter().copied().chain(from_outside).chain(replayed).collect()
}

/// The pieces of a loop: what its variables are at first, then its rounds. `live`: what is read of its results and
/// of its history.
pub(super) fn pieces(draft: &mut Draft, of: usize, live: &[NodeId]) -> Result<Vec<Piece>, NodeId> {
    let l = draft.graph().loops[of].clone();
    let (mut pieces, mut carried, mut makes) = (vec![], vec![], vec![]);
    for (slot, &var) in l.vars.iter().enumerate() {
        let begin = begin(draft, (of, slot), &mut pieces)?;
        let history = live.contains(&var).then(|| draft.array_of(var));
        let is_last = |id: &&NodeId| matches!(draft.graph()[**id].kind, NodeKind::LoopOut { id, slot: s, .. } if (id, s) == (of, slot));
        let last = live.iter().find(is_last).copied().map(|id| draft.array_of(id));
        makes.extend(history.into_iter().chain(last));
        carried.push(Carried { begin, history, last });
    }
    let (lets, count) = count(draft, l.count);
    let body = body(draft, of, &l);
    let repeat = Repeat { lets, count, carried, body, needed_by: vec![] };
    pieces.push(Piece { makes, space: vec![], work: Work::Repeat(repeat) });
    Ok(pieces)
}

/// The array that holds a variable before the first round.
fn begin(draft: &mut Draft, (of, slot): (usize, usize), pieces: &mut Vec<Piece>) -> Result<ArrayId, NodeId> {
    let l = &draft.graph().loops[of];
    let (axes, init) = (draft.graph()[l.vars[slot]].axes.clone(), l.init[slot]);
    if draft.has_array(init) && draft.graph()[init].axes == axes {
        return Ok(draft.array_of(init));
    }
    let name = format!("{}_at_first", name_of(draft.graph(), of, slot));
    let value = draft.expr(init, &super::draft::Env::new())?;
    let array = draft.push(Array {
        name,
        axes: axes.clone(),
        ty: Ty::Real,
        place: Place::Global,
        rounds: false,
        home: None,
    });
    pieces.push(set(array, &axes, value));
    Ok(array)
}

/// What the user calls a variable.
pub(super) fn name_of(g: &Graph, of: usize, slot: usize) -> String {
    g.name(g.loops[of].vars[slot]).unwrap_or("carried").to_owned()
}

/// The number of rounds as expressions of its own.
fn count(draft: &Draft, count: NodeId) -> (Vec<Let>, LetId) {
    let mut lets = Vec::new();
    let id = scalar(draft, count, &mut lets);
    (lets, id)
}

fn scalar(draft: &Draft, id: NodeId, lets: &mut Vec<Let>) -> LetId {
    let g = draft.graph();
    let value = match &g[id].kind {
        NodeKind::Const(bits) => Value::Const(f64::from_bits(*bits)),
        NodeKind::Truth(holds) => Value::Truth(*holds),
        NodeKind::Hyper(i) => Value::Hyper(*i),
        NodeKind::Size(set) => Value::Size(*set),
        NodeKind::Op(op, args) => Value::Op(*op, args.iter().map(|&a| scalar(draft, a, lets)).collect()),
        _ => unreachable!("refused before: {}", "the number of rounds is a formula of numbers"),
    };
    lets.push(Let { value, axes: vec![], ty: g[id].ty, name: g.name(id).map(str::to_owned) });
    LetId(lets.len() - 1)
}

/// Whether the number of rounds of a loop is a formula of numbers.
pub(super) fn is_counted(g: &Graph, count: NodeId) -> bool {
    match &g[count].kind {
        NodeKind::Const(_) | NodeKind::Truth(_) | NodeKind::Hyper(_) | NodeKind::Size(_) => true,
        NodeKind::Op(_, args) => args.iter().all(|&a| is_counted(g, a)),
        _ => false,
    }
}

/// One round.
fn body(draft: &mut Draft, of: usize, l: &Loop) -> Kernel {
    let Read { from_outside, replayed } = read(draft, of);
    let mut leaves = Vec::new();
    for (slot, &var) in l.vars.iter().enumerate() {
        let name = name_of(draft.graph(), of, slot);
        leaves.push(Leaf { node: var, name, place: Place::Carried(slot) });
    }
    for node in replayed {
        let history = draft.array_of(node);
        let NodeKind::LoopVar { id, slot, .. } = draft.graph()[node].kind else { continue };
        let name = name_of(draft.graph(), id, slot);
        leaves.push(Leaf { node, name, place: Place::Replayed(history) });
    }
    for node in from_outside {
        let outer = draft.array_of(node);
        let name = draft.arrays[outer.0].name.clone();
        leaves.push(Leaf { node, name, place: Place::Outer(outer) });
    }
    let next = l.vars.iter().zip(&l.next).enumerate();
    let roots: Vec<Root> = next.map(|(slot, (&var, &value))| Root::Next { of, slot, var, value }).collect();
    let around = draft.around.iter().copied().chain([of]).chain(l.reverses).collect();
    schedule(Draft::after(draft.program, &roots, leaves, around), Gradients::New)
}
