//! The checked tree: what lowering starts from.

use super::sets::SetVar;
pub use super::sets::SetVar as SetRef;
use crate::diag::SpanRange;
use crate::ir::{Bound, HostRef, HyperInfo, InputInfo, SetId, SetInfo};
use crate::ops::prelude::Composite;
use crate::ops::{OpDef, ReduceDef};
use crate::syntax::ast::Marks;
use std::rc::Rc;

/// One checked definition.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its name.
    pub name: String,
    /// Its marks (`#[active]`, ...).
    pub marks: Marks,
    /// Index sets in order of first appearance.
    pub sets: Vec<SetInfo>,
    /// Hyperparameters.
    pub hypers: Vec<HyperInfo>,
    /// Default of each hyperparameter; one number, or one for each place of an array.
    pub defaults: Vec<Vec<f64>>,
    /// Declared domain of each hyperparameter.
    pub domains: Vec<Option<(Bound, Bound)>>,
    /// Inputs.
    pub inputs: Vec<InputInfo>,
    /// The set of every index variable of the body.
    pub vars: Vec<SetId>,
    /// The set behind every set variable of the body.
    pub set_vars: Vec<SetId>,
    /// The tensors named by `let`, with their index variables.
    pub lets: Vec<LetInfo>,
    /// The statements.
    pub stmts: Vec<TStmt>,
    /// The free indices of the value, in order of first appearance.
    pub samples: Vec<VarId>,
    /// The value.
    pub value: Typed,
    /// What becomes of the state.
    pub updates: Vec<TUpdate>,
}

/// `update name[i, j] = value;`
#[derive(Clone, Debug)]
pub struct TUpdate {
    /// The state, by position among the inputs.
    pub input: usize,
    /// An index variable for each of its axes.
    pub vars: Vec<VarId>,
    /// The new elements.
    pub value: Typed,
}

impl Checked {
    /// The sets of the value's free indices, in canonical order: what `Name(..)[b, ..]` is indexed by.
    pub fn sample_sets(&self) -> Vec<SetId> {
        let mut sets: Vec<SetId> = self.samples.iter().map(|&v| self.vars[v.0]).collect();
        sets.sort();
        sets
    }

    /// The free indices in the order of [`Checked::sample_sets`].
    pub fn ordered_samples(&self) -> Vec<VarId> {
        let mut vars = self.samples.clone();
        vars.sort_by_key(|v| self.vars[v.0]);
        vars
    }
}

/// An index variable, by position in [`Checked::vars`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarId(pub usize);

/// A tensor named by `let`.
#[derive(Clone, Debug)]
pub struct LetInfo {
    /// Its name.
    pub name: String,
    /// Its index variables, in order.
    pub vars: Vec<VarId>,
    /// What its elements are.
    pub kind: Kind,
}

/// A statement.
#[derive(Clone, Debug)]
pub enum TStmt {
    /// Defines a tensor, by position in [`Checked::lets`].
    Let(usize, Typed),
    /// `count` rounds of the steps.
    Repeat {
        /// A scalar.
        count: Typed,
        /// The tensors carried, by position in [`Checked::lets`].
        carried: Vec<usize>,
        /// (tensor, index variables of this assignment, value): a carried tensor or one local to the round.
        steps: Vec<(usize, Vec<VarId>, Typed)>,
    },
}

/// What an expression is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A real number.
    Real,
    /// A condition.
    Bool,
    /// An element of a set.
    Index(SetVar),
}

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Typed {
    /// What it computes.
    pub node: TNode,
    /// What it is.
    pub kind: Kind,
    /// Where it is written.
    pub range: SpanRange,
}

/// A tensor that can be indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorRef {
    /// An input.
    Input(usize),
    /// A `let`.
    Let(usize),
    /// An array hyperparameter.
    Array(usize),
}

/// The forms of a checked expression.
#[derive(Clone, Debug)]
pub enum TNode {
    /// A number.
    Number(f64),
    /// A scalar hyperparameter.
    Hyper(usize),
    /// The size of a set.
    Size(SetVar),
    /// An index in value or index position.
    Position(VarId),
    /// A fixed element of a set.
    At(SetVar, usize),
    /// A tensor at indices.
    Load(TensorRef, Vec<Typed>),
    /// An elementwise op.
    Op(&'static OpDef, Vec<Typed>),
    /// A reduction.
    Reduce(&'static ReduceDef, Vec<VarId>, Option<Box<Typed>>, Box<Typed>),
    /// A composite of the prelude.
    Composite(&'static Composite, Vec<VarId>, Option<Box<Typed>>, Vec<Typed>),
    /// `sort`, `argsort`, `rank`, `cumsum` along an index.
    Order(OrderOp, VarId, Box<Typed>),
    /// A function of the host's, with an index variable for each of its axes.
    Host(HostRef, Vec<VarId>, Vec<Typed>),
    /// An applied definition.
    Apply(Box<Applied>),
    /// Numbers along an index of their own.
    Parts(VarId, Vec<Typed>),
}

impl std::fmt::Debug for OpDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
impl std::fmt::Debug for ReduceDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The ops that look along an index and keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderOp {
    /// Ascending values.
    Sort,
    /// Which element stands at a position.
    Argsort,
    /// Which position an element has.
    Rank,
    /// Running sum.
    Cumsum,
}

impl OrderOp {
    /// All of them by name.
    pub const ALL: [(&'static str, OrderOp); 4] = [
        ("sort", OrderOp::Sort),
        ("argsort", OrderOp::Argsort),
        ("rank", OrderOp::Rank),
        ("cumsum", OrderOp::Cumsum),
    ];
}

/// `Name<hypers>(args)[indices]`.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The definition applied.
    pub def: Rc<Checked>,
    /// Hyperparameters given, by position; `None`: the default.
    pub hypers: Vec<Option<Vec<Typed>>>,
    /// The arguments: whole tensors, or a scalar for an input without axes.
    pub args: Vec<Arg>,
    /// The set of the caller that each set of the definition stands for; several for a bundle.
    pub sets: Vec<Option<Vec<SetVar>>>,
    /// Per sample, at these indices; `None`: the mean over the samples.
    pub indices: Option<Vec<Typed>>,
    /// The update that is meant, by position in [`Checked::updates`]; `None`: the value.
    pub update: Option<usize>,
}

/// An argument of an application.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A tensor of the caller.
    Tensor(TensorRef),
    /// The slice of a tensor of the caller at indices for its first axes.
    Slice(TensorRef, Vec<Typed>),
    /// A scalar expression for an input without axes.
    Scalar(Typed),
    /// An index of the caller for a class map: the same class everywhere.
    Class(Typed),
}
