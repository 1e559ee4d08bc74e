//! The op table: what each primitive is, in one place.
//!
//! A row says everything that the rest of the compiler needs to know of an op: typing, derivative,
//! value, how to spell it in plain Rust and in dfdx, and its manual entry. Nothing outside this folder
//! matches on the name of an elementwise op.

pub mod arith;
pub mod exp_log;
pub mod logic;
pub mod piecewise;
pub mod prelude;
pub mod reduce;

pub use reduce::ReduceDef;

/// What an operand or a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A real number.
    Real,
    /// A condition.
    Bool,
    /// Two of the same sort, whichever it is: operands of `==`, branches of `if`.
    Same,
    /// An index, turned into its number (from 0).
    Index,
}

/// One elementwise primitive.
pub struct OpDef {
    /// Its name in the language, or of its operator (`add` for `+`).
    pub name: &'static str,
    /// Names of its operands, used by `grad`.
    pub args: &'static [&'static str],
    /// What the operands are.
    pub takes: &'static [Sort],
    /// What the result is.
    pub gives: Sort,
    /// Derivative with respect to each operand, in the language itself, over `args` and `out` (the result).
    /// Empty for ops that have no derivative (conditions).
    pub grad: &'static [&'static str],
    /// Its value. Conditions are 0 and 1.
    pub eval: fn(&[f64]) -> f64,
    /// For each operand, the open interval from which tests draw.
    pub domain: &'static [(f64, f64)],
    /// An operand value at which the op and its derivative are finite, for each operand that can make them
    /// infinite: what a masked-out element is replaced by. `None`: finite everywhere.
    pub guard: &'static [Option<f64>],
    /// How the language writes it.
    pub print: Print,
    /// How LaTeX writes it: `#0` is the first operand as it is, `@0` in parentheses where it binds more loosely
    /// than its place demands.
    pub latex: &'static str,
    /// How plain Rust over `f64` and `bool` writes it (`{0}`, `{1}`: the operands, parenthesised where needed).
    pub scalar: Scalar,
    /// How dfdx writes it.
    pub dfdx: Dfdx,
    /// The manual entry: one line, with its kinks.
    pub doc: &'static str,
}

impl OpDef {
    /// Whether it takes many times as long as an addition.
    pub fn is_costly(&self) -> bool {
        let many_steps = matches!(self.scalar, Scalar::Method(_) | Scalar::Function(_));
        many_steps && !piecewise::OPS.iter().any(|op| op.name == self.name)
    }
}

/// How the language writes an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    /// ` + ` with its binding strength (higher binds tighter).
    Infix(&'static str, u8),
    /// `-x`.
    Prefix(&'static str),
    /// `name(a, b)`.
    Call,
    /// `if a { b } else { c }`.
    If,
    /// Nothing: the operand itself (conversions).
    Silent,
}

/// How plain Rust writes an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `a + b`.
    Infix(&'static str),
    /// `-a`.
    Prefix(&'static str),
    /// `a.exp()`, `a.max(b)`.
    Method(&'static str),
    /// A function of `dfdx_loss::__private::scalar`: `softplus(a)`.
    Function(&'static str),
    /// `if a { b } else { c }`.
    If,
    /// `a as f64`.
    Cast,
    /// The operand itself.
    Silent,
}

/// How dfdx writes an op on tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dfdx {
    /// `a.try_exp()?`.
    Method(&'static str),
    /// `a.try_add(b)?` where `b` may be a tensor or a scalar; the first operand must be a tensor.
    /// `swap`: what to write when only the second operand is a tensor.
    Binary {
        /// The method.
        method: &'static str,
        /// What to do when only the second operand is a tensor.
        swap: Swap,
    },
    /// `a.try_gt(..)?` on tensors or with a scalar on the right; the mirror image when the scalar stands left.
    Compare {
        /// The method.
        method: &'static str,
        /// The method with the operands exchanged (`try_lt` for `try_gt`).
        mirrored: &'static str,
    },
    /// `a & b` on condition tensors.
    Logic(&'static str),
    /// `!a`.
    Not,
    /// A function of `dfdx_loss::__private::ops`: `softplus(a)?`; further operands that are scalars are passed as `f64`.
    Function(&'static str),
    /// `cond.try_choose(a, b)?`.
    Choose,
    /// The operand off the tape.
    Detach,
    /// Never reaches tensors: only on the host.
    Host,
}

/// How to write `scalar op tensor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// Commutative: exchange the operands.
    Commute,
    /// `s - x` is `x.try_negate()?.try_add(s)?`.
    NegateAdd,
    /// `s / x` is `x.try_recip()?.try_mul(s)?`.
    RecipMul,
    /// The method takes tensors only: make the scalar, whichever operand it is, a tensor.
    Fill,
}

/// Every elementwise op, by family.
pub fn all() -> impl Iterator<Item = &'static OpDef> {
    [arith::OPS, exp_log::OPS, piecewise::OPS, logic::OPS].into_iter().flatten()
}

/// The op of that name.
pub fn find(name: &str) -> Option<&'static OpDef> {
    all().find(|op| op.name == name)
}

/// The op of that name, for names that the compiler itself writes.
///
/// # Panics
/// If the table has no such row, which a test over all uses rules out.
pub fn op(name: &str) -> &'static OpDef {
    find(name).unwrap_or_else(|| panic!("the op table has no row `{name}`"))
}
