//! Named terms: `seg: A(..), edge: 0.3 * B(..)`, and `uncertainty { .. }` around them.

use super::ast::{Expr, ExprKind, Term, Terms, Weighting};
use super::expr::{Node, expr};
use super::tokens::Tokens;
use super::{habits, names};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, SpanRange};
use proc_macro2::{Delimiter, Ident};

/// The word that weights terms by learned uncertainties.
const UNCERTAINTY: &str = "uncertainty";

/// Whether terms stand here: `name:`, `uncertainty {` or `uncertainty<`.
pub(super) fn starts(tokens: &Tokens) -> bool {
    let mut ahead = *tokens;
    let Some(word) = ahead.take_ident() else { return false };
    let weighted = word == UNCERTAINTY && (ahead.is_group(Delimiter::Brace) || ahead.is("<"));
    weighted || (ahead.is(":") && !names::is_reserved(&word.to_string()))
}

/// All terms, up to the end of the body.
pub(super) fn terms(tokens: &mut Tokens) -> Result<Terms, Diag> {
    let mut ahead = *tokens;
    let Some(name) = ahead.eat_word(UNCERTAINTY).filter(|_| !ahead.is(":")) else {
        return Ok(Terms { weighting: None, list: list(tokens)? });
    };
    *tokens = ahead;
    let options = options(tokens)?;
    let Some((mut inner, range)) = tokens.enter(Delimiter::Brace) else {
        return Err(tokens.expected(&format!("`{{` after `{UNCERTAINTY}`")));
    };
    if inner.at_end() {
        return Err(say::no_terms(range, &name));
    }
    let list = list(&mut inner)?;
    if tokens.at_end() {
        Ok(Terms { weighting: Some(Weighting { name, options }), list })
    } else {
        Err(habits::after_expr(tokens, "`}`"))
    }
}

/// `<form = sigma>`, words both.
fn options(tokens: &mut Tokens) -> Result<Vec<(Ident, Ident)>, Diag> {
    let mut options = Vec::new();
    let Some(open) = tokens.eat("<") else { return Ok(options) };
    while tokens.eat(">").is_none() {
        let name = names::lower(tokens, "an option")?;
        tokens.expect("=")?;
        options.push((name, names::lower(tokens, "the value of an option")?));
        if tokens.eat(",").is_none() && !tokens.is(">") {
            return Err(habits::after_hyper(tokens, open));
        }
    }
    Ok(options)
}

fn list(tokens: &mut Tokens) -> Result<Vec<Term>, Diag> {
    let mut list: Vec<Term> = Vec::new();
    while !tokens.at_end() {
        let term = term(tokens)?;
        if list.iter().any(|other| other.name == term.name) {
            return Err(say::duplicate_term(&term.name));
        }
        list.push(term);
        if tokens.eat(",").is_none() && !tokens.at_end() {
            return Err(habits::after_expr(tokens, "`,` or `}`"));
        }
    }
    Ok(list)
}

/// `name: value`, `name: regression value`.
fn term(tokens: &mut Tokens) -> Result<Term, Diag> {
    let name = names::lower(tokens, "a term")?;
    if tokens.eat(":").is_none() {
        return Err(say::term_without_name(&name, &tokens.found()));
    }
    let mut ahead = *tokens;
    let stated = ahead.take_ident().filter(|word| {
        let known = word == "regression" || word == "classification";
        let operand = ahead.ident().is_some() || ahead.literal().is_some();
        known && (operand || ahead.is("-") || ahead.is("!") || ahead.is_group(Delimiter::Parenthesis))
    });
    if stated.is_some() {
        *tokens = ahead;
    }
    Ok(Term { name, kind: stated, value: expr(tokens)?.expr })
}

/// What the terms are without weights of their own.
pub(super) fn sum(terms: &Terms) -> Result<Expr, Diag> {
    let mut values = terms.list.iter().map(|term| term.value.clone());
    let first = values.next().unwrap_or(Expr { kind: ExprKind::Number(0.0), range: SpanRange::nowhere() });
    let mut sum = Node { expr: first, height: 1 };
    for (count, value) in values.enumerate() {
        let range = sum.expr.range.to(value.range);
        let kind = ExprKind::Binary("add", Box::new(sum.expr), Box::new(value));
        sum = Node::new(kind, range, [count + 1])?;
    }
    Ok(sum.expr)
}
