//! Reverse mode: adjoints flow from the value to what it is computed from.
//!
//! The adjoint of a node is the derivative of the weighed sum of the samples by that node. It has some of the
//! node's axes and is constant along those it lacks. What an operand gets from its user is summed over the axes
//! that the operand does not have.

use super::algebra::Algebra;
use super::rows::Holes;
use crate::ir::builder::fresh_axis;
use crate::ir::load::{gather, rename};
use crate::ir::{Axis, Graph, HostCall, InputInfo, NodeId, NodeKind, OpRef, Program, ReduceRef, Ty};
use std::collections::BTreeMap;

/// What is being differentiated: the whole program, or the body of a loop.
pub(super) struct Frame {
    /// For each node of the program, by position: whether it belongs here.
    inside: Vec<bool>,
    /// Adjoints so far of nodes that belong here.
    pub adjoints: BTreeMap<NodeId, NodeId>,
    /// What nodes get that do not: of a loop, those that no round changes.
    pub outward: BTreeMap<NodeId, NodeId>,
}

impl Frame {
    pub fn new(inside: Vec<bool>) -> Frame {
        Frame { inside, adjoints: BTreeMap::new(), outward: BTreeMap::new() }
    }
}

pub(super) struct Reverse {
    pub algebra: Algebra,
    /// For each node of the program, by position: whether an input's derivative can flow through it.
    pub active: Vec<bool>,
    /// The loop bodies around, innermost last.
    pub frames: Vec<Frame>,
    ids: Vec<NodeId>,
    /// The first result of each loop.
    results: BTreeMap<usize, NodeId>,
}

/// The gradient of each differentiable input, by position, given the adjoint of the value.
pub(super) fn gradients(program: &mut Program, seed: NodeId) -> Vec<(usize, NodeId)> {
    let active = active(program);
    let frame = Frame::new(vec![true; program.graph.len()]);
    let ids: Vec<NodeId> = program.graph.ids().collect();
    let mut results = BTreeMap::new();
    for &id in &ids {
        if let NodeKind::LoopOut { id: l, .. } = program.graph[id].kind {
            results.entry(l).or_insert(id);
        }
    }
    let algebra = Algebra::new(std::mem::take(&mut program.graph), &program.sets);
    let mut reverse = Reverse { algebra, active, frames: vec![frame], ids, results };
    reverse.contribute(program.value, seed);
    reverse.sweep();
    let adjoints = reverse.frames.pop().expect("the outermost frame").adjoints;
    let mut gradients = Vec::new();
    for (i, info) in program.inputs.iter().enumerate() {
        if is_differentiable(info) {
            gradients.push((i, reverse.gradient(i, &program.input_axes(i), &adjoints)));
        }
    }
    program.graph = reverse.algebra.builder.graph;
    gradients
}

fn is_differentiable(input: &InputInfo) -> bool {
    input.ty == Ty::Real && !input.data
}

/// Which nodes an input's derivative can flow through. Loops make a node depend on later ones, so it takes rounds.
fn active(program: &Program) -> Vec<bool> {
    let graph = &program.graph;
    let mut active = vec![false; graph.len()];
    loop {
        let before = active.clone();
        for id in graph.ids() {
            active[id.index()] = is_active(program, id, &active);
        }
        if before == active {
            return active;
        }
    }
}

fn is_active(program: &Program, id: NodeId, active: &[bool]) -> bool {
    let graph = &program.graph;
    let is = |id: &NodeId| active[id.index()];
    if graph[id].ty != Ty::Real {
        return false;
    }
    match &graph[id].kind {
        NodeKind::Input(i, _) => is_differentiable(&program.inputs[*i]),
        NodeKind::Op(op, args) => args.iter().zip(op.grad).any(|(a, grad)| is(a) && *grad != "0"),
        NodeKind::Reduce { body, .. } | NodeKind::Rename(body, _) | NodeKind::Cumsum(body, ..) => is(body),
        NodeKind::Gather { body, .. } => is(body),
        NodeKind::Host(call, args) => args.iter().enumerate().any(|(i, arg)| call.carries(i) && is(arg)),
        NodeKind::Contract { lhs, rhs, .. } => is(lhs) || is(rhs),
        NodeKind::LoopVar { id, slot, .. } | NodeKind::LoopOut { id, slot, .. } => {
            let l = &graph.loops[*id];
            is(&l.init[*slot]) || is(&l.next[*slot])
        }
        _ => false,
    }
}

impl Reverse {
    pub fn graph(&self) -> &Graph {
        &self.algebra.builder.graph
    }

    /// Adds to the adjoint of a node.
    pub fn contribute(&mut self, node: NodeId, amount: NodeId) {
        if !self.active[node.index()] {
            return;
        }
        let frame = self.frames.last_mut().expect("a frame");
        let inside = frame.inside[node.index()];
        let adjoints = if inside { &mut frame.adjoints } else { &mut frame.outward };
        let sum = match adjoints.get(&node).copied() {
            Some(before) => self.algebra.add(before, amount),
            None => amount,
        };
        let frame = self.frames.last_mut().expect("a frame");
        let adjoints = if inside { &mut frame.adjoints } else { &mut frame.outward };
        adjoints.insert(node, sum);
    }

    /// Adds to the adjoint of a node what it gets over the axes `from`, summed over those that it lacks.
    pub fn contribute_over(&mut self, node: NodeId, from: &[Axis], amount: NodeId) {
        if self.active[node.index()] {
            let over: Vec<Axis> =
                from.iter().filter(|a| !self.algebra.axes(node).contains(a)).copied().collect();
            let amount = self.algebra.sum(&over, amount);
            self.contribute(node, amount);
        }
    }

    /// Every node of the innermost frame passes its adjoint on, users before operands.
    pub fn sweep(&mut self) {
        for i in (0..self.ids.len()).rev() {
            let id = self.ids[i];
            let adjoint = self.frames.last().and_then(|f| f.adjoints.get(&id).copied());
            match (&self.graph()[id].kind, adjoint) {
                // At the first of a loop's results, all that use one of them have been visited.
                (&NodeKind::LoopOut { id: l, .. }, _) if self.results[&l] == id => self.reversed(l),
                (_, Some(adjoint)) => self.node(id, adjoint),
                _ => {}
            }
        }
    }

    fn node(&mut self, id: NodeId, adjoint: NodeId) {
        let axes = self.graph()[id].axes.clone();
        match self.graph()[id].kind.clone() {
            NodeKind::Op(op, args) => self.op(id, op, &args, adjoint),
            NodeKind::Reduce { op, over, body, given } => self.reduce(id, op, &over, body, given, adjoint),
            NodeKind::Contract { over, lhs, rhs } => {
                let axes = [axes, over].concat();
                self.contract(lhs, rhs, &axes, adjoint);
                self.contract(rhs, lhs, &axes, adjoint);
            }
            NodeKind::Rename(body, map) => {
                let to = |a: &Axis| map.iter().find(|m| m.0 == *a).map_or(*a, |m| m.1);
                let back: Vec<(Axis, Axis)> = self.algebra.axes(body).iter().map(|a| (to(a), *a)).collect();
                let adjoint = self.renamed(adjoint, &back);
                self.contribute(body, adjoint);
            }
            NodeKind::Gather { body, axis, index } => self.gather(body, axis, index, adjoint),
            NodeKind::Cumsum(body, axis, way) => {
                let adjoint = self.algebra.running(adjoint, axis, way.reversed());
                self.contribute(body, adjoint);
            }
            NodeKind::Host(call, args) => self.host(id, &call, &args, adjoint),
            _ => {}
        }
    }

    /// An operand of a host function gets what the declared gradient makes of the adjoint.
    fn host(&mut self, out: NodeId, call: &HostCall, args: &[NodeId], adjoint: NodeId) {
        for (i, &arg) in args.iter().enumerate() {
            if call.carries(i) && self.active[arg.index()] {
                let from = [call.outer(self.graph(), args), call.slice(i)].concat();
                let gradient = HostCall { by: Some(i), ..call.clone() };
                let operands = [args, &[out, adjoint]].concat();
                let amount = self.algebra.node(NodeKind::Host(gradient, operands));
                self.contribute_over(arg, &from, amount);
            }
        }
    }

    /// A factor gets another matrix product; numbers are multiplied with its result.
    fn contract(&mut self, factor: NodeId, other: NodeId, from: &[Axis], adjoint: NodeId) {
        if !self.active[factor.index()] {
            return;
        }
        let (numbers, adjoint) = self.algebra.without_numbers(adjoint);
        let product = self.algebra.plain_mul(adjoint, other);
        let over: Vec<Axis> =
            from.iter().filter(|a| !self.algebra.axes(factor).contains(a)).copied().collect();
        let sum = self.algebra.sum(&over, product);
        let amount = numbers.into_iter().rev().fold(sum, |amount, (op, number)| match op {
            "mul" => self.algebra.mul(number, amount),
            _ => self.algebra.div(amount, number),
        });
        self.contribute(factor, amount);
    }

    fn op(&mut self, out: NodeId, op: OpRef, args: &[NodeId], adjoint: NodeId) {
        let axes = self.graph()[out].axes.clone();
        let names = op.args.iter().copied().zip(args.iter().copied()).chain([("out", out)]).collect();
        let holes = Holes { names, over: &[], given: None };
        for (&arg, &grad) in args.iter().zip(op.grad) {
            if !self.active[arg.index()] {
                continue;
            }
            if let Some(amount) = holes.times(&mut self.algebra, adjoint, grad) {
                self.contribute_over(arg, &axes, amount);
            }
        }
    }

    fn reduce(
        &mut self,
        out: NodeId,
        op: ReduceRef,
        over: &[Axis],
        body: NodeId,
        given: Option<NodeId>,
        adjoint: NodeId,
    ) {
        let holes = Holes { names: vec![("x", body), ("out", out)], over, given };
        let Some(mut amount) = holes.times(&mut self.algebra, adjoint, op.grad) else { return };
        if let Some(given) = given {
            amount = self.algebra.mask(given, true, amount);
        }
        let from: Vec<Axis> = self.algebra.axes(out).iter().chain(over).copied().collect();
        self.contribute_over(body, &from, amount);
    }

    /// y[..] = x[.., k = index]: an element of x gets the adjoints of all the places that read it.
    fn gather(&mut self, body: NodeId, axis: Axis, index: NodeId, adjoint: NodeId) {
        let kept: Vec<Axis> = self.algebra.axes(body).iter().filter(|a| **a != axis).copied().collect();
        let new: Vec<Axis> = self.algebra.axes(index).iter().filter(|a| !kept.contains(a)).copied().collect();
        if let Some((place, inverse)) = self.inverse(index, axis, &new) {
            let from: Vec<Axis> = new.into_iter().filter(|a| *a != place).chain([axis]).collect();
            let amount = gather(self.algebra.graph(), adjoint, place, inverse);
            return self.contribute_over(body, &[kept, from].concat(), amount);
        }
        // The index's own use of the axis gets another name, the axis itself then stands for the element of x.
        let mut taken = [&kept[..], &new, &[axis]].concat();
        let mut map = Vec::new();
        if new.contains(&axis) {
            let fresh = fresh_axis(axis.set, &taken);
            taken.push(fresh);
            map.push((axis, fresh));
        }
        let (index, adjoint) = (self.renamed(index, &map), self.renamed(adjoint, &map));
        let position = self.algebra.node(NodeKind::Iota(axis));
        let here = self.algebra.op("eq", &[position, index]);
        let amount = self.algebra.mask(here, true, adjoint);
        let from: Vec<Axis> =
            new.iter().map(|a| map.first().filter(|m| m.0 == *a).map_or(*a, |m| m.1)).collect();
        self.contribute_over(body, &[kept, vec![axis], from].concat(), amount);
    }

    /// Of an index that is a permutation along one of the new axes: that axis, and the inverse permutation along
    /// `axis`.
    fn inverse(&mut self, index: NodeId, axis: Axis, new: &[Axis]) -> Option<(Axis, NodeId)> {
        let (order, map) = match self.graph()[index].kind.clone() {
            NodeKind::Rename(order, map) => (order, map),
            _ => (index, vec![]),
        };
        let (kind, along): (fn(NodeId, Axis) -> NodeKind, Axis) = match self.graph()[order].kind {
            NodeKind::Argsort(_, along) => (NodeKind::Rank, along),
            NodeKind::Rank(_, along) => (NodeKind::Argsort, along),
            _ => return None,
        };
        let to = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
        let place = to(along);
        // Along an axis that x has, too, there is no permutation: `x[m, order[m]]`.
        if !new.contains(&place) || place != axis && self.algebra.axes(index).contains(&axis) {
            return None;
        }
        let key = self.graph().operands(order)[0];
        let inverse = self.algebra.node(kind(key, along));
        let back: Vec<(Axis, Axis)> = self.algebra.axes(inverse).iter().map(|&a| (a, to(a))).collect();
        let inverse = self.renamed(inverse, &back);
        Some((place, self.renamed(inverse, &[(place, axis)])))
    }

    fn renamed(&mut self, node: NodeId, map: &[(Axis, Axis)]) -> NodeId {
        let node = rename(self.algebra.graph(), node, map);
        match self.graph()[node].kind.clone() {
            kind @ NodeKind::Rename(..) => self.algebra.node(kind),
            _ => node,
        }
    }

    /// The sum of the adjoints of an input's reads, each over the input's own axes.
    fn gradient(&mut self, input: usize, axes: &[Axis], adjoints: &BTreeMap<NodeId, NodeId>) -> NodeId {
        let mut gradient = None;
        for (&read, &adjoint) in adjoints {
            let NodeKind::Input(i, read) = self.graph()[read].kind.clone() else { continue };
            if i == input {
                let map: Vec<(Axis, Axis)> = read.into_iter().zip(axes.iter().copied()).collect();
                let amount = self.renamed(adjoint, &map);
                gradient = Some(match gradient {
                    Some(sum) => self.algebra.add(sum, amount),
                    None => amount,
                });
            }
        }
        gradient.unwrap_or_else(|| self.algebra.constant(0.0))
    }
}
