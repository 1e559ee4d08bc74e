//! The type that holds a loss's learnable tensors: dfdx's `TensorCollection`, and methods that pass the tensors on.

use super::emitter::Emitter;
use super::facade::{at_methods, both, named, plain_value};
use super::host::number;
use super::item;
use super::method::{Interface, interface};
use super::preamble::join_order;
use crate::compile::Compiled;
use crate::syntax::ast::{AxisName, Hyper, HyperType, Learned};
use crate::syntax::print;
use crate::types::constant;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// What is known of the type.
pub struct OnDevice<'a> {
    compiled: &'a Compiled,
    emitter: &'a Emitter<'a>,
    interface: Interface,
    /// `SceneOn`, `SceneOnAt`.
    names: (Ident, Ident),
    /// The sets that the tensors range over, which are type parameters of the type.
    dims: Vec<Ident>,
}

impl<'a> OnDevice<'a> {
    pub fn new(compiled: &'a Compiled, emitter: &'a Emitter<'a>) -> Self {
        let name = &compiled.composed.written.name;
        let mut dims: Vec<Ident> = Vec::new();
        for axis in compiled.composed.extras.learned.iter().flat_map(|learned| &learned.axes) {
            if let AxisName::Set(set) | AxisName::Bundle(set) = axis
                && !dims.contains(set)
            {
                dims.push(set.clone());
            }
        }
        let interface = interface(&compiled.def, emitter, None);
        OnDevice { compiled, emitter, interface, names: (named(name, "On"), named(name, "OnAt")), dims }
    }

    fn learned(&self) -> &[Learned] {
        &self.compiled.composed.extras.learned
    }

    fn hypers(&self) -> &[Hyper] {
        &self.compiled.composed.written.hypers
    }

    fn is_scheduled(&self) -> bool {
        !self.compiled.composed.extras.scheduled.is_empty()
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
        let (vis, (on, at)) = (&written.vis, &self.names);
        let scope = quote!(#krate::__private::facade::);
        let (params, args) = self.params(&scope);
        let (dtype, device) = (&self.emitter.generics.dtype, &self.emitter.generics.device);
        let numbers = self.hypers().iter().map(|hyper| {
            let (name, ty, doc) =
                (&hyper.name, item::type_of(hyper), format!(" Hyperparameter `{}`.", print::hyper(hyper)));
            quote!(#[doc = #doc] pub #name: #ty)
        });
        let tensors = self.learned().iter().map(|learned| {
            let (name, shape) = (&learned.name, shape(learned, &scope));
            let mut docs: Vec<String> = learned.docs.iter().map(|line| format!(" {}", line.trim())).collect();
            docs.push(format!(" `{}`", print::learned(learned)));
            quote!(#(#[doc = #docs])* pub #name: #scope Tensor<#shape, #dtype, #device>)
        });
        let doc = format!(" [`{}`] with its learnable tensors on a device.", written.name);
        let stepped = self.is_scheduled().then(|| {
            let (doc, plain) = (format!(" [`{on}`] at a step."), &self.compiled.def.name);
            quote! {
                #[doc = #doc]
                #[derive(Debug)]
                #vis struct #at<'a, #params> {
                    loss: #plain,
                    tensors: &'a #on<#args>,
                }
            }
        });
        quote! {
            #[doc = #doc]
            #[derive(Debug, Clone)]
            #vis struct #on<#params> { #(#numbers,)* #(#tensors),* }
            #stepped
        }
    }

    /// Their code.
    pub fn code(&self) -> TokenStream {
        let (params, args) = self.params(&TokenStream::new());
        let (on, at) = &self.names;
        let value = plain_value(self.compiled);
        let methods = if self.is_scheduled() {
            let at_methods =
                at_methods(&quote!(#at<'_, #args>), &quote!(#at { loss: #value, tensors: self }));
            let methods = self.methods(&quote!(self.loss), &quote!(self.tensors));
            quote! {
                impl<#params> #on<#args> { #at_methods }
                impl<'a, #params> #at<'a, #args> { #methods }
            }
        } else {
            let methods = self.methods(&value, &quote!(self));
            quote!(impl<#params> #on<#args> { #methods })
        };
        let (builder, collection) = (self.builder(), self.collection());
        quote!(#methods #builder #collection)
    }

    /// Each method of the plain loss without the arguments that are tensors of the type.
    fn methods(&self, loss: &TokenStream, tensors: &TokenStream) -> TokenStream {
        let Interface { names, types, error, .. } = &self.interface;
        let given = names.len() - self.learned().len();
        let (own_names, own_types) = (&names[..given], &types[..given]);
        let (params, bounds, tape) = self.method_params();
        let learned: Vec<TokenStream> =
            names[given..].iter().map(|name| quote!(#tensors.#name.retaped::<#tape>())).collect();
        let parts = self.compiled.parts.is_some();
        self.interface
            .methods(self.emitter.plan.program.samples().len(), parts)
            .into_iter()
            .map(|(method, what, output)| {
                let (fallible, panicking) = both(method);
                let link = format!(
                    " As [`{fallible}`](Self::{fallible}), but panics instead of returning an error."
                );
                quote! {
                    #[doc = #what]
                    ///
                    /// # Errors
                    /// If sizes disagree, an index is out of range, a hyperparameter is outside its domain, or the
                    /// device fails.
                    pub fn #fallible<#params>(&self, #(#own_names: #own_types),*) -> Result<#output, #error>
                    #bounds
                    {
                        #loss.#fallible(#(#own_names,)* #(#learned),*)
                    }

                    #[doc = #link]
                    ///
                    /// # Panics
                    /// Where the other returns an error.
                    #[must_use]
                    pub fn #panicking<#params>(&self, #(#own_names: #own_types),*) -> #output
                    #bounds
                    {
                        match self.#fallible(#(#own_names),*) {
                            Ok(loss) => loss,
                            Err(error) => ::core::panic!("{error}"),
                        }
                    }
                }
            })
            .collect()
    }

    /// The type parameters and bounds of a method, and the tape of its result: that of the arguments, which the tensors
    /// of the type join.
    fn method_params(&self) -> (TokenStream, TokenStream, TokenStream) {
        let generics = self.emitter.generics;
        let (dtype, device) = (&generics.dtype, &generics.device);
        let first_learned = self.interface.names.len() - self.learned().len();
        let order = join_order(self.emitter);
        let given: Vec<&Ident> =
            order.iter().filter(|&&i| i < first_learned).map(|i| &generics.own[i]).collect();
        let tape = generics.tape.as_ref().map(|tape| quote!(#tape)).unwrap_or_default();
        let all = order.iter().map(|i| {
            let own = &generics.own[i];
            if *i < first_learned { quote!(#own) } else { tape.clone() }
        });
        let dims = generics.dims.iter().flatten().filter(|dim| !self.dims.contains(dim));
        let shapes = generics.shapes.iter().flatten();
        let params = quote!(#(#dims: Dim,)* #(#shapes: Shape,)* #(#given: Tape<#dtype, #device>,)* #tape: Tape<#dtype, #device>);
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
        (params, bounds, tape)
    }

    /// `build` of the type as written: its hyperparameters, and tensors with their initial values.
    fn builder(&self) -> TokenStream {
        let (name, (on, _)) = (&self.compiled.composed.written.name, &self.names);
        let (params, args) = self.params(&TokenStream::new());
        let device = &self.emitter.generics.device;
        let hypers: Vec<&Ident> = self.hypers().iter().map(|h| &h.name).collect();
        let dtype = &self.emitter.generics.dtype;
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
            }
            #builds
        }
    }

    /// dfdx's `TensorCollection`: tensors to train, hyperparameters to save with them.
    fn collection(&self) -> TokenStream {
        let ((on, _), dims) = (&self.names, &self.dims);
        let (params, args) = self.params(&TokenStream::new());
        let (dtype, device) = (&self.emitter.generics.dtype, &self.emitter.generics.device);
        let name = &self.compiled.composed.written.name;
        let tensors = self.learned().iter().map(|learned| {
            let (field, key) = (&learned.name, learned.name.to_string());
            let initial = number(constant(&learned.initial).unwrap_or(0.0)).code;
            quote!(Self::tensor(#key, |s| &s.#field, |s| &mut s.#field, initially(|t| fill(t, #initial))))
        });
        let tensors: Vec<TokenStream> = tensors.collect();
        let (scalars, rebuilt) = self.scalars();
        let fields: Vec<&Ident> = self.learned().iter().map(|learned| &learned.name).collect();
        let places: Vec<Ident> = (0..scalars.len()).map(|i| format_ident!("number{}", i)).collect();
        let needs_default = (!scalars.is_empty()).then(|| quote!(let default = #name::default();));
        quote! {
            impl<#params> TensorCollection<#dtype, #device> for #on<#args> {
                type To<E2: Dtype, D2: Device<E2>> = #on<#(#dims,)* E2, D2>;

                fn iter_tensors<V: ModuleVisitor<Self, #dtype, #device>>(
                    visitor: &mut V,
                ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                    #needs_default
                    visitor.visit_fields(
                        (#(#tensors,)* #(#scalars,)*),
                        |(#(#fields,)* #(#places,)*)| #on { #(#fields,)* #(#rebuilt),* },
                    )
                }
            }
        }
    }

    /// A scalar field for each number of a hyperparameter, and the hyperparameters made of them.
    fn scalars(&self) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let (mut scalars, mut rebuilt) = (Vec::new(), Vec::new());
        for hyper in self.hypers() {
            let (field, key) = (&hyper.name, hyper.name.to_string());
            match hyper.ty {
                HyperType::Array(n) => {
                    let first = scalars.len();
                    for i in (0..n).map(Literal::usize_unsuffixed) {
                        let key = format!("{key}.{i}");
                        scalars.push(quote!(Self::scalar(#key, |s| &s.#field[#i], |s| &mut s.#field[#i], ScalarOptions::from_default(default.#field[#i]))));
                    }
                    let places = (first..first + n).map(|i| format_ident!("number{}", i));
                    rebuilt.push(quote!(#field: [#(#places),*]));
                }
                // Not a number that dfdx could carry over.
                HyperType::Bool => rebuilt.push(quote!(#field: default.#field)),
                _ => {
                    let place = format_ident!("number{}", scalars.len());
                    scalars.push(quote!(Self::scalar(#key, |s| &s.#field, |s| &mut s.#field, ScalarOptions::from_default(default.#field))));
                    rebuilt.push(quote!(#field: #place));
                }
            }
        }
        (scalars, rebuilt)
    }
}

/// `(Const<2>, K)`.
fn shape(learned: &Learned, scope: &TokenStream) -> TokenStream {
    let axes = learned.axes.iter().map(|axis| match axis {
        AxisName::Set(set) | AxisName::Bundle(set) | AxisName::Beyond(set, ..) => quote!(#set,),
        AxisName::Fixed(n, _) => {
            let n = Literal::usize_unsuffixed(*n);
            quote!(#scope Const<#n>,)
        }
    });
    quote!((#(#axes)*))
}
