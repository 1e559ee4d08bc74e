//! The body of a definition: statements and the value.

use super::ast::{Expr, ExprKind, IndexRange, Let, Repeat, RepeatStep, Stmt, Terms};
use super::expr::{additive, expr};
use super::tokens::Tokens;
use super::{habits, names, print, range, terms};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, Errors, SpanRange};
use proc_macro2::{Delimiter, Ident};

/// What stands between the braces of a definition.
pub(super) struct Body {
    pub stmts: Vec<Stmt>,
    pub updates: Vec<Let>,
    pub value: Expr,
    pub terms: Option<Terms>,
}

/// What one step through a body yields.
enum Part {
    Stmt(Stmt),
    Update(Let),
    Value(Expr, Option<Terms>),
}

/// `stmts; value`. `None` if the value is missing; a mistake in one statement does not hide those in the next.
pub(super) fn body(mut tokens: Tokens, braces: SpanRange, errors: &mut Errors) -> Option<Body> {
    let (mut stmts, mut updates) = (Vec::new(), Vec::new());
    let mut broken = false;
    loop {
        if tokens.at_end() {
            if !broken {
                errors.push(missing_value(stmts.is_empty() && updates.is_empty(), &tokens, braces));
            }
            return None;
        }
        match part(&mut tokens) {
            Ok(Part::Stmt(stmt)) => stmts.push(stmt),
            Ok(Part::Update(update)) => updates.push(update),
            Ok(Part::Value(value, terms)) => return Some(Body { stmts, updates, value, terms }),
            Err(diag) => {
                errors.push(diag);
                broken = true;
                skip_statement(&mut tokens);
            }
        }
    }
}

/// To the next statement. Whatever fails at the word of a statement has taken that word, so this always gets further.
fn skip_statement(tokens: &mut Tokens) {
    if !starts_statement(tokens) {
        tokens.skip_past(";");
    }
}

fn starts_statement(tokens: &Tokens) -> bool {
    tokens.is_word("let") || tokens.is_word("repeat") || starts_update(tokens)
}

/// `update name`; a tensor may be called `update`.
fn starts_update(tokens: &Tokens) -> bool {
    let mut ahead = *tokens;
    ahead.eat_word("update").is_some()
        && ahead.ident().is_some_and(|name| !names::is_reserved(&name.to_string()))
}

fn missing_value(empty: bool, tokens: &Tokens, braces: SpanRange) -> Diag {
    if empty { say::empty_body(braces) } else { say::missing_value(tokens.last()) }
}

/// A statement or the value.
fn part(tokens: &mut Tokens) -> Result<Part, Diag> {
    if terms::starts(tokens) {
        let terms = terms::terms(tokens)?;
        return Ok(Part::Value(terms::sum(&terms)?, Some(terms)));
    }
    if let Some(word) = tokens.eat_word("let") {
        return let_stmt(tokens, &word).map(|stmt| Part::Stmt(Stmt::Let(stmt)));
    }
    if let Some(word) = tokens.eat_word("repeat") {
        return repeat(tokens, &word).map(|stmt| Part::Stmt(Stmt::Repeat(stmt)));
    }
    if starts_update(tokens) {
        tokens.take_ident();
        return named(tokens, "update").map(Part::Update);
    }
    value(tokens).map(|value| Part::Value(value, None))
}

/// The expression at the end. Law: nothing follows it, no `;` either.
fn value(tokens: &mut Tokens) -> Result<Expr, Diag> {
    let value = expr(tokens)?.expr;
    if tokens.at_end() {
        return Ok(value);
    }
    let assigned = tokens.is("=") || tokens.is(":=");
    if let (true, ExprKind::Name(name) | ExprKind::Index(name, _)) = (assigned, &value.kind) {
        return Err(say::missing_let(name, &print::short(&value)));
    }
    if !tokens.is(";") {
        return Err(habits::after_expr(tokens, "`}`"));
    }
    let mut after = *tokens;
    let semicolon = after.expect(";")?;
    Err(if after.at_end() { say::semicolon_after_value(semicolon) } else { say::unused_value(value.range) })
}

/// `let name[i, j] = expr;`, from the name on.
fn let_stmt(tokens: &mut Tokens, word: &Ident) -> Result<Let, Diag> {
    check_let_name(tokens, word)?;
    named(tokens, "let")
}

/// `name[i, j] = expr;`, after `let` or `update`.
fn named(tokens: &mut Tokens, word: &'static str) -> Result<Let, Diag> {
    let name = names::lower(tokens, "the name of a tensor")?;
    let left = left_indices(tokens, &name)?;
    if tokens.is(";") || tokens.at_end() {
        return Err(say::let_without_value(word, &name, &print::brackets(&left.0, &left.1)));
    }
    if let Some(colon) = tokens.eat(":") {
        return Err(say::let_with_type(colon, word, &name));
    }
    definition(tokens, word, name, left)
}

/// `= expr;`.
fn definition(tokens: &mut Tokens, word: &str, name: Ident, (indices, ranges): Left) -> Result<Let, Diag> {
    if tokens.eat("=").is_none() {
        return Err(not_defined(tokens, word));
    }
    let value = expr(tokens)?.expr;
    end_of_statement(tokens)?;
    Ok(Let { name, indices, ranges, value })
}

fn not_defined(tokens: &Tokens, word: &str) -> Diag {
    let diag = tokens.expected("`=`");
    match tokens.symbol() {
        Some(":=" | "==" | "+=" | "-=" | "*=" | "/=" | "->" | "=>") => {
            diag.help(format!("write `{word} name[i] = ..;`"))
        }
        _ => diag,
    }
}

/// Law: a statement ends with `;`.
fn end_of_statement(tokens: &mut Tokens) -> Result<(), Diag> {
    if tokens.eat(";").is_some() {
        return Ok(());
    }
    if tokens.at_end() || starts_statement(tokens) {
        return Err(say::missing_semicolon(tokens.last()));
    }
    Err(habits::after_expr(tokens, "`;`"))
}

fn check_let_name(tokens: &Tokens, word: &Ident) -> Result<(), Diag> {
    if tokens.is_word("mut") {
        return Err(say::let_mut(tokens.here()));
    }
    if tokens.is_group(Delimiter::Parenthesis) || tokens.is_group(Delimiter::Bracket) {
        return Err(say::let_pattern(tokens.here()));
    }
    if tokens.at_end() {
        Err(say::expected(word.into(), "a name after `let`", &tokens.found()))
    } else {
        Ok(())
    }
}

/// Indices on the left of `=`, and what some of them range over.
type Left = (Vec<Ident>, Vec<IndexRange>);

/// `[i, j in 5]` on the left of `=`, or nothing.
fn left_indices(tokens: &mut Tokens, name: &Ident) -> Result<Left, Diag> {
    let Some((mut inner, range)) = tokens.enter(Delimiter::Bracket) else { return Ok(Left::default()) };
    if inner.at_end() {
        return Err(say::empty_brackets(range, name));
    }
    let (mut indices, mut ranges) = Left::default();
    while !inner.at_end() {
        let index = left_index(&mut inner, name)?;
        ranges.extend(range::optional(&mut inner, &index)?);
        indices.push(index);
        if inner.eat(",").is_none() && !inner.at_end() {
            return Err(say::left_index(inner.here(), &inner.found()));
        }
    }
    Ok((indices, ranges))
}

fn left_index(tokens: &mut Tokens, name: &Ident) -> Result<Ident, Diag> {
    match tokens.ident() {
        None => Err(say::left_index(tokens.here(), &tokens.found())),
        Some(set) if names::is_upper(&set) => Err(say::set_as_index(&set, name)),
        Some(_) => names::lower(tokens, "an index"),
    }
}

/// `repeat count { steps }`, from the count on.
fn repeat(tokens: &mut Tokens, word: &Ident) -> Result<Repeat, Diag> {
    if tokens.is_group(Delimiter::Brace) {
        return Err(say::repeat_without_count(word));
    }
    let count = additive(tokens)?.expr;
    let Some((mut inner, range)) = tokens.enter(Delimiter::Brace) else {
        return Err(habits::after_expr(tokens, "`{`"));
    };
    let mut steps = Vec::new();
    while !inner.at_end() {
        steps.push(step(&mut inner)?);
    }
    tokens.eat(";");
    Ok(Repeat { count, steps, range: SpanRange::from(word).to(range) })
}

/// `let t[i] = ..;` or `f[i] = ..;`.
fn step(tokens: &mut Tokens) -> Result<RepeatStep, Diag> {
    if let Some(word) = tokens.eat_word("let") {
        return let_stmt(tokens, &word).map(RepeatStep::Let);
    }
    if let Some(word) = tokens.eat_word("repeat") {
        return Err(say::nested_repeat(&word));
    }
    if let (true, Some(word)) = (starts_update(tokens), tokens.ident()) {
        tokens.take_ident();
        return Err(say::update_in_repeat(&word));
    }
    let start = *tokens;
    if tokens.ident().is_none() {
        return Err(say::not_a_step(tokens.here(), &tokens.found()));
    }
    let name = names::lower(tokens, "the name of a tensor")?;
    let left = left_indices(tokens, &name)?;
    if tokens.is("=") || tokens.is(":=") || tokens.is("+=") {
        return definition(tokens, "let", name, left).map(RepeatStep::Assign);
    }
    Err(say::not_a_step(start.here(), &start.found()))
}

/// `= value;`, from the value on.
pub(super) fn one_liner(tokens: &mut Tokens) -> Result<Expr, Diag> {
    let value = expr(tokens)?.expr;
    if tokens.eat(";").is_some() {
        return Ok(value);
    }
    let next_item = tokens.is("#") || tokens.is_word("pub") || tokens.is_word("extern");
    if tokens.at_end() || next_item {
        Err(say::missing_semicolon(tokens.last()))
    } else {
        Err(habits::after_expr(tokens, "`;`"))
    }
}
