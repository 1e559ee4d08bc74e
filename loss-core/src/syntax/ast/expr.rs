//! Expressions as written.

use super::{AxisName, HyperDefault};
use crate::diag::SpanRange;
use proc_macro2::Ident;

/// An expression and where it is written.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its tokens.
    pub range: SpanRange,
}

/// The forms of an expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `0.5`, `1e-4`, `10_000`.
    Number(f64),
    /// A name without indices: hyperparameter, size of a set, number of an index, tensor without axes,
    /// or a whole tensor as an argument of an application.
    Name(Ident),
    /// `x[b, k]`, `eps[0]`; as an argument also `x[b, ..]`.
    Index(Ident, Vec<Expr>),
    /// The `..` of `x[b, ..]`: all further axes, whole.
    Rest,
    /// `-x`, `!c`: the op's name in the op table (`neg`, `not`).
    Unary(&'static str, Box<Expr>),
    /// `a + b`: the op's name in the op table (`add sub mul div pow eq ne lt le gt ge and or`).
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `if c { a } else { b }`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `exp(x)`, `clamp(x, lo, hi)`, `detach(x)`: a lower-case function of values.
    Call(Ident, Vec<Expr>),
    /// `sum[j | c](x)`, `softmax[k](x)`, `count[j | c]()`, `cosine[d](a, b)`.
    Bind(Box<Binder>),
    /// `Focal<gamma = 1.5>(logits, target)[b]`, `poly<eps = [1, 2]>(Base(..))`, `apl<..>(A(..), P(..))`.
    Apply(Box<Application>),
    /// `reweight<LinUpper<r = 0.4>>(Loss(..)[b])`.
    Reweight(Box<Reweight>),
    /// `linear(0.0 -> 0.5, over = 10_000)`.
    Schedule(Schedule),
    /// Numbers side by side: the terms of a loss and what is reported with them. It has no written form.
    Parts(Vec<Expr>),
}

/// Weights from losses, times the losses.
#[derive(Clone, Debug)]
pub struct Reweight {
    /// The word itself.
    pub name: Ident,
    /// What gives the weights. Its arguments are what it needs besides the losses.
    pub strategy: Application,
    /// The loss per sample.
    pub loss: Expr,
}

/// A number that changes with the step.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The kind of schedule.
    pub name: Ident,
    /// What stands between the parentheses.
    pub args: Vec<ScheduleArg>,
}

/// An argument of a schedule.
#[derive(Clone, Debug)]
pub enum ScheduleArg {
    /// `0.5`, or another schedule.
    Plain(Expr),
    /// `0.0 -> 0.5`.
    Move(Expr, Expr),
    /// `over = 10_000`.
    Named(Ident, Expr),
}

/// `name[indices | condition](args)`.
#[derive(Clone, Debug)]
pub struct Binder {
    /// The reducer or composite.
    pub name: Ident,
    /// The indices it binds.
    pub indices: Vec<Ident>,
    /// What some of them range over.
    pub ranges: Vec<IndexRange>,
    /// The condition after `|`.
    pub condition: Option<Box<Expr>>,
    /// The operands.
    pub args: Vec<Expr>,
}

/// `k in N`: what an index ranges over, where that is written.
#[derive(Clone, Debug)]
pub struct IndexRange {
    /// The index.
    pub index: Ident,
    /// A set of an input, or a number of elements.
    pub set: AxisName,
}

/// `Name<hyper = value>(args)[indices]`.
#[derive(Clone, Debug)]
pub struct Application {
    /// A definition (upper case) or a combinator (`poly`, `apl`).
    pub name: Ident,
    /// Hyperparameters given.
    pub hypers: Vec<(Ident, HyperDefault)>,
    /// The arguments.
    pub args: Vec<Expr>,
    /// `[b]`: per sample; `None`: reduced.
    pub indices: Option<Vec<Expr>>,
    /// The state whose update is meant, not the loss. It has no written form.
    pub update: Option<Ident>,
}
