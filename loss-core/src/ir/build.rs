//! Checked tree to IR: applications are inlined, composites expanded, indices turned into axes.

mod inline;

use super::builder::{Builder, fresh_axis, order};
use super::load::{At, Tensor, rename};
use super::template::Template;
use super::{Axis, Graph, HostCall, HostRef, NodeId, NodeKind, OpRef, Program, SetId, Ty};
use crate::ops;
use crate::syntax::ast::HyperType;
use crate::types::tree::{Checked, Kind, SetRef, TNode, TStmt, TUpdate, TensorRef, Typed, VarId};

/// Lowers a checked definition.
pub fn build(def: &Checked) -> Program {
    lowered(def, None).0
}

/// Lowers one of its updates: a program of the state's new elements, none of which is differentiated, and the axes of the
/// state in their order.
pub fn build_update(def: &Checked, update: usize) -> (Program, Vec<Axis>) {
    let (mut program, axes) = lowered(def, Some(update));
    program.inputs.iter_mut().filter(|input| input.ty == Ty::Real).for_each(|input| input.data = true);
    (program, axes)
}

fn lowered(def: &Checked, update: Option<usize>) -> (Program, Vec<Axis>) {
    let mut builder = Builder::new(Graph::default(), def.sets.clone());
    let mut frame = Frame::top(&mut builder, def);
    let value = frame.body(&mut builder, update);
    let program = Program {
        name: def.name.clone(),
        sets: builder.sets,
        hypers: def.hypers.clone(),
        inputs: def.inputs.clone(),
        graph: builder.graph,
        value: value.node,
        roots: vec![],
    };
    (program, value.axes)
}

/// One definition being lowered: what its names stand for.
struct Frame<'c> {
    def: &'c Checked,
    /// The program's set for each of the definition's; several for a bundle.
    sets: Vec<Vec<SetId>>,
    inputs: Vec<Tensor>,
    /// A scalar for each scalar hyperparameter, a tensor for each array.
    hypers: Vec<Tensor>,
    lets: Vec<Option<Tensor>>,
    /// The axis of each index variable; several for one over a bundle.
    axes: Vec<Vec<Axis>>,
    /// The axes of the index variables in scope.
    in_use: Vec<Axis>,
    /// The indices of the caller that the inputs depend on: those of slices. They are always in scope.
    outer: Vec<Axis>,
}

impl<'c> Frame<'c> {
    /// The frame of the definition that is compiled.
    fn top(b: &mut Builder, def: &'c Checked) -> Frame<'c> {
        let sets = (0..def.sets.len()).map(|i| vec![SetId(i as u16)]).collect();
        let inputs = def.inputs.iter().enumerate().map(|(i, info)| {
            let axes = distinct_axes(&info.sets);
            Tensor { node: b.graph.add_input(i, axes.clone(), info.ty), axes }
        });
        let inputs = inputs.collect();
        let mut hypers = Vec::new();
        for (i, info) in def.hypers.iter().enumerate() {
            hypers.push(match info.ty {
                HyperType::Array(n) => {
                    let axis = Axis { set: b.fixed_set(n), copy: 0 };
                    Tensor { node: b.graph.add(NodeKind::HyperArray(i, axis)), axes: vec![axis] }
                }
                _ => Tensor { node: b.graph.add(NodeKind::Hyper(i)), axes: vec![] },
            });
        }
        Frame::new(b, def, sets, inputs, hypers)
    }

    fn new(
        b: &Builder,
        def: &'c Checked,
        sets: Vec<Vec<SetId>>,
        inputs: Vec<Tensor>,
        hypers: Vec<Tensor>,
    ) -> Frame<'c> {
        let (lets, axes) = (vec![None; def.lets.len()], vec![vec![]; def.vars.len()]);
        let outer = outer_axes(b, &inputs);
        Frame { def, sets, inputs, hypers, lets, axes, in_use: outer.clone(), outer }
    }

    /// Statements, then the value with its sample axes, or an update with those of its state.
    fn body(&mut self, b: &mut Builder, update: Option<usize>) -> Tensor {
        for stmt in &self.def.stmts {
            match stmt {
                TStmt::Let(id, value) => {
                    let tensor = self.assignment(b, &self.def.lets[*id].vars, value, None);
                    b.graph.set_name(tensor.node, &self.def.lets[*id].name);
                    self.lets[*id] = Some(tensor);
                }
                TStmt::Repeat { count, carried, steps } => self.repeat(b, count, carried, steps),
            }
        }
        match update {
            Some(update) => {
                let TUpdate { vars, value, .. } = &self.def.updates[update];
                self.assignment(b, vars, value, None)
            }
            None => self.assignment(b, &self.def.ordered_samples(), &self.def.value, None),
        }
    }

    /// The value as a tensor over `vars`, at the given axes or at fresh ones.
    fn assignment(
        &mut self,
        b: &mut Builder,
        vars: &[VarId],
        value: &Typed,
        axes: Option<&[Axis]>,
    ) -> Tensor {
        let axes: Vec<Axis> = match axes {
            Some(axes) => {
                let mut rest = axes;
                for &var in vars {
                    let (own, others) = rest.split_at(self.sets_of(var).len());
                    self.axes[var.0] = own.to_vec();
                    self.in_use.extend(own);
                    rest = others;
                }
                axes.to_vec()
            }
            None => vars.iter().flat_map(|&v| self.bind(v)).collect(),
        };
        let node = self.lower(b, value);
        self.in_use.clone_from(&self.outer);
        Tensor { node, axes }
    }

    /// Axes for an index variable, different from those in scope.
    fn bind(&mut self, var: VarId) -> Vec<Axis> {
        let mut axes = Vec::new();
        for set in self.sets_of(var) {
            let axis = fresh_axis(set, &self.in_use);
            self.in_use.push(axis);
            axes.push(axis);
        }
        self.axes[var.0].clone_from(&axes);
        axes
    }

    fn sets_of(&self, var: VarId) -> Vec<SetId> {
        self.sets[usize::from(self.def.vars[var.0].0)].clone()
    }

    /// The one set behind a set variable. The checker has seen to it that it is no bundle.
    fn set(&self, var: SetRef) -> SetId {
        self.sets[usize::from(self.def.set_vars[var.index()].0)][0]
    }

    /// The one axis of an index variable that is not over a bundle.
    fn axis(&self, var: VarId) -> Axis {
        self.axes[var.0][0]
    }

    /// The number of elements of a set: the product over a bundle.
    fn size(&self, b: &mut Builder, var: SetRef) -> NodeId {
        let sets = self.sets[usize::from(self.def.set_vars[var.index()].0)].clone();
        let sizes: Vec<NodeId> = sets.into_iter().map(|s| b.graph.add(NodeKind::Size(s))).collect();
        sizes.into_iter().reduce(|x, y| b.graph.op("mul", &[x, y])).unwrap_or_else(|| b.graph.constant(1.0))
    }

    fn tensor(&self, tensor: TensorRef) -> Tensor {
        match tensor {
            TensorRef::Input(i) => self.inputs[i].clone(),
            TensorRef::Let(i) => {
                self.lets[i].clone().expect("the checker defines a tensor before it is used")
            }
            TensorRef::Array(i) => self.hypers[i].clone(),
        }
    }

    fn lower(&mut self, b: &mut Builder, typed: &Typed) -> NodeId {
        match &typed.node {
            TNode::Number(value) => b.graph.constant(*value),
            TNode::Hyper(i) => self.hypers[*i].node,
            TNode::Size(set) => self.size(b, *set),
            TNode::Position(var) => b.graph.add(NodeKind::Iota(self.axis(*var))),
            TNode::At(set, n) => {
                let set = self.set(*set);
                b.graph.add(NodeKind::At(set, *n))
            }
            TNode::Load(tensor, indices) => {
                let at = indices.iter().flat_map(|i| self.at(b, i)).collect();
                self.tensor(*tensor).at(&mut b.graph, at)
            }
            TNode::Op(op, args) => {
                let args: Vec<NodeId> = args.iter().map(|a| self.lower(b, a)).collect();
                match (&args[..], typed.kind) {
                    (&[c, x, y], Kind::Bool) => select_condition(b, c, x, y),
                    _ => b.graph.add(NodeKind::Op(OpRef(op), args)),
                }
            }
            TNode::Reduce(op, vars, given, body) => {
                let depth = self.in_use.len();
                let over: Vec<Axis> = vars.iter().flat_map(|&v| self.bind(v)).collect();
                let given = given.as_ref().map(|c| self.lower(b, c));
                let body = self.lower(b, body);
                self.in_use.truncate(depth);
                b.reduce(op, &over, body, given)
            }
            TNode::Composite(row, vars, given, args) => {
                let depth = self.in_use.len();
                let over = match row.form {
                    ops::prelude::Form::Removes => vars.iter().flat_map(|&v| self.bind(v)).collect(),
                    ops::prelude::Form::Keeps => vars.iter().flat_map(|&v| self.axes[v.0].clone()).collect(),
                };
                let given = given.as_ref().map(|c| self.lower(b, c));
                let args: Vec<NodeId> = args.iter().map(|a| self.lower(b, a)).collect();
                let in_use = self.in_use.clone();
                self.in_use.truncate(depth);
                Template::of(row, args, over, given, in_use).lower(b)
            }
            TNode::Order(op, var, body) => {
                let axis = self.axis(*var);
                let body = self.lower(b, body);
                order(b, *op, body, axis)
            }
            TNode::Host(function, vars, args) => self.host(b, function, vars, args, typed.kind),
            TNode::Apply(applied) => self.apply(b, applied),
            TNode::Parts(along, parts) => {
                let axis = self.axis(*along);
                let parts: Vec<NodeId> = parts.iter().map(|part| self.lower(b, part)).collect();
                side_by_side(b, axis, &parts)
            }
        }
    }

    /// A call for each slice of the operands along the function's axes: those of the result are in use already.
    fn host(
        &mut self,
        b: &mut Builder,
        function: &HostRef,
        vars: &[VarId],
        args: &[Typed],
        kind: Kind,
    ) -> NodeId {
        let depth = self.in_use.len();
        let kept = |i: usize| function.output.contains(&i);
        let bound = vars.iter().enumerate().filter(|(i, _)| !kept(*i));
        bound.for_each(|(_, &var)| drop(self.bind(var)));
        let over = vars.iter().map(|&var| self.axis(var)).collect();
        let args = args.iter().map(|a| self.lower(b, a)).collect();
        self.in_use.truncate(depth);
        let target = if let Kind::Index(set) = kind { Some(self.set(set)) } else { None };
        let call = HostCall { function: function.clone(), over, target, by: None };
        b.graph.add(NodeKind::Host(call, args))
    }

    fn at(&mut self, b: &mut Builder, index: &Typed) -> Vec<At> {
        match &index.node {
            TNode::Position(var) => self.axes[var.0].iter().copied().map(At::Axis).collect(),
            _ => vec![At::Node(self.lower(b, index))],
        }
    }

    /// A small tensor with given elements.
    fn array(&mut self, b: &mut Builder, n: usize, values: &[NodeId]) -> Tensor {
        let axis = Axis { set: b.fixed_set(n), copy: 0 };
        Tensor { node: side_by_side(b, axis, values), axes: vec![axis] }
    }

    /// A loop: its carried tensors become variables of the round.
    fn repeat(
        &mut self,
        b: &mut Builder,
        count: &Typed,
        carried: &[usize],
        steps: &[(usize, Vec<VarId>, Typed)],
    ) {
        let count = self.lower(b, count);
        let id = b.graph.loops.len();
        let before: Vec<Tensor> = carried.iter().map(|&i| self.tensor(TensorRef::Let(i))).collect();
        let outer = self.outer.clone();
        let sorted = |t: &Tensor| {
            let mut axes = t.axes.clone();
            axes.extend(&outer);
            axes.sort();
            axes
        };
        let mut vars = Vec::new();
        b.graph.loops.push(super::Loop { count, vars: vec![], init: vec![], next: vec![], reverses: None });
        for (slot, (tensor, &i)) in before.iter().zip(carried).enumerate() {
            let var = b.graph.add(NodeKind::LoopVar { id, slot, axes: sorted(tensor) });
            b.graph.set_name(var, &self.def.lets[i].name);
            self.lets[i] = Some(Tensor { node: var, axes: tensor.axes.clone() });
            vars.push(var);
        }
        for (target, index, value) in steps {
            let known = carried.contains(target).then(|| self.tensor(TensorRef::Let(*target)).axes);
            let tensor = self.assignment(b, index, value, known.as_deref());
            self.lets[*target] = Some(tensor);
        }
        let next = carried.iter().map(|&i| self.tensor(TensorRef::Let(i)).node).collect();
        let init = before.iter().map(|t| t.node).collect();
        b.graph.loops[id] = super::Loop { count, vars, init, next, reverses: None };
        for (slot, (tensor, &i)) in before.iter().zip(carried).enumerate() {
            let node = b.graph.add(NodeKind::LoopOut { id, slot, axes: sorted(tensor) });
            self.lets[i] = Some(Tensor { node, axes: tensor.axes.clone() });
        }
    }
}

/// The array whose elements these are, in order from the first, and its axis.
fn elements_of(g: &Graph, values: &[NodeId]) -> Option<(NodeId, Axis)> {
    let element = |id: NodeId| match g[id].kind {
        NodeKind::Gather { body, axis, index } => match (&g[body].kind, &g[index].kind) {
            (NodeKind::HyperArray(..), NodeKind::At(_, i)) => Some((body, axis, *i)),
            _ => None,
        },
        _ => None,
    };
    let (array, axis, _) = element(values[0])?;
    let in_order = values.iter().enumerate().all(|(i, &id)| element(id) == Some((array, axis, i)));
    in_order.then_some((array, axis))
}

/// The elements of a fixed axis: nested `if`s on the index.
fn side_by_side(b: &mut Builder, axis: Axis, values: &[NodeId]) -> NodeId {
    if let Some((array, own)) = elements_of(&b.graph, values).filter(|(_, own)| own.set == axis.set) {
        return rename(&mut b.graph, array, &[(own, axis)]);
    }
    let position = b.graph.add(NodeKind::Iota(axis));
    let mut node = values[values.len() - 1];
    for (i, &value) in values.iter().enumerate().rev().skip(1) {
        let at = b.graph.add(NodeKind::At(axis.set, i));
        let here = b.graph.op("eq", &[position, at]);
        node = b.graph.op("select", &[here, value, node]);
    }
    node
}

/// `if c { x } else { y }` on conditions is `c && x || !c && y`.
fn select_condition(b: &mut Builder, c: NodeId, x: NodeId, y: NodeId) -> NodeId {
    let not_c = b.graph.op("not", &[c]);
    let (then, otherwise) = (b.graph.op("and", &[c, x]), b.graph.op("and", &[not_c, y]));
    b.graph.op("or", &[then, otherwise])
}

/// Axes for a tensor over these sets, all different: those of a plain read of an input.
pub(super) fn distinct_axes(sets: &[SetId]) -> Vec<Axis> {
    let copy = |(i, set): (usize, &SetId)| sets[..i].iter().filter(|s| *s == set).count() as u8;
    sets.iter().enumerate().map(|(i, set)| Axis { set: *set, copy: copy((i, set)) }).collect()
}

/// The axes of inputs that are not their own, in canonical order.
fn outer_axes(b: &Builder, inputs: &[Tensor]) -> Vec<Axis> {
    let others = |t: &Tensor| {
        let axes = b.graph[t.node].axes.clone();
        axes.into_iter().filter(|axis| !t.axes.contains(axis)).collect::<Vec<_>>()
    };
    let mut outer: Vec<Axis> = inputs.iter().flat_map(others).collect();
    outer.sort();
    outer.dedup();
    outer
}
