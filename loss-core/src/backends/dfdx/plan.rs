//! What the emitter needs to know of a program before it writes a line.
//!
//! Every live node belongs to one of two worlds. **Host** nodes depend on real-valued inputs at most through an
//! order (`argsort`) or indices that a host function gives: they are computed with plain Rust and uploaded where tensors need them. **Device** nodes
//! are tensor operations. A device node is **taped** if a gradient flows through it: it depends on a
//! differentiable input, and the value depends on it, both along operands that have a derivative.

use super::softmax::{Softmax, find_softmaxes};
use crate::ir::{Axis, Graph, NodeId, NodeKind, OpRef, Program, Ty};
use crate::ops::Dfdx;
use std::collections::BTreeMap;

/// How often, and in which form, a node is used.
#[derive(Clone, Copy, Default, Debug)]
pub struct Uses {
    /// As a tensor.
    pub tensor: usize,
    /// In an expression on the host.
    pub host: usize,
    /// Inside a loop that the node does not stand in.
    pub deeper: bool,
    /// By the host, although it is computed on the device.
    pub read: bool,
}

/// The facts.
pub struct Plan<'p> {
    /// The program.
    pub program: &'p Program,
    softmaxes: BTreeMap<NodeId, Softmax>,
    live: Vec<bool>,
    host: Vec<bool>,
    taped: Vec<bool>,
    loops: Vec<Option<usize>>,
    uses: Vec<Uses>,
}

/// A tensor that is only looked at differently: what it is a view of, and the axes of that, renamed.
pub struct View {
    /// What is stored.
    pub root: NodeId,
    /// Its axes in the order of storage, as the viewer names them.
    pub layout: Vec<Axis>,
}

/// Where the identity of a tensor comes from; dfdx keeps it in views.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// An input: two inputs may be the same tensor.
    Input(usize),
    /// A computed node.
    Node(NodeId),
}

impl<'p> Plan<'p> {
    /// Looks a program through.
    pub fn of(program: &'p Program) -> Self {
        let count = program.graph.len();
        let mut plan = Plan {
            program,
            softmaxes: BTreeMap::new(),
            live: vec![],
            host: vec![false; count],
            taped: vec![false; count],
            loops: vec![None; count],
            uses: vec![Uses::default(); count],
        };
        plan.classify();
        plan.live = plan.reached();
        plan.softmaxes = find_softmaxes(&plan);
        plan.live = plan.reached();
        plan.find_loops();
        plan.find_tapes();
        plan.count_uses();
        plan
    }

    /// The graph.
    pub fn graph(&self) -> &'p Graph {
        &self.program.graph
    }

    /// The live nodes, operands before users.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.graph().ids().filter(|id| self.live[id.index()])
    }

    /// Whether a node is computed on the host.
    pub fn on_host(&self, id: NodeId) -> bool {
        self.host[id.index()]
    }

    /// Whether a node is a number or condition that is known on the host.
    pub fn is_scalar(&self, id: NodeId) -> bool {
        self.on_host(id) && self.graph()[id].axes.is_empty()
    }

    /// Whether a gradient flows through a node.
    pub fn taped(&self, id: NodeId) -> bool {
        self.taped[id.index()]
    }

    /// Whether an input is used with gradient.
    pub fn input_taped(&self, input: usize) -> bool {
        self.nodes()
            .any(|id| self.taped(id) && matches!(self.graph()[id].kind, NodeKind::Input(i, _) if i == input))
    }

    /// The innermost loop whose body a node stands in.
    pub fn loop_of(&self, id: NodeId) -> Option<usize> {
        self.loops[id.index()]
    }

    /// The loop around a loop.
    pub fn outer_loop(&self, l: usize) -> Option<usize> {
        let out =
            self.nodes().find(|&id| matches!(self.graph()[id].kind, NodeKind::LoopOut { id, .. } if id == l));
        out.and_then(|out| self.loop_of(out))
    }

    /// The softmax or its logarithm that a node turned out to be.
    pub fn softmax(&self, id: NodeId) -> Option<&Softmax> {
        self.softmaxes.get(&id)
    }

    /// How a node is used.
    pub fn uses(&self, id: NodeId) -> Uses {
        self.uses[id.index()]
    }

    /// The operands of a node as it is emitted.
    pub fn operands(&self, id: NodeId) -> Vec<NodeId> {
        match self.softmaxes.get(&id) {
            Some(softmax) => vec![softmax.of],
            None => self.graph().operands(id),
        }
    }

    /// What is stored of a tensor.
    pub fn view(&self, id: NodeId) -> View {
        match &self.graph()[id].kind {
            NodeKind::Rename(body, map) => {
                let new = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
                let View { root, layout } = self.view(*body);
                View { root, layout: layout.into_iter().map(new).collect() }
            }
            NodeKind::Input(_, axes) => View { root: id, layout: axes.clone() },
            NodeKind::Op(op, args) if op.dfdx == Dfdx::Detach && !self.root_taped(args[0]) => {
                self.view(args[0])
            }
            _ => View { root: id, layout: self.graph()[id].axes.clone() },
        }
    }

    /// Whether what a node is a view of carries a tape.
    pub fn root_taped(&self, id: NodeId) -> bool {
        let root = self.view(id).root;
        match self.graph()[root].kind {
            NodeKind::Input(input, _) => self.input_taped(input),
            _ => self.taped(root),
        }
    }

    /// Where the identity of a tensor comes from.
    pub fn origin(&self, id: NodeId) -> Origin {
        let root = self.view(id).root;
        match self.graph()[root].kind {
            NodeKind::Input(input, _) => Origin::Input(input),
            _ => Origin::Node(root),
        }
    }

    /// Whether two operands of one operation may turn out to have the same identity.
    pub fn may_coincide(&self, a: NodeId, b: NodeId) -> bool {
        let (a, b) = (self.origin(a), self.origin(b));
        a == b || matches!((a, b), (Origin::Input(_), Origin::Input(_)))
    }

    /// A `data` input that is an operand of a taped operation: it must not be given a gradient.
    pub fn needs_unlinking(&self, input: usize) -> bool {
        self.program.inputs[input].data
            && self.nodes().filter(|&id| self.taped(id)).any(|id| {
                let direct = |o: NodeId| !self.on_host(o) && self.origin(o) == Origin::Input(input);
                self.all_needs(id).into_iter().any(direct)
            })
    }

    /// Operands and, for the result of a loop, the values after a round.
    pub fn all_needs(&self, id: NodeId) -> Vec<NodeId> {
        let mut needs = self.operands(id);
        if let NodeKind::LoopOut { id, .. } = self.graph()[id].kind {
            needs.extend(&self.graph().loops[id].next);
        }
        needs
    }

    fn reached(&self) -> Vec<bool> {
        let mut live = vec![false; self.graph().len()];
        let mut open = vec![self.program.value];
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut live[id.index()], true) {
                open.extend(self.all_needs(id));
                if let NodeKind::LoopOut { id, .. } = self.graph()[id].kind {
                    open.extend(&self.graph().loops[id].vars);
                }
            }
        }
        live
    }

    fn classify(&mut self) {
        let program = self.program;
        let graph = &program.graph;
        for id in graph.ids() {
            let node = &graph[id];
            let all = graph.operands(id).iter().all(|o| self.host[o.index()]);
            self.host[id.index()] = match (&node.kind, node.ty) {
                (NodeKind::LoopVar { .. } | NodeKind::LoopOut { .. }, _) => false,
                (NodeKind::Host(..), Ty::Real) => false,
                // Devices can neither compare indices nor gather conditions.
                (_, Ty::Index(_)) | (NodeKind::Gather { .. }, Ty::Bool) => true,
                (NodeKind::Input(..), ty) => ty != Ty::Real,
                _ => all,
            };
        }
    }

    fn find_loops(&mut self) {
        let loops = self.graph().loops.len();
        let varying: Vec<Vec<bool>> =
            (0..loops).map(|l| crate::ir::reach::varying(self.graph(), l)).collect();
        // A loop inside another comes after it starts and varies with it.
        let depth = |l: usize| {
            let out = self
                .nodes()
                .find(|&id| matches!(self.graph()[id].kind, NodeKind::LoopOut { id, .. } if id == l));
            out.map_or(0, |out| (0..loops).filter(|&o| o != l && varying[o][out.index()]).count())
        };
        let depths: Vec<usize> = (0..loops).map(depth).collect();
        self.loops = (0..self.graph().len())
            .map(|at| (0..loops).filter(|&l| varying[l][at]).max_by_key(|&l| depths[l]))
            .collect();
    }

    fn find_tapes(&mut self) {
        let depends = self.fixpoint(|plan, known, id| match plan.graph()[id].kind {
            NodeKind::Input(input, _) => plan.graph()[id].ty == Ty::Real && !plan.program.inputs[input].data,
            _ => plan.carrying(id).into_iter().any(|o| known[o.index()]),
        });
        let mut needed = vec![false; self.graph().len()];
        let mut open = vec![self.program.value];
        while let Some(id) = open.pop() {
            if depends[id.index()] && !std::mem::replace(&mut needed[id.index()], true) {
                open.extend(self.carrying(id));
            }
        }
        // A carried tensor is one variable, inside its loop and after it.
        for l in &self.graph().loops {
            for (slot, var) in l.vars.iter().enumerate() {
                let out = |id: &NodeId| match self.graph()[*id].kind {
                    NodeKind::LoopOut { id, slot: s, .. } => {
                        s == slot && self.graph().loops[id].vars == l.vars
                    }
                    _ => false,
                };
                let outs: Vec<NodeId> = self.graph().ids().filter(out).collect();
                let taped = needed[var.index()] || outs.iter().any(|o| needed[o.index()]);
                outs.iter().chain([var]).for_each(|id| needed[id.index()] = taped);
            }
        }
        self.taped = needed;
    }

    /// Repeats until nothing changes: loops make a node depend on later ones.
    fn fixpoint(&self, holds: impl Fn(&Self, &[bool], NodeId) -> bool) -> Vec<bool> {
        let mut known = vec![false; self.graph().len()];
        loop {
            let before = known.clone();
            for id in self.nodes() {
                known[id.index()] = holds(self, &known, id);
            }
            if known == before {
                return known;
            }
        }
    }

    /// The operands through which a gradient may flow.
    pub fn carrying(&self, id: NodeId) -> Vec<NodeId> {
        if self.graph()[id].ty != Ty::Real {
            return vec![];
        }
        match &self.graph()[id].kind {
            _ if self.softmaxes.contains_key(&id) => self.operands(id),
            NodeKind::Op(op, args) => {
                let carries = |i: &usize| has_derivative(*op, *i) && self.graph()[args[*i]].ty == Ty::Real;
                (0..args.len()).filter(carries).map(|i| args[i]).collect()
            }
            NodeKind::Reduce { body, .. } | NodeKind::Gather { body, .. } => vec![*body],
            NodeKind::Host(call, args) => {
                (0..args.len()).filter(|&i| call.carries(i)).map(|i| args[i]).collect()
            }
            NodeKind::LoopVar { id, slot, .. } | NodeKind::LoopOut { id, slot, .. } => {
                let l = &self.graph().loops[*id];
                vec![l.init[*slot], l.next[*slot]]
            }
            _ => self.operands(id),
        }
    }

    fn count_uses(&mut self) {
        for id in self.nodes().collect::<Vec<_>>() {
            let within = self.loop_of(id);
            match &self.graph()[id].kind {
                NodeKind::Rename(..) => {}
                _ if self.view(id).root != id => {}
                NodeKind::LoopVar { .. } => {}
                NodeKind::LoopOut { id: l, slot: _, .. } => {
                    let first = self
                        .nodes()
                        .find(|&o| matches!(self.graph()[o].kind, NodeKind::LoopOut { id, .. } if id == *l));
                    if first == Some(id) {
                        self.count_loop(*l, within);
                    }
                }
                _ => {
                    let host = self.on_host(id);
                    for operand in self.operands(id) {
                        self.count(operand, host, within);
                    }
                }
            }
        }
        self.count(self.program.value, false, None);
    }

    fn count_loop(&mut self, l: usize, outside: Option<usize>) {
        let graph = self.graph();
        let body = &graph.loops[l];
        self.count(body.count, true, outside);
        for &init in &body.init {
            self.count(init, false, outside);
        }
        for &next in &body.next {
            self.count(next, false, Some(l));
        }
    }

    fn count(&mut self, id: NodeId, host: bool, within: Option<usize>) {
        let root = self.view(id).root;
        // A device node that the host reads is used as a tensor.
        let read = host && !self.on_host(root);
        let host = host && self.on_host(root) || self.is_scalar(root) && self.graph()[root].ty == Ty::Real;
        let deeper = within != self.loop_of(root);
        let uses = &mut self.uses[root.index()];
        uses.deeper |= deeper;
        uses.read |= read;
        if host { uses.host += 1 } else { uses.tensor += 1 }
    }
}

/// Whether the table gives an op a derivative by an operand.
fn has_derivative(op: OpRef, operand: usize) -> bool {
    op.dfdx != Dfdx::Detach && op.grad.get(operand).is_some_and(|grad| *grad != "0")
}
