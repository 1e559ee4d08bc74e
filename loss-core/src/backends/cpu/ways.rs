//! How kernels are run: the value and its gradients apart, or at once.

use super::kernel::{Code, Printed};
use super::method::views;
use super::names::{Scope, mentions};
use crate::ir::loops::{Fused, Place};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// The kernels in order: forward, backward if there is one, both at once if there is one. They are apart if each sample
/// has a gradient from upstream, or if nothing is traced.
pub fn ways(codes: &[(Code, Printed)], fused: &Fused) -> TokenStream {
    let scope = codes[0].0.scope;
    let (value, forward) = run_forward(&codes[0].0, &codes[0].1);
    let apart = match &fused.backward {
        Some(_) => run_backward(&codes[1].0, &codes[1].1, &value),
        None => {
            let (tape, device, shape) = (&scope.joined, &scope.device, result_shape(scope));
            quote!(Ok(fused::plain(#tape, &#device, #value, #shape)?))
        }
    };
    let (Some(_), Some((code, printed)), Some(tape)) = (&fused.both, codes.last(), &scope.tape_type) else {
        return quote!(#forward #apart);
    };
    let both = run_both(code, printed);
    let (dtype, device, reduction) = (&scope.dtype, &scope.device_type, &scope.reduction);
    let reduced =
        (!scope.program.samples().is_empty()).then(|| quote!(!<#reduction as fused::Reduction>::EACH &&));
    // Asked in a constant, so that nothing is compiled for the other way.
    quote! {
        if const { #reduced <#tape as Tape<#dtype, #device>>::OWNS_TAPE } { #both } else { #forward #apart }
    }
}

/// The shape of what the method gives.
fn result_shape(scope: &Scope) -> TokenStream {
    let (how, samples) = (&scope.how, &scope.samples);
    if scope.program.samples().is_empty() { quote!(#samples) } else { quote!(#how.shape(#samples)) }
}

/// `let (value, max, sum) = { .. };`: the result and what is saved.
fn run_forward(code: &Code, printed: &Printed) -> (Ident, TokenStream) {
    let scope = code.scope;
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
fn run_backward(code: &Code, printed: &Printed, value: &Ident) -> TokenStream {
    let (scope, differentiable) = (code.scope, code.differentiable);
    let real = &scope.float;
    let slots: Vec<Ident> = differentiable.iter().map(|&i| scope.slot(i)).collect();
    let n = Literal::usize_unsuffixed(slots.len());
    let gradients: Vec<Ident> = differentiable.iter().map(|&i| gradient(scope, code, i)).collect();
    let (views, calls) = (views(scope, code.kernel), &printed.calls);
    let wanted = mentions(calls, &scope.wanted).then(|| {
        let name = &scope.wanted;
        quote!(let #name = [#(!#gradients.is_empty()),*];)
    });
    let (upstream, tape) = (&scope.upstream_name, &scope.joined);
    let read = mentions(calls, upstream);
    let whole = scope.program.samples().is_empty();
    let arrives = read.then(|| match whole {
        true => quote!(let #upstream = fused::Upstream::each(#upstream);),
        false => {
            let (how, count) = (&scope.how, count(scope));
            quote!(let #upstream = #how.upstream(#upstream, #count); let #upstream = #upstream.view();)
        }
    });
    let (device, shape) = (&scope.device, result_shape(scope));
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
    let wanted = mentions(calls, &scope.wanted).then(|| {
        let name = &scope.wanted;
        quote!(let #name = [#(!#gradients.is_empty()),*];)
    });
    let whole = scope.program.samples().is_empty();
    let upstream = &scope.upstream_name;
    let arrives = mentions(calls, upstream).then(|| {
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
    let (device, shape) = (&scope.device, result_shape(scope));
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
