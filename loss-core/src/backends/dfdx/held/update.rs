//! What changes the state: each method once more, with the update after it, and dfdx's `ModuleMut`.

use super::super::facade::{both, plain_value};
use super::super::layout::{axes_type, positions};
use super::super::method::Interface;
use super::OnDevice;
use super::methods::{MethodParams, Receiver};
use crate::compile::Updated;
use crate::compose::fresh;
use crate::ir::Axis;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

const UPDATE: &str = " Updates the state by these inputs. The loss is not computed.";

impl OnDevice<'_> {
    /// The methods that update the state, and `ModuleMut`; nothing if there is no state.
    pub fn update_impls(&self, receiver: &Receiver) -> TokenStream {
        if !self.is_stateful() {
            return TokenStream::new();
        }
        let Receiver { name, lifetime, .. } = receiver;
        let (params, args) = self.params(&TokenStream::new());
        let methods = self.all_methods().into_iter().map(|(method, what, output)| {
            let what = format!("{} Then updates the state.", what);
            let name = format!("{method}_mut");
            self.pair(&quote!(&mut self), &name, &what, &output, &self.body_mut(receiver, method))
        });
        let (next, update, module) = (self.next(receiver), self.update(receiver), self.module_mut(receiver));
        quote! {
            impl<#lifetime #params> #name<#lifetime #args> {
                #(#methods)*
                #update
                #next
            }
            #module
        }
    }

    /// The loss by the state as it was, then the state as it becomes. If either fails, nothing has changed.
    fn body_mut(&self, receiver: &Receiver, method: &str) -> TokenStream {
        let ((names, _), (fallible, _)) = (self.given(), both(method));
        let MethodParams { tape, .. } = self.method_params();
        let (loss, held) = (&receiver.loss, self.passed(receiver, &tape));
        let mut taken: Vec<String> = names.iter().map(ToString::to_string).collect();
        let local = |stem: &str, taken: &mut Vec<String>| Ident::new(&fresh(stem, taken), Span::mixed_site());
        let (next, value) = (local("next", &mut taken), local("loss", &mut taken));
        let (untaped, places) = (self.untaped(), self.places(receiver));
        quote! {
            let #next = self.try_next(#(#untaped),*)?;
            let #value = #loss.#fallible(#(#names,)* #(#held),*)?;
            #places = #next;
            Ok(#value)
        }
    }

    /// `try_update` and `update`, for arguments on any tapes.
    fn update(&self, receiver: &Receiver) -> TokenStream {
        let (untaped, places) = (self.untaped(), self.places(receiver));
        let body = quote! {
            #places = self.try_next(#(#untaped),*)?;
            Ok(())
        };
        let generics = self.emitter.generics;
        let (dtype, device) = (&generics.dtype, &generics.device);
        let ((names, types), error) = (self.given(), &self.interface.error);
        let tapes = (0..names.len()).filter_map(|i| generics.own.get(&i));
        let dims = self.free_dims();
        let params = quote!(#dims #(#tapes: Tape<#dtype, #device>,)*);
        quote! {
            #[doc = #UPDATE]
            ///
            /// # Errors
            /// If sizes disagree, an index is out of range, a hyperparameter is outside its domain, or the
            /// device fails.
            pub fn try_update<#params>(&mut self, #(#names: #types),*) -> Result<(), #error> {
                #body
            }

            /// As [`try_update`](Self::try_update), but panics instead of returning an error.
            ///
            /// # Panics
            /// Where the other returns an error.
            pub fn update<#params>(&mut self, #(#names: #types),*) {
                if let Err(error) = self.try_update(#(#names),*) {
                    ::core::panic!("{error}");
                }
            }
        }
    }

    /// The state as it becomes, which is computed without a tape.
    fn next(&self, receiver: &Receiver) -> TokenStream {
        let generics = self.emitter.generics;
        let (dtype, device) = (&generics.dtype, &generics.device);
        let (names, _) = self.given();
        let (types, error) = (&self.interface.untaped[..names.len()], &self.interface.error);
        let states = self.compiled.updates.iter().map(|updated| &self.held()[updated.state]);
        let outputs: Vec<TokenStream> = states
            .map(|state| {
                let shape = super::shape(state, &TokenStream::new());
                quote!(Tensor<#shape, #dtype, #device>)
            })
            .collect();
        let values: Vec<TokenStream> =
            self.compiled.updates.iter().map(|updated| self.next_of(receiver, updated)).collect();
        let (output, value) = match (&outputs[..], &values[..]) {
            ([output], [value]) => (quote!(#output), quote!(#value)),
            _ => (quote!((#(#outputs),*)), quote!((#(#values),*))),
        };
        let dims = self.free_dims();
        quote! {
            /// The state after a step.
            fn try_next<#dims>(&self, #(#names: #types),*) -> Result<#output, #error> {
                Ok(#value)
            }
        }
    }

    /// `held::settled(CenterUpdate { rate: self.rate }.try_per_sample(features.clone(), .., self.centers.clone())?)?`
    fn next_of(&self, receiver: &Receiver, updated: &Updated) -> TokenStream {
        let (name, tensors) = (&updated.compiled.def.name, &receiver.tensors);
        let loss = match receiver.lifetime {
            // The numbers of the plain loss are those at the step.
            Some(_) => {
                let fields = self.compiled.def.hypers.iter().map(|hyper| &hyper.name);
                quote!(#name { #(#fields: self.loss.#fields),* })
            }
            None => plain_value(self.compiled, name),
        };
        let (names, _) = self.given();
        let held = self.held().iter().map(|held| &held.name);
        let value = quote!(#loss.try_per_sample(#(#names.clone(),)* #(#tensors.#held.clone()),*)?);
        let field = &self.held()[updated.state].name;
        let (permuted, filled) = layout(&updated.axes, updated.compiled.program.samples());
        let permuted = permuted.map(|axes| quote!(.try_permute::<_, #axes>()?));
        let filled = filled.map(|axes| quote!(.try_broadcast_like::<_, #axes>(#tensors.#field.shape())?));
        quote!(held::settled(#value #permuted #filled)?)
    }

    /// The arguments without their tapes, which stay.
    fn untaped(&self) -> Vec<TokenStream> {
        let generics = self.emitter.generics;
        let (names, _) = self.given();
        let untaped = names.iter().enumerate().map(|(i, name)| match generics.own.contains_key(&i) {
            true => quote!(#name.retaped::<NoneTape>()),
            false => quote!(#name.clone()),
        });
        untaped.collect()
    }

    /// `self.size`, `(self.size, self.centers)`.
    fn places(&self, receiver: &Receiver) -> TokenStream {
        let tensors = &receiver.tensors;
        let fields = self.compiled.updates.iter().map(|updated| &self.held()[updated.state].name);
        let places: Vec<TokenStream> = fields.map(|field| quote!(#tensors.#field)).collect();
        match &places[..] {
            [place] => quote!(#place),
            _ => quote!((#(#places),*)),
        }
    }

    fn module_mut(&self, receiver: &Receiver) -> TokenStream {
        let Receiver { name, lifetime, .. } = receiver;
        let (params, args) = self.params(&TokenStream::new());
        let MethodParams { params: more, bounds, .. } = self.method_params();
        let ((input, pattern), (names, _)) = (self.input(), self.given());
        let Interface { number, error, .. } = &self.interface;
        quote! {
            impl<#lifetime #params, #more> ModuleMut<#input> for #name<#lifetime #args>
            #bounds
            {
                type Output = #number;
                type Error = #error;

                fn try_forward_mut(&mut self, #pattern: #input) -> Result<Self::Output, Self::Error> {
                    Self::try_forward_mut(self, #(#names),*)
                }
            }
        }
    }
}

/// How axes in canonical order come into that of the state: a permutation of those there are, and those that are
/// missing, along which the value is the same.
fn layout(state: &[Axis], found: &[Axis]) -> (Option<TokenStream>, Option<TokenStream>) {
    let kept: Vec<Axis> = state.iter().copied().filter(|axis| found.contains(axis)).collect();
    let order = positions(&kept, found);
    let missing: Vec<usize> = (0..state.len()).filter(|&i| !found.contains(&state[i])).collect();
    ((!order.is_sorted()).then(|| axes_type(&order)), (!missing.is_empty()).then(|| axes_type(&missing)))
}
