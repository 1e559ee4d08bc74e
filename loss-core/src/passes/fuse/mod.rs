//! From graph to loops: which values get an array, which stage makes them, what one pass over a row can do.
//!
//! Laws: what depends on one row only stays in that row's arrays; a value is computed where it is used unless it is
//! costly and used in several passes; nothing is recomputed in a loop that it does not depend on.

mod beside;
mod draft;
mod house;
mod lower;
mod name;
mod order;
mod piece;
mod promote;
mod rounds;
mod running;
mod scatter;
mod schedule;
mod share;
mod span;
mod writer;

use super::differentiate::Derivative;
use crate::ir::loops::{Array, Fused, Kernel, Place};
use crate::ir::{Axis, Graph, NodeId, NodeKind, Program, Ty, reach};
use draft::{Draft, Leaf};
use house::house;
use scatter::Term;
use schedule::{Gradients, schedule};
use std::collections::BTreeSet;

/// Why a program has no kernels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfused(pub &'static str);

/// What a kernel has to make.
#[derive(Clone, Debug)]
enum Root {
    Value(NodeId),
    /// The sum of a value over the samples.
    Total {
        sum: NodeId,
        value: NodeId,
    },
    /// A summand of the gradient of an input.
    Gradient(usize, Term),
    /// What a loop carries into the next round.
    Next {
        of: usize,
        slot: usize,
        var: NodeId,
        value: NodeId,
    },
}

/// The kernels of a program with its derivative.
///
/// # Errors
/// If it has something that kernels cannot do.
pub fn fuse(derivative: &Derivative) -> Result<Fused, Unfused> {
    let mut program = share::log(&share::share(&lower::lower(&derivative.program)));
    refuse(&program)?;
    let forward_roots = forward_roots(&mut program);
    let backward_roots = backward_roots(&mut program, derivative);
    let both = (!derivative.grads.is_empty()).then(|| both(&program, derivative));
    let apart = both.is_some() && !program.samples().is_empty();
    let saved =
        if apart { saved(&Draft::of(&program, &forward_roots, &[]), &backward_roots) } else { vec![] };
    let forward = schedule(Draft::of(&program, &forward_roots, &saved), Gradients::New);
    let made = forward.arrays.iter().filter(|a| matches!(a.place, Place::Saved(_)));
    let mut made: Vec<Array> = made.cloned().collect();
    made.sort_by_key(|a| if let Place::Saved(i) = a.place { i } else { 0 });
    let leaf = |(i, (node, array)): (usize, (NodeId, &Array))| Leaf {
        node,
        name: array.name.clone(),
        place: Place::Saved(i),
    };
    let leaves = saved.into_iter().zip(&made).enumerate().map(leaf).collect();
    let backward = apart.then(|| {
        schedule(Draft::after(&program, &backward_roots, leaves, BTreeSet::new()), Gradients::Begun)
    });
    Ok(Fused { sets: program.sets.clone(), forward, backward, saved: made, both })
}

/// The kernel of value and gradients: what the one computes, the other need not compute again.
fn both(program: &Program, derivative: &Derivative) -> Kernel {
    let mut program = program.clone();
    let mut roots = forward_roots(&mut program);
    // The loss of each sample is wanted of the forward kernel.
    roots.drain(..roots.len() - 1);
    roots.extend(backward_roots(&mut program, derivative));
    let mut kernel = schedule(Draft::of(&program, &roots, &[]), Gradients::New);
    house(&mut kernel);
    kernel
}

fn refuse(program: &Program) -> Result<(), Unfused> {
    let live = reach::live_all(program);
    let g = &program.graph;
    let uncounted = |id: NodeId| match g[id].kind {
        NodeKind::LoopOut { id, .. } => !rounds::is_counted(g, g.loops[id].count),
        _ => false,
    };
    if g.ids().any(|id| live[id.index()] && uncounted(id)) {
        return Err(Unfused("the number of rounds of its `repeat` is more than a formula of numbers"));
    }
    Ok(())
}

fn forward_roots(program: &mut Program) -> Vec<Root> {
    let samples = program.samples().to_vec();
    let mut roots = vec![Root::Value(program.value)];
    if !samples.is_empty() {
        let sum = crate::ir::ReduceRef(crate::ops::reduce::find("sum").expect("the reducer table has `sum`"));
        let kind = NodeKind::Reduce { op: sum, over: samples, body: program.value, given: None };
        let (sum, value) = (program.graph.add(kind), program.value);
        roots.push(Root::Total { sum, value });
    }
    roots
}

fn backward_roots(program: &mut Program, derivative: &Derivative) -> Vec<Root> {
    let grads: Vec<(usize, NodeId)> =
        derivative.grads.iter().map(|g| g.0).zip(program.roots.clone()).collect();
    let mut roots = Vec::new();
    for (input, node) in grads {
        let terms = scatter::terms(&mut program.graph, node);
        roots.extend(terms.into_iter().map(|term| Root::Gradient(input, term)));
    }
    roots
}

/// What the forward kernel keeps for the backward kernel: results of reductions and of costly row values, and what
/// reversed loops carried, but no buffer that only saves a recomputation.
fn saved(first: &Draft, backward: &[Root]) -> Vec<NodeId> {
    let g = first.graph();
    let mut open: Vec<NodeId> = backward.iter().flat_map(|r| r.nodes()).collect();
    let (mut seen, mut saved) = (BTreeSet::new(), BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let kept = first.kept.contains(&id) && !first.buffers.contains(&id) && !is_condition(g, id);
        if kept || matches!(g[id].kind, NodeKind::LoopVar { .. }) {
            saved.insert(id);
        } else {
            open.extend(first.needs(id));
        }
    }
    saved.into_iter().collect()
}

impl Root {
    fn nodes(&self) -> Vec<NodeId> {
        match self {
            Root::Value(id) => vec![*id],
            // The sum has no array of its own.
            Root::Total { value, .. } => vec![*value],
            Root::Gradient(_, term) => term.nodes(),
            Root::Next { value, .. } => vec![*value],
        }
    }
}

/// The axes at which an input is read when nothing is renamed: the first copies, counted up for a set that repeats.
fn input_axes(program: &Program, input: usize) -> Vec<Axis> {
    let sets = &program.inputs[input].sets;
    let copy = |i: usize| sets[..i].iter().filter(|s| **s == sets[i]).count() as u8;
    (0..sets.len()).map(|i| Axis { set: sets[i], copy: copy(i) }).collect()
}

/// Whether a node is a condition that no kernel hands on: it is cheap, and as a whole it would hide what it joins.
fn is_condition(g: &Graph, id: NodeId) -> bool {
    g[id].ty == Ty::Bool && !matches!(g[id].kind, NodeKind::Reduce { .. })
}

/// The conditions that `and` joins.
pub(super) fn conjuncts(g: &Graph, id: NodeId) -> Vec<NodeId> {
    parts(id, |id| match &g[id].kind {
        NodeKind::Op(op, args) if op.name == "and" => Some(args),
        _ => None,
    })
}

/// What an expression is joined of, each part once.
fn parts<'a, T: Copy + Ord + 'a>(whole: T, joined: impl Fn(T) -> Option<&'a Vec<T>>) -> Vec<T> {
    let (mut open, mut seen, mut parts) = (vec![whole], BTreeSet::from([whole]), vec![]);
    while let Some(part) = open.pop() {
        match joined(part) {
            Some(args) => open.extend(args.iter().rev().filter(|arg| seen.insert(**arg))),
            None => parts.push(part),
        }
    }
    parts
}
