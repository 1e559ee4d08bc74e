//! Definitions, their heads and attributes.

use super::words::{brackets, counted, given};
use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// Two definitions of one name.
pub fn duplicate_definition(name: &Ident) -> Diag {
    Diag::new(name, format!("the loss `{name}` is defined twice")).help("give one of the two another name")
}

/// One name twice in a list.
pub fn duplicate_name(name: &Ident, among: &str) -> Diag {
    Diag::new(name, format!("the name `{name}` appears twice among the {among}"))
        .help("give one of them another name")
}

/// A name that generated code needs.
pub fn reserved_name(name: &Ident) -> Diag {
    Diag::new(name, format!("a loss cannot be called `{name}`"))
        .help("choose another name")
        .note("generated code uses this name")
}

/// `#[derive_hessian]` on a definition that has none.
pub fn no_hessian(name: &Ident, why: &str) -> Diag {
    Diag::new(name, format!("`{name}` has no methods for second derivatives"))
        .help("remove `#[derive_hessian]`")
        .note(why)
}

/// A definition without inputs.
pub fn no_inputs(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` has no inputs"))
        .help("declare what it is computed from: `(logits: [B, K], target: [B] -> K)`")
}

/// A definition over class indices and conditions alone.
pub fn no_real_input(name: &Ident) -> Diag {
    Diag::new(name, format!("no input of `{name}` holds real numbers"))
        .help("declare one that does, as in `logits: [B, K]`")
        .note("the value has the element type of the real inputs")
}

/// A hyperparameter without default.
pub fn missing_default(name: &Ident) -> Diag {
    Diag::new(name, format!("the hyperparameter `{name}` has no default"))
        .help(format!("write `{name} = 1.0`"))
        .note("the generated type implements `Default`")
}

/// A default that is computed from something.
pub fn default_not_constant(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the default of `{name}` is not a constant"))
        .help("write a number, or arithmetic on numbers")
}

/// A default or a given value outside the declared domain.
pub fn outside_domain(at: SpanRange, name: &Ident, value: f64, domain: &str) -> Diag {
    Diag::new(at, format!("`{name}` is {value}, outside its domain `{domain}`"))
        .help(format!("choose a value in `{domain}`, or widen the domain where `{name}` is declared"))
}

/// A fraction or a negative number for an integer.
pub fn integer_wanted(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is declared `usize`, but its value is not a whole number from 0"))
        .help(format!("choose a whole number, or remove `: usize` where `{name}` is declared"))
}

/// Something else than a condition for a `bool`.
pub fn truth_wanted(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is declared `bool`, but its value is not a condition"))
        .help(format!("write `{name} = true` or `{name} = false`"))
}

/// An array of another length.
pub fn array_length(at: SpanRange, name: &Ident, wanted: usize, found: usize) -> Diag {
    let (places, values) = (counted(wanted, "place", "places"), given(found));
    let number = counted(wanted, "value", "values");
    Diag::new(at, format!("`{name}` has {places}, {values}"))
        .help(format!("write {number}, or declare `{name}: [f64; {found}]`"))
}

/// A number where an array is wanted.
pub fn array_wanted(at: SpanRange, name: &Ident, places: usize) -> Diag {
    let example = vec!["1.0".to_owned(); places.min(4)];
    Diag::new(at, format!("`{name}` is an array of {places}, but one number is given"))
        .help(format!("write its values in brackets: `{}`", brackets(&example)))
}

/// An array where a number is wanted.
pub fn scalar_wanted(at: SpanRange, name: &Ident, places: usize) -> Diag {
    Diag::new(at, format!("`{name}` is one number, but a list is given"))
        .help(format!("declare it an array: `{name}: [f64; {places}] = [..]`"))
}

/// A domain on indices or conditions.
pub fn domain_on_non_real(at: SpanRange, name: &Ident, what: &str) -> Diag {
    Diag::new(at, format!("`{name}` holds {what}, which have no domain")).help("remove `in ..`")
}

/// An input that the body does not use.
pub fn unused_input(name: &Ident) -> Diag {
    Diag::new(name, format!("the input `{name}` is never used")).help("use it in the body, or remove it")
}

/// A hyperparameter that the body does not use.
pub fn unused_hyper(name: &Ident) -> Diag {
    Diag::new(name, format!("the hyperparameter `{name}` is never used"))
        .help("use it in the body, or remove it")
}

/// A `let` that nothing uses.
pub fn unused_let(name: &Ident) -> Diag {
    Diag::new(name, format!("the tensor `{name}` is never used"))
        .help("use it further down, or remove its `let`")
}

/// One set as a bundle here and as an axis there.
pub fn bundle_or_axis(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is a bundle of axes in one place and one axis in another"))
        .help(format!("write `{name}..` everywhere, or nowhere"))
}

/// A bundle beside other axes.
pub fn bundle_not_alone(name: &Ident) -> Diag {
    Diag::new(name, format!("the bundle `{name}..` must be all the axes of its input"))
        .help(format!("write `[{name}..]` alone, or name every axis"))
}

/// `-> N..`.
pub fn bundle_as_target(name: &Ident) -> Diag {
    Diag::new(name, format!("a class map cannot point into the bundle `{name}..`"))
        .help(format!("write `-> {name}` with the name of a set of classes"))
}

/// A bundle of class indices or conditions.
pub fn bundle_not_real(name: &Ident) -> Diag {
    Diag::new(name, format!("an input over the bundle `{name}..` holds real numbers"))
        .help(format!("name its axes: `[{name}]`"))
}

/// A value over a bundle and another index.
pub fn bundle_samples(at: SpanRange, other: &str, bundled: &str) -> Diag {
    Diag::new(at, format!("`{other}` is a sample beside `{bundled}`, which ranges over a bundle of axes"))
        .help(format!(
            "bind one of them, as in `sum[{other}](..)`, or name every axis in place of the bundle"
        ))
}

/// An index over a bundle used by number.
pub fn bundle_number(at: SpanRange, set: &str) -> Diag {
    Diag::new(at, format!("an index over the bundle `{set}..` has no number and no order"))
        .help(format!("declare the axis by itself: `[{set}]` in place of `[{set}..]`"))
}

/// A bundle that stands for different numbers of axes.
pub fn bundle_axes(name: &Ident, wanted: &[String], found: &[String]) -> Diag {
    let (own, before) = (counted(found.len(), "axis", "axes"), wanted.len());
    Diag::new(name, format!("`{name}` has {own}, but the tensor passed before it has {before}"))
        .help(format!("pass a tensor with the axes {}", brackets(wanted)))
        .note(format!("`{name}` has the axes {}", brackets(found)))
}
