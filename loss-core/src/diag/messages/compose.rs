//! What is reported of schedules, reweighting, learnable tensors and terms.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `linear(0.5)`.
pub fn schedule_form(name: &Ident, usage: &str) -> Diag {
    Diag::new(name, format!("`{name}` has other arguments")).help(format!("write `{usage}`"))
}

/// `linear(0.0 -> 1.0, steps = 100)`.
pub fn schedule_setting(name: &Ident, schedule: &str, known: &[&str]) -> Diag {
    let diag = Diag::new(name, format!("`{schedule}` has no argument `{name}`"));
    match known {
        [] => diag.note("it has no named arguments"),
        _ => diag.note(format!("named arguments: {}", ticked(known))),
    }
}

/// `linear(0.0 -> 1.0)`.
pub fn schedule_without(name: &Ident, setting: &str, usage: &str) -> Diag {
    Diag::new(name, format!("`{name}` needs `{setting}`")).help(format!("write `{usage}`"))
}

/// `linear(0.0 -> 1.0, over = -5)`.
pub fn schedule_number(at: SpanRange, setting: &str, schedule: &str, value: f64, allowed: &str) -> Diag {
    Diag::new(at, format!("`{setting}` of `{schedule}` is {value}, but has to be {allowed}"))
}

/// `stages(1.0, 180 -> 0.1, 160 -> 0.01)`.
pub fn schedule_place(at: SpanRange, place: f64, before: f64) -> Diag {
    let diag = Diag::new(at, format!("step {place} does not lie beyond the one before it"));
    if before.is_finite() {
        diag.note(format!("the one before it is {before}"))
    } else {
        diag.note("steps count from 0")
    }
}

/// `linear(0.0 -> x[b], over = 5)`.
pub fn schedule_argument(at: SpanRange) -> Diag {
    Diag::new(at, "the argument of a schedule is not made of numbers and hyperparameters")
        .help("use numbers, hyperparameters, and `+ - * / ^` on them")
}

/// `<gamma = linear(..)>` as a default.
pub fn scheduled_default(name: &Ident) -> Diag {
    Diag::new(name, format!("the default of `{name}` is a schedule"))
        .help("write the schedule where the number is used; a default is a number")
}

/// `reweight<LinUpper>(CrossEntropy(logits, target))`.
pub fn reweight_reduced(at: SpanRange) -> Diag {
    Diag::new(at, "what is reweighted is already reduced to one number")
        .help("write the loss of a sample: `Loss(..)[b]`")
        .note("weights are given to samples")
}

/// `repeat n { f[b] = reweight<..>(..); }`.
pub fn reweight_in_repeat(word: &Ident) -> Diag {
    Diag::new(word, format!("`{word}` stands in a `repeat`"))
        .help("write it in a `let` outside of the loop, or multiply by the strategy: `Strategy(losses)[b] * losses[b]`")
}

/// `learn scale: [] = gamma`.
pub fn learned_not_constant(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the initial value of `{name}` is not a constant"))
        .help("write a number, or arithmetic on numbers; the tensor itself can be set once it is built")
}

/// A learnable tensor whose axes cannot be told from what is passed.
pub fn learned_axes(loss: &Ident, name: &Ident) -> Diag {
    Diag::new(loss, format!("the axes of `{name}`, which `{loss}` learns, cannot be told here"))
        .help(format!("pass inputs of this definition to `{loss}`, under their names"))
}

/// Only learnable tensors are differentiated.
pub fn only_learned(loss: &Ident) -> Diag {
    Diag::new(loss, format!("`{loss}` learns a tensor, but no input of it is differentiated"))
        .help("declare an input without `data`: its tape records the tensors that the loss learns")
}

/// `uncertainty<kind = ..>`.
pub fn unknown_option(name: &Ident, word: &Ident, known: &[&str]) -> Diag {
    Diag::new(name, format!("`{word}` has no option `{name}`")).note(format!("options: {}", ticked(known)))
}

/// `uncertainty<form = ..>` with another word.
pub fn unknown_form(name: &Ident, known: &[&str]) -> Diag {
    Diag::new(name, format!("there is no form `{name}` of uncertainty weighting"))
        .note(format!("forms: {}", ticked(known)))
}

/// `edge: -0.3 * B(..)`.
pub fn negative_weight(at: SpanRange, term: &str) -> Diag {
    Diag::new(at, format!("the weight of `{term}` is negative"))
        .help("to reward what the term measures, negate it inside the weight: `0.3 * (-Loss(..))`")
}

fn ticked(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
