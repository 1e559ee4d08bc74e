//! `k in N`: what an index ranges over.

use super::ast::{AxisName, IndexRange};
use super::tokens::Tokens;
use super::{names, number};
use crate::diag::Diag;
use crate::diag::messages::syntax as say;
use proc_macro2::Ident;

/// `in N` or `in 5`, after the index, or nothing.
pub(super) fn optional(tokens: &mut Tokens, index: &Ident) -> Result<Option<IndexRange>, Diag> {
    if tokens.eat_word("in").is_none() {
        return Ok(None);
    }
    check_no_bounds(tokens, index)?;
    let set = match (tokens.literal(), tokens.ident()) {
        (Some(literal), _) => {
            let size = number::size(&literal)?;
            tokens.take_literal();
            AxisName::Fixed(size, literal.span().into())
        }
        (None, Some(set)) if names::is_upper(&set) => AxisName::Set(names::set(tokens)?),
        _ => return Err(say::range_not_a_set(tokens.here(), index, &tokens.found())),
    };
    Ok(Some(IndexRange { index: index.clone(), set }))
}

/// Law: a range is no `0..5`.
fn check_no_bounds(tokens: &Tokens, index: &Ident) -> Result<(), Diag> {
    let mut ahead = *tokens;
    if ahead.take_literal().is_none() {
        ahead.take_ident();
    }
    let Some(bounds) = ahead.eat("..").or_else(|| ahead.eat("..=")) else { return Ok(()) };
    let end =
        ahead.take_literal().map(|end| end.to_string()).or(ahead.take_ident().map(|end| end.to_string()));
    Err(say::range_of_bounds(tokens.here().to(bounds), index, end.as_deref().unwrap_or("N")))
}
