//! What stands in for a definition with mistakes: a type of that name with its fields and methods, so that the
//! rest of the user's code is not blamed. It names nothing of other crates.

use super::expr::ident;
use super::item::type_of;
use crate::syntax::ast::Broken;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The stub. Its methods take anything and give what is expected of them.
pub fn stub(broken: &Broken, _krate: &TokenStream) -> TokenStream {
    let Broken { vis, name, hypers, inputs } = broken;
    let fields: Vec<_> = hypers.iter().map(|h| &h.name).collect();
    let types: Vec<_> = hypers.iter().map(type_of).collect();
    let arguments: Vec<_> = (0..inputs.len()).map(|i| format_ident!("A{}", i)).collect();
    let methods =
        ["per_sample", "try_per_sample", "forward", "try_forward", "sum", "try_sum"].map(|method| {
            let method = ident(method);
            quote! {
                #vis fn #method<#(#arguments,)* Output>(&self, #(_: #arguments),*) -> Output {
                    ::core::unreachable!()
                }
            }
        });
    quote! {
        #[allow(missing_docs, dead_code)]
        #[derive(Debug, Clone, PartialEq)]
        #vis struct #name { #(pub #fields: #types),* }
        #[allow(missing_docs, dead_code)]
        const _: () = {
            impl Default for #name {
                fn default() -> Self {
                    ::core::unreachable!()
                }
            }
            impl #name {
                #vis fn new(#(#fields: #types),*) -> ::core::result::Result<Self, ::core::convert::Infallible> {
                    ::core::result::Result::Ok(Self { #(#fields),* })
                }
                #(#methods)*
            }
        };
    }
}
