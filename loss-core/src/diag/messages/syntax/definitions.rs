//! Definitions and what may stand beside them.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `crate = path` up to the end.
pub fn krate_without_end(word: &Ident) -> Diag {
    Diag::new(word, "missing `;` after `crate = ..`")
}

/// `crate = ;`.
pub fn krate_without_path(word: &Ident) -> Diag {
    Diag::new(word, "`crate = ` needs a path").help("write `crate = ::dfdx_loss;`")
}

/// `crate = path;` after a definition.
pub fn late_krate(word: &Ident) -> Diag {
    Diag::new(word, "`crate = ..;` must stand before all definitions")
}

/// `fn Name`, `struct Name`.
pub fn foreign_item(word: &Ident) -> Diag {
    Diag::new(word, format!("expected the name of a loss, found `{word}`"))
        .help("a definition is `pub Name(input: [B, K]) { value }`, without a keyword")
}

/// `use` under an attribute or a doc comment.
pub fn pick_attribute(word: SpanRange) -> Diag {
    Diag::new(word, "`use` takes no attributes and no doc comment")
        .help("leave them out: the type has the documentation of the catalogue")
}

/// `use catalogue::Name;`.
pub fn pick_path(at: SpanRange) -> Diag {
    Diag::new(at, "`use` takes names of the catalogue, not paths")
        .help("write the name alone: `use CrossEntropy;`")
}

/// `use Name` without `,` or `;`.
pub fn pick_end(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected `,` or `;`, found {found}")).help("write `use CrossEntropy, FocalLoss;`")
}

/// `;` after `}`.
pub fn stray_semicolon(at: SpanRange) -> Diag {
    Diag::new(at, "no `;` is needed here").help("leave it out")
}

/// `pub(foo)`.
pub fn visibility(at: SpanRange) -> Diag {
    Diag::new(at, "this is not a visibility")
        .help("write `pub`, `pub(crate)`, `pub(super)` or `pub(in path)`")
}

/// `Name { .. }`.
pub fn missing_inputs(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the inputs of `{name}`, found {found}"))
        .help(format!("write `{name}(input: [B, K]) {{ .. }}`"))
}

/// `Name(..)` and then neither `{` nor `=`.
pub fn missing_body(at: SpanRange, found: &str, arrow: bool) -> Diag {
    let diag = Diag::new(at, format!("expected the body, found {found}"));
    if arrow {
        return diag.help("leave the result type out: the value is the loss per sample");
    }
    diag.help("write `{ value }` or `= value;`")
}

/// `Name(..) = { .. }`.
pub fn equals_before_braces(at: SpanRange) -> Diag {
    Diag::new(at, "a body in braces has no `=` before it").help("leave the `=` out")
}
