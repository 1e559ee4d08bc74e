//! For graphs: `sum[m | m == n + 1](f(x[m]))` is `f(x[shifted[n]])`, one element each instead of all pairs. Kernels have a
//! way of their own (`fuse/beside.rs`).

use super::fuse::conjuncts;
use super::rewrite::rewrite;
use crate::ir::load::gather;
use crate::ir::{Axis, Graph, NodeId, NodeKind, OpRef, Program, ReduceRef};
use std::collections::BTreeMap;

/// How deep a distance is looked for: what is shared in it is looked at each time.
const DEEPEST: usize = 8;

/// Reads neighbours at indices that are made from numbers alone.
pub(super) fn shift(program: &Program) -> Program {
    rewrite(program, &|g, kind, _| match kind {
        NodeKind::Reduce { op, over, body, given: Some(given) } => neighbour(g, *op, over, *body, *given),
        _ => None,
    })
}

/// reduce[m | m == n + c && rest(m)](f(m)) == if 0 <= n + c < N && rest(n + c) { f(n + c) } else { neutral }
fn neighbour(g: &mut Graph, op: ReduceRef, over: &[Axis], body: NodeId, given: NodeId) -> Option<NodeId> {
    let parts = conjuncts(g, given);
    let (place, (m, n, by)) = parts.iter().enumerate().find_map(|(i, &part)| {
        let found = over.iter().find_map(|&m| distance(g, part, m))?;
        Some((i, found))
    })?;
    let over: Vec<Axis> = over.iter().copied().filter(|axis| *axis != m).collect();
    if over.is_empty() && !op.neutral.is_finite() {
        return None;
    }
    let index = shifted(g, n, by);
    let (mut given, mut known) = (inside(g, n, by), BTreeMap::new());
    for (_, &part) in parts.iter().enumerate().filter(|(i, _)| *i != place) {
        let part = read(g, part, (m, index), &mut known);
        given = g.op("and", &[given, part]);
    }
    let body = read(g, body, (m, index), &mut known);
    if !over.is_empty() {
        return Some(g.add(NodeKind::Reduce { op, over, body, given: Some(given) }));
    }
    let neutral = g.constant(op.neutral);
    Some(g.op("select", &[given, body, neutral]))
}

/// The n and the c of m == n + c, over the same set.
fn distance(g: &Graph, condition: NodeId, m: Axis) -> Option<(Axis, Axis, f64)> {
    let NodeKind::Op(op, args) = &g[condition].kind else { return None };
    if op.name != "eq" {
        return None;
    }
    let (left, right) = (linear(g, args[0], DEEPEST)?, linear(g, args[1], DEEPEST)?);
    let (axes, number) = left.plus(right, -1.0);
    let sign = axes.iter().find(|(axis, _)| *axis == m)?.1;
    let [(n, other)] = axes.iter().copied().filter(|(axis, _)| *axis != m).collect::<Vec<_>>()[..] else {
        return None;
    };
    let by = -number / sign;
    (sign.abs() == 1.0 && other == -sign && n.set == m.set && by.fract() == 0.0 && by != 0.0)
        .then_some((m, n, by))
}

/// A sum of multiples of indices and a number.
#[derive(Default)]
struct Linear {
    axes: Vec<(Axis, f64)>,
    number: f64,
}

impl Linear {
    /// `self + times * other`, without what cancels.
    fn plus(mut self, other: Linear, times: f64) -> (Vec<(Axis, f64)>, f64) {
        for (axis, factor) in other.axes {
            match self.axes.iter_mut().find(|own| own.0 == axis) {
                Some(own) => own.1 += times * factor,
                None => self.axes.push((axis, times * factor)),
            }
        }
        self.axes.retain(|(_, factor)| *factor != 0.0);
        (self.axes, self.number + times * other.number)
    }
}

fn linear(g: &Graph, id: NodeId, depth: usize) -> Option<Linear> {
    match &g[id].kind {
        NodeKind::Iota(axis) => Some(Linear { axes: vec![(*axis, 1.0)], number: 0.0 }),
        NodeKind::Const(bits) => Some(Linear { axes: vec![], number: f64::from_bits(*bits) }),
        NodeKind::Op(op, args) if depth > 0 => {
            let first = linear(g, args[0], depth - 1)?;
            let (axes, number) = match op.name {
                "real" => (first.axes, first.number),
                "add" => first.plus(linear(g, args[1], depth - 1)?, 1.0),
                "sub" => first.plus(linear(g, args[1], depth - 1)?, -1.0),
                "neg" => Linear::default().plus(first, -1.0),
                _ => return None,
            };
            Some(Linear { axes, number })
        }
        _ => None,
    }
}

/// The index n + c, and from the other end where that leaves the set: the order of the numbers (j - c) mod N.
fn shifted(g: &mut Graph, n: Axis, by: f64) -> NodeId {
    let (j, size) = (number(g, n), g.add(NodeKind::Size(n.set)));
    let back = moved(g, j, -by);
    let rounds = g.op("div", &[back, size]);
    let rounds = g.op("floor", &[rounds]);
    let whole = g.op("mul", &[size, rounds]);
    let key = g.op("sub", &[back, whole]);
    g.add(NodeKind::Argsort(key, n))
}

fn inside(g: &mut Graph, n: Axis, by: f64) -> NodeId {
    let j = number(g, n);
    let place = moved(g, j, by);
    if by < 0.0 {
        let zero = g.constant(0.0);
        return g.op("ge", &[place, zero]);
    }
    let size = g.add(NodeKind::Size(n.set));
    g.op("lt", &[place, size])
}

/// x + c
fn moved(g: &mut Graph, x: NodeId, by: f64) -> NodeId {
    let distance = g.constant(by.abs());
    g.op(if by < 0.0 { "sub" } else { "add" }, &[x, distance])
}

fn number(g: &mut Graph, axis: Axis) -> NodeId {
    let position = g.add(NodeKind::Iota(axis));
    g.op("real", &[position])
}

/// An expression where an index is another one: what it reads is read there.
fn read(
    g: &mut Graph,
    id: NodeId,
    (axis, index): (Axis, NodeId),
    known: &mut BTreeMap<NodeId, NodeId>,
) -> NodeId {
    if !g[id].axes.contains(&axis) {
        return id;
    }
    if let Some(&read) = known.get(&id) {
        return read;
    }
    let node = match g[id].kind.clone() {
        NodeKind::Iota(_) => index,
        NodeKind::Op(op, args) => {
            let args = args.into_iter().map(|arg| read(g, arg, (axis, index), known)).collect();
            g.add(NodeKind::Op(OpRef(op.0), args))
        }
        _ => gather(g, id, axis, index),
    };
    known.insert(id, node);
    node
}
