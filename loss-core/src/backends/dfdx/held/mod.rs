//! The type that holds a loss's own tensors, those it learns and its state, on a device.

mod build;
mod methods;
mod update;

use super::emitter::Emitter;
use super::facade::{at_methods, named, plain_value};
use super::method::{Interface, interface};
use super::{facade, item};
use crate::compile::Compiled;
use crate::syntax::ast::{AxisName, Held, Hyper, HyperType, Role};
use crate::syntax::print;
use methods::Receiver;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// What the user of a loss with state has to know.
const CHANGES: &str =
    " Methods that end in `_mut`, and `update`, change the state; the others leave it as it is.";

/// What is known of the type.
pub struct OnDevice<'a> {
    compiled: &'a Compiled,
    emitter: &'a Emitter<'a>,
    interface: Interface,
    names: TypeNames,
    /// The sets that the tensors range over, which are type parameters of the type.
    dims: Vec<Ident>,
}

/// `SceneOn`, `SceneOnAt`, `SceneOnAtMut`.
struct TypeNames {
    on: Ident,
    at: Ident,
    at_mut: Ident,
}

impl<'a> OnDevice<'a> {
    pub fn new(compiled: &'a Compiled, emitter: &'a Emitter<'a>) -> Self {
        let name = &compiled.composed.written.name;
        let mut dims: Vec<Ident> = Vec::new();
        for axis in compiled.composed.extras.held.iter().flat_map(|held| &held.axes) {
            if let AxisName::Set(set) | AxisName::Bundle(set) = axis
                && !dims.contains(set)
            {
                dims.push(set.clone());
            }
        }
        let names =
            TypeNames { on: named(name, "On"), at: named(name, "OnAt"), at_mut: named(name, "OnAtMut") };
        OnDevice { compiled, emitter, interface: interface(&compiled.def, emitter, None), names, dims }
    }

    fn held(&self) -> &[Held] {
        &self.compiled.composed.extras.held
    }

    fn hypers(&self) -> &[Hyper] {
        &self.compiled.composed.written.hypers
    }

    fn is_scheduled(&self) -> bool {
        !self.compiled.composed.extras.scheduled.is_empty()
    }

    fn is_stateful(&self) -> bool {
        !self.compiled.updates.is_empty()
    }

    /// `K: ConstDim, E: Dtype, D: Device<E>`, and the same without bounds; names are looked up in `scope`.
    fn params(&self, scope: &TokenStream) -> (TokenStream, TokenStream) {
        let (dims, dtype, device) = (&self.dims, &self.emitter.generics.dtype, &self.emitter.generics.device);
        (
            quote!(#(#dims: #scope ConstDim,)* #dtype: #scope Dtype, #device: #scope Device<#dtype>),
            quote!(#(#dims,)* #dtype, #device),
        )
    }

    /// The types themselves.
    pub fn items(&self, krate: &TokenStream) -> TokenStream {
        let written = &self.compiled.composed.written;
        let (vis, on) = (&written.vis, &self.names.on);
        let scope = quote!(#krate::__private::facade::);
        let (params, _) = self.params(&scope);
        let (dtype, device) = (&self.emitter.generics.dtype, &self.emitter.generics.device);
        let numbers = self.hypers().iter().map(|hyper| {
            let (name, ty) = (&hyper.name, item::type_of(hyper));
            // dfdx saves tensors and numbers.
            let unsaved = if hyper.ty == HyperType::Bool { " It is not saved with the tensors." } else { "" };
            let doc = format!(" Hyperparameter `{}`.{unsaved}", print::hyper(hyper));
            quote!(#[doc = #doc] pub #name: #ty)
        });
        let tensors = self.held().iter().map(|held| {
            let (name, shape) = (&held.name, shape(held, &scope));
            let mut docs: Vec<String> = held.docs.iter().map(|line| format!(" {}", line.trim())).collect();
            docs.push(format!(" `{}`", print::held(held)));
            quote!(#(#[doc = #docs])* pub #name: #scope Tensor<#shape, #dtype, #device>)
        });
        let doc =
            format!(" [`{}`] with its {} on a device.", written.name, facade::own_tensors(self.compiled));
        let stepped = self.stepped_items(&scope);
        let changes = self.is_stateful().then(|| quote!(#[doc = ""] #[doc = #CHANGES]));
        quote! {
            #[doc = #doc]
            #changes
            #[derive(Debug, Clone)]
            #vis struct #on<#params> { #(#numbers,)* #(#tensors),* }
            #stepped
        }
    }

    /// What the type is at a step.
    fn stepped_items(&self, scope: &TokenStream) -> Option<TokenStream> {
        let (vis, TypeNames { on, at, at_mut }) = (&self.compiled.composed.written.vis, &self.names);
        let ((params, args), plain) = (self.params(scope), &self.compiled.def.name);
        let item = |name: &Ident, doc: &str, reference: TokenStream| {
            quote! {
                #[doc = #doc]
                #[derive(Debug)]
                #vis struct #name<'a, #params> {
                    loss: #plain,
                    tensors: &'a #reference #on<#args>,
                }
            }
        };
        let read = item(at, &format!(" [`{on}`] at a step."), quote!());
        let changed = self
            .is_stateful()
            .then(|| item(at_mut, &format!(" [`{on}`] at a step, its state to be updated."), quote!(mut)));
        self.is_scheduled().then(|| quote!(#read #changed))
    }

    /// Their code.
    pub fn code(&self) -> TokenStream {
        let (params, args) = self.params(&TokenStream::new());
        let TypeNames { on, at, at_mut } = &self.names;
        let value = plain_value(self.compiled, &self.compiled.def.name);
        let code = if self.is_scheduled() {
            let at_step = at_methods(
                "at",
                &quote!(&self),
                &quote!(#at<'_, #args>),
                &quote!(#at { loss: #value, tensors: self }),
            );
            let hints = facade::unstepped(self.compiled, self.emitter, &self.interface, &self.dims);
            let read = self.impls(&Receiver::stepped(at));
            let changed = self.is_stateful().then(|| {
                let output = quote!(#at_mut { loss: #value, tensors: self });
                let at_step = at_methods("at_mut", &quote!(&mut self), &quote!(#at_mut<'_, #args>), &output);
                let update = self.update_impls(&Receiver::stepped(at_mut));
                quote!(impl<#params> #on<#args> { #at_step } #update)
            });
            quote!(impl<#params> #on<#args> { #at_step #hints } #read #changed)
        } else {
            let receiver = Receiver::itself(on, value);
            let (read, changed) = (self.impls(&receiver), self.update_impls(&receiver));
            quote!(#read #changed)
        };
        let (builder, collection) = (self.builder(), self.collection());
        quote!(#code #builder #collection)
    }

    /// The names and types of the arguments, which are the inputs without the type's own tensors.
    fn given(&self) -> (Vec<Ident>, Vec<TokenStream>) {
        let Interface { names, types, .. } = &self.interface;
        let given = names.len() - self.held().len();
        (names[..given].to_vec(), types[..given].to_vec())
    }
}

/// `(Const<2>, K)`.
fn shape(held: &Held, scope: &TokenStream) -> TokenStream {
    let axes = held.axes.iter().map(|axis| match axis {
        AxisName::Set(set) | AxisName::Bundle(set) | AxisName::Beyond(set, ..) => quote!(#set,),
        AxisName::Fixed(n, _) => {
            let n = Literal::usize_unsuffixed(*n);
            quote!(#scope Const<#n>,)
        }
    });
    quote!((#(#axes)*))
}

/// Whether an optimizer changes it.
fn is_learned(held: &Held) -> bool {
    held.role == Role::Learned
}
