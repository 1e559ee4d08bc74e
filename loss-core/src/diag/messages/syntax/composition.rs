//! Terms, schedules, state and reweighting.

use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// `learn centers [K, D]`, `state centers`.
pub fn held_without_type(at: SpanRange, word: &str, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `:` and the axes of `{name}`, found {found}"))
        .help(format!("write `{word} {name}: [K] = 0.0`, or `{word} {name} = 0.0` for one number"))
}

/// `learn centers: [K, D]`.
pub fn held_without_value(name: &Ident, word: &str, what: &str) -> Diag {
    let noun = what.trim_start_matches("a ");
    Diag::new(name, format!("the {noun} `{name}` has no initial value"))
        .help(format!("write `{word} {name}: [..] = 0.0`"))
}

/// `repeat n { update s = ..; }`.
pub fn update_in_repeat(word: &Ident) -> Diag {
    Diag::new(word, format!("`{word}` stands in a `repeat`"))
        .help("write it after the loop; it may use what the loop assigns to")
        .note("a state is updated once, after the loss")
}

/// `uncertainty {}`.
pub fn no_terms(at: SpanRange, word: &Ident) -> Diag {
    Diag::new(at, format!("`{word}` has no terms"))
        .help(format!("write `{word} {{ name: Loss(..), other: Loss(..) }}`"))
}

/// Two terms of one name.
pub fn duplicate_term(name: &Ident) -> Diag {
    Diag::new(name, format!("there are two terms `{name}`")).help("give each term a name of its own")
}

/// A value among named terms.
pub fn term_without_name(name: &Ident, found: &str) -> Diag {
    Diag::new(name, format!("expected `:` after the name of a term, found {found}"))
        .help("every term has a name: `name: Loss(..)`")
}
