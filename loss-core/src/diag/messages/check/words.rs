//! Phrases that several messages share.

use crate::diag::suggest::listed;
use proc_macro2::Ident;

pub(super) fn names(list: &[String]) -> String {
    listed(list.iter().map(String::as_str))
}

pub(super) fn brackets(axes: &[String]) -> String {
    format!("[{}]", axes.join(", "))
}

/// "1 index", "2 indices".
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// "but 1 is given", "but none is given".
pub(super) fn given(found: usize) -> String {
    match found {
        0 => "but none is given".into(),
        1 => "but 1 is given".into(),
        _ => format!("but {found} are given"),
    }
}

/// `x[b, k]`: a different index for every axis, called as its set in lower case.
pub(super) fn indexed(name: &Ident, axes: &[String]) -> String {
    at(name, &example_indices(axes))
}

pub(super) fn example_indices(axes: &[String]) -> Vec<String> {
    let mut indices: Vec<String> = Vec::new();
    for axis in axes {
        let letter = axis.starts_with(|c: char| c.is_alphabetic());
        let stem = if letter { axis.to_lowercase() } else { "i".into() };
        let repeats =
            indices.iter().filter(|i| i.trim_end_matches(|c: char| c.is_ascii_digit()) == stem).count();
        indices.push(if repeats == 0 { stem } else { format!("{stem}{}", repeats + 1) });
    }
    indices
}

/// `x[b, k]`, or `x` without indices.
pub(super) fn at(name: &Ident, indices: &[String]) -> String {
    if indices.is_empty() { name.to_string() } else { format!("{name}{}", brackets(indices)) }
}

/// `let x[b, k]`: the left side with one more index.
pub(super) fn left_with(left: (&Ident, &[Ident]), index: &Ident) -> String {
    let indices: Vec<String> = left.1.iter().chain([index]).map(ToString::to_string).collect();
    format!("let {}{}", left.0, brackets(&indices))
}
