//! The types of a loss that has schedules or learnable tensors: what the user builds, and what it becomes at a step or
//! on a device. All hand over to the plain loss.
//!
//! ```text
//! Scene { hypers }              as written
//! SceneAt { hypers, numbers }   the plain loss, its schedules being numbers      (schedules alone)
//! SceneOn { hypers, tensors }   with its tensors on a device                     (learnable tensors)
//! SceneOnAt { .. }              the same at a step                               (both)
//! SceneFunction { .. }          the plain loss, its tensors being arguments      (learnable tensors)
//! ```

use super::emitter::Emitter;
use super::expr::ident;
use super::item;
use super::learned::OnDevice;
use super::names::Generics;
use super::plan::Plan;
use crate::compile::Compiled;
use crate::compose::schedules;
use crate::passes::guard;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The attributes of the plain loss: the user's own stand on the type that was written.
pub fn plain_attributes(compiled: &Compiled) -> TokenStream {
    let (name, extras) = (&compiled.composed.written.name, &compiled.composed.extras);
    let text = if extras.learned.is_empty() {
        format!(" [`{name}`] at a step: its schedules are numbers.")
    } else {
        format!(" [`{name}`] as a function of all that it depends on: its learnable tensors are arguments.")
    };
    quote!(#[doc = #text])
}

/// All items beyond the plain loss.
pub fn items(compiled: &Compiled, docs: &str, krate: &TokenStream) -> TokenStream {
    let written = &compiled.composed.written;
    let program = guard(&compiled.program);
    let (plan, generics) = (Plan::of(&program), Generics::of(&compiled.def, &program));
    let emitter = Emitter::new(&compiled.def, &plan, &generics);
    let (item, impls) = (item::item(written, docs), item::impls(written));
    let (more, code) = if compiled.composed.extras.learned.is_empty() {
        (TokenStream::new(), at(compiled))
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
fn at(compiled: &Compiled) -> TokenStream {
    let (name, plain) = (&compiled.composed.written.name, &compiled.def.name);
    let methods = at_methods(&quote!(#plain), &plain_value(compiled));
    quote!(impl #name { #methods })
}

/// `try_at` and its panicking form; `value` is in terms of `self` and `step`.
pub(super) fn at_methods(output: &TokenStream, value: &TokenStream) -> TokenStream {
    quote! {
        /// The loss at this step. Steps count from 0 and may be fractions.
        ///
        /// # Errors
        /// If a hyperparameter makes a schedule impossible.
        pub fn try_at(&self, step: f64) -> Result<#output, ParamError> {
            Ok(#value)
        }

        /// As [`try_at`](Self::try_at), but panics instead of returning an error.
        ///
        /// # Panics
        /// Where the other returns an error.
        #[must_use]
        pub fn at(&self, step: f64) -> #output {
            match self.try_at(step) {
                Ok(loss) => loss,
                Err(error) => ::core::panic!("{error}"),
            }
        }
    }
}

/// `Plain { epsilon: self.epsilon, weight: <the schedule's value at the step> }`.
pub(super) fn plain_value(compiled: &Compiled) -> TokenStream {
    let plain = &compiled.def.name;
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
