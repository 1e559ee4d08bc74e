//! Hyperparameters and domains.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `<gamma = 1.0 (..)`.
pub fn unclosed_hypers(open: SpanRange, found: &str) -> Diag {
    Diag::new(open, format!("this `<` is not closed: expected `>`, found {found}"))
}

/// `<gamma = 1.0 (x: [B])`: the parenthesis looks like a call.
pub fn inputs_in_expression(at: SpanRange) -> Diag {
    Diag::new(at, "expected `>` before the inputs")
}

/// `<gamma: f32 = 1.0>`.
pub fn hyper_type(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the type of the hyperparameter `{name}`, found {found}"))
        .help("write `f64`, `usize`, `bool`, `[f64; 3]`, or no type at all for `f64`")
}

/// `<eps: [f64] = ..>`.
pub fn array_without_length(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the array `{name}` has no length")).help("write `[f64; 3]`")
}

/// `in [0, 1]`.
pub fn interval(at: SpanRange) -> Diag {
    Diag::new(at, "a domain is not written as an interval")
        .help("write `0..=1` for 0 and 1 allowed, `0<..1` for neither allowed")
}

/// `in ..`.
pub fn domain_without_bounds(at: SpanRange) -> Diag {
    Diag::new(at, "this domain has no bounds").help("leave `in ..` out")
}

/// `in 1..0`.
pub fn reversed_domain(at: SpanRange) -> Diag {
    Diag::new(at, "this domain is empty: its lower bound is above its upper bound")
        .help("exchange the bounds")
}

/// `in 1..1`.
pub fn empty_domain(at: SpanRange) -> Diag {
    Diag::new(at, "this domain is empty: its bounds are equal and not both allowed")
        .help("write `..=` to allow the upper bound")
}
