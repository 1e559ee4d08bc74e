//! The value of each kind of node.

use super::bind::{Sizes, is_whole};
use super::order;
use super::space::{Point, Space, Tensor};
use super::{Array, EvalError, HyperValue};
use crate::ir::{Axis, Direction, NodeId, NodeKind, Program, ReduceRef, SetId, reach};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What happens at nodes that a derivative takes as constant: `detach`, `argsort` and `rank`.
pub(super) enum Frozen {
    /// They are computed.
    Off,
    /// They are computed, and the values kept: one for each time that the node is reached.
    Record(BTreeMap<NodeId, Vec<Rc<Tensor>>>),
    /// They are read from a record; the second map counts how often each has been.
    Replay(Rc<BTreeMap<NodeId, Vec<Rc<Tensor>>>>, BTreeMap<NodeId, usize>),
}

/// The state of one evaluation.
pub(super) struct Evaluator<'a> {
    program: &'a Program,
    hypers: &'a [HyperValue],
    inputs: &'a [Array],
    sizes: &'a Sizes,
    values: Vec<Option<Rc<Tensor>>>,
    /// What each loop carries: the present round's while it runs, the last after.
    carried: Vec<Option<Vec<Rc<Tensor>>>>,
    /// What each loop carried at the beginning of each of its rounds, if another reverses it.
    history: Vec<Vec<Vec<Rc<Tensor>>>>,
    /// Which loops are running.
    running: Vec<bool>,
    pub frozen: Frozen,
}

type Value = Result<Rc<Tensor>, EvalError>;

impl<'a> Evaluator<'a> {
    pub fn new(
        program: &'a Program,
        hypers: &'a [HyperValue],
        inputs: &'a [Array],
        sizes: &'a Sizes,
    ) -> Self {
        let (nodes, loops) = (program.graph.len(), program.graph.loops.len());
        Evaluator {
            program,
            hypers,
            inputs,
            sizes,
            values: vec![None; nodes],
            carried: vec![None; loops],
            history: vec![vec![]; loops],
            running: vec![false; loops],
            frozen: Frozen::Off,
        }
    }

    /// The value of a node, computed once (in a loop: once a round).
    pub fn value(&mut self, id: NodeId) -> Value {
        if let Some(value) = &self.values[id.index()] {
            return Ok(value.clone());
        }
        let value = if self.is_frozen(id) { self.frozen_value(id)? } else { self.compute(id)? };
        self.values[id.index()] = Some(value.clone());
        Ok(value)
    }

    /// The value of a node over axes among which its own are.
    pub fn over(&mut self, id: NodeId, axes: &[Axis]) -> Result<Array, EvalError> {
        let (value, space) = (self.value(id)?, self.space(axes)?);
        if !value.space.axes.iter().all(|a| axes.contains(a)) {
            return Err(EvalError::Malformed("a node with an axis that is not asked for"));
        }
        let shape = space.sizes.clone();
        Ok(Array { shape, data: Tensor::from_fn(space, |p| value.get(|a| p.at(a))).data })
    }

    fn is_frozen(&self, id: NodeId) -> bool {
        match &self.program.graph[id].kind {
            NodeKind::Op(op, _) => op.name == "detach",
            kind => matches!(kind, NodeKind::Argsort(..) | NodeKind::Rank(..)),
        }
    }

    fn frozen_value(&mut self, id: NodeId) -> Value {
        if let Frozen::Replay(record, counts) = &mut self.frozen {
            let count = counts.entry(id).or_default();
            *count += 1;
            let values = record.get(&id).and_then(|v| v.get(*count - 1));
            return values.cloned().ok_or(EvalError::Malformed("the rounds of a loop depend on an input"));
        }
        let value = self.compute(id)?;
        if let Frozen::Record(record) = &mut self.frozen {
            record.entry(id).or_default().push(value.clone());
        }
        Ok(value)
    }

    fn compute(&mut self, id: NodeId) -> Value {
        let program = self.program;
        let node = &program.graph[id];
        let space = self.space(&node.axes)?;
        let fill = |v: f64| Ok(Rc::new(Tensor::from_fn(space.clone(), |_| v)));
        match &node.kind {
            NodeKind::Const(bits) => fill(f64::from_bits(*bits)),
            NodeKind::Truth(holds) => fill(f64::from(u8::from(*holds))),
            NodeKind::At(set, element) => {
                self.check_element(*set, *element as f64)?;
                fill(*element as f64)
            }
            NodeKind::Hyper(i) => fill(self.hyper(*i)?),
            NodeKind::Size(set) => fill(self.size(*set)? as f64),
            NodeKind::HyperArray(i, axis) => self.hyper_array(*i, *axis, space),
            NodeKind::Iota(axis) => Ok(Rc::new(Tensor::from_fn(space, |p| p.at(*axis) as f64))),
            NodeKind::Input(i, axes) => Ok(self.input(*i, axes, space)),
            NodeKind::Nearest(place, set) => {
                let (place, last) = (self.value(*place)?, self.size(*set)?.saturating_sub(1) as f64);
                Ok(Rc::new(Tensor::from_fn(space, |p| place.get(|a| p.at(a)).round().max(0.0).min(last))))
            }
            NodeKind::Op(op, args) => {
                let args = args.iter().map(|&a| self.value(a)).collect::<Result<Vec<_>, _>>()?;
                let read = |p: &Point| -> Vec<f64> { args.iter().map(|a| a.get(|x| p.at(x))).collect() };
                Ok(Rc::new(Tensor::from_fn(space, |p| (op.eval)(&read(p)))))
            }
            NodeKind::Reduce { op, over, body, given } => self.reduce(*op, over, *body, *given, space),
            NodeKind::Contract { over, lhs, rhs } => self.contract(over, *lhs, *rhs, space),
            NodeKind::Rename(body, map) => {
                let body = self.value(*body)?;
                let new = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
                Ok(Rc::new(Tensor::from_fn(space, |p| body.get(|a| p.at(new(a))))))
            }
            NodeKind::Gather { body, axis, index } => self.gather(*body, *axis, *index, space),
            NodeKind::Argsort(body, axis) => self.along(*body, *axis, order::argsort),
            NodeKind::Rank(body, axis) => self.along(*body, *axis, order::rank),
            NodeKind::Cumsum(body, axis, Direction::Forward) => self.along(*body, *axis, order::cumsum),
            NodeKind::Cumsum(body, axis, Direction::Backward) => {
                self.along(*body, *axis, order::cumsum_backward)
            }
            NodeKind::Running(..) => Err(EvalError::Malformed("what only kernels have")),
            NodeKind::Host(call, _) => Err(EvalError::Host { function: call.name() }),
            NodeKind::LoopVar { id, slot, .. } if self.running[*id] => self.carried(*id, *slot),
            NodeKind::LoopVar { .. } => Err(EvalError::Malformed("a carried tensor outside of its loop")),
            NodeKind::LoopOut { id, slot, .. } => {
                if self.carried[*id].is_none() {
                    self.run(*id)?;
                }
                self.carried(*id, *slot)
            }
        }
    }

    fn size(&self, set: SetId) -> Result<usize, EvalError> {
        let i = usize::from(set.0);
        let unknown = || EvalError::UnknownSize { set: self.program.sets[i].name.clone() };
        self.sizes[i].ok_or_else(unknown)
    }

    fn space(&self, axes: &[Axis]) -> Result<Space, EvalError> {
        let sizes = axes.iter().map(|a| self.size(a.set)).collect::<Result<_, _>>()?;
        Ok(Space { axes: axes.to_vec(), sizes })
    }

    /// Law: an element's number is below the size of its set.
    fn check_element(&self, set: SetId, value: f64) -> Result<(), EvalError> {
        let i = usize::from(set.0);
        match self.sizes[i] {
            Some(size) if value >= size as f64 => {
                Err(EvalError::OutOfRange { set: self.program.sets[i].name.clone(), value, size })
            }
            _ => Ok(()),
        }
    }

    fn hyper(&self, i: usize) -> Result<f64, EvalError> {
        match self.hypers[i] {
            HyperValue::Real(value) => Ok(value),
            HyperValue::Array(_) => Err(EvalError::Malformed("an array hyperparameter without an index")),
        }
    }

    fn hyper_array(&self, i: usize, axis: Axis, space: Space) -> Value {
        match &self.hypers[i] {
            HyperValue::Array(values) if values.len() == space.len() => {
                Ok(Rc::new(Tensor::from_fn(space, |p| values[p.at(axis)])))
            }
            _ => Err(EvalError::Malformed("an array hyperparameter over an axis of another length")),
        }
    }

    /// `axes` names the input's axes in the order declared.
    fn input(&self, i: usize, axes: &[Axis], space: Space) -> Rc<Tensor> {
        let array = &self.inputs[i];
        let declared = Space { axes: axes.to_vec(), sizes: array.shape.clone() };
        let whole = Tensor { space: declared, data: array.data.clone() };
        Rc::new(Tensor::from_fn(space, |p| whole.get(|a| p.at(a))))
    }

    fn reduce(
        &mut self,
        op: ReduceRef,
        over: &[Axis],
        body: NodeId,
        given: Option<NodeId>,
        space: Space,
    ) -> Value {
        let body = self.value(body)?;
        let given = given.map(|g| self.value(g)).transpose()?;
        let inner = self.space(over)?;
        Ok(Rc::new(Tensor::from_fn(space, |outer| {
            let mut elements = vec![];
            for bound in inner.points() {
                let at = |a| bound.find(a).unwrap_or_else(|| outer.at(a));
                if given.as_ref().is_none_or(|g| g.get(at) != 0.0) {
                    elements.push(body.get(at));
                }
            }
            if elements.is_empty() { op.neutral } else { (op.eval)(&elements) }
        })))
    }

    fn contract(&mut self, over: &[Axis], lhs: NodeId, rhs: NodeId, space: Space) -> Value {
        let (lhs, rhs) = (self.value(lhs)?, self.value(rhs)?);
        let inner = self.space(over)?;
        Ok(Rc::new(Tensor::from_fn(space, |outer| {
            let product = |bound: Point| {
                let at = |a| bound.find(a).unwrap_or_else(|| outer.at(a));
                lhs.get(at) * rhs.get(at)
            };
            inner.points().map(product).sum()
        })))
    }

    fn gather(&mut self, body: NodeId, axis: Axis, index: NodeId, space: Space) -> Value {
        let (body, index) = (self.value(body)?, self.value(index)?);
        for &i in &index.data {
            self.check_element(axis.set, i)?;
        }
        Ok(Rc::new(Tensor::from_fn(space, |p| {
            let i = index.get(|a| p.at(a)) as usize;
            body.get(|a| if a == axis { i } else { p.at(a) })
        })))
    }

    fn along(&mut self, body: NodeId, axis: Axis, f: fn(&[f64]) -> Vec<f64>) -> Value {
        let body = self.value(body)?;
        if !body.space.axes.contains(&axis) {
            return Err(EvalError::Malformed("an order along an axis that the operand does not have"));
        }
        Ok(Rc::new(order::along(&body, axis, f)))
    }

    fn carried(&self, id: usize, slot: usize) -> Value {
        let tensors = self.carried[id].as_ref();
        tensors.and_then(|t| t.get(slot).cloned()).ok_or(EvalError::Malformed("a loop without that tensor"))
    }

    /// Runs a loop from its initial values.
    fn run(&mut self, id: usize) -> Result<(), EvalError> {
        let program = self.program;
        let l = &program.graph.loops[id];
        let count = self.value(l.count)?.data[0];
        if !is_whole(count) {
            return Err(EvalError::Rounds(count));
        }
        let reversed = l.reverses.map(|r| self.rounds_of(r)).transpose()?;
        let last = l.reverses.and_then(|r| self.carried[r].clone());
        let varying = reach::varying(&program.graph, id);
        let mut tensors = self.spread(&l.vars, &l.init)?;
        self.history[id].clear();
        for round in 0..count as usize {
            self.forget(&varying);
            if program.graph.loops.iter().any(|other| other.reverses == Some(id)) {
                self.history[id].push(tensors.clone());
            }
            self.enter(id, tensors);
            if let (Some(r), Some(rounds)) = (l.reverses, &reversed) {
                let earlier = rounds.len().checked_sub(round + 1).and_then(|earlier| rounds.get(earlier));
                self.enter(
                    r,
                    earlier.ok_or(EvalError::Malformed("a loop longer than the reversed one"))?.clone(),
                );
            }
            let next = self.spread(&l.vars, &l.next);
            [Some(id), l.reverses].into_iter().flatten().for_each(|id| self.running[id] = false);
            tensors = next?;
        }
        self.forget(&varying);
        if let Some(r) = l.reverses {
            self.carried[r] = last;
        }
        self.carried[id] = Some(tensors);
        Ok(())
    }

    /// Begins a round of a loop.
    fn enter(&mut self, id: usize, tensors: Vec<Rc<Tensor>>) {
        self.carried[id] = Some(tensors);
        self.running[id] = true;
    }

    /// What a loop carried at the beginning of each round.
    fn rounds_of(&mut self, id: usize) -> Result<Vec<Vec<Rc<Tensor>>>, EvalError> {
        if self.carried[id].is_none() {
            self.run(id)?;
        }
        Ok(self.history[id].clone())
    }

    /// The values of nodes, each over the axes of the loop variable that takes it.
    fn spread(&mut self, vars: &[NodeId], nodes: &[NodeId]) -> Result<Vec<Rc<Tensor>>, EvalError> {
        let mut tensors = vec![];
        for (&var, &node) in vars.iter().zip(nodes) {
            let axes = &self.program.graph[var].axes;
            let space = self.space(axes)?;
            let value = self.value(node)?;
            if !value.space.axes.iter().all(|a| axes.contains(a)) {
                return Err(EvalError::Malformed("a loop's value with an axis that its variable lacks"));
            }
            tensors.push(Rc::new(Tensor::from_fn(space, |p| value.get(|a| p.at(a)))));
        }
        Ok(tensors)
    }

    /// Forgets the values of the nodes marked, and what the loops among them carry.
    fn forget(&mut self, marked: &[bool]) {
        for id in self.program.graph.ids().filter(|id| marked[id.index()]) {
            self.values[id.index()] = None;
            if let NodeKind::LoopOut { id, .. } = self.program.graph[id].kind {
                self.carried[id] = None;
                self.history[id].clear();
            }
        }
    }
}
