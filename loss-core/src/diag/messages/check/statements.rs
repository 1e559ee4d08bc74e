//! `let` and `repeat`.

use super::words::{at, counted, given};
use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// A second `let` of one name.
pub fn duplicate_let(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined twice")).help("give the second one another name")
}

/// Where the first `let` is.
pub fn first_let(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined here first"))
}

/// A `let` with the name of an input.
pub fn let_hides(name: &Ident, noun: &str) -> Diag {
    Diag::new(name, format!("`{name}` is already {noun}")).help("give the tensor another name")
}

/// A round that assigns nothing.
pub fn repeat_without_assignment(at: SpanRange) -> Diag {
    Diag::new(at, "this `repeat` changes nothing")
        .help("assign, without `let`, to a tensor defined before it: `f[i] = ..;`")
}

/// A number of rounds that is not constant.
pub fn repeat_count(at: SpanRange, hyper: Option<&Ident>) -> Diag {
    let diag = Diag::new(at, "the number of rounds must be a whole number or an integer hyperparameter");
    match hyper {
        Some(name) => diag.help(format!("declare it an integer: `{name}: usize = 50`")),
        None => diag.help("declare one: `<rounds: usize = 50>`"),
    }
}

/// A number of rounds that is computed from tensors.
pub fn repeat_count_of_tensors(at: SpanRange) -> Diag {
    Diag::new(at, "the number of rounds depends on more than hyperparameters and sizes")
        .help("declare it: `<rounds: usize = 50>`")
}

/// An assignment to something that is not there.
pub fn assign_unknown(name: &Ident, close: Option<&str>) -> Diag {
    let diag = Diag::new(name, format!("there is no tensor `{name}` that this `repeat` could change"));
    match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("define it with `let` before the `repeat`"),
    }
}

/// An assignment to an input or a hyperparameter.
pub fn assign_head(name: &Ident, noun: &str) -> Diag {
    let copy = if noun == "an input" { format!("let f[i] = {name}[i];") } else { format!("let f = {name};") };
    Diag::new(name, format!("`{name}` is {noun} and keeps its value"))
        .help(format!("copy it before the `repeat`, as in `{copy}`, and assign to the copy"))
}

/// An assignment to what the same round has defined.
pub fn assign_local(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined in this round and keeps its value in it"))
        .help("give the second one another name, or move the `let` before the `repeat`")
}

/// An assignment with another number of indices than the tensor has axes.
pub fn assigned_axes(name: &Ident, axes: &[String], found: &[Ident]) -> Diag {
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let (wanted, defined) = (at(name, axes), at(name, &found));
    let takes = if axes.is_empty() { "no index".into() } else { counted(axes.len(), "index", "indices") };
    Diag::new(name, format!("the tensor `{name}` was defined with {takes}, {}", given(found.len())))
        .help(format!("write `{wanted} = ..;`, or define it as `let {defined} = ..;`"))
}

/// An `update` with another number of indices than the state has axes.
pub fn update_axes(name: &Ident, axes: &[String], found: &[Ident]) -> Diag {
    let has = if axes.is_empty() { "no axes".into() } else { counted(axes.len(), "axis", "axes") };
    let diag = Diag::new(name, format!("the state `{name}` has {has}, {}", given(found.len())));
    match axes {
        [] => diag.help(format!("write `update {name} = ..;`")),
        _ => diag
            .help(format!("write one index for each axis in `update {name}[..] = ..;`"))
            .note(format!("its axes are `[{}]`", axes.join(", "))),
    }
}

/// An `update` by a condition.
pub fn update_not_real(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the state `{name}` holds real numbers, and this is a condition"))
        .help("write `if c { 1 } else { 0 }`")
}

/// An assignment to conditions or indices.
pub fn assign_not_real(name: &Ident) -> Diag {
    Diag::new(name, format!("`repeat` carries real numbers, and `{name}` holds none"))
        .help("carry `if c { 1 } else { 0 }`, and compare it with 0 inside the round")
}
