//! Host functions.

use super::words::{at, counted, example_indices, given, names};
use crate::diag::{Diag, SpanRange, suggest::listed};
use proc_macro2::Ident;

/// Two host functions of one name.
pub fn duplicate_extern(name: &Ident) -> Diag {
    Diag::new(name, format!("the host function `{name}` is declared twice"))
        .help("give one of the two another name")
}

/// `extern softmax(..)`.
pub fn extern_hides(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is a word of the language already"))
        .help(format!("give the host function another name: `extern my_{name}(..)`"))
}

/// `extern f() -> []`.
pub fn extern_takes_nothing(name: &Ident) -> Diag {
    Diag::new(name, format!("the host function `{name}` takes nothing"))
        .help(format!("write `extern {name}(x: [N])`"))
        .note("a number that is the same for all inputs is a hyperparameter")
}

/// `extern f(x: [N] -> K)`.
pub fn extern_input_not_real(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the host function `{name}` takes real numbers"))
        .help("remove `->` and what follows")
        .note("an index in the place of a number is its number, `if c { 1 } else { 0 }` that of a condition")
}

/// `extern f(x: [N] in 0..)`.
pub fn extern_domain(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the host function `{name}` has no domains"))
        .help("remove `in ..`")
        .note("it checks what it takes itself, and says what is wrong with it")
}

/// `extern f(x: [N..])`.
pub fn extern_bundle(set: &Ident, name: &Ident) -> Diag {
    Diag::new(
        set,
        format!("the host function `{name}` takes axes one by one, `{set}..` is any number of them"),
    )
    .help(format!("write `{set}`"))
}

/// `extern f(x: [N, N])`.
pub fn extern_axis_twice(at: SpanRange, name: &Ident, axis: &str) -> Diag {
    Diag::new(at, format!("`{axis}` appears twice, but the axes of `{name}` have names of their own"))
        .help("give the second axis another name")
        .note("both may stand for one set where the function is called")
}

/// `extern f(x: [N]) -> [M]`.
pub fn extern_axis_unknown(at: SpanRange, name: &Ident, axis: &str, known: &[String]) -> Diag {
    let diag = Diag::new(at, format!("no input of `{name}` has the axis `{axis}`"));
    match known {
        [] => diag.help("write `-> []`"),
        _ => diag.help(format!("use the axes of its inputs: {}", names(known))),
    }
}

/// `extern f(x: [N]) -> [N] -> bool`.
pub fn extern_gives_conditions(name: &Ident) -> Diag {
    Diag::new(name, format!("the host function `{name}` cannot give conditions"))
        .help("give numbers, and compare them where they are used: `f[i](x[i]) > 0`")
}

/// `extern f(x: [N]) -> [] -> N = f, gradient = g;`.
pub fn extern_gradient_of_indices(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` gives indices, which have no gradient")).help("remove `gradient = ..`")
}

/// `extern f(x: data [N]) -> [] = f, gradient = g;`.
pub fn extern_gradient_by_data(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` takes data only, by which there is no gradient"))
        .help("remove `gradient = ..`, or `data` from an input")
}

/// `f[i | c](x[i])`.
pub fn extern_condition(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the host function `{name}` takes no condition"))
        .help(format!("leave elements out inside: `{name}[n](if c {{ x[n] }} else {{ 0 }})`"))
}

/// `f[i](cost[i, j])`.
pub fn extern_indices(name: &Ident, axes: &[String], found: usize) -> Diag {
    let wanted = if axes.is_empty() { "no index".into() } else { counted(axes.len(), "index", "indices") };
    let diag = Diag::new(name, format!("the host function `{name}` takes {wanted}, {}", given(found)));
    match axes {
        [] => diag.help(format!("write `{name}(..)`")),
        _ => diag
            .help(format!("write `{}(..)`", at(name, &example_indices(axes))))
            .note(format!("one for each of its axes: {}", names(axes))),
    }
}

/// `f[i](x[i])` where `f` takes two.
pub fn extern_operands(name: &Ident, inputs: &[String], found: usize) -> Diag {
    let wanted = counted(inputs.len(), "operand", "operands");
    Diag::new(name, format!("the host function `{name}` takes {wanted}, {}", given(found)))
        .help(format!("it takes {}", names(inputs)))
}

/// `f[i](x[i], y[i])` where `y` has no axes.
pub fn extern_operand_index(
    at: SpanRange,
    name: &Ident,
    input: &str,
    (index, axis): (&String, &String),
    own: &[&String],
) -> Diag {
    let own = listed(own.iter().map(|axis| axis.as_str()));
    let own = match own.matches(',').count() {
        _ if own.is_empty() => "no axes".to_owned(),
        0 => format!("the axis {own}"),
        _ => format!("the axes {own}"),
    };
    Diag::new(at, format!("`{input}` of `{name}` has {own}, but what is given varies with `{index}`"))
        .help(format!("declare `{input}` with the axis `{axis}`, or do not use `{index}` here"))
}

/// `f[i, j](x[i])`.
pub fn extern_index_unused(name: &Ident, host: &Ident) -> Diag {
    Diag::new(name, format!("no operand of `{host}` varies with `{name}`"))
        .help(format!("use `{name}` as an index inside"))
        .note("the length of that axis is that of the operands")
}
