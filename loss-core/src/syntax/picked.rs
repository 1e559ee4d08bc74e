//! `pub use CrossEntropy, FocalLoss;`: definitions of the catalogue that become types of this invocation.

use super::ast::Pick;
use super::attributes::Attributes;
use super::tokens::Tokens;
use super::{item, names};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, Errors};

/// Whether `use` follows, behind a visibility or not.
pub(super) fn opens(tokens: &Tokens) -> bool {
    let mut ahead = *tokens;
    item::visibility(&mut ahead).is_ok() && ahead.is_word("use")
}

/// The names up to the semicolon. One mistake ends the list.
pub(super) fn picks(tokens: &mut Tokens, attributes: &Attributes, errors: &mut Errors) -> Vec<Pick> {
    match list(tokens, attributes) {
        Ok(picks) => picks,
        Err(diag) => {
            errors.push(diag);
            tokens.skip_past(";");
            Vec::new()
        }
    }
}

/// Law: no attributes, and one name at least.
fn list(tokens: &mut Tokens, attributes: &Attributes) -> Result<Vec<Pick>, Diag> {
    let vis = item::visibility(tokens)?;
    let word = tokens.take_ident().map_or(tokens.here(), |word| (&word).into());
    if !attributes.kept.is_empty() || !attributes.docs.is_empty() {
        return Err(say::pick_attribute(word));
    }
    let mut picks = Vec::new();
    loop {
        check_no_path(tokens)?;
        let name = names::loss(tokens)?;
        picks.push(Pick { vis: vis.clone(), name });
        let comma = tokens.eat(",").is_some();
        if tokens.eat(";").is_some() {
            return Ok(picks);
        }
        if !comma {
            return Err(say::pick_end(tokens.here(), &tokens.found()));
        }
    }
}

/// Law: names stand alone.
fn check_no_path(tokens: &Tokens) -> Result<(), Diag> {
    let mut ahead = *tokens;
    ahead.eat("::");
    ahead.take_ident();
    if ahead.is("::") { Err(say::pick_path(ahead.here())) } else { Ok(()) }
}
