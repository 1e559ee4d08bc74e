//! Each method of the plain loss without the arguments that are tensors of the type, and dfdx's `Module`.

use super::super::facade::both;
use super::super::method::Interface;
use super::super::preamble::join_order;
use super::{OnDevice, is_learned};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Which of the types has the methods, and what it hands over to.
pub struct Receiver {
    /// `SceneOn`, `SceneOnAt<'a, ..>`
    pub name: Ident,
    /// `'a,`
    pub lifetime: Option<TokenStream>,
    /// The plain loss, in terms of `self`.
    pub loss: TokenStream,
    /// What has the tensors, in terms of `self`.
    pub tensors: TokenStream,
}

impl Receiver {
    /// The type that has the tensors.
    pub fn itself(name: &Ident, loss: TokenStream) -> Self {
        Receiver { name: name.clone(), lifetime: None, loss, tensors: quote!(self) }
    }

    /// A type that refers to it at a step.
    pub fn stepped(name: &Ident) -> Self {
        let (lifetime, loss, tensors) = (Some(quote!('a,)), quote!(self.loss), quote!(self.tensors));
        Receiver { name: name.clone(), lifetime, loss, tensors }
    }
}

/// What a method is generic over besides the parameters of its type.
pub struct MethodParams {
    pub params: TokenStream,
    pub bounds: TokenStream,
    /// The tape that learned tensors join.
    pub tape: TokenStream,
}

impl OnDevice<'_> {
    /// The methods that leave the tensors as they are, and `Module`.
    pub fn impls(&self, receiver: &Receiver) -> TokenStream {
        let Receiver { name, lifetime, .. } = receiver;
        let (params, args) = self.params(&TokenStream::new());
        let (methods, module) = (self.methods(receiver), self.module(receiver));
        quote! {
            impl<#lifetime #params> #name<#lifetime #args> { #methods }
            #module
        }
    }

    fn methods(&self, receiver: &Receiver) -> TokenStream {
        let (names, _) = self.given();
        let MethodParams { tape, .. } = self.method_params();
        let (loss, held) = (&receiver.loss, self.passed(receiver, &tape));
        self.all_methods()
            .into_iter()
            .map(|(method, what, output)| {
                let (fallible, _) = both(method);
                let body = quote!(#loss.#fallible(#(#names,)* #(#held),*));
                self.pair(&quote!(&self), method, what, &output, &body)
            })
            .collect()
    }

    /// The methods of the plain loss: name, what it does, what it gives.
    pub fn all_methods(&self) -> Vec<(&'static str, &'static str, TokenStream)> {
        let rank = self.emitter.plan.program.samples().len();
        self.interface.methods(rank, self.compiled.parts.is_some())
    }

    /// The type's own tensors as arguments of the plain loss.
    pub fn passed(&self, receiver: &Receiver, tape: &TokenStream) -> Vec<TokenStream> {
        let tensors = &receiver.tensors;
        let passed = self.held().iter().map(|held| {
            let name = &held.name;
            if is_learned(held) {
                quote!(#tensors.#name.retaped::<#tape>())
            } else {
                quote!(#tensors.#name.clone())
            }
        });
        passed.collect()
    }

    /// A fallible method and its panicking form.
    pub fn pair(
        &self,
        this: &TokenStream,
        method: &str,
        what: &str,
        output: &TokenStream,
        body: &TokenStream,
    ) -> TokenStream {
        let ((names, types), error) = (self.given(), &self.interface.error);
        let MethodParams { params, bounds, .. } = self.method_params();
        let (fallible, panicking) = both(method);
        let link = format!(" As [`{fallible}`](Self::{fallible}), but panics instead of returning an error.");
        quote! {
            #[doc = #what]
            ///
            /// # Errors
            /// If sizes disagree, an index is out of range, a hyperparameter is outside its domain, or the
            /// device fails.
            pub fn #fallible<#params>(#this, #(#names: #types),*) -> Result<#output, #error>
            #bounds
            {
                #body
            }

            #[doc = #link]
            ///
            /// # Panics
            /// Where the other returns an error.
            #[must_use]
            pub fn #panicking<#params>(#this, #(#names: #types),*) -> #output
            #bounds
            {
                match self.#fallible(#(#names),*) {
                    Ok(loss) => loss,
                    Err(error) => ::core::panic!("{error}"),
                }
            }
        }
    }

    /// The type parameters and bounds of a method. Where tensors are learned, they join the tape of the arguments.
    pub fn method_params(&self) -> MethodParams {
        let generics = self.emitter.generics;
        let (dtype, device) = (&generics.dtype, &generics.device);
        let first_held = self.interface.names.len() - self.held().len();
        let order = join_order(self.emitter);
        let given: Vec<&Ident> =
            order.iter().filter(|&&i| i < first_held).map(|i| &generics.own[i]).collect();
        let tape = generics.tape.as_ref().map(|tape| quote!(#tape)).unwrap_or_default();
        let dims = self.free_dims();
        if !self.compiled.composed.extras.learns() {
            let joined = (given.len() > 1).then(|| quote!(#tape: Tape<#dtype, #device>,));
            let params = quote!(#dims #(#given: Tape<#dtype, #device>,)* #joined);
            return MethodParams { params, bounds: self.interface.bounds.clone(), tape };
        }
        let all = order.iter().map(|i| {
            let own = &generics.own[i];
            if *i < first_held { quote!(#own) } else { tape.clone() }
        });
        let params = quote!(#dims #(#given: Tape<#dtype, #device>,)* #tape: Tape<#dtype, #device>);
        // One argument that is differentiated has the tape of the result.
        let given = match &given[..] {
            [only] => quote!(NoneTape, #only),
            _ => quote!(#(#given),*),
        };
        let bounds = quote! {
            where
                (#given): Join<#dtype, #device, Output = #tape>,
                (#(#all),*): Join<#dtype, #device, Output = #tape>
        };
        MethodParams { params, bounds, tape }
    }

    /// The dimensions that are not those of the type: `B: Dim,`
    pub fn free_dims(&self) -> TokenStream {
        let generics = self.emitter.generics;
        let dims = generics.dims.iter().flatten().filter(|dim| !self.dims.contains(dim));
        let shapes = generics.shapes.iter().flatten();
        quote!(#(#dims: Dim,)* #(#shapes: Shape,)*)
    }

    /// dfdx's `Module` over the arguments. With state there is a `ModuleMut` of its own.
    fn module(&self, receiver: &Receiver) -> TokenStream {
        let Receiver { name, lifetime, .. } = receiver;
        let (params, args) = self.params(&TokenStream::new());
        let MethodParams { params: more, bounds, .. } = self.method_params();
        let (input, pattern) = self.input();
        let (names, _) = self.given();
        let Interface { number, error, .. } = &self.interface;
        let unchanging = (!self.is_stateful())
            .then(|| quote!(impl<#lifetime #params> NonMutableModule for #name<#lifetime #args> {}));
        quote! {
            impl<#lifetime #params, #more> Module<#input> for #name<#lifetime #args>
            #bounds
            {
                type Output = #number;
                type Error = #error;

                fn try_forward(&self, #pattern: #input) -> Result<Self::Output, Self::Error> {
                    Self::try_forward(self, #(#names),*)
                }
            }
            #unchanging
        }
    }

    /// What a `Module` takes: one tensor, or a tuple of them.
    pub fn input(&self) -> (TokenStream, TokenStream) {
        let (names, types) = self.given();
        match (&types[..], &names[..]) {
            ([ty], [name]) => (quote!(#ty), quote!(#name)),
            _ => (quote!((#(#types),*)), quote!((#(#names),*))),
        }
    }
}
