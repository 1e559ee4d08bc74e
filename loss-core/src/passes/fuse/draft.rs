//! A kernel on the drawing board: which nodes get an array, and expressions over them.

use super::name::stem;
use super::piece::{self, Piece};
use super::{Root, input_axes, promote, rounds};
use crate::ir::loops::{Array, ArrayId, At, Let, LetId, Place, Value};
use crate::ir::{Axis, Graph, NodeId, NodeKind, OpRef, Program, Ty};
use std::collections::{BTreeMap, BTreeSet};

/// Where the axes of a node stand: at another axis, or at a computed element; by itself, if nothing is said.
pub(super) type Env = BTreeMap<Axis, At>;

/// A node that has been made elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub node: NodeId,
    pub name: String,
    pub place: Place,
}

/// Arrays, expressions, and what is to be computed.
pub(super) struct Draft<'p> {
    pub program: &'p Program,
    /// Nodes that get an array.
    pub kept: BTreeSet<NodeId>,
    /// Those of them that get one only because they are costly and used in several passes.
    pub buffers: BTreeSet<NodeId>,
    leaves: Vec<Leaf>,
    /// The loops in whose rounds this is.
    pub around: BTreeSet<usize>,
    pub arrays: Vec<Array>,
    pub lets: Vec<Let>,
    /// The node that a `let` is, where it is read at its own axes.
    pub origins: Vec<Option<NodeId>>,
    by_node: BTreeMap<NodeId, ArrayId>,
    by_place: Vec<(Place, ArrayId)>,
    pub pieces: Vec<Piece>,
    /// Nodes as expressions, by where their axes stand.
    known: BTreeMap<(NodeId, Vec<At>), LetId>,
}

impl<'p> Draft<'p> {
    /// The draft of a kernel that makes `roots` and `saved`.
    pub fn of(program: &'p Program, roots: &[Root], saved: &[NodeId]) -> Draft<'p> {
        Draft::settled(roots, saved, &Draft::empty(program, vec![], BTreeSet::new()))
    }

    /// The draft of a kernel that makes `roots` after others have made `leaves`; in rounds, among these are the
    /// variables of the loops `around`.
    pub fn after(
        program: &'p Program,
        roots: &[Root],
        leaves: Vec<Leaf>,
        around: BTreeSet<usize>,
    ) -> Draft<'p> {
        Draft::settled(roots, &[], &Draft::empty(program, leaves, around))
    }

    /// Gives arrays to more and more nodes until every law holds.
    fn settled(roots: &[Root], saved: &[NodeId], empty: &Draft<'p>) -> Draft<'p> {
        let (mut kept, mut buffers): (BTreeSet<NodeId>, _) =
            (saved.iter().copied().collect(), BTreeSet::new());
        loop {
            let (leaves, around) = (empty.leaves.clone(), empty.around.clone());
            let mut draft = Draft { kept, buffers, ..Draft::empty(empty.program, leaves, around) };
            // First of all, so that they keep the names that they have been made under.
            empty.leaves.iter().for_each(|leaf| {
                draft.array_of(leaf.node);
            });
            draft.keep_by_kind(roots, saved);
            let (finished, wanted) = match piece::pieces(&mut draft, roots, saved) {
                Ok(()) => (true, promote::wanted(&draft)),
                Err(node) => (false, promote::Wanted { needed: vec![node], buffers: vec![] }),
            };
            let before = draft.kept.len();
            draft.kept.extend(wanted.needed.iter().chain(&wanted.buffers));
            draft.buffers.extend(wanted.buffers);
            if draft.kept.len() == before {
                debug_assert!(finished, "a node with an array asks for one");
                return draft;
            }
            (kept, buffers) = (draft.kept, draft.buffers);
        }
    }

    fn empty(program: &'p Program, leaves: Vec<Leaf>, around: BTreeSet<usize>) -> Draft<'p> {
        Draft {
            program,
            kept: BTreeSet::new(),
            buffers: BTreeSet::new(),
            leaves,
            around,
            arrays: vec![],
            lets: vec![],
            origins: vec![],
            by_node: BTreeMap::new(),
            by_place: vec![],
            pieces: vec![],
            known: BTreeMap::new(),
        }
    }

    pub fn graph(&self) -> &'p Graph {
        &self.program.graph
    }

    /// Reductions and what is done to whole lines get arrays, and so do their operands where those are read whole.
    fn keep_by_kind(&mut self, roots: &[Root], saved: &[NodeId]) {
        let g = self.graph();
        for id in self.live(roots, saved) {
            match &g[id].kind {
                NodeKind::Reduce { .. } => {
                    self.kept.insert(id);
                }
                NodeKind::Contract { lhs, rhs, .. } => {
                    self.kept.insert(id);
                    self.keep_operand(*lhs);
                    self.keep_operand(*rhs);
                }
                NodeKind::Running(_, args, ..) | NodeKind::Host(_, args) => {
                    self.kept.insert(id);
                    args.iter().for_each(|&arg| self.keep_operand(arg));
                }
                NodeKind::Argsort(body, _) | NodeKind::Rank(body, _) | NodeKind::Cumsum(body, ..) => {
                    self.kept.insert(id);
                    self.keep_operand(*body);
                }
                NodeKind::LoopVar { .. } => {
                    self.kept.insert(id);
                }
                NodeKind::LoopOut { id: l, .. } => {
                    self.kept.insert(id);
                    self.kept.extend(rounds::read(self, *l).from_outside);
                }
                _ => {}
            }
        }
    }

    /// What the roots need, leaves excluded, operands before users.
    pub fn live(&self, roots: &[Root], saved: &[NodeId]) -> Vec<NodeId> {
        let mut live = BTreeSet::new();
        let mut open: Vec<NodeId> = roots.iter().flat_map(Root::nodes).chain(saved.iter().copied()).collect();
        while let Some(id) = open.pop() {
            if !self.is_leaf(id) && live.insert(id) {
                open.extend(self.needs(id));
            }
        }
        let mut live: Vec<NodeId> = live.into_iter().collect();
        live.sort_by_cached_key(|&id| match self.graph()[id].kind {
            // Its history is known when its rounds are.
            NodeKind::LoopVar { .. } => (self.needs(id).into_iter().max(), 1),
            _ => (Some(id), 0),
        });
        live
    }

    /// What a node is made from; a loop's results and history: from what its rounds read.
    pub fn needs(&self, id: NodeId) -> Vec<NodeId> {
        match self.graph()[id].kind {
            NodeKind::LoopOut { id, .. } | NodeKind::LoopVar { id, .. } => rounds::needs(self, id),
            _ => self.graph().operands(id),
        }
    }

    fn keep_operand(&mut self, id: NodeId) {
        match &self.graph()[id].kind {
            NodeKind::Input(..) => {}
            NodeKind::Rename(body, _) => self.keep_operand(*body),
            _ => {
                self.kept.insert(id);
            }
        }
    }

    /// An operand that is read whole: its array and the axis at each place.
    pub fn whole(&mut self, id: NodeId) -> (ArrayId, Vec<Axis>) {
        match self.graph()[id].kind.clone() {
            NodeKind::Rename(body, map) if !self.has_array(id) => {
                let (array, axes) = self.whole(body);
                let to = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
                (array, axes.into_iter().map(to).collect())
            }
            NodeKind::Input(input, axes) => (self.input(input), axes),
            _ => (self.array_of(id), self.graph()[id].axes.clone()),
        }
    }

    pub fn has_array(&self, id: NodeId) -> bool {
        self.kept.contains(&id) || self.is_leaf(id)
    }

    fn is_leaf(&self, id: NodeId) -> bool {
        self.leaves.iter().any(|leaf| leaf.node == id)
    }

    /// The array of an input.
    pub fn input(&mut self, input: usize) -> ArrayId {
        let info = &self.program.inputs[input];
        let axes = input_axes(self.program, input);
        self.at_place(Place::Input(input), &info.name, axes, info.ty)
    }

    /// The array of a value, total or gradient.
    pub fn at_place(&mut self, place: Place, name: &str, axes: Vec<Axis>, ty: Ty) -> ArrayId {
        if let Some(known) = self.by_place.iter().find(|p| p.0 == place) {
            return known.1;
        }
        let id = self.push(Array { name: name.to_owned(), axes, ty, place, rounds: false, home: None });
        self.by_place.push((place, id));
        id
    }

    /// The array of a node that has one. Where it lives is decided when all is known.
    pub fn array_of(&mut self, id: NodeId) -> ArrayId {
        if let Some(&array) = self.by_node.get(&id) {
            return array;
        }
        let node = &self.graph()[id];
        let leaf = self.leaves.iter().find(|l| l.node == id);
        let place = leaf.map_or(Place::Global, |leaf| leaf.place);
        let name = match leaf {
            Some(leaf) => leaf.name.clone(),
            None => stem(self.graph(), id),
        };
        let looped = matches!(node.kind, NodeKind::LoopVar { .. });
        let rounds = looped && matches!(place, Place::Global | Place::Saved(_));
        let array =
            self.push(Array { name, axes: node.axes.clone(), ty: node.ty, place, rounds, home: None });
        self.by_node.insert(id, array);
        array
    }

    /// One more array; if its name is taken, with a number.
    pub fn push(&mut self, mut array: Array) -> ArrayId {
        let taken = |name: &str| self.arrays.iter().any(|a| a.name == name);
        if taken(&array.name) {
            let free = (2..).map(|n| format!("{}_{n}", array.name)).find(|name| !taken(name));
            array.name = free.expect("there is always a larger number");
        }
        self.arrays.push(array);
        ArrayId(self.arrays.len() - 1)
    }

    /// The expression, new or known.
    pub fn intern(&mut self, value: Value, axes: Vec<Axis>, ty: Ty) -> LetId {
        if let Some(known) = self.lets.iter().position(|l| l.value == value && l.ty == ty) {
            return LetId(known);
        }
        self.lets.push(Let { value, axes, ty, name: None });
        self.origins.push(None);
        LetId(self.lets.len() - 1)
    }

    /// A node as an expression. If an index in it is computed in a way that a load cannot do, the node that has to
    /// get an array first.
    pub fn expr(&mut self, id: NodeId, env: &Env) -> Result<LetId, NodeId> {
        let places: Vec<At> = self.graph()[id].axes.iter().map(|&a| at(env, a)).collect();
        if let (Some(&known), false) = (self.known.get(&(id, places.clone())), self.has_array(id)) {
            return Ok(known);
        }
        let made = self.made(id, env)?;
        if !self.has_array(id) {
            self.known.insert((id, places), made);
        }
        let own = self.graph()[id].axes.iter().all(|a| env.get(a).is_none_or(|at| *at == At::Axis(*a)));
        if own && self.origins[made.0].is_none() {
            self.origins[made.0] = Some(id);
            self.lets[made.0].name = self.graph().name(id).map(str::to_owned);
        }
        Ok(made)
    }

    fn made(&mut self, id: NodeId, env: &Env) -> Result<LetId, NodeId> {
        let node = self.graph()[id].clone();
        let read = |axes: &[Axis]| axes.iter().map(|a| at(env, *a)).collect::<Vec<At>>();
        if self.has_array(id) {
            let array = self.array_of(id);
            return Ok(self.load(array, read(&node.axes), node.ty));
        }
        let scalar = |value: Value| (value, vec![]);
        let (value, axes) = match node.kind {
            NodeKind::Const(bits) => scalar(Value::Const(f64::from_bits(bits))),
            NodeKind::Truth(holds) => scalar(Value::Truth(holds)),
            NodeKind::At(_, element) => scalar(Value::Element(element)),
            NodeKind::Hyper(i) => scalar(Value::Hyper(i)),
            NodeKind::Size(set) => scalar(Value::Size(set)),
            NodeKind::HyperArray(i, axis) => {
                let place = at(env, axis);
                (Value::HyperArray(i, place), self.axes_of(&[place]))
            }
            NodeKind::Iota(axis) => match at(env, axis) {
                At::Axis(axis) => (Value::Position(axis), vec![axis]),
                At::Computed(index) => return Ok(index),
            },
            NodeKind::Input(input, axes) => {
                let array = self.input(input);
                return Ok(self.load(array, read(&axes), node.ty));
            }
            NodeKind::Op(op, args) => {
                let args = args.iter().map(|&a| self.expr(a, env)).collect::<Result<Vec<_>, _>>()?;
                return Ok(self.op(op, args, node.ty));
            }
            NodeKind::Rename(body, map) => {
                if promote::is_costly(self.program, body, &|id| self.has_array(id)) {
                    return Err(body);
                }
                return self.expr(body, &self.renamed(body, &map, env));
            }
            NodeKind::Gather { body, axis, index } => {
                let place = self.index(index, env);
                // An array that is itself read at a computed index: what is read at it gets an array instead.
                let place = place.map_err(|node| if self.has_array(node) { id } else { node })?;
                return self.gathered(body, axis, (index, place), env);
            }
            _ => unreachable!("reductions, loops and operations along an axis have arrays"),
        };
        Ok(self.intern(value, axes, node.ty))
    }

    pub fn op(&mut self, op: OpRef, args: Vec<LetId>, ty: Ty) -> LetId {
        let mut axes: Vec<Axis> = args.iter().flat_map(|a| self.lets[a.0].axes.clone()).collect();
        axes.sort();
        axes.dedup();
        self.intern(Value::Op(op, args), axes, ty)
    }

    pub fn load(&mut self, array: ArrayId, at: Vec<At>, ty: Ty) -> LetId {
        let axes = self.axes_of(&at);
        self.intern(Value::Load(array, at), axes, ty)
    }

    fn axes_of(&self, places: &[At]) -> Vec<Axis> {
        let mut axes = Vec::new();
        for place in places {
            match place {
                At::Axis(axis) => axes.push(*axis),
                At::Computed(index) => axes.extend(&self.lets[index.0].axes),
            }
        }
        axes.sort();
        axes.dedup();
        axes
    }

    fn renamed(&self, body: NodeId, map: &[(Axis, Axis)], env: &Env) -> Env {
        let to = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
        self.graph()[body].axes.iter().map(|&a| (a, at(env, to(a)))).collect()
    }

    fn gathered(
        &mut self,
        body: NodeId,
        axis: Axis,
        (index, place): (NodeId, At),
        env: &Env,
    ) -> Result<LetId, NodeId> {
        let g = self.graph();
        let bodied = g[body].axes.len();
        let spread =
            g[index].axes.iter().filter(|a| !g[body].axes.contains(a) || **a == axis).count() + bodied - 1;
        // As many reads as there are elements: each is computed once, not read in pieces.
        if spread >= bodied && promote::is_costly(self.program, body, &|id| self.has_array(id)) {
            return Err(body);
        }
        let mut inner: Env = g[body].axes.iter().map(|&a| (a, at(env, a))).collect();
        inner.insert(axis, place);
        self.expr(body, &inner)
    }

    /// An index as a place: an axis, an element, or a plain load.
    pub fn index(&mut self, index: NodeId, env: &Env) -> Result<At, NodeId> {
        let id = self.expr(index, env)?;
        match &self.lets[id.0].value {
            Value::Position(axis) => Ok(At::Axis(*axis)),
            Value::Element(_) => Ok(At::Computed(id)),
            Value::Load(_, at) if at.iter().all(|p| matches!(p, At::Axis(_))) => Ok(At::Computed(id)),
            _ => Err(self.holder(index)),
        }
    }

    /// The node that gets an array so that an index becomes a plain load.
    fn holder(&self, index: NodeId) -> NodeId {
        match &self.graph()[index].kind {
            NodeKind::Rename(body, _) => self.holder(*body),
            _ => index,
        }
    }
}

/// Where an axis stands.
pub(super) fn at(env: &Env, axis: Axis) -> At {
    env.get(&axis).copied().unwrap_or(At::Axis(axis))
}
