//! Attributes.

use crate::diag::{Diag, SpanRange};
use proc_macro2::{Ident, Span};

/// `#![..]`.
pub fn inner_attribute(at: SpanRange) -> Diag {
    Diag::new(at, "`#!` attributes have no meaning here").help("write `#[..]` before the definition")
}

/// `#[active(..)]`.
pub fn flag_with_value(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` takes no value")).help(format!("write `#[{name}]`"))
}

/// An attribute other than a doc comment on a hyperparameter.
pub fn attribute_on_hyper(at: Span) -> Diag {
    Diag::new(at, "a hyperparameter has no attributes other than doc comments")
}

/// An attribute or doc comment on an input.
pub fn attribute_on_input(at: SpanRange) -> Diag {
    Diag::new(at, "an input has no attributes")
        .help("describe it in the doc comment of the loss, or use `//`")
}
