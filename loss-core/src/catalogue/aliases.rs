//! By what else the search of rustdoc finds a loss: its identifier and the titles of its papers.

use super::page::papers;
use crate::syntax::ast::Def;
use proc_macro2::TokenStream;
use quote::quote;

/// `#[doc(alias = "..")]` for each.
pub fn aliases(def: &Def) -> TokenStream {
    let titles = papers(&def.docs).into_iter().filter_map(|paper| paper.title);
    let mut names: Vec<String> = def.marks.id.iter().cloned().chain(titles).filter(|n| is_alias(n)).collect();
    names.sort();
    names.dedup();
    quote!(#(#[doc(alias = #names)])*)
}

/// Rustdoc takes no quotation marks in an alias.
fn is_alias(name: &str) -> bool {
    !name.contains(['"', '\''])
}
