//! What names look like: values and indices lower-case, index sets and losses upper-case.

use super::tokens::Tokens;
use crate::diag::Diag;
use crate::diag::messages::syntax as say;
use proc_macro2::Ident;

/// Words that generated code or the language itself needs.
const RESERVED: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "repeat", "return", "self",
    "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Whether a name starts like an index set or a loss.
pub(super) fn is_upper(name: &Ident) -> bool {
    name.to_string().starts_with(char::is_uppercase)
}

/// Whether a word has a meaning of its own.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Any name.
pub(super) fn any(tokens: &mut Tokens, what: &str) -> Result<Ident, Diag> {
    let Some(name) = tokens.ident() else { return Err(tokens.expected(what)) };
    let text = name.to_string();
    if let Some(plain) = text.strip_prefix("r#") {
        return Err(say::raw_name(&name, plain));
    }
    if text == "_" || text.starts_with('$') || text == "Self" {
        return Err(tokens.expected(what));
    }
    if is_reserved(&text) {
        return Err(say::reserved_word(&name, what));
    }
    tokens.take_ident();
    Ok(name)
}

/// The name of a value or an index: `log_p`, `x2`.
pub(super) fn lower(tokens: &mut Tokens, what: &str) -> Result<Ident, Diag> {
    let name = any(tokens, what)?;
    check_lower(&name, what)?;
    Ok(name)
}

/// Law: the names of values and indices have a letter and none that is upper-case.
pub(super) fn check_lower(name: &Ident, what: &str) -> Result<(), Diag> {
    let text = name.to_string();
    if text.contains(char::is_uppercase) {
        return Err(say::not_lower_case(name, what, &snake(&text)));
    }
    if text.contains(char::is_alphabetic) { Ok(()) } else { Err(say::no_letter(name, what)) }
}

/// The name of an index set: `B`, `Classes`.
pub(super) fn set(tokens: &mut Tokens) -> Result<Ident, Diag> {
    let name = any(tokens, "an index set")?;
    if is_upper(&name) { Ok(name) } else { Err(say::set_not_upper(&name, &camel(&name.to_string()))) }
}

/// The name of a loss: `CrossEntropy`.
pub(super) fn loss(tokens: &mut Tokens) -> Result<Ident, Diag> {
    let name = any(tokens, "the name of a loss")?;
    if is_upper(&name) && !name.to_string().contains('_') {
        return Ok(name);
    }
    Err(say::loss_not_camel(&name, &camel(&name.to_string())))
}

/// `LogProb`, `logProb` -> `log_prob`; `BCE` -> `bce`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_lowercase() || c.is_numeric();
        snake.extend(c.to_lowercase());
    }
    snake
}

/// `log_prob` -> `LogProb`.
fn camel(name: &str) -> String {
    let upper = |part: &str| {
        let mut letters = part.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split('_').map(upper).collect()
}
