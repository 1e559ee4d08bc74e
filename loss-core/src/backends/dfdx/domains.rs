//! Checks of inputs against their declared domains, made on request: they read every element.

use super::item::{inside, path};
use crate::syntax::ast::{Def, Domain, Input};
use crate::syntax::print;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// `pub fn check_target(..)` for each input with a domain.
pub fn domains(def: &Def) -> TokenStream {
    let declared = def.inputs.iter().filter_map(|input| Some((input, input.domain.as_ref()?)));
    let checks: Vec<TokenStream> = declared.map(|(input, domain)| check(input, domain)).collect();
    if checks.is_empty() {
        return TokenStream::new();
    }
    let name = path(def);
    quote!(impl #name { #(#checks)* })
}

fn check(input: &Input, domain: &Domain) -> TokenStream {
    let (name, text) = (&input.name, input.name.to_string());
    let method = format_ident!("check_{}", name, span = name.span());
    let allowed = format!("in {}", print::domain(domain));
    let doc = format!("Checks that every element of `{name}` is {allowed}; reads them all.");
    let inside = inside(domain, &quote!(value));
    quote! {
        #[doc = #doc]
        ///
        /// # Errors
        /// If one is not: the error names the first such element.
        pub fn #method<S: Shape, E: Dtype, D: Device<E>, T>(
            &self,
            #name: &Tensor<S, E, D, T>,
        ) -> Result<(), LossError<D::Err>> {
            check::domain(#text, #name, |value| #inside, #allowed)
        }
    }
}
