//! Domains: the values that an input or a hyperparameter may have.

use super::ast::Domain;
use super::number;
use super::tokens::Tokens;
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, SpanRange};
use proc_macro2::Delimiter;

/// `in 0..=1`, if there is one.
pub(super) fn optional(tokens: &mut Tokens) -> Result<Option<Domain>, Diag> {
    if tokens.eat_word("in").is_some() { domain(tokens).map(Some) } else { Ok(None) }
}

/// `0..`, `..1`, `0..1`, `0..=1`, `0<..`, `0<..1`, `0<..=1`.
fn domain(tokens: &mut Tokens) -> Result<Domain, Diag> {
    let start = tokens.here();
    if tokens.is_group(Delimiter::Bracket) || tokens.is_group(Delimiter::Parenthesis) {
        return Err(say::interval(start));
    }
    let lo = bound(tokens)?;
    let open = lo.is_some() && tokens.eat("<").is_some();
    let closed = tokens.eat("..=").is_some();
    if !closed && tokens.eat("..").is_none() {
        return Err(not_a_range(tokens, lo.is_some()));
    }
    let hi = bound(tokens)?;
    if closed && hi.is_none() {
        return Err(tokens.expected("an upper bound after `..=`"));
    }
    let range = start.to(tokens.last());
    if lo.is_none() && hi.is_none() {
        return Err(say::domain_without_bounds(range));
    }
    let domain = Domain { lo: lo.map(|v| (v, !open)), hi: hi.map(|v| (v, closed)), range };
    check_not_empty(&domain)?;
    Ok(domain)
}

/// Law: some number lies in a domain.
fn check_not_empty(domain: &Domain) -> Result<(), Diag> {
    let (Some((lo, lo_closed)), Some((hi, hi_closed))) = (domain.lo, domain.hi) else { return Ok(()) };
    if lo > hi {
        return Err(say::reversed_domain(domain.range));
    }
    if lo == hi && !(lo_closed && hi_closed) { Err(say::empty_domain(domain.range)) } else { Ok(()) }
}

fn not_a_range(tokens: &Tokens, has_lo: bool) -> Diag {
    let diag = tokens.expected(if has_lo { "`..`" } else { "a domain" });
    match tokens.ident() {
        Some(_) => diag.help("bounds are numbers"),
        None => diag.help(
            "write `0..` (at least 0), `0..1` (below 1), `0..=1` (1 allowed) or `0<..` (0 not allowed)",
        ),
    }
}

/// A number with a sign, if one stands here.
fn bound(tokens: &mut Tokens) -> Result<Option<f64>, Diag> {
    let minus: Option<SpanRange> = tokens.eat("-");
    let Some(literal) = tokens.literal() else {
        return if minus.is_some() { Err(tokens.expected("a number")) } else { Ok(None) };
    };
    let (value, negative) = number::real(&literal)?;
    tokens.take_literal();
    Ok(Some(if negative != minus.is_some() { -value } else { value }))
}
