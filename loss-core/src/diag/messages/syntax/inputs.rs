//! Inputs.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `x` without `: [..]`.
pub fn input_without_type(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `:` and the axes of `{name}`, found {found}"))
        .help(format!("write `{name}: [B, K]`, or `{name}: []` for a scalar"))
}

/// `x: f32`, `x: &Tensor`.
pub fn input_type(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the axes of `{name}`, found {found}"))
        .help("write `[B, K]` for a matrix, `[]` for a scalar, `[B] -> K` for class indices")
        .note("the element type and the device are those of the tensors passed")
}

/// `x: [B] -> f32`.
pub fn element_type(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected an index set or `bool` after `->`, found {found}"))
        .help("leave the `->` out for real numbers; write `-> K` for class indices below `K`")
}

/// Five axes.
pub fn too_many_axes(at: SpanRange, name: &Ident, found: usize, limit: usize) -> Diag {
    Diag::new(at, format!("`{name}` has {found} axes, at most {limit} are supported"))
        .help("merge axes that are always used together before the call")
}
