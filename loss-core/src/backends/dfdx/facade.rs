//! The types of a loss that has schedules or tensors of its own: what the user builds, and what it becomes at a step or
//! on a device. All hand over to the plain loss.
//!
//! ```text
//! Scene { hypers }              as written
//! SceneAt { hypers, numbers }   the plain loss, its schedules being numbers      (schedules alone)
//! SceneOn { hypers, tensors }   with its tensors on a device                     (learnable tensors, state)
//! SceneOnAt { .. }              the same at a step                               (both)
//! SceneOnAtMut { .. }           the same, to be updated                          (schedules and state)
//! SceneFunction { .. }          the plain loss, its tensors being arguments      (learnable tensors, state)
//! SceneUpdate { .. }            the new elements of a state                      (state)
//! ```

use super::emitter::Emitter;
use super::expr::ident;
use super::held::OnDevice;
use super::item;
use super::method::{Interface, interface};
use super::names::Generics;
use super::plan::Plan;
use crate::compile::Compiled;
use crate::compose::{fresh, schedules};
use crate::passes::for_graphs;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The attributes of the plain loss: the user's own stand on the type that was written.
pub fn plain_attributes(compiled: &Compiled) -> TokenStream {
    let (name, extras) = (&compiled.composed.written.name, &compiled.composed.extras);
    let text = if extras.held.is_empty() {
        format!(" [`{name}`] at a step: its schedules are numbers.")
    } else {
        format!(
            " [`{name}`] as a function of all that it depends on: the tensors that it holds are arguments."
        )
    };
    quote!(#[doc = #text])
}

/// What a type holds, in words.
pub(super) fn own_tensors(compiled: &Compiled) -> &'static str {
    match (compiled.composed.extras.learns(), compiled.updates.is_empty()) {
        (_, true) => "learnable tensors",
        (true, false) => "learnable tensors and its state",
        (false, false) => "state",
    }
}

/// All items beyond the plain loss.
pub fn items(compiled: &Compiled, docs: &str, krate: &TokenStream) -> TokenStream {
    let written = &compiled.composed.written;
    let program = for_graphs(&compiled.program);
    let (plan, generics) = (Plan::of(&program), Generics::of(&compiled.def, &program));
    let emitter = Emitter::new(&compiled.def, &plan, &generics);
    let (item, impls) = (item::item(written, docs), item::impls(written));
    let (more, code) = if compiled.composed.extras.held.is_empty() {
        (TokenStream::new(), at(compiled, &emitter))
    } else {
        let on = OnDevice::new(compiled, &emitter);
        (on.items(krate), on.code())
    };
    quote! {
        #item
        #more
        #[allow(unused_imports, unused_variables, unused_mut, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            use #krate::__private::prelude::*;
            use #krate::__private::facade::*;
            use ::core::result::Result::{self, Err, Ok};
            #impls
            #code
        };
    }
}

/// `at` of a loss with schedules alone.
fn at(compiled: &Compiled, emitter: &Emitter) -> TokenStream {
    let (name, plain) = (&compiled.composed.written.name, &compiled.def.name);
    let methods = at_methods("at", &quote!(&self), &quote!(#plain), &plain_value(compiled, plain));
    let hints = unstepped(compiled, emitter, &interface(&compiled.def, emitter, None), &[]);
    quote!(impl #name { #methods #hints })
}

/// Of a type with schedules, what it has at a step.
pub(super) fn unstepped(
    compiled: &Compiled,
    emitter: &Emitter,
    i: &Interface,
    dims: &[Ident],
) -> TokenStream {
    let given = i.names.len() - compiled.composed.extras.held.len();
    let methods = i.methods(emitter.plan.program.samples().len(), compiled.parts.is_some());
    unready(&methods, &i.names[..given], &ident("Unstepped"), dims)
}

/// Methods that cannot be called, and say what to call before: a trait without implementations has the words.
/// `dims` are names that type parameters cannot have.
pub(super) fn unready(
    methods: &[(&'static str, &'static str, TokenStream)],
    names: &[Ident],
    law: &Ident,
    dims: &[Ident],
) -> TokenStream {
    let mut taken: Vec<String> = dims.iter().map(ToString::to_string).collect();
    let inputs: Vec<Ident> =
        (1..=names.len()).map(|i| ident(&fresh(&format!("Input{i}"), &mut taken))).collect();
    // Without an input nothing puts off the check of the bound to the call.
    let Some(first) = inputs.first() else { return TokenStream::new() };
    let value = ident(&law.to_string().to_lowercase());
    let method = |method: &Ident| {
        quote! {
            #[doc(hidden)]
            pub fn #method<#(#inputs),*>(&self, #(#names: #inputs),*) -> <#first as #law<Self>>::Output
            where
                #first: #law<Self>
            {
                #first::#value(self)
            }
        }
    };
    methods.iter().map(|row| method(&ident(row.0))).collect()
}

/// `try_at` and its panicking form, or `try_at_mut`; `value` is in terms of `self` and `step`.
pub(super) fn at_methods(
    name: &str,
    this: &TokenStream,
    output: &TokenStream,
    value: &TokenStream,
) -> TokenStream {
    let (fallible, panicking) = both(name);
    let link = format!(" As [`{fallible}`](Self::{fallible}), but panics instead of returning an error.");
    quote! {
        /// The loss at this step. Steps count from 0 and may be fractions.
        ///
        /// # Errors
        /// If a hyperparameter makes a schedule impossible.
        pub fn #fallible(#this, step: f64) -> Result<#output, ParamError> {
            Ok(#value)
        }

        #[doc = #link]
        ///
        /// # Panics
        /// Where the other returns an error.
        #[must_use]
        pub fn #panicking(#this, step: f64) -> #output {
            match self.#fallible(step) {
                Ok(loss) => loss,
                Err(error) => ::core::panic!("{error}"),
            }
        }
    }
}

/// `Plain { epsilon: self.epsilon, weight: <the schedule's value at the step> }`.
pub(super) fn plain_value(compiled: &Compiled, plain: &Ident) -> TokenStream {
    let own: Vec<Ident> = compiled.composed.written.hypers.iter().map(|h| h.name.clone()).collect();
    let scheduled = compiled.composed.extras.scheduled.iter().map(|scheduled| {
        let value = schedules::at_step(&scheduled.schedule, &own).unwrap_or_default();
        let name = &scheduled.name;
        quote!(#name: #value?)
    });
    quote!(#plain { #(#own: self.#own,)* #(#scheduled),* })
}

/// A name made of another.
pub(super) fn named(name: &Ident, ending: &str) -> Ident {
    Ident::new(&format!("{name}{ending}"), name.span())
}

/// `try_forward`, `forward`.
pub(super) fn both(method: &str) -> (Ident, Ident) {
    (ident(&format!("try_{method}")), ident(method))
}
