//! The method that runs the kernels of a loss on the caller's tensors.

use super::kernel::{Code, Printed};
use super::names::Scope;
use crate::ir::loops::{Fused, Kernel, Place};
use crate::ir::{SetId, SetSize, Ty};
use crate::syntax::ast::HyperType;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// What the method is made of.
pub struct Method {
    /// The types of the stages.
    pub items: TokenStream,
    /// The statements after the checks of sizes: they give the result.
    pub body: TokenStream,
}

/// Prints the kernels of a definition. `samples` is the shape of the loss, `count` the number of its elements,
/// `tapes` the differentiable inputs in the order in which their tapes are joined.
pub fn method(
    scope: &Scope,
    fused: &Fused,
    differentiable: &[usize],
    tapes: &[usize],
    (samples, dims): (&TokenStream, &TokenStream),
) -> Method {
    let forward =
        Code { scope, kernel: &fused.forward, arrays: scope.arrays(&fused.forward), differentiable };
    let backward =
        Code { scope, kernel: &fused.backward, arrays: scope.arrays(&fused.backward), differentiable };
    let (ahead, back) = (forward.print("Forward"), backward.print("Backward"));
    let both = fused.both.as_ref().map(|kernel| {
        let code = Code { scope, kernel, arrays: scope.arrays(kernel), differentiable };
        let printed = code.print("Both");
        let run = run_both(&code, &printed);
        (printed, run)
    });
    let (inputs, checks) = (inputs(scope, differentiable, tapes), classes(scope));
    let printed: Vec<&Printed> = [&ahead, &back].into_iter().chain(both.as_ref().map(|b| &b.0)).collect();
    let (hypers, counts) = (hypers(scope, &printed), scope.counts());
    let (value, saved) = run_forward(scope, &forward, &ahead);
    let record = run_backward(scope, &backward, &back, differentiable, &value);
    let apart = quote!(#saved #record);
    let run = match both.as_ref().zip(scope.tape_type.as_ref()) {
        Some(((_, both), tape)) => {
            let (dtype, device) = (&scope.dtype, &scope.device_type);
            let reduced = match scope.program.samples() {
                [] => quote!(),
                _ => {
                    let reduction = &scope.reduction;
                    quote!(!<#reduction as fused::Reduction>::EACH &&)
                }
            };
            // Asked in a constant, so that nothing is compiled for the other way.
            quote! {
                if const { #reduced <#tape as Tape<#dtype, #device>>::OWNS_TAPE } { #both } else { #apart }
            }
        }
        None => apart,
    };
    let (first, device, shape) = (scope.input(0), &scope.device, &scope.samples);
    let items = printed.iter().map(|p| p.items.clone()).collect();
    let body = quote! {
        #checks
        #inputs
        let #device = #first.device().clone();
        let #shape = #samples;
        #dims
        #hypers
        #counts
        #run
    };
    Method { items, body }
}

/// Makes arguments ready, and joins their tapes.
fn inputs(scope: &Scope, differentiable: &[usize], tapes: &[usize]) -> TokenStream {
    let mut code = TokenStream::new();
    for (i, input) in scope.inputs() {
        let name = scope.input(i);
        if differentiable.contains(&i) {
            let (slot, tape) = (scope.slot(i), scope.tape(i));
            code.extend(quote!(let (#name, #slot, #tape) = fused::input(#name)?;));
        } else if input.ty == Ty::Real {
            code.extend(quote!(let #name = fused::data(#name)?;));
        }
    }
    let own: Vec<Ident> = tapes.iter().map(|&i| scope.tape(i)).collect();
    let tape = &scope.joined;
    code.extend(match &own[..] {
        [] => quote!(let #tape = NoneTape;),
        [only] => quote!(let #tape = #only;),
        _ => quote!(let #tape = (#(#own),*).join();),
    });
    code
}

/// `fused::classes("target", &target, "K", k.size())?;`
fn classes(scope: &Scope) -> TokenStream {
    let mut code = TokenStream::new();
    for (i, input) in scope.inputs() {
        let Ty::Index(set) = input.ty else { continue };
        let info = &scope.program.sets[usize::from(set.0)];
        if info.size != SetSize::Unknown {
            let (name, text, set_name) = (scope.input(i), &input.name, &info.name);
            let size = match info.size {
                SetSize::Beyond { base, more } => {
                    let (base, more) = (number_of(scope, base), Literal::usize_unsuffixed(more));
                    quote!(#base + #more)
                }
                _ => number_of(scope, set),
            };
            code.extend(quote!(fused::classes(#text, &#name, #set_name, #size)?;));
        }
    }
    code
}

/// `k.size()`, or the number of a fixed set.
fn number_of(scope: &Scope, set: SetId) -> TokenStream {
    let size = scope.size(set);
    let dim = matches!(scope.program.sets[usize::from(set.0)].size, SetSize::Dim { .. });
    if dim { quote!(#size.size()) } else { size }
}

/// `let gamma = F::of(self.gamma);` for what a kernel reads.
fn hypers(scope: &Scope, kernels: &[&Printed]) -> TokenStream {
    let real = &scope.float;
    let mut code = TokenStream::new();
    for (name, info) in scope.hypers.iter().zip(&scope.program.hypers) {
        if !kernels.iter().any(|k| super::names::mentions(&k.calls, name)) {
            continue;
        }
        let field = format_ident!("{}", info.name);
        code.extend(match info.ty {
            HyperType::Real => quote!(let #name = #real::of(self.#field);),
            HyperType::Integer => quote!(let #name = #real::of(self.#field as f64);),
            HyperType::Bool => quote!(let #name = #real::of(f64::from(self.#field));),
            HyperType::Array(_) => quote!(let #name = self.#field.map(#real::of);),
        });
    }
    code
}

/// `let logits = fused::view::<F, _, _, _>(&logits);` for the inputs that a kernel reads.
fn views(scope: &Scope, kernel: &Kernel) -> TokenStream {
    let nested = kernel.nested();
    let read = |i: usize| nested.iter().any(|k| k.arrays.iter().any(|a| a.place == Place::Input(i)));
    let views = scope.inputs().filter(|(i, _)| read(*i)).map(|(i, input)| {
        let (name, real) = (scope.input(i), &scope.float);
        let element = match input.ty {
            Ty::Real => quote!(#real),
            Ty::Bool => quote!(bool),
            Ty::Index(_) => quote!(usize),
        };
        quote!(let #name = fused::view::<#element, _, _, _>(&#name);)
    });
    views.collect()
}

/// `let (value, max, sum) = { .. };`: the result and what is saved.
fn run_forward(scope: &Scope, code: &Code, printed: &Printed) -> (Ident, TokenStream) {
    let (views, calls) = (views(scope, code.kernel), &printed.calls);
    let name = |place: Place| code.kernel.arrays.iter().position(|a| a.place == place);
    let value = &code.arrays[name(Place::Value).expect("a kernel for the value makes it")];
    let total = name(Place::Total).map(|i| &code.arrays[i]);
    let saved = &scope.saved;
    let result = &scope.result;
    let finish = match total {
        Some(total) => {
            let (how, count) = (&scope.how, count(scope));
            quote!(#how.finish(#value, #total, #count))
        }
        None => quote!(#value.into_vec()),
    };
    (result.clone(), quote!(let (#result, #(#saved),*) = { #views #calls (#finish, #(#saved),*) };))
}

/// The number of samples.
fn count(scope: &Scope) -> TokenStream {
    scope.product_of(scope.program.samples())
}

/// `fused::record(tape, &device, value, shape, [..], move |upstream, [..]| { .. })`
fn run_backward(
    scope: &Scope,
    code: &Code,
    printed: &Printed,
    differentiable: &[usize],
    value: &Ident,
) -> TokenStream {
    let real = &scope.float;
    let slots: Vec<Ident> = differentiable.iter().map(|&i| scope.slot(i)).collect();
    let n = proc_macro2::Literal::usize_unsuffixed(slots.len());
    let gradients: Vec<Ident> = differentiable.iter().map(|&i| gradient(scope, code, i)).collect();
    let (views, calls) = (views(scope, code.kernel), &printed.calls);
    let wanted = super::names::mentions(calls, &scope.wanted).then(|| {
        let name = &scope.wanted;
        quote!(let #name = [#(!#gradients.is_empty()),*];)
    });
    let (upstream, tape) = (&scope.upstream_name, &scope.joined);
    let read = super::names::mentions(calls, upstream);
    let whole = scope.program.samples().is_empty();
    let arrives = read.then(|| match whole {
        true => quote!(let #upstream = fused::Upstream::each(#upstream);),
        false => {
            let (how, count) = (&scope.how, count(scope));
            quote!(let #upstream = #how.upstream(#upstream, #count); let #upstream = #upstream.view();)
        }
    });
    let (how, device, samples) = (&scope.how, &scope.device, &scope.samples);
    let shape = if whole { quote!(#samples) } else { quote!(#how.shape(#samples)) };
    quote! {
        Ok(fused::record(#tape, &#device, #value, #shape, [#(#slots),*], move |#upstream: &[#real], [#(#gradients),*]: [&mut [#real]; #n]| {
            #wanted
            #arrives
            #views
            #calls
        })?)
    }
}

/// The value, and the gradients by a step of the value: `{ .. Ok(fused::settled(tape, &device, loss, shape, [..])?) }`.
fn run_both(code: &Code, printed: &Printed) -> TokenStream {
    let (scope, differentiable, calls) = (code.scope, code.differentiable, &printed.calls);
    let (real, how) = (&scope.float, &scope.how);
    let slots: Vec<Ident> = differentiable.iter().map(|&i| scope.slot(i)).collect();
    let gradients: Vec<Ident> = differentiable.iter().map(|&i| gradient(scope, code, i)).collect();
    let made: Vec<Ident> = gradients.iter().map(|name| scope.fresh(&format!("{name}_made"))).collect();
    let wanted = super::names::mentions(calls, &scope.wanted).then(|| {
        let name = &scope.wanted;
        quote!(let #name = [#(!#gradients.is_empty()),*];)
    });
    let whole = scope.program.samples().is_empty();
    let upstream = &scope.upstream_name;
    let arrives = super::names::mentions(calls, upstream).then(|| {
        let arriving = match whole {
            true => quote!(fused::Upstream::each(&#upstream)),
            false => {
                let count = count(scope);
                quote!(#how.upstream(&#upstream, #count); let #upstream = #upstream.view())
            }
        };
        quote!(let #upstream = [#real::one()]; let #upstream = #arriving;)
    });
    let place = |place| code.kernel.arrays.iter().position(|a| a.place == place).map(|i| &code.arrays[i]);
    let finish = match (place(Place::Total), place(Place::Value)) {
        (Some(total), _) => {
            let count = count(scope);
            quote!(#how.finish(kernel::pool::Buffer::any(0), #total, #count))
        }
        (None, value) => {
            let value = value.expect("a kernel of a whole value makes it");
            quote!(#value.into_vec())
        }
    };
    let (views, result, tape) = (views(scope, code.kernel), &scope.result, &scope.joined);
    let (device, samples) = (&scope.device, &scope.samples);
    let shape = if whole { quote!(#samples) } else { quote!(#how.shape(#samples)) };
    quote! {
        #(let mut #made = #slots.zeros::<#real>();)*
        let #result = {
            #(let #gradients = &mut #made[..];)*
            #wanted
            #arrives
            #views
            #calls
            #finish
        };
        Ok(fused::settled(#tape, &#device, #result, #shape, [#((#slots, #made)),*])?)
    }
}

/// The gradient of an input, by the name that the kernel has for it.
fn gradient(scope: &Scope, code: &Code, input: usize) -> Ident {
    let place = code.kernel.arrays.iter().position(|a| a.place == Place::Gradient(input));
    place.map_or_else(|| scope.fresh("_unused"), |i| code.arrays[i].clone())
}
