//! Definitions and combinators that are applied.

use super::words::{brackets, counted, given, indexed, names};
use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// A definition that applies itself, directly or through others. `library`: the catalogue has one of that name.
pub fn recursive(name: &Ident, through: &[String], library: bool) -> Diag {
    let way = if through.is_empty() { String::new() } else { format!(" through {}", names(through)) };
    let diag = Diag::new(name, format!("`{name}` applies itself{way}"));
    if library {
        return diag.help(format!("give this definition another name if the catalogue's `{name}` is meant"));
    }
    diag.help("write a fixed number of rounds with `repeat`")
}

/// A chain of applications that is too long.
pub fn applied_too_deep(name: &Ident, limit: usize) -> Diag {
    Diag::new(name, format!("losses apply one another more than {limit} deep here"))
        .help(format!("write out what `{name}` computes"))
}

/// A hyperparameter that the definition does not have.
pub fn unknown_hyper(name: &Ident, owner: &str, known: &[String]) -> Diag {
    let close =
        crate::diag::suggest::closest(&name.to_string(), known.iter().map(String::as_str)).map(str::to_owned);
    let diag = Diag::new(name, format!("`{owner}` has no hyperparameter `{name}`"));
    let diag = match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("remove it"),
    };
    let facts = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", names(known)) };
    diag.note(facts)
}

/// One hyperparameter given two values.
pub fn hyper_given_twice(name: &Ident) -> Diag {
    Diag::new(name, format!("the hyperparameter `{name}` is given twice")).help("remove one of the two")
}

/// Another number of arguments than inputs: at the first that is too much, or at the name.
pub fn application_count(at: SpanRange, name: &Ident, inputs: &[String], found: usize) -> Diag {
    let wanted = counted(inputs.len(), "input", "inputs");
    Diag::new(at, format!("`{name}` takes {wanted}, {}", given(found)))
        .help(format!("write `{name}({})`", inputs.join(", ")))
}

/// An axis of an applied definition that no argument has.
pub fn argument_unbound(name: &Ident, input: &str, set: &str) -> Diag {
    Diag::new(name, format!("no argument of `{name}` says what `{set}` is"))
        .help(format!("pass a tensor over `{set}` for `{input}`"))
        .note("an index passed for a class map is the same class along every axis")
}

/// Two arguments in each other's place.
pub fn argument_order(at: SpanRange, name: &Ident, order: &[String], inputs: &str) -> Diag {
    Diag::new(at, format!("the arguments of `{name}` are in the wrong order"))
        .help(format!("write `{name}({})`", order.join(", ")))
        .note(format!("its inputs are `{inputs}`"))
}

/// An argument that is not a whole tensor. `whole`: the tensor, if it is one with plain indices; `free`: the
/// indices of the expression `text`.
pub fn argument_not_tensor(
    at: SpanRange,
    loss: &str,
    input: &str,
    whole: Option<String>,
    free: &[String],
    text: &str,
) -> Diag {
    let diag = Diag::new(at, format!("the input `{input}` of `{loss}` takes a whole tensor by name"));
    if let Some(name) = whole {
        return diag.help(format!("write `{name}` without indices"));
    }
    let left = if free.is_empty() { "y".to_owned() } else { format!("y{}", brackets(free)) };
    diag.help(format!("give it a name before, `let {left} = {text};`, and pass `y`"))
}

/// A tensor with another number of axes.
pub fn argument_axes(name: &Ident, loss: &str, input: &str, wanted: &str, found: &[String]) -> Diag {
    let has = if found.is_empty() { "no axes".to_owned() } else { format!("the axes {}", brackets(found)) };
    Diag::new(name, format!("`{name}` has {has}, but the input `{input}` of `{loss}` takes [{wanted}]"))
        .help(format!("pass a tensor with as many axes as [{wanted}]"))
}

/// A tensor over another set than those passed before it.
pub fn argument_set(name: &Ident, loss: &str, input: &str, inner: &str, wanted: &str, found: &str) -> Diag {
    Diag::new(name, format!("`{name}` has `{found}` where the input `{input}` of `{loss}` takes `{wanted}`"))
        .help(format!("pass a tensor over `{wanted}` in this place"))
        .note(if inner == wanted {
            format!("all inputs of `{loss}` over `{inner}` take tensors over one set")
        } else {
            format!("the set `{inner}` of `{loss}` is `{wanted}` because of another argument")
        })
}

/// A tensor of another kind.
pub fn argument_kind(name: &Ident, loss: &str, input: &str, wanted: &str, found: &str) -> Diag {
    Diag::new(name, format!("the input `{input}` of `{loss}` takes {wanted}, but `{name}` holds {found}"))
        .help(format!("pass a tensor of {wanted}"))
}

/// Another number of indices than samples.
pub fn sample_count(name: &Ident, samples: &[String], found: usize) -> Diag {
    if samples.is_empty() {
        return Diag::new(
            name,
            format!("`{name}` is one number for the whole input and takes no sample index"),
        )
        .help("remove the brackets");
    }
    let wanted = counted(samples.len(), "sample index", "sample indices");
    let example = indexed(&Ident::new("x", name.span()), samples);
    Diag::new(name, format!("`{name}` takes {wanted}, {}", given(found)))
        .help(format!("write `{name}(..){}`", &example[1..]))
}

/// A combinator with another number of losses.
pub fn combinator_count(name: &Ident, wanted: usize, found: usize, usage: &str) -> Diag {
    let wanted = counted(wanted, "loss", "losses");
    Diag::new(name, format!("`{name}` combines {wanted}, {}", given(found))).help(format!("write `{usage}`"))
}

/// A combinator over something that is no application.
pub fn combinator_argument(at: SpanRange, name: &str, usage: &str) -> Diag {
    Diag::new(at, format!("`{name}` combines losses, and this is not one")).help(format!("write `{usage}`"))
}

/// A combinator inside a combinator.
pub fn combinator_nested(name: &Ident, outer: &str) -> Diag {
    Diag::new(name, format!("`{name}` cannot stand inside `{outer}`"))
        .help(format!("define a loss with `{name}`, and use that one here"))
}

/// `poly<..>(Base(..)[b])`.
pub fn combinator_sample(at: SpanRange, name: &str) -> Diag {
    Diag::new(at, format!("the losses inside `{name}` have no sample index"))
        .help(format!("move the brackets to the end: `{name}<..>(..)[..]`"))
}

/// Combined losses with different samples.
pub fn combined_samples(name: &Ident, combinator: &str, first: &[String], own: &[String]) -> Diag {
    let (first, own) = (brackets(first), brackets(own));
    Diag::new(
        name,
        format!("`{name}` has its samples over {own}, but the first loss of `{combinator}` over {first}"),
    )
    .help("combine losses with the same samples")
}

/// The first loss of `apl` is not active. `exchanged`: the two stand in each other's place.
pub fn not_active(name: &Ident, exchanged: bool) -> Diag {
    let diag =
        Diag::new(name, format!("the first loss of `apl` must be active, and `{name}` is not marked so"));
    if exchanged {
        return diag.help("exchange the two losses");
    }
    diag.help("use a loss that is marked `#[active]`")
        .note("an active loss only raises the probability of the target class (Ma et al. 2020)")
}

/// The second loss of `apl` is not passive.
pub fn not_passive(name: &Ident) -> Diag {
    Diag::new(name, format!("the second loss of `apl` must be passive, and `{name}` is not marked so"))
        .help("use a loss that is marked `#[passive]`")
        .note("a passive loss also lowers the probability of another class (Ma et al. 2020)")
}

/// `poly` without coefficients, or with one number for a list.
pub fn poly_without_coefficients(at: SpanRange) -> Diag {
    Diag::new(at, "`poly` needs a list of polynomial coefficients")
        .help("write `poly<eps = [1.0]>(Base(..))`, one number for each power of (1 - p)")
}

/// `poly` on a loss without target probability.
pub fn poly_without_target(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` has no target probability for `poly` to expand in"))
        .help("use a loss over `(logits: [B, K], target: [B] -> K)` with one value per target")
}

/// `smoothed` on a loss without classes to spread the target over.
pub fn smoothed_without_target(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` has no class of each sample for `smoothed` to spread over the others"))
        .help("use a loss with an input `target: [B] -> K` and one value per target")
        .note("real targets, as in `BinaryCrossEntropy`, are smoothed as numbers: `(1 - s) * target[b] + s / 2`")
}
