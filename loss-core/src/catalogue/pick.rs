//! `use Name;`: a definition of the catalogue as if it were written in the invocation.

use super::SpecFile;
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::diag::suggest;
use crate::syntax::ast::{Def, File, Pick};
use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};

/// Definitions in place of the names that are picked. Law: each name is one of the catalogue.
pub fn resolve(file: &mut File, errors: &mut Errors) {
    for pick in std::mem::take(&mut file.picks) {
        match find(&pick) {
            Some(def) => file.defs.push(def),
            None => {
                let known = super::names();
                let close = suggest::closest(&pick.name.to_string(), known.iter().map(String::as_str));
                errors.push(say::unknown_pick(&pick.name, close));
            }
        }
    }
}

/// The definition under the name and the visibility as written here.
fn find(pick: &Pick) -> Option<Def> {
    let mut def = super::find_in(&pick.name.to_string(), plain)?;
    (def.name, def.vis) = (pick.name.clone(), pick.vis.clone());
    Some(def)
}

fn plain(file: &SpecFile) -> File {
    crate::syntax::parse(without_links(file.tokens()), &mut Errors::new())
}

/// Doc comments without links to other definitions: those need not be types of this crate.
fn without_links(tokens: TokenStream) -> TokenStream {
    tokens.into_iter().map(without_link).collect()
}

fn without_link(token: TokenTree) -> TokenTree {
    match token {
        TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
            let mut plain = Group::new(group.delimiter(), without_links(group.stream()));
            plain.set_span(group.span());
            TokenTree::Group(plain)
        }
        TokenTree::Literal(literal) => match syn::Lit::new(literal.clone()) {
            syn::Lit::Str(text) if text.value().contains("[`") => {
                let plain = text.value().replace("[`", "`").replace("`]", "`");
                TokenTree::Literal(Literal::string(&plain))
            }
            _ => TokenTree::Literal(literal),
        },
        other => other,
    }
}
