//! The type of a loss: its fields are the hyperparameters.

use super::host::number;
use super::names::IN_SCOPE;
use crate::syntax::ast::{Def, Domain, Hyper, HyperDefault, HyperType};
use crate::syntax::print;
use crate::types::{constant, truth};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// `pub struct Poly1 { pub epsilon: f64 }` with the user's attributes.
pub fn item(def: &Def, docs: &str) -> TokenStream {
    let Def { attrs, vis, name, hypers, .. } = def;
    let docs = (!docs.is_empty()).then(|| quote!(#[doc = #docs]));
    let small = hypers.iter().all(|h| !matches!(h.ty, HyperType::Array(_)));
    let copy = small.then(|| quote!(Copy,));
    let exact =
        hypers.iter().all(|h| matches!(h.ty, HyperType::Integer | HyperType::Bool)).then(|| quote!(, Eq));
    let default = hypers.is_empty().then(|| quote!(, Default));
    let derives = quote!(#[derive(Debug, Clone, #copy PartialEq #exact #default)]);
    if hypers.is_empty() {
        return quote!(#attrs #docs #derives #vis struct #name;);
    }
    let fields = hypers.iter().map(field);
    quote!(#attrs #docs #derives #vis struct #name { #(#fields),* })
}

fn field(hyper: &Hyper) -> TokenStream {
    let (name, ty) = (&hyper.name, type_of(hyper));
    let mut lines: Vec<String> = hyper.docs.iter().map(|line| format!(" {}", line.trim())).collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(format!(" Hyperparameter `{}`.", print::hyper(hyper)));
    quote!(#(#[doc = #lines])* pub #name: #ty)
}

/// The loss, where names of generated code may hide it.
pub fn path(def: &Def) -> TokenStream {
    let name = &def.name;
    if IN_SCOPE.contains(&name.to_string().as_str()) { quote!(self::#name) } else { quote!(#name) }
}

/// The type of a hyperparameter.
pub fn type_of(hyper: &Hyper) -> TokenStream {
    match hyper.ty {
        HyperType::Real => quote!(f64),
        HyperType::Integer => quote!(usize),
        HyperType::Bool => quote!(bool),
        HyperType::Array(n) => {
            let n = Literal::usize_unsuffixed(n);
            quote!([f64; #n])
        }
    }
}

/// `Default`, `new` and the check of the domains.
pub fn impls(def: &Def) -> TokenStream {
    let (name, hypers) = (path(def), &def.hypers);
    if hypers.is_empty() {
        return TokenStream::new();
    }
    let default = default(def);
    let fields: Vec<_> = hypers.iter().map(|h| &h.name).collect();
    let types = hypers.iter().map(type_of);
    let checks = hypers.iter().map(|h| check(def, h));
    quote! {
        #default
        impl #name {
            /// The loss with these hyperparameters.
            ///
            /// # Errors
            /// If one of them is not finite or outside its domain.
            pub fn new(#(#fields: #types),*) -> Result<Self, ParamError> {
                let loss = Self { #(#fields),* };
                loss.check_params()?;
                Ok(loss)
            }

            fn check_params(&self) -> Result<(), ParamError> {
                #(#checks)*
                Ok(())
            }
        }
    }
}

fn default(def: &Def) -> Option<TokenStream> {
    let name = path(def);
    let values: Option<Vec<TokenStream>> = def.hypers.iter().map(default_value).collect();
    let fields = def.hypers.iter().map(|h| &h.name);
    values.map(|values| {
        quote! {
            impl Default for #name {
                fn default() -> Self {
                    Self { #(#fields: #values),* }
                }
            }
        }
    })
}

fn default_value(hyper: &Hyper) -> Option<TokenStream> {
    match (hyper.default.as_ref()?, hyper.ty) {
        (HyperDefault::Scalar(value), HyperType::Integer) => {
            let value = Literal::usize_unsuffixed(constant(value)? as usize);
            Some(quote!(#value))
        }
        (HyperDefault::Scalar(value), HyperType::Array(n)) => {
            let (value, n) = (number(constant(value)?).code, Literal::usize_unsuffixed(n));
            Some(quote!([#value; #n]))
        }
        (HyperDefault::Scalar(value), HyperType::Bool) => {
            let value = truth(value)?;
            Some(quote!(#value))
        }
        (HyperDefault::Scalar(value), HyperType::Real) => Some(number(constant(value)?).code),
        (HyperDefault::Array(values, _), _) => {
            let values: Option<Vec<TokenStream>> =
                values.iter().map(|v| Some(number(constant(v)?).code)).collect();
            values.map(|values| quote!([#(#values),*]))
        }
    }
}

/// `check::param("Focal", "gamma", self.gamma, self.gamma >= 0.0, "in 0..")?;`
fn check(def: &Def, hyper: &Hyper) -> TokenStream {
    let (loss, name, field) = (def.name.to_string(), hyper.name.to_string(), &hyper.name);
    let allowed =
        hyper.domain.as_ref().map_or_else(|| "finite".to_owned(), |d| format!("in {}", print::domain(d)));
    let call = |value: TokenStream| {
        let inside = hyper.domain.as_ref().map_or_else(|| quote!(true), |d| inside(d, &value));
        quote!(check::param(#loss, #name, #value, #inside, #allowed)?;)
    };
    match hyper.ty {
        HyperType::Real => call(quote!(self.#field)),
        HyperType::Integer => call(quote!(scalar::count(self.#field))),
        HyperType::Bool => TokenStream::new(),
        HyperType::Array(_) => {
            let check = call(quote!(value));
            quote!(for value in self.#field { #check })
        }
    }
}

/// `value >= 0.0 && value < 1.0`.
pub fn inside(domain: &Domain, value: &TokenStream) -> TokenStream {
    let lo = domain.lo.map(|(bound, closed)| {
        let bound = number(bound).code;
        if closed { quote!(#value >= #bound) } else { quote!(#value > #bound) }
    });
    let hi = domain.hi.map(|(bound, closed)| {
        let bound = number(bound).code;
        if closed { quote!(#value <= #bound) } else { quote!(#value < #bound) }
    });
    match (lo, hi) {
        (Some(lo), Some(hi)) => quote!(#lo && #hi),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => quote!(true),
    }
}

/// Whether the fields have to be checked when the loss is applied: a struct literal goes past `new`.
pub fn has_domains(def: &Def) -> bool {
    def.hypers.iter().any(|h| h.domain.is_some())
}
