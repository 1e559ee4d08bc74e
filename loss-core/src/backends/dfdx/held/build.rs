//! `build`, and dfdx's `TensorCollection`.

use super::super::host::number;
use super::{OnDevice, is_learned};
use crate::compose::initial::{self, Initial};
use crate::syntax::ast::{Held, HyperType};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// dfdx visits tuples of at most so many fields; longer ones are tuples of tuples.
const TUPLE: usize = 6;

impl OnDevice<'_> {
    /// `build` of the type as written: its hyperparameters, and tensors with their initial values.
    pub fn builder(&self) -> TokenStream {
        let (name, on) = (&self.compiled.composed.written.name, &self.names.on);
        let (params, args) = self.params(&TokenStream::new());
        let device = &self.emitter.generics.device;
        let hypers: Vec<&Ident> = self.hypers().iter().map(|h| &h.name).collect();
        let dtype = &self.emitter.generics.dtype;
        let hints = self.unbuilt();
        let builds = self.dims.is_empty().then(|| {
            quote! {
                impl<#params> BuildOnDevice<#device, #dtype> for #name {
                    type Built = #on<#args>;
                }
            }
        });
        quote! {
            impl #name {
                /// The loss with these hyperparameters, and its tensors as they are at first.
                ///
                /// # Errors
                /// If the device fails.
                pub fn try_build<#params>(&self, device: &#device) -> Result<#on<#args>, #device::Err> {
                    let mut loss = <#on<#args> as BuildModule<#device, #dtype>>::try_build(device)?;
                    #(loss.#hypers = self.#hypers;)*
                    Ok(loss)
                }

                /// As [`try_build`](Self::try_build), but panics instead of returning an error, as dfdx does.
                ///
                /// # Panics
                /// Where the other returns an error.
                #[must_use]
                pub fn build<#params>(&self, device: &#device) -> #on<#args> {
                    match self.try_build(device) {
                        Ok(loss) => loss,
                        Err(error) => ::core::panic!("{error:?}"),
                    }
                }

                #hints
            }
            #builds
        }
    }

    /// Of the written type, what the type on a device has.
    fn unbuilt(&self) -> TokenStream {
        let (names, _) = self.given();
        super::facade::unready(&self.all_methods(), &names, &format_ident!("Unbuilt"), &[])
    }

    /// dfdx's `TensorCollection`: tensors to train, state to keep, hyperparameters to save with them.
    pub fn collection(&self) -> TokenStream {
        let (on, dims) = (&self.names.on, &self.dims);
        let (params, args) = self.params(&TokenStream::new());
        let (dtype, device) = (&self.emitter.generics.dtype, &self.emitter.generics.device);
        let name = &self.compiled.composed.written.name;
        let tensors = self.held().iter().map(tensor);
        let (numbers, rebuilt) = self.numbers();
        let needs_default = (!numbers.is_empty()).then(|| quote!(let default = #name::default();));
        let fields: Vec<&Ident> = self.held().iter().map(|held| &held.name).collect();
        let places = (0..numbers.len()).map(place);
        let patterns = fields.iter().map(|field| quote!(#field)).chain(places.map(|place| quote!(#place)));
        let (visited, patterns) = (nested(tensors.chain(numbers).collect()), nested(patterns.collect()));
        quote! {
            impl<#params> TensorCollection<#dtype, #device> for #on<#args> {
                type To<E2: Dtype, D2: Device<E2>> = #on<#(#dims,)* E2, D2>;

                fn iter_tensors<V: ModuleVisitor<Self, #dtype, #device>>(
                    visitor: &mut V,
                ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                    #needs_default
                    visitor.visit_fields(
                        #visited,
                        |#patterns| #on { #(#fields,)* #(#rebuilt),* },
                    )
                }
            }
        }
    }

    /// A field for each number of a hyperparameter, and the hyperparameters made of them.
    fn numbers(&self) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let (mut numbers, mut rebuilt) = (Vec::new(), Vec::new());
        for hyper in self.hypers() {
            let (field, key) = (&hyper.name, hyper.name.to_string());
            match hyper.ty {
                HyperType::Array(n) => {
                    let first = numbers.len();
                    for i in (0..n).map(Literal::usize_unsuffixed) {
                        let key = format!("{key}.{i}");
                        numbers.push(quote!(held::number(#key, default.#field[#i], |s: &Self| &s.#field[#i], |s: &mut Self| &mut s.#field[#i])));
                    }
                    let places = (first..first + n).map(place);
                    rebuilt.push(quote!(#field: [#(#places),*]));
                    continue;
                }
                // Not a number that dfdx could save.
                HyperType::Bool => numbers.push(quote!(held::setting(#key, default.#field, |s: &Self| s.#field))),
                _ => numbers.push(
                    quote!(held::number(#key, default.#field, |s: &Self| &s.#field, |s: &mut Self| &mut s.#field)),
                ),
            }
            let place = place(numbers.len() - 1);
            rebuilt.push(quote!(#field: #place));
        }
        (numbers, rebuilt)
    }
}

fn place(i: usize) -> Ident {
    format_ident!("number{}", i)
}

/// `Self::tensor("centers", |s| &s.centers, |s| &mut s.centers, held::initially(|t| held::fill(t, 0.0)))`
fn tensor(held: &Held) -> TokenStream {
    let (field, key) = (&held.name, held.name.to_string());
    let numbers = |a: f64, b: f64| {
        let (a, b) = (number(a).code, number(b).code);
        quote!(#a, #b)
    };
    let reset = match initial::of(held).unwrap_or(Initial::Constant(0.0)) {
        Initial::Constant(value) => {
            let value = number(value).code;
            quote!(held::fill(t, #value))
        }
        Initial::Normal(mean, deviation) => {
            let numbers = numbers(mean, deviation);
            quote!(held::normal(t, #numbers))
        }
        Initial::Uniform(low, high) => {
            let numbers = numbers(low, high);
            quote!(held::uniform(t, #numbers))
        }
    };
    let options = if is_learned(held) {
        quote!(held::initially(|t| #reset))
    } else {
        quote!(held::carried(|t| #reset))
    };
    quote!(Self::tensor(#key, |s| &s.#field, |s| &mut s.#field, #options))
}

/// `(a, b,)`, or a tuple of tuples where there are many.
fn nested(mut fields: Vec<TokenStream>) -> TokenStream {
    while fields.len() > TUPLE {
        fields = fields.chunks(TUPLE).map(|chunk| quote!((#(#chunk,)*))).collect();
    }
    quote!((#(#fields,)*))
}
