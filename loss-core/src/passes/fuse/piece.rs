//! What makes one array: the smallest unit that the schedule moves around.

use super::draft::{Draft, Env};
use super::scatter::{Term, placed};
use super::{Root, conjuncts, rounds};
use crate::ir::loops::{AlongOp, ArrayId, At, Call, How, LetId, Place, Repeat, Target, Value};
use crate::ir::{Axis, Direction, HostCall, NodeId, NodeKind, OpRef, Ty};
use crate::ops;
use std::collections::BTreeSet;

/// How an array is made.
pub(super) struct Piece {
    /// Rounds and calls make several arrays, all else makes one.
    pub makes: Vec<ArrayId>,
    /// All axes that are run over.
    pub space: Vec<Axis>,
    pub work: Work,
}

/// The kinds of work.
pub(super) enum Work {
    Target(Target),
    Along {
        op: AlongOp,
        axis: Axis,
        from: (ArrayId, Vec<Axis>),
        weights: Option<(ArrayId, Vec<Axis>)>,
        to: Vec<Axis>,
    },
    Product {
        lhs: (ArrayId, Vec<Axis>),
        rhs: (ArrayId, Vec<Axis>),
        over: Axis,
    },
    Repeat(Repeat),
    Call(Call),
}

/// Fills in the pieces of a draft. On failure: the node that has to get an array first.
pub(super) fn pieces(draft: &mut Draft, roots: &[Root], saved: &[NodeId]) -> Result<(), NodeId> {
    let live = draft.live(roots, saved);
    let (mut looped, mut called) = (BTreeSet::new(), BTreeSet::new());
    for &id in &live {
        match draft.program.graph[id].kind {
            // One of those that are called together.
            NodeKind::Host(..) if called.contains(&id) => {}
            NodeKind::Host(..) => {
                let (piece, nodes) = call(draft, id, &live);
                draft.pieces.push(piece);
                called.extend(nodes);
            }
            NodeKind::LoopOut { id: l, .. } | NodeKind::LoopVar { id: l, .. } => {
                if !looped.insert(l) {
                    continue;
                }
                let pieces = rounds::pieces(draft, l, &live)?;
                draft.pieces.extend(pieces);
            }
            _ if draft.kept.contains(&id) => {
                let piece = kept(draft, id)?;
                draft.pieces.push(piece);
            }
            _ => {}
        }
    }
    for (i, id) in saved.iter().enumerate() {
        let array = draft.array_of(*id);
        draft.arrays[array.0].place = Place::Saved(i);
    }
    for r in roots {
        let piece = root(draft, r)?;
        draft.pieces.push(piece);
    }
    Ok(())
}

fn kept(draft: &mut Draft, id: NodeId) -> Result<Piece, NodeId> {
    let node = draft.program.graph[id].clone();
    let makes = draft.array_of(id);
    let along = |draft: &mut Draft, op: AlongOp, body: &[NodeId], axis: Axis| {
        let (from, weights) = (draft.whole(body[0]), body.get(1).map(|&w| draft.whole(w)));
        let work = Work::Along { op, axis, from, weights, to: node.axes.clone() };
        Ok(Piece { makes: vec![makes], space: node.axes.clone(), work })
    };
    match node.kind {
        NodeKind::Reduce { .. } => reduction(draft, id, makes),
        NodeKind::Contract { ref over, lhs, rhs } => {
            let (lhs, rhs, over) = (draft.whole(lhs), draft.whole(rhs), over[0]);
            let space = node.axes.iter().copied().chain([over]).collect();
            Ok(Piece { makes: vec![makes], space, work: Work::Product { lhs, rhs, over } })
        }
        NodeKind::Argsort(body, axis) => along(draft, AlongOp::Argsort, &[body], axis),
        NodeKind::Rank(body, axis) => along(draft, AlongOp::Rank, &[body], axis),
        NodeKind::Cumsum(body, axis, direction) => {
            along(draft, AlongOp::Cumsum { backward: direction == Direction::Backward }, &[body], axis)
        }
        NodeKind::Running(what, ref args, axis, direction) => {
            along(draft, AlongOp::Running { what, backward: direction == Direction::Backward }, args, axis)
        }
        _ => {
            let value = without_array(draft, id)?;
            Ok(set(makes, &node.axes, value))
        }
    }
}

/// Calls of a host function; of its gradients, all those of the same operands at once. With the nodes that it makes.
fn call(draft: &mut Draft, id: NodeId, live: &[NodeId]) -> (Piece, Vec<NodeId>) {
    let g = draft.graph();
    let NodeKind::Host(call, args) = &g[id].kind else { unreachable!("called for host functions only") };
    let together = |other: &HostCall| {
        other.function == call.function && other.over == call.over && other.by.is_some() == call.by.is_some()
    };
    let same = |id: &&NodeId| matches!(&g[**id].kind, NodeKind::Host(other, others) if others == args && together(other));
    let nodes: Vec<NodeId> = live.iter().filter(same).copied().collect();
    let operand = |(i, &arg): (usize, &NodeId)| {
        let (array, axes) = draft.whole(arg);
        (array, axes, call.slice(i))
    };
    let operands = args.iter().enumerate().map(operand).collect();
    let given = |&id: &NodeId| {
        let NodeKind::Host(call, _) = &g[id].kind else { unreachable!("only these are called together") };
        (call.by, draft.array_of(id), call.result())
    };
    let gives: Vec<_> = nodes.iter().map(given).collect();
    let makes = gives.iter().map(|g| g.1).collect();
    let (function, outer) = (call.function.clone(), call.outer(g, args));
    let work = Work::Call(Call { function, outer, operands, gives, target: call.target, needed_by: vec![] });
    (Piece { makes, space: vec![], work }, nodes)
}

/// The expression of a node that has an array, for filling it.
fn without_array(draft: &mut Draft, id: NodeId) -> Result<LetId, NodeId> {
    draft.kept.remove(&id);
    let value = draft.expr(id, &Env::new());
    draft.kept.insert(id);
    value
}

pub(super) fn set(makes: ArrayId, axes: &[Axis], value: LetId) -> Piece {
    let at = axes.iter().map(|&a| At::Axis(a)).collect();
    let target = Target { array: makes, at, how: How::Set, value, given: None, across: false };
    Piece { makes: vec![makes], space: axes.to_vec(), work: Work::Target(target) }
}

fn reduction(draft: &mut Draft, id: NodeId, makes: ArrayId) -> Result<Piece, NodeId> {
    let axes = draft.program.graph[id].axes.clone();
    reduction_into(draft, id, makes, &axes)
}

/// A reduction as a target; a sum of what stands at `k == index` is a scatter.
fn reduction_into(draft: &mut Draft, id: NodeId, makes: ArrayId, axes: &[Axis]) -> Result<Piece, NodeId> {
    let g = &draft.program.graph;
    let NodeKind::Reduce { op, over, body, given } = g[id].kind.clone() else {
        unreachable!("called for reductions only")
    };
    let place = given
        .filter(|_| op.name == "sum")
        .and_then(|c| placed(g, c, &[body]))
        .filter(|(axis, ..)| axes.contains(axis));
    let conditions = match (&place, given) {
        (Some((_, _, rest)), _) => rest.clone(),
        (None, given) => given.map(|c| conjuncts(g, c)).unwrap_or_default(),
    };
    let mut env = Env::new();
    let mut space: Vec<Axis> = axes.iter().chain(&over).copied().collect();
    if let Some((axis, index, _)) = place {
        let at = draft.index(index, &Env::new())?;
        env.insert(axis, at);
        space.retain(|a| *a != axis);
    }
    let value = draft.expr(body, &Env::new())?;
    let given = all(draft, &conditions)?;
    let at = axes.iter().map(|&a| super::draft::at(&env, a)).collect();
    space.sort();
    let target = Target { array: makes, at, how: How::Reduce(op), value, given, across: false };
    Ok(Piece { makes: vec![makes], space, work: Work::Target(target) })
}

fn all(draft: &mut Draft, conditions: &[NodeId]) -> Result<Option<LetId>, NodeId> {
    let mut joined = None;
    for &condition in conditions {
        let one = draft.expr(condition, &Env::new())?;
        joined = Some(match joined {
            None => one,
            Some(before) => draft.op(OpRef(ops::op("and")), vec![before, one], Ty::Bool),
        });
    }
    Ok(joined)
}

fn root(draft: &mut Draft, root: &Root) -> Result<Piece, NodeId> {
    let samples = draft.program.samples().to_vec();
    match root {
        Root::Value(id) => {
            let makes = draft.at_place(Place::Value, "value", samples.clone(), Ty::Real);
            let value = draft.expr(*id, &Env::new())?;
            Ok(set(makes, &samples, value))
        }
        Root::Total { sum, .. } => {
            let makes = draft.at_place(Place::Total, "total", vec![], Ty::Real);
            draft.kept.remove(sum);
            reduction_into(draft, *sum, makes, &[])
        }
        Root::Gradient(input, term) => gradient(draft, *input, term),
        Root::Next { of, slot, var, value } => {
            let axes = draft.program.graph[*var].axes.clone();
            let name = format!("next_{}", rounds::name_of(&draft.program.graph, *of, *slot));
            let makes = draft.at_place(Place::Next(*slot), &name, axes.clone(), Ty::Real);
            let value = draft.expr(*value, &Env::new())?;
            Ok(set(makes, &axes, value))
        }
    }
}

fn gradient(draft: &mut Draft, input: usize, term: &Term) -> Result<Piece, NodeId> {
    let axes = super::input_axes(draft.program, input);
    let name = format!("d_{}", draft.program.inputs[input].name);
    let makes = draft.at_place(Place::Gradient(input), &name, axes.clone(), Ty::Real);
    let (mut env, mut space) = (Env::new(), axes.clone());
    let (value, given) = match term {
        Term::Dense(id) => (draft.expr(*id, &Env::new())?, None),
        // Rows that write to the same place cannot run in parallel.
        Term::OneHot { whole, axis, .. } if axes.first() == Some(axis) => {
            (draft.expr(*whole, &Env::new())?, None)
        }
        Term::OneHot { axis, index, value, given, .. } => {
            let at = draft.index(*index, &Env::new())?;
            env.insert(*axis, at);
            space.retain(|a| a != axis);
            let given: Vec<NodeId> = given.iter().copied().collect();
            (draft.expr(*value, &Env::new())?, all(draft, &given)?)
        }
    };
    space.sort();
    let at = axes.iter().map(|&a| super::draft::at(&env, a)).collect();
    let target = Target { array: makes, at, how: How::Add, value, given, across: false };
    Ok(Piece { makes: vec![makes], space, work: Work::Target(target) })
}

impl Repeat {
    /// The arrays of the kernel around that its rounds read.
    fn reads(&self) -> impl Iterator<Item = ArrayId> {
        let outer = self.body.arrays.iter().filter_map(|array| match array.place {
            Place::Outer(id) | Place::Replayed(id) => Some(id),
            _ => None,
        });
        self.carried.iter().map(|c| c.begin).chain(outer)
    }
}

impl Piece {
    /// Whether it is a stage of its own.
    pub fn is_stage(&self) -> bool {
        matches!(self.work, Work::Product { .. } | Work::Repeat(_) | Work::Call(_))
    }

    /// The axis whose iterations run in parallel: the slowest in memory that the work allows.
    pub fn outer(&self) -> Option<Axis> {
        match &self.work {
            Work::Target(target) => match (target.how, target.at.first()) {
                // The axes of an input stand in the caller's order.
                (How::Add, Some(At::Axis(axis))) => Some(*axis),
                // Rows that each write all over the array are merged; rows of a later axis of it cannot be.
                (_, Some(At::Computed(_))) => {
                    self.space.iter().find(|a| !target.at.contains(&At::Axis(**a))).copied()
                }
                _ => self.space.iter().min().copied(),
            },
            // Rows are written in parallel, so each has to be contiguous: lines along the slowest axis are not rows.
            Work::Along { axis, .. } => self.space.iter().min().filter(|a| *a != axis).copied(),
            Work::Product { .. } | Work::Repeat(_) | Work::Call(_) => None,
        }
    }

    /// The arrays that are read, each with where.
    pub fn reads(&self, draft: &Draft) -> Vec<(ArrayId, Vec<At>)> {
        let whole =
            |(array, axes): &(ArrayId, Vec<Axis>)| (*array, axes.iter().map(|&a| At::Axis(a)).collect());
        match &self.work {
            Work::Target(target) => {
                let computed = target.at.iter().filter_map(|at| match at {
                    At::Computed(index) => Some(*index),
                    At::Axis(_) => None,
                });
                let mut reads = Vec::new();
                let mut open: Vec<LetId> =
                    [target.value].into_iter().chain(target.given).chain(computed).collect();
                let mut seen = vec![false; draft.lets.len()];
                while let Some(id) = open.pop() {
                    if std::mem::replace(&mut seen[id.0], true) {
                        continue;
                    }
                    open.extend(draft.lets[id.0].value.operands());
                    if let Value::Load(array, at) = &draft.lets[id.0].value {
                        reads.push((*array, at.clone()));
                    }
                }
                reads
            }
            Work::Along { from, weights, .. } => [from].into_iter().chain(weights).map(whole).collect(),
            Work::Product { lhs, rhs, .. } => vec![whole(lhs), whole(rhs)],
            Work::Repeat(repeat) => repeat.reads().map(|array| (array, vec![])).collect(),
            Work::Call(call) => call.operands.iter().map(|o| (o.0, vec![])).collect(),
        }
    }
}

impl Value {
    /// The expressions that it is made of.
    pub fn operands(&self) -> Vec<LetId> {
        let computed = |at: &At| match at {
            At::Computed(index) => Some(*index),
            At::Axis(_) => None,
        };
        match self {
            Value::Op(_, args) => args.clone(),
            Value::Load(_, at) => at.iter().filter_map(computed).collect(),
            Value::HyperArray(_, at) => computed(at).into_iter().collect(),
            _ => vec![],
        }
    }
}
