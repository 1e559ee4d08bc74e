//! The arena of nodes, with sharing: equal nodes get one id.

use super::{Axis, HostCall, Running, SetId, Ty};
use crate::ops::{OpDef, ReduceDef};
use std::collections::HashMap;
use std::ops::Index;

/// A node of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// Its position in the arena. Operands have smaller positions than their users, except that a loop's
    /// result refers to its body through [`Graph::loops`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node with the facts that follow from its kind.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub kind: NodeKind,
    /// Its free axes, in canonical order, without repetition.
    pub axes: Vec<Axis>,
    /// What its elements are.
    pub ty: Ty,
}

/// What a node computes, as a function of its free axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A real constant, by its bits.
    Const(u64),
    /// A condition that is known.
    Truth(bool),
    /// A fixed element of a set.
    At(SetId, usize),
    /// A scalar hyperparameter, by position; integers are turned into reals.
    Hyper(usize),
    /// An array hyperparameter over one axis of a fixed set.
    HyperArray(usize, Axis),
    /// An input read at one free axis for each of its axes (all different).
    Input(usize, Vec<Axis>),
    /// The number of elements of a set, a real.
    Size(SetId),
    /// The index itself: an element of its set.
    Iota(Axis),
    /// The element of a set whose number is nearest to a whole one: the first below, the last beyond. Graphs alone have it.
    Nearest(NodeId, SetId),
    /// An elementwise op of the op table.
    Op(OpRef, Vec<NodeId>),
    /// A reduction over axes, of the elements for which the condition holds.
    Reduce {
        /// The reducer.
        op: ReduceRef,
        /// The axes removed: at least one of them occurs in `body` or `given`.
        over: Vec<Axis>,
        /// The element.
        body: NodeId,
        /// The condition.
        given: Option<NodeId>,
    },
    /// A sum of products over axes that both factors have.
    Contract {
        /// The axes removed.
        over: Vec<Axis>,
        /// The left factor.
        lhs: NodeId,
        /// The right factor.
        rhs: NodeId,
    },
    /// The same tensor with axes renamed, all at once; the new axes are all different.
    Rename(NodeId, Vec<(Axis, Axis)>),
    /// `body` with `axis` replaced by the element that `index` names. `index` may itself depend on `axis`
    /// (and then that dependence is what remains of it).
    Gather {
        /// What is read.
        body: NodeId,
        /// The axis replaced.
        axis: Axis,
        /// Where it is read: a node of type `Index(axis.set)`.
        index: NodeId,
    },
    /// Along `over`, ascending: which element stands at a position (`argsort`, ties keep their order).
    Argsort(NodeId, Axis),
    /// Along `over`, ascending: which position an element has (`rank`, from 0, ties keep their order): the
    /// inverse of `Argsort`.
    Rank(NodeId, Axis),
    /// Running sum along an axis, the element itself included.
    Cumsum(NodeId, Axis, Direction),
    /// What else runs along an axis. Kernels alone have it: the first operand, and of some a second one, have the axis.
    Running(Running, Vec<NodeId>, Axis, Direction),
    /// What a function of the host's makes of its operands.
    Host(HostCall, Vec<NodeId>),
    /// A tensor carried by a loop, inside its body.
    LoopVar {
        /// Which loop of [`Graph::loops`].
        id: usize,
        /// Which of its tensors.
        slot: usize,
        /// Its axes.
        axes: Vec<Axis>,
    },
    /// A tensor carried by a loop, after its last round.
    LoopOut {
        /// Which loop of [`Graph::loops`].
        id: usize,
        /// Which of its tensors.
        slot: usize,
        /// Its axes.
        axes: Vec<Axis>,
    },
}

/// Which way a running sum runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the first element: each gets the sum up to itself.
    Forward,
    /// From the last element: each gets the sum from itself on.
    Backward,
}

impl Direction {
    /// The other direction.
    pub fn reversed(self) -> Direction {
        match self {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        }
    }
}

/// A loop: `count` rounds of `next` from `init`.
///
/// A loop that reverses another has as many rounds. In its round `r`, the variables of the other loop are those
/// at the beginning of that one's round `count - 1 - r`, so that its body can use the other's body.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Number of rounds, a scalar.
    pub count: NodeId,
    /// The [`NodeKind::LoopVar`] nodes.
    pub vars: Vec<NodeId>,
    /// Values before the first round, one for each variable.
    pub init: Vec<NodeId>,
    /// Values after a round, as functions of the variables.
    pub next: Vec<NodeId>,
    /// The loop of [`Graph::loops`] that this one reverses.
    pub reverses: Option<usize>,
}

macro_rules! by_name {
    ($(#[$doc:meta])* $name:ident, $def:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(pub &'static $def);

        impl std::ops::Deref for $name {
            type Target = $def;
            fn deref(&self) -> &$def {
                self.0
            }
        }
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.name == other.name
            }
        }
        impl Eq for $name {}
        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.name.hash(state);
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name)
            }
        }
    };
}
by_name!(
    /// A row of the op table; equal if the names are.
    OpRef,
    OpDef
);
by_name!(
    /// A row of the reducer table; equal if the names are.
    ReduceRef,
    ReduceDef
);

/// The arena.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Ids of the nodes there are; only looked up, never iterated.
    known: HashMap<NodeKind, NodeId>,
    /// The loops that `LoopVar` and `LoopOut` refer to.
    pub loops: Vec<Loop>,
    /// Names that the user gave to nodes with `let`.
    names: HashMap<NodeId, String>,
}

impl Index<NodeId> for Graph {
    type Output = Node;
    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

impl Graph {
    /// The node of that kind, new or known. The caller has checked sorts and axes.
    pub fn add(&mut self, kind: NodeKind) -> NodeId {
        if let Some(&id) = self.known.get(&kind) {
            return id;
        }
        let node = Node { axes: self.axes_of(&kind), ty: self.ty_of(&kind), kind: kind.clone() };
        let id = NodeId(u32::try_from(self.nodes.len()).expect("a spec has fewer than 2^32 nodes"));
        self.nodes.push(node);
        self.known.insert(kind, id);
        id
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All ids, operands before users.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The name the user gave to a node.
    pub fn name(&self, id: NodeId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// Names a node; the first name stays.
    pub fn set_name(&mut self, id: NodeId, name: &str) {
        self.names.entry(id).or_insert_with(|| name.to_owned());
    }

    /// The operands of a node. A `LoopOut` has the loop's count and initial values, and those of the loop that it
    /// reverses; its body is reached through [`Graph::loops`].
    pub fn operands(&self, id: NodeId) -> Vec<NodeId> {
        match &self[id].kind {
            NodeKind::Const(_)
            | NodeKind::Truth(_)
            | NodeKind::At(..)
            | NodeKind::Hyper(_)
            | NodeKind::HyperArray(..)
            | NodeKind::Input(..)
            | NodeKind::Size(_)
            | NodeKind::Iota(_)
            | NodeKind::LoopVar { .. } => vec![],
            NodeKind::Op(_, args) | NodeKind::Host(_, args) | NodeKind::Running(_, args, ..) => args.clone(),
            NodeKind::Reduce { body, given, .. } => std::iter::once(*body).chain(*given).collect(),
            NodeKind::Contract { lhs, rhs, .. } => vec![*lhs, *rhs],
            NodeKind::Rename(body, _)
            | NodeKind::Nearest(body, _)
            | NodeKind::Argsort(body, _)
            | NodeKind::Rank(body, _)
            | NodeKind::Cumsum(body, ..) => vec![*body],
            NodeKind::Gather { body, index, .. } => vec![*body, *index],
            NodeKind::LoopOut { id, .. } => {
                let l = &self.loops[*id];
                let reversed = l.reverses.map(|r| self.loops[r].init.as_slice()).unwrap_or_default();
                std::iter::once(l.count).chain(l.init.iter().chain(reversed).copied()).collect()
            }
        }
    }

    fn axes_of(&self, kind: &NodeKind) -> Vec<Axis> {
        let mut axes: Vec<Axis> = match kind {
            NodeKind::Const(_)
            | NodeKind::Truth(_)
            | NodeKind::At(..)
            | NodeKind::Hyper(_)
            | NodeKind::Size(_) => vec![],
            NodeKind::HyperArray(_, axis) | NodeKind::Iota(axis) => vec![*axis],
            NodeKind::Input(_, axes) | NodeKind::LoopVar { axes, .. } | NodeKind::LoopOut { axes, .. } => {
                axes.clone()
            }
            NodeKind::Op(_, args) | NodeKind::Running(_, args, ..) => {
                args.iter().flat_map(|&a| self[a].axes.iter().copied()).collect()
            }
            NodeKind::Reduce { over, body, given, .. } => {
                let all = self[*body].axes.iter().chain(given.iter().flat_map(|&g| &self[g].axes));
                all.filter(|a| !over.contains(a)).copied().collect()
            }
            NodeKind::Contract { over, lhs, rhs } => {
                let all = self[*lhs].axes.iter().chain(&self[*rhs].axes);
                all.filter(|a| !over.contains(a)).copied().collect()
            }
            NodeKind::Rename(body, map) => {
                let new = |a: &Axis| map.iter().find(|m| m.0 == *a).map_or(*a, |m| m.1);
                self[*body].axes.iter().map(new).collect()
            }
            NodeKind::Gather { body, axis, index } => {
                let kept = self[*body].axes.iter().filter(|a| *a != axis);
                kept.chain(&self[*index].axes).copied().collect()
            }
            NodeKind::Nearest(body, _)
            | NodeKind::Argsort(body, _)
            | NodeKind::Rank(body, _)
            | NodeKind::Cumsum(body, ..) => self[*body].axes.clone(),
            NodeKind::Host(call, args) => [call.outer(self, args), call.result()].concat(),
        };
        axes.sort();
        axes.dedup();
        axes
    }

    fn ty_of(&self, kind: &NodeKind) -> Ty {
        use crate::ops::Sort;
        match kind {
            NodeKind::Const(_)
            | NodeKind::Hyper(_)
            | NodeKind::HyperArray(..)
            | NodeKind::Size(_)
            | NodeKind::Contract { .. }
            | NodeKind::Cumsum(..)
            | NodeKind::Running(..)
            | NodeKind::LoopVar { .. }
            | NodeKind::LoopOut { .. } => Ty::Real,
            NodeKind::Truth(_) => Ty::Bool,
            NodeKind::Host(call, _) => call.target.map_or(Ty::Real, Ty::Index),
            NodeKind::At(set, _) | NodeKind::Nearest(_, set) => Ty::Index(*set),
            NodeKind::Iota(axis) | NodeKind::Argsort(_, axis) | NodeKind::Rank(_, axis) => {
                Ty::Index(axis.set)
            }
            NodeKind::Input(..) => unreachable!("inputs are added by `add_input`"),
            NodeKind::Op(op, args) => match op.gives {
                Sort::Bool => Ty::Bool,
                // `if`: the sort of its branches.
                Sort::Same => self[*args.last().expect("an op of sort `Same` has operands")].ty,
                Sort::Real | Sort::Index => Ty::Real,
            },
            NodeKind::Reduce { op, .. } => match op.gives {
                Sort::Bool => Ty::Bool,
                _ => Ty::Real,
            },
            NodeKind::Rename(body, _) | NodeKind::Gather { body, .. } => self[*body].ty,
        }
    }

    /// An input read at the given axes. Inputs carry their type, which the kind alone does not tell.
    pub fn add_input(&mut self, input: usize, axes: Vec<Axis>, ty: Ty) -> NodeId {
        let kind = NodeKind::Input(input, axes.clone());
        if let Some(&id) = self.known.get(&kind) {
            return id;
        }
        let id = NodeId(u32::try_from(self.nodes.len()).expect("a spec has fewer than 2^32 nodes"));
        let mut sorted = axes;
        sorted.sort();
        self.nodes.push(Node { kind: kind.clone(), axes: sorted, ty });
        self.known.insert(kind, id);
        id
    }

    /// The node of that kind, if there is one.
    pub fn id_of(&self, kind: &NodeKind) -> Option<NodeId> {
        self.known.get(kind).copied()
    }

    /// A real constant.
    pub fn constant(&mut self, value: f64) -> NodeId {
        self.add(NodeKind::Const(value.to_bits()))
    }

    /// The value of a constant node.
    pub fn as_const(&self, id: NodeId) -> Option<f64> {
        match self[id].kind {
            NodeKind::Const(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// An elementwise op by name.
    pub fn op(&mut self, name: &str, args: &[NodeId]) -> NodeId {
        self.add(NodeKind::Op(OpRef(crate::ops::op(name)), args.to_vec()))
    }
}
