//! Host functions.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `#[inline] extern ..`.
pub fn attribute_on_extern(word: &Ident) -> Diag {
    Diag::new(word, "a host function has no attributes but doc comments")
        .help("put them on the Rust function")
}

/// `pub extern ..`.
pub fn extern_visibility(word: &Ident) -> Diag {
    Diag::new(word, "a host function has no visibility")
        .help("remove `pub`")
        .note("the definitions of this invocation see it; those that call it bring it along")
}

/// `extern score -> []`.
pub fn extern_without_inputs(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the inputs of `{name}` in parentheses, found {found}"))
        .help(format!("write `extern {name}(x: [N]) -> [N] = path;`"))
}

/// `extern score(x: [N]) = path;`.
pub fn extern_without_result(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `->` and the axes of what `{name}` gives, found {found}"))
        .help("write `-> [N]`, `-> []` for one number, or `-> [N] -> M` for indices into `M`")
}

/// `extern score(x: [N]) -> [N];`.
pub fn extern_without_path(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `=` and the Rust function behind `{name}`, found {found}"))
        .help(format!("write `= my_module::{name};`"))
}

/// `extern score(x: [N]) -> [N] = |x| x;`.
pub fn extern_path(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the Rust function behind `{name}` is named by a path"))
        .help(format!("write `= my_module::{name};`, or `, gradient = my_module::{name}_gradient;`"))
}
