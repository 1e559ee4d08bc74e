//! Habits from Rust and other languages: what stands where something else was expected, and what to write.

use super::ast::{Expr, ExprKind};
use super::print;
use super::tokens::Tokens;
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, SpanRange};
use proc_macro2::{Delimiter, Ident};

/// Words that make an operator or a statement elsewhere, and what to write here.
const WORDS: &[(&str, &str)] = &[
    ("return", "the last expression of a body is its value: leave `return` out"),
    ("for", "an index runs over its set by itself; repeated rounds are `repeat n { .. }`"),
    ("while", "an index runs over its set by itself; repeated rounds are `repeat n { .. }`"),
    ("loop", "an index runs over its set by itself; repeated rounds are `repeat n { .. }`"),
    ("match", "write `if c { a } else { b }`"),
    ("true", "conditions come from comparisons such as `x > 0` and from inputs `[B] -> bool`"),
    ("false", "conditions come from comparisons such as `x > 0` and from inputs `[B] -> bool`"),
    ("else", "write `if c { a } else { b }`"),
    ("let", "a `let` is a statement of a body, not part of an expression"),
    ("repeat", "a `repeat` is a statement of a body, not part of an expression"),
    ("self", "write the hyperparameter's name alone"),
];

/// Operators of other languages, and what to write here.
const OPERATORS: &[(&str, &str)] = &[
    ("&", "write `&&` for \"and\""),
    ("|", "write `||` for \"or\"; a single `|` starts the condition of a binder, as in `sum[k | c](x)`"),
    ("**", "write `x^y` for a power"),
    ("=", "write `==` to compare"),
    ("?", "write `if c { a } else { b }`"),
    (":=", "write `let name[i] = ..;`"),
    ("+=", "tensors keep their values: write `let name[i] = ..;` with a new name"),
    ("-=", "tensors keep their values: write `let name[i] = ..;` with a new name"),
    ("*=", "tensors keep their values: write `let name[i] = ..;` with a new name"),
    ("/=", "tensors keep their values: write `let name[i] = ..;` with a new name"),
    ("%", "there is no remainder"),
    ("=>", "write `>=` for \"greater or equal\""),
    ("..", "a range stands only after `in`, in the domain of an input or hyperparameter"),
    ("..=", "a range stands only after `in`, in the domain of an input or hyperparameter"),
    ("@", "write `sum[d](a[i, d] * b[d, j])` for a matrix product"),
];

/// Words between two operands, and what to write here.
const WORD_OPERATORS: &[(&str, &str)] = &[
    ("and", "write `&&`"),
    ("or", "write `||`"),
    ("as", "numbers convert by themselves: leave `as` and the type out"),
    ("then", "write `if c { a } else { b }`"),
    ("else", "the branch before `else` stands in braces: `if c { a } else { b }`"),
    ("in", "a domain follows an input or a hyperparameter, a set the name of an index that is bound"),
];

/// What is wrong with the token where an operand was expected.
pub(super) fn no_operand(tokens: &Tokens) -> Diag {
    let diag = tokens.expected("an expression");
    if tokens.is_group(Delimiter::Bracket) {
        return diag
            .help("a list stands only as the value of a hyperparameter; a tensor has its name before `[`");
    }
    if tokens.is_group(Delimiter::Brace) {
        return diag.help("braces stand only around the branches of `if` and around bodies");
    }
    match tokens.symbol() {
        Some("&" | "&&") => diag.help("there are no references: leave the `&` out"),
        Some("*") => diag.help("there are no references: leave the `*` out; a power is `x^y`"),
        Some("|" | "||") => diag.help("there are no closures: write the expression itself"),
        Some("+") => diag.help("leave the `+` out"),
        Some(".") => diag.help("a number starts with a digit: write `0.5`"),
        Some("..=" | "..") => diag.help("a range stands only after `in`"),
        Some("=") => diag.help("write `==` to compare"),
        _ => diag,
    }
}

/// A word of another language where an operand was expected.
pub(super) fn foreign_word(tokens: &Tokens) -> Option<Diag> {
    let name = tokens.ident()?;
    if let Some((_, help)) = WORDS.iter().find(|(word, _)| name == word) {
        return Some(say::expected((&name).into(), "an expression", &tokens.found()).help(*help));
    }
    let mut ahead = *tokens;
    ahead.take_ident();
    let negation = name == "not" && (ahead.ident().is_some() || ahead.is_group(Delimiter::Parenthesis));
    negation.then(|| {
        say::expected((&name).into(), "an expression", &tokens.found()).help("write `!c` for \"not\"")
    })
}

/// What is wrong with the token after a complete expression, where `wanted` was expected.
pub(super) fn after_expr(tokens: &Tokens, wanted: &str) -> Diag {
    let link = if wanted.contains(" or ") { "," } else { " or" };
    let diag = tokens.expected(&format!("an operator{link} {wanted}"));
    if let Some((_, help)) = tokens.symbol().and_then(|s| OPERATORS.iter().find(|(symbol, _)| *symbol == s)) {
        return say::expected(tokens.here(), wanted, &tokens.found()).help(*help);
    }
    match tokens.ident().and_then(|name| WORD_OPERATORS.iter().find(|(word, _)| name == word)) {
        Some((_, help)) => diag.help(*help),
        None => diag,
    }
}

/// What is wrong with the token after a condition, where `{` was expected.
pub(super) fn after_condition(tokens: &Tokens) -> Diag {
    let diag = after_expr(tokens, "`{`");
    if diag.help.is_some() { diag } else { diag.help("write `if c { a } else { b }`") }
}

/// What is wrong with the token after an argument, where `,` or `)` was expected.
pub(super) fn after_argument(tokens: &Tokens, owner: &Ident) -> Diag {
    match tokens.symbol() {
        Some("=") => say::named_argument(tokens.here(), owner),
        _ => after_expr(tokens, "`,` or `)`"),
    }
}

/// `over = 100`: arguments have no names.
pub(super) fn named_argument(tokens: &Tokens, owner: &Ident) -> Option<Diag> {
    let mut ahead = *tokens;
    let name = ahead.take_ident()?;
    if !ahead.is("=") {
        return None;
    }
    Some(say::named_argument((&name).into(), owner))
}

/// What is wrong with the token after the value of a hyperparameter, where `,` or `>` was expected.
pub(super) fn after_hyper(tokens: &Tokens, open: SpanRange) -> Diag {
    if tokens.at_end() || tokens.is(";") || tokens.is_group(Delimiter::Brace) {
        return say::unclosed_hypers(open, &tokens.found());
    }
    let comparison = ["<", "<=", ">=", "==", "!=", "&&", "||"].iter().any(|symbol| tokens.is(symbol));
    let diag = after_expr(tokens, "`,` or `>`");
    if comparison { diag.help("a hyperparameter is a number, not a condition") } else { diag }
}

/// Law: after an operand comes an operator; `.method()`, a second `[..]`, `(..)`, `::` and `!(..)` have no meaning.
pub(super) fn check_nothing_attached(tokens: &mut Tokens, operand: &Expr) -> Result<(), Diag> {
    if let Some(dot) = tokens.eat(".") {
        return Err(method(tokens, dot, operand));
    }
    if let Some(path) = tokens.eat("::") {
        return Err(say::path(path));
    }
    if tokens.is("!") {
        return check_no_macro(tokens, operand);
    }
    if let Some((inner, range)) = tokens.enter(Delimiter::Bracket) {
        return Err(second_brackets(inner, range, tokens, operand));
    }
    match tokens.enter(Delimiter::Parenthesis) {
        Some((inner, range)) if looks_like_inputs(inner) => {
            Err(say::inputs_in_expression(range.first.into()))
        }
        Some((_, range)) => Err(say::missing_operator(range.first.into(), &print::short(operand))),
        None => Ok(()),
    }
}

/// `name: ..`: the `>` before the inputs is missing.
fn looks_like_inputs(mut inner: Tokens) -> bool {
    inner.take_ident().is_some() && inner.is(":")
}

/// `x.exp()` is `exp(x)`; `x.0` and `x.len` are nothing.
fn method(tokens: &mut Tokens, dot: SpanRange, receiver: &Expr) -> Diag {
    let Some(name) = tokens.take_ident() else { return say::field(dot) };
    let range = dot.to((&name).into());
    match tokens.enter(Delimiter::Parenthesis) {
        Some((inner, _)) => say::method(range, &name, &print::short(receiver), !inner.at_end()),
        None => say::field(range),
    }
}

fn check_no_macro(tokens: &mut Tokens, operand: &Expr) -> Result<(), Diag> {
    let mut ahead = *tokens;
    let bang = ahead.eat("!");
    let group =
        [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace].iter().any(|d| ahead.is_group(*d));
    match (bang, &operand.kind) {
        (Some(bang), ExprKind::Name(name)) if group => Err(say::macro_call(bang, name)),
        _ => Ok(()),
    }
}

/// `x[b][k]`, `sum[i][j](x)`, `exp(x)[b]`.
fn second_brackets(inner: Tokens, range: SpanRange, tokens: &Tokens, operand: &Expr) -> Diag {
    match &operand.kind {
        ExprKind::Index(name, indices) => {
            let mut all: Vec<String> = indices.iter().map(print::short).collect();
            let mut rest = inner;
            let second = super::expr::expr(&mut rest).ok().filter(|_| rest.at_end());
            all.push(second.map_or_else(|| "..".into(), |node| print::short(&node.expr)));
            let call = if tokens.is_group(Delimiter::Parenthesis) { "(..)" } else { "" };
            say::separate_brackets(range, &format!("{name}[{}]{call}", all.join(", ")))
        }
        _ => say::index_on_value(range, &print::short(operand)),
    }
}
