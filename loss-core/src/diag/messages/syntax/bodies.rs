//! Bodies and their statements.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `{ }`.
pub fn empty_body(at: SpanRange) -> Diag {
    Diag::new(at, "this body is empty").help("its last expression is the loss per sample")
}

/// A body that ends with a statement.
pub fn missing_value(at: SpanRange) -> Diag {
    Diag::new(at, "this body has no value").help("end it with the loss per sample, without `;`")
}

/// `value;` at the end.
pub fn semicolon_after_value(at: SpanRange) -> Diag {
    Diag::new(at, "no `;` may follow the value of a body").help("leave the `;` out")
}

/// `value; ..`.
pub fn unused_value(at: SpanRange) -> Diag {
    Diag::new(at, "the value of this expression is not used")
        .help("give it a name with `let`; the last expression is the loss")
}

/// No `;` at the end of a statement.
pub fn missing_semicolon(at: SpanRange) -> Diag {
    Diag::new(at, "missing `;` after this")
}

/// `x = 3;`.
pub fn missing_let(name: &Ident, left: &str) -> Diag {
    Diag::new(name, format!("`{name}` is defined without `let`")).help(format!("write `let {left} = ..;`"))
}

/// `let x;`.
pub fn let_without_value(word: &str, name: &Ident, indices: &str) -> Diag {
    Diag::new(name, format!("`{name}` has no value")).help(format!("write `{word} {name}{indices} = ..;`"))
}

/// `let x: f64 = ..`.
pub fn let_with_type(at: SpanRange, word: &str, name: &Ident) -> Diag {
    let article = if word == "let" { "a" } else { "an" };
    Diag::new(at, format!("{article} `{word}` has no type"))
        .help(format!("write `{word} {name}[i] = ..;` with the axes in brackets"))
}

/// `let mut x`.
pub fn let_mut(at: SpanRange) -> Diag {
    Diag::new(at, "tensors keep their values: `mut` has no meaning")
        .help("leave `mut` out; what changes from round to round stands in `repeat n { .. }`")
}

/// `let (a, b) = ..`.
pub fn let_pattern(at: SpanRange) -> Diag {
    Diag::new(at, "a `let` defines one tensor").help("write a `let` for each")
}

/// `let x[b + 1] = ..`.
pub fn left_index(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected the name of an index, found {found}"))
        .help("the left side names the axes: `let x[i, j] = ..;`")
}

/// `repeat { .. }`.
pub fn repeat_without_count(word: &Ident) -> Diag {
    Diag::new(word, "this `repeat` has no count")
        .help("write `repeat 10 { .. }` or the name of a `usize` hyperparameter")
}

/// `repeat` in `repeat`.
pub fn nested_repeat(word: &Ident) -> Diag {
    Diag::new(word, "a `repeat` inside a `repeat` is not supported").help("write the inner rounds out")
}

/// A step of `repeat` that is not an assignment.
pub fn not_a_step(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected `let t[i] = ..;` or `f[i] = ..;`, found {found}"))
        .note("a round of `repeat` has no value of its own")
}
