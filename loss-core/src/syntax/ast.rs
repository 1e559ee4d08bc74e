//! The tree as written. Every node keeps the span of its tokens; nothing is resolved yet.

mod expr;

pub use expr::*;

use crate::diag::SpanRange;
use proc_macro2::{Ident, TokenStream};
use std::rc::Rc;

/// One `loss! { ... }` invocation or one catalogue file.
#[derive(Clone, Debug)]
pub struct File {
    /// `crate = path;`: how generated code names the facade crate. `None` means `::dfdx_loss`.
    pub krate: Option<TokenStream>,
    /// The definitions taken over from the catalogue.
    pub picks: Vec<Pick>,
    /// The host functions in the order written.
    pub externs: Vec<Rc<Extern>>,
    /// The definitions in the order written.
    pub defs: Vec<Def>,
    /// The definitions in which the parser found mistakes.
    pub broken: Vec<Broken>,
}

/// `pub use Name;`: a definition of the catalogue that becomes a type here.
#[derive(Clone, Debug)]
pub struct Pick {
    /// Visibility as written; empty means private.
    pub vis: TokenStream,
    /// The name in the catalogue.
    pub name: Ident,
}

/// As much of a definition with mistakes as was understood: enough for an item of that name, so that its users
/// are not told that it does not exist.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Visibility as written; empty means private.
    pub vis: TokenStream,
    /// The name of the loss.
    pub name: Ident,
    /// The hyperparameters before the first mistake in them.
    pub hypers: Vec<Hyper>,
    /// The inputs without those that have mistakes.
    pub inputs: Vec<Input>,
}

impl Broken {
    /// What the rest of the user's code may know of a definition with a mistake of meaning.
    pub fn of(def: &Def) -> Broken {
        let (vis, name) = (def.vis.clone(), def.name.clone());
        Broken { vis, name, hypers: def.hypers.clone(), inputs: def.inputs.clone() }
    }
}

/// `extern name(x: [N, M]) -> [N] -> M = path, gradient = path;`: a function of the host's.
#[derive(Clone, Debug)]
pub struct Extern {
    /// Doc comment lines on it.
    pub docs: Vec<String>,
    /// What specs call it.
    pub name: Ident,
    /// What it takes.
    pub inputs: Vec<Input>,
    /// The axes of what it gives, in order.
    pub axes: Vec<AxisName>,
    /// What the elements of that are.
    pub element: Element,
    /// The Rust function.
    pub path: HostPath,
    /// The function that turns the gradient of what it gives into those of what it takes.
    pub gradient: Option<HostPath>,
}

/// The path of a Rust function.
#[derive(Clone, Debug)]
pub struct HostPath {
    /// Whether it begins with `$crate`, the facade's path, which is not among the tokens.
    pub facade: bool,
    /// The path, without generic arguments being looked at.
    pub tokens: TokenStream,
    /// Where it is written.
    pub range: SpanRange,
}

/// `#[attr] vis Name<hyper = default in domain>(input: [B, K]) { lets; value }`.
#[derive(Clone, Debug)]
pub struct Def {
    /// Attributes other than the language's own, doc comments included, as written.
    pub attrs: TokenStream,
    /// The lines of the doc comment.
    pub docs: Vec<String>,
    /// The language's own attributes.
    pub marks: Marks,
    /// Visibility as written; empty means private.
    pub vis: TokenStream,
    /// The name of the loss, a type name.
    pub name: Ident,
    /// The host functions that its body calls, wherever it is applied.
    pub externs: Vec<Rc<Extern>>,
    /// Hyperparameters, between `<` and `>`.
    pub hypers: Vec<Hyper>,
    /// The tensors that the loss holds, between `<` and `>`, too.
    pub held: Vec<Held>,
    /// Inputs, between `(` and `)`.
    pub inputs: Vec<Input>,
    /// Everything before the value.
    pub stmts: Vec<Stmt>,
    /// `update name[i, j] = expr;`: what becomes of the state. All of them happen at once, after the loss.
    pub updates: Vec<Let>,
    /// The loss per sample; for named terms their plain sum.
    pub value: Expr,
    /// The named terms, if the value is made of some.
    pub terms: Option<Terms>,
}

/// `learn name: [K, D] = 0.0`, `state name = 20.0`: a tensor that belongs to the loss.
#[derive(Clone, Debug)]
pub struct Held {
    /// Who changes it.
    pub role: Role,
    /// The field's name.
    pub name: Ident,
    /// Doc comment lines on it.
    pub docs: Vec<String>,
    /// Its axes in order.
    pub axes: Vec<AxisName>,
    /// What every element is at first: a constant, or what it is drawn from.
    pub initial: Expr,
    /// The type as written; the name where there is none.
    pub range: SpanRange,
}

/// Who changes a tensor that a loss holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `learn`: an optimizer.
    Learned,
    /// `state`: the loss itself, by its `update`.
    State,
}

impl Role {
    /// The word that declares it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Learned => "learn",
            Role::State => "state",
        }
    }

    /// The role that a word declares.
    pub fn of(word: &str) -> Option<Role> {
        [Role::Learned, Role::State].into_iter().find(|role| role.word() == word)
    }
}

/// `seg: A(..), edge: 0.3 * B(..)`, or the same inside `uncertainty { .. }`.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How they are weighted, if not as written.
    pub weighting: Option<Weighting>,
    /// The terms in order.
    pub list: Vec<Term>,
}

/// `uncertainty<form = ..>`.
#[derive(Clone, Debug)]
pub struct Weighting {
    /// The word itself.
    pub name: Ident,
    /// What stands between `<` and `>`.
    pub options: Vec<(Ident, Ident)>,
}

/// `name: value`, or `name: classification value`.
#[derive(Clone, Debug)]
pub struct Term {
    /// What it is reported as.
    pub name: Ident,
    /// `regression` or `classification`, where it is stated.
    pub kind: Option<Ident>,
    /// What it adds.
    pub value: Expr,
}

/// The language's own attributes on a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// `#[active]`: maximises the probability of the target class only (Ma et al. 2020).
    pub active: bool,
    /// `#[passive]`: also minimises the probability of other classes.
    pub passive: bool,
    /// `#[snapshot]`: the generated type carries its own code as text.
    pub snapshot: bool,
    /// `#[derive_hessian]`: methods for the gradient and the diagonal of the Hessian.
    pub hessian: bool,
    /// `#[graph]`: the graph backend is wanted on every device.
    pub graph: bool,
    /// The definition computes for another one what is reported of it, or a new state. It has no written form.
    pub parts: bool,
    /// `#[id = "cross_entropy"]`: the identifier of its golden cases.
    pub id: Option<String>,
    /// `#[when(weight = "diff", mode = "paired")]`: string parameters of the golden cases that it answers to.
    pub when: Vec<(String, String)>,
}

/// `name: type = default in domain`.
#[derive(Clone, Debug)]
pub struct Hyper {
    /// The field's name.
    pub name: Ident,
    /// Doc comment lines on the hyperparameter.
    pub docs: Vec<String>,
    /// Declared type.
    pub ty: HyperType,
    /// The default, a constant expression; arrays hold one a place.
    pub default: Option<HyperDefault>,
    /// Values allowed.
    pub domain: Option<Domain>,
    /// Whether a schedule uses it.
    pub scheduled: bool,
}

/// The type of a hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HyperType {
    /// `f64`, the type when none is written.
    Real,
    /// `usize`.
    Integer,
    /// `bool`.
    Bool,
    /// `[f64; N]`.
    Array(usize),
}

/// A hyperparameter's default, or the value given for it in an application.
#[derive(Clone, Debug)]
pub enum HyperDefault {
    /// One number.
    Scalar(Expr),
    /// `[a, b, c]`.
    Array(Vec<Expr>, SpanRange),
}

/// `0..`, `0..=1`, `0<..1`: the values allowed. `lo <.. hi` leaves the lower bound out.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Lower bound and whether it is itself allowed.
    pub lo: Option<(f64, bool)>,
    /// Upper bound and whether it is itself allowed.
    pub hi: Option<(f64, bool)>,
    /// Where it is written.
    pub range: SpanRange,
}

/// `name: data [B, K] in 0..=1`.
#[derive(Clone, Debug)]
pub struct Input {
    /// The argument's name.
    pub name: Ident,
    /// `data`: never differentiated.
    pub data: bool,
    /// Its axes in order.
    pub axes: Vec<AxisName>,
    /// What its elements are.
    pub element: Element,
    /// Declared range of its values.
    pub domain: Option<Domain>,
    /// The type as written, `[B, K] -> C` whole.
    pub range: SpanRange,
}

/// What the elements of an input are.
#[derive(Clone, Debug)]
pub enum Element {
    /// Real numbers.
    Real,
    /// `-> K`: class indices.
    Class(AxisName),
    /// `-> bool`: conditions.
    Bool,
}

/// An index set: `B`, or a fixed size `4`.
#[derive(Clone, Debug)]
pub enum AxisName {
    /// An upper-case name.
    Set(Ident),
    /// `N..`: any number of axes, taken as one.
    Bundle(Ident),
    /// A number.
    Fixed(usize, SpanRange),
    /// `K + 1`: a set and some more elements. Only class maps point into one.
    Beyond(Ident, usize, SpanRange),
}

/// A statement of a body.
#[derive(Clone, Debug)]
pub enum Stmt {
    /// `let name[i, j] = expr;`
    Let(Let),
    /// `repeat n { ... }`
    Repeat(Repeat),
}

/// `name[i, j] = expr`.
#[derive(Clone, Debug)]
pub struct Let {
    /// The tensor's name.
    pub name: Ident,
    /// Its axes in order.
    pub indices: Vec<Ident>,
    /// What some of them range over.
    pub ranges: Vec<IndexRange>,
    /// Its elements.
    pub value: Expr,
}

/// `repeat count { let t[i] = ..; f[i] = ..; }`: assignments to tensors of the surrounding body, in order.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// The number of rounds: an integer hyperparameter or a number.
    pub count: Expr,
    /// The steps of one round.
    pub steps: Vec<RepeatStep>,
    /// The whole statement.
    pub range: SpanRange,
}

/// A step of one round.
#[derive(Clone, Debug)]
pub enum RepeatStep {
    /// `let t[i] = ..;`: local to the round.
    Let(Let),
    /// `f[i] = ..;`: the next value of a tensor from outside.
    Assign(Let),
}
