//! Numbers, conditions and class indices in each other's place.

use super::words::brackets;
use crate::diag::{Diag, SpanRange};

/// A condition where a number is wanted.
pub fn real_wanted(at: SpanRange) -> Diag {
    Diag::new(at, "a real number is wanted here, but this is a condition")
        .help("turn it into a number: `if c { 1 } else { 0 }`")
}

/// A condition as the value of a loss.
pub fn value_not_real(at: SpanRange) -> Diag {
    Diag::new(at, "the value of a loss is a real number, but this is a condition")
        .help("turn it into a number: `if c { 1 } else { 0 }`")
}

/// A number where a condition is wanted. `declared`: the input that it is, with its axes.
pub fn condition_wanted(at: SpanRange, index: bool, declared: Option<(&str, Vec<String>)>) -> Diag {
    let found = if index { "an index" } else { "a number" };
    let diag = Diag::new(at, format!("a condition is wanted here, but this is {found}"));
    match declared {
        _ if index => diag.help("compare it, as in `k == target[b]`"),
        Some((name, axes)) => {
            diag.help(format!("compare it, as in `x > 0`, or declare `{name}: {} -> bool`", brackets(&axes)))
        }
        None => diag.help("compare it, as in `x > 0`"),
    }
}

/// `mask[b] == 1`. `both`: both sides are conditions.
pub fn condition_compared(at: SpanRange, op: &str, both: bool) -> Diag {
    let diag = Diag::new(at, format!("`{op}` compares numbers or indices, but this is a condition"));
    match (both, op) {
        (true, "!=") => diag.help("write `a && !b || !a && b`"),
        (true, _) => diag.help("write `a && b || !a && !b`"),
        _ => diag.help("write the condition alone, or `!c` for its opposite"),
    }
}

/// `if c { x } else { y > 0 }`.
pub fn mixed_branches(at: SpanRange) -> Diag {
    Diag::new(at, "this branch is a condition, but the other branch is a number")
        .help("turn it into a number: `if c { 1 } else { 0 }`, or compare the other one")
}

/// `ln` of something that can be negative by its declared domain.
pub fn outside_function_domain(at: SpanRange, function: &str, (lo, hi): (f64, f64), law: &str) -> Diag {
    let range = match (lo.is_finite(), hi.is_finite()) {
        (true, true) => format!("ranges from {lo} to {hi}"),
        (true, false) => format!("ranges from {lo} up"),
        (false, true) => format!("ranges up to {hi}"),
        (false, false) => "is not bounded".to_owned(),
    };
    Diag::new(at, format!("`{function}` is undefined on part of its argument's declared range"))
        .help(format!("keep the argument {law}, with `clamp` or `max`, or put a condition around this"))
        .note(format!("by the declared domains the argument {range}"))
}
