//! The intermediate representation: a DAG of index expressions over named axes.
//!
//! A node is a function of its free axes. `logits[b, k]` has the axes `b` and `k`; a reduction removes an
//! axis, an elementwise op has the union of its operands' axes. A tensor in memory lays its axes out in
//! the canonical order of [`Axis`]. Equal nodes get one id, so that what is written twice is computed once.

mod build;
pub(crate) mod builder;
pub mod eval;
mod formula;
mod graph;
mod host;
mod latex;
pub(crate) mod load;
pub mod loops;
mod notation;
pub(crate) mod pattern;
pub mod print;
pub mod reach;
mod running;
mod steps;
pub(crate) mod template;
pub(crate) mod term;

pub use build::{build, build_update};

pub use graph::{Direction, Graph, Loop, Node, NodeId, NodeKind, OpRef, ReduceRef};
pub use host::{HostCall, HostFunction, HostInput, HostRef};
pub use running::Running;

use crate::syntax::ast::HyperType;

/// An index set of a program, by position in [`Program::sets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u16);

/// A free index: the `copy`-th index over `set`. Two indices over `B` are `B0` and `B1`.
///
/// The derived order (set by first appearance in the signature, then copy) is the canonical layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Axis {
    /// The set it ranges over.
    pub set: SetId,
    /// Which of the indices over that set.
    pub copy: u8,
}

/// What a node's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// Real numbers.
    Real,
    /// Conditions.
    Bool,
    /// Elements of a set, by number from 0.
    Index(SetId),
}

/// An index set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetInfo {
    /// Its name as written: `B`, or `4`.
    pub name: String,
    /// What is known of its size.
    pub size: SetSize,
}

/// What is known of a set's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetSize {
    /// The length of axis `axis` of input `input`: a `Dim` type parameter.
    Dim {
        /// The first input that has it.
        input: usize,
        /// Which of its axes.
        axis: usize,
    },
    /// `[N..]`: all axes of input `input`, whatever their number, flattened to one.
    Bundle {
        /// The first input that has it.
        input: usize,
    },
    /// Written as a number.
    Fixed(usize),
    /// `K + 1`, only the target of class maps: a set and some more elements.
    Beyond {
        /// The set.
        base: SetId,
        /// How many elements it has not.
        more: usize,
    },
    /// Only the target of class maps: its size is not known and not needed.
    Unknown,
}

impl SetSize {
    /// Whether class maps only point into the set: nothing ranges over it.
    pub fn is_target_only(self) -> bool {
        matches!(self, SetSize::Unknown | SetSize::Beyond { .. })
    }
}

/// A hyperparameter.
#[derive(Clone, Debug)]
pub struct HyperInfo {
    /// The field's name.
    pub name: String,
    /// Its type.
    pub ty: HyperType,
}

/// An input.
#[derive(Clone, Debug)]
pub struct InputInfo {
    /// The argument's name.
    pub name: String,
    /// `data`, a class map or a condition: never differentiated.
    pub data: bool,
    /// The sets of its axes, in the order declared (which need not be canonical).
    pub sets: Vec<SetId>,
    /// What its elements are.
    pub ty: Ty,
    /// Declared bounds of its values, if any: (lower, allowed), (upper, allowed).
    pub domain: Option<(Bound, Bound)>,
}

/// A bound and whether it is itself allowed; `None` is unbounded.
pub type Bound = Option<(f64, bool)>;

/// One definition, lowered. Every backend starts from this.
#[derive(Clone, Debug)]
pub struct Program {
    /// The definition's name.
    pub name: String,
    /// Index sets, in order of first appearance in the signature.
    pub sets: Vec<SetInfo>,
    /// Hyperparameters, in order.
    pub hypers: Vec<HyperInfo>,
    /// Inputs, in order.
    pub inputs: Vec<InputInfo>,
    /// The nodes.
    pub graph: Graph,
    /// The loss per sample; its axes are the samples.
    pub value: NodeId,
    /// Other nodes that are wanted: passes keep them, in order. A program as written has none; the derivative
    /// of a program has its gradients.
    pub roots: Vec<NodeId>,
}

impl Program {
    /// What is computed: the value, then the roots.
    pub fn wanted(&self) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::once(self.value).chain(self.roots.iter().copied())
    }

    /// The axes at which input `i` is plainly read, in the order declared: the first copies of its sets.
    pub fn input_axes(&self, i: usize) -> Vec<Axis> {
        build::distinct_axes(&self.inputs[i].sets)
    }

    /// The free axes of the value, in canonical order.
    pub fn samples(&self) -> &[Axis] {
        &self.graph[self.value].axes
    }

    /// A short name for an axis: the set's in lower case, numbered from the second copy on (`b`, `b2`).
    pub fn axis_name(&self, axis: Axis) -> String {
        let set = self.sets[usize::from(axis.set.0)].name.to_lowercase();
        let stem = if set.starts_with(|c: char| c.is_ascii_digit()) { format!("c{set}") } else { set };
        if axis.copy == 0 { stem } else { format!("{stem}{}", axis.copy + 1) }
    }
}
