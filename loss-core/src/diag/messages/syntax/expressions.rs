//! Expressions.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `()`.
pub fn empty_parentheses(at: SpanRange) -> Diag {
    Diag::new(at, "these parentheses are empty")
}

/// `(a, b)`.
pub fn tuple(at: SpanRange) -> Diag {
    Diag::new(at, "there are no tuples").help("arguments follow the name of a function: `max(a, b)`")
}

/// `a < b < c`.
pub fn chained_comparison(at: SpanRange, left: &str, middle: &str, symbol: &str) -> Diag {
    Diag::new(at, "comparisons cannot be chained").help(format!("write `{left} && {middle} {symbol} ..`"))
}

/// `if c { a }`.
pub fn missing_else(word: &Ident) -> Diag {
    Diag::new(word, "this `if` has no `else`").help("both branches give a value: `if c { a } else { 0 }`")
}

/// `if c { } else { .. }`.
pub fn empty_branch(at: SpanRange) -> Diag {
    Diag::new(at, "this branch has no value")
}

/// `if c { let .. }`.
pub fn let_in_branch(word: &Ident) -> Diag {
    Diag::new(word, "a branch holds one expression").help("move the `let` before the statement with the `if`")
}

/// `if c { a; }`.
pub fn semicolon_in_branch(at: SpanRange) -> Diag {
    Diag::new(at, "a branch holds one expression, without `;`").help("leave the `;` out")
}

/// `x.exp()`, `x.powi(2)`.
pub fn method(at: SpanRange, name: &Ident, receiver: &str, more: bool) -> Diag {
    let receiver = receiver.strip_prefix('(').and_then(|r| r.strip_suffix(')')).unwrap_or(receiver);
    Diag::new(at, "functions are not written as methods")
        .help(format!("write `{name}({receiver}{})`", if more { ", .." } else { "" }))
}

/// `x.len`.
pub fn field(at: SpanRange) -> Diag {
    Diag::new(at, "there are no fields").help("the size of an index set is its name: `K`")
}

/// `f64::exp`.
pub fn path(at: SpanRange) -> Diag {
    Diag::new(at, "there are no paths").help("write the name alone")
}

/// `exp!(x)`.
pub fn macro_call(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "there are no macros").help(format!("write `{name}(..)`"))
}

/// `2 (x + 1)`.
pub fn missing_operator(at: SpanRange, left: &str) -> Diag {
    Diag::new(at, format!("expected an operator after `{left}`, found `(`"))
        .help(format!("write `{left} * (..)` for a product"))
}

/// `x[b][k]`.
pub fn separate_brackets(at: SpanRange, together: &str) -> Diag {
    Diag::new(at, "all indices stand in one pair of brackets").help(format!("write `{together}`"))
}

/// `exp(x)[b]`.
pub fn index_on_value(at: SpanRange, value: &str) -> Diag {
    Diag::new(at, format!("`{value}` has no indices of its own"))
        .help("give it a name first: `let y[i] = ..;`, then `y[i]`")
}

/// `x[]`.
pub fn empty_brackets(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "these brackets are empty").help(format!("write `{name}` for a tensor without axes"))
}

/// `Focal(..)[]`.
pub fn empty_samples(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "these brackets are empty")
        .help(format!("write `{name}(..)[b]` for the value of a sample, `{name}(..)` for the reduced one"))
}

/// `Focal[b](..)`.
pub fn sample_before_arguments(name: &Ident, at: SpanRange) -> Diag {
    Diag::new(at, "the sample stands after the arguments").help(format!("write `{name}(..)[b]`"))
}

/// `sum[k | c]` without operands.
pub fn condition_without_operand(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the condition of `{name}` is not followed by its operand"))
        .help(format!("write `{name}[k | c](x[k])`"))
}

/// `sum[](x)`.
pub fn binder_without_indices(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` binds no index")).help(format!("write `{name}[k](..)`"))
}

/// `sum[K](x)`.
pub fn set_as_index(name: &Ident, owner: &Ident) -> Diag {
    let lower = name.to_string().to_lowercase();
    Diag::new(name, format!("`{name}` is an index set, an index is wanted"))
        .help(format!("write `{owner}[{lower}]..` with a lower-case name"))
}

/// `sum[k || c](x)`.
pub fn double_bar(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "expected the name of an index, found a condition")
        .help(format!("a single `|` separates index and condition: `{name}[k | c](..)`"))
}

/// `sum[k + 1](x)`.
pub fn bound_not_a_name(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` binds names of indices, this is an expression"))
        .help(format!("write `{name}[k](..)`, or an operator between `{name}[..]` and `(`"))
}

/// `sum[k in n](x)`.
pub fn range_not_a_set(at: SpanRange, index: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("`{index}` ranges over a set, found {found}"))
        .help(format!("write a set of an input or a number of elements: `{index} in K`, `{index} in 5`"))
}

/// `sum[k in 0..5](x)`.
pub fn range_of_bounds(at: SpanRange, index: &Ident, end: &str) -> Diag {
    Diag::new(at, format!("`{index}` ranges over a set, not from one number to another"))
        .help(format!("write `{index} in {end}`"))
        .note("an index runs from 0 on")
}

/// `x[b, k in K]`.
pub fn range_where_read(index: &Ident, tensor: &Ident) -> Diag {
    Diag::new(index, format!("`{tensor}` is read at `{index}` here, which binds nothing"))
        .help(format!("write what `{index}` ranges over where it is bound, as in `sum[{index} in K](..)`"))
}

/// `exp(x = 1)`.
pub fn named_argument(at: SpanRange, owner: &Ident) -> Diag {
    Diag::new(at, "arguments have no names here")
        .help(format!("hyperparameters stand in angle brackets: `{owner}<name = 1>(..)`"))
}
