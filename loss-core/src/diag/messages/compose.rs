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

/// `learn scale = gamma`.
pub fn held_not_constant(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the initial value of `{name}` is not a constant"))
        .help("write a number, arithmetic on numbers, or a distribution: `normal(0, 1)`, `uniform(-1, 1)`")
        .note("the tensor itself can be set once it is built")
}

/// `state size = 1 / 0`.
pub fn held_not_finite(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the initial value of `{name}` is not finite")).help("write a finite number")
}

/// `learn proxies: [K] = normal(0.0)`.
pub fn drawn_form(word: &Ident, usage: &str) -> Diag {
    Diag::new(word, format!("`{word}` has other arguments")).help(format!("write `{usage}`"))
}

/// `learn proxies: [K] = uniform(1, -1)`.
pub fn drawn_numbers(at: SpanRange, word: &Ident, law: &str) -> Diag {
    Diag::new(at, format!("there is no such `{word}` distribution")).note(law)
}

/// `let noise[b] = normal(0, 1);`
pub fn drawn_elsewhere(word: &Ident, usage: &str) -> Diag {
    Diag::new(word, format!("`{word}` is not a function: it draws the initial value of a tensor"))
        .help(format!("write `learn name: [..] = {usage}` between `<` and `>`"))
        .note("a loss is a function of its inputs; pass noise as an input: `noise: data [B]`")
}

/// A tensor whose axes cannot be told from what is passed.
pub fn held_axes(loss: &Ident, word: &str, name: &Ident) -> Diag {
    let holds = if word == "learn" { "learns" } else { "has as state" };
    Diag::new(loss, format!("the axes of `{name}`, which `{loss}` {holds}, cannot be told here"))
        .help(format!("pass inputs of this definition to `{loss}`, under their names"))
}

/// A tensor of the loss over any number of axes.
pub fn held_bundle(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` has any number of axes"))
        .help("write each of its axes: `[N, M]`")
        .note("the tensor is built before there are inputs to tell the number of axes from")
}

/// `state size = 1.0` without an `update`.
pub fn state_without_update(name: &Ident) -> Diag {
    Diag::new(name, format!("the state `{name}` is never updated"))
        .help(format!("write `update {name} = ..;` before the value"))
        .note("what stays as it is, is a hyperparameter; what an optimizer changes is declared by `learn`")
}

/// `update norm = ..` where `norm` is no state.
pub fn update_of_other(name: &Ident, noun: Option<&str>, close: Option<&str>, states: &[String]) -> Diag {
    let what =
        noun.map_or_else(|| "there is no such state".into(), |noun| format!("it is {noun}, not a state"));
    let declare = format!("declare it between `<` and `>`: `state {name} = 0.0`");
    let diag = Diag::new(name, format!("`{name}` cannot be updated: {what}"));
    let diag = match (close, noun) {
        (Some(close), _) => diag.help(format!("write `{close}`")),
        (None, None) => diag.help(declare),
        (None, Some(_)) => {
            diag.help("write `let` for what is computed anew, and `update` for what is carried on")
        }
    };
    match states {
        [] => diag.note("this definition has no state"),
        _ => diag.note(format!("states: {}", ticked(&states.iter().map(String::as_str).collect::<Vec<_>>()))),
    }
}

/// Two updates of one state.
pub fn update_twice(name: &Ident) -> Diag {
    Diag::new(name, format!("the state `{name}` is updated twice"))
        .help("write one formula; what both need can be a `let`")
        .note("all updates happen at once, after the loss")
}

/// What has state, inside a loop.
pub fn state_in_repeat(loss: &Ident) -> Diag {
    Diag::new(loss, format!("`{loss}` has state and stands in a `repeat`"))
        .help("apply it outside of the loop")
        .note("a state is updated once, after the loss")
}

/// What has state, for each slice of a tensor.
pub fn state_of_slices(at: SpanRange, loss: &Ident) -> Diag {
    Diag::new(at, format!("`{loss}` has state and is applied to each slice of a tensor"))
        .help(format!("pass whole tensors to `{loss}`"))
        .note("there is one state, and each slice would update it in another way")
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
