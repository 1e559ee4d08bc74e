//! A uniform door to generated types: runs a definition on named arrays, for tests that walk many losses.

use crate::compile::{Compiled, Outcome};
use crate::ir::{InputInfo, SetId, SetSize, Ty};
use crate::syntax::ast::HyperType;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// `pub const ENTRIES: &[Entry]`: one entry for each definition, which `path` leads to. Where `each` is told of its name, the
/// definition gives each sample by itself, which kernels compute and differentiate apart.
pub fn entries(outcome: &Outcome, path: &TokenStream, each: fn(&str) -> bool) -> TokenStream {
    let krate = &outcome.krate;
    let entries = outcome.compiled.iter().map(|c| entry(c, path, each, krate));
    quote! {
        /// What can be run by name.
        pub const ENTRIES: &[#krate::__testing::Entry] = &[#(#entries),*];
    }
}

fn entry(c: &Compiled, path: &TokenStream, each: fn(&str) -> bool, krate: &TokenStream) -> TokenStream {
    let name = c.def.name.to_string();
    let id = c.def.marks.id.clone().unwrap_or_default();
    let when = c.def.marks.when.iter().map(|(k, v)| quote!((#k, #v)));
    let inputs = c.checked.inputs.iter().map(|i| input_row(c, i, krate));
    let hypers = c.def.hypers.iter().map(|h| h.name.to_string());
    let call = call(c, each(&name));
    let run = runner(c, path, &call, krate);
    quote! {
        #krate::__testing::Entry {
            id: #id,
            name: #name,
            when: &[#(#when),*],
            inputs: &[#(#inputs),*],
            hypers: &[#(#hypers),*],
            run_f32: |dev, case| { #run run::<f32, _>(dev, case) },
            run_f64: |dev, case| { #run run::<f64, _>(dev, case) },
            #[cfg(feature = "cuda")]
            run_cuda_f32: |dev, case| { #run run::<f32, _>(dev, case) },
            #[cfg(feature = "cuda")]
            run_cuda_f64: |dev, case| { #run run::<f64, _>(dev, case) },
        }
    }
}

fn input_row(c: &Compiled, input: &InputInfo, krate: &TokenStream) -> TokenStream {
    let (name, data) = (&input.name, input.data);
    let kind = match input.ty {
        Ty::Real => quote!(Real),
        Ty::Bool => quote!(Mask),
        Ty::Index(_) => quote!(Class),
    };
    let rank = match rank(c, input) {
        Some(rank) => quote!(Some(#rank)),
        None => quote!(None),
    };
    let declared = c.def.inputs.iter().find(|i| i.name == *name).and_then(|i| i.domain.as_ref());
    let bound = |bound: Option<(f64, bool)>, none: TokenStream| match bound {
        Some((value, closed)) => quote!((#value, #closed)),
        None => quote!((#none, true)),
    };
    let low = bound(declared.and_then(|d| d.lo), quote!(f64::NEG_INFINITY));
    let last = match input.ty {
        Ty::Index(set) => match c.checked.sets[usize::from(set.0)].size {
            SetSize::Fixed(n) => Some((n as f64 - 1.0, true)),
            _ => None,
        },
        _ => None,
    };
    let high = bound(declared.and_then(|d| d.hi).or(last), quote!(f64::INFINITY));
    let sets = input.sets.iter().map(|set| &c.checked.sets[usize::from(set.0)].name);
    quote!(#krate::__testing::InputRow { name: #name, kind: #krate::__testing::Kind::#kind, data: #data, rank: #rank, sets: &[#(#sets),*], domain: (#low, #high) })
}

/// The number of axes; `None` for a bundle, which takes any.
fn rank(c: &Compiled, input: &InputInfo) -> Option<usize> {
    let bundled =
        input.sets.iter().any(|s| matches!(c.checked.sets[usize::from(s.0)].size, SetSize::Bundle { .. }));
    (!bundled).then_some(input.sets.len())
}

fn runner(c: &Compiled, path: &TokenStream, call: &TokenStream, krate: &TokenStream) -> TokenStream {
    let name = &c.def.name;
    let fields = c.def.hypers.iter().map(|h| {
        let (field, key) = (&h.name, h.name.to_string());
        match h.ty {
            HyperType::Real => quote!(loss.#field = case.number(#key).unwrap_or(loss.#field);),
            HyperType::Integer => {
                quote!(loss.#field = case.number(#key).map_or(loss.#field, |v| v as usize);)
            }
            HyperType::Bool => quote!(loss.#field = case.number(#key).map_or(loss.#field, |v| v != 0.0);),
            HyperType::Array(_) => quote!(case.array(#key, &mut loss.#field);),
        }
    });
    let declared: Vec<TokenStream> = c.checked.inputs.iter().map(|i| declare(c, i)).collect();
    let traced: Vec<&InputInfo> = c.checked.inputs.iter().filter(|i| !i.data).collect();
    let grads = traced.iter().map(|i| {
        let (name, key) = (ident(&i.name), &i.name);
        quote!((#key.to_owned(), case.numbers(&grads.get(&#name).as_vec())))
    });
    let mutable = if c.def.hypers.is_empty() { quote!() } else { quote!(mut) };
    let finish = if traced.is_empty() {
        quote!(Ok(#krate::__testing::Outcome { value: case.numbers(&value.as_vec())[0], grads: vec![] }))
    } else {
        quote! {
            let number = case.numbers(&value.as_vec())[0];
            let grads = value.try_backward().map_err(|e| format!("{e:?}"))?;
            Ok(#krate::__testing::Outcome { value: number, grads: vec![#(#grads),*] })
        }
    };
    quote! {
        use #krate::__testing::prelude::*;
        fn run<E: Dtype, D: Device<E>>(dev: &D, case: &#krate::__testing::Case) -> Result<#krate::__testing::Outcome, String> {
            let #mutable loss = #path::#name::default();
            #(#fields)*
            #(#declared)*
            let value = #call;
            #finish
        }
    }
}

/// The value, one number with a tape.
fn call(c: &Compiled, each: bool) -> TokenStream {
    let args = c.checked.inputs.iter().map(|i| {
        let name = ident(&i.name);
        if i.data { quote!(#name.clone()) } else { quote!(#name.leaky_trace()) }
    });
    let args: Vec<TokenStream> = args.collect();
    if c.checked.samples.is_empty() {
        return quote!(loss.try_forward(#(#args),*).map_err(|e| e.to_string())?);
    }
    if each {
        return quote!(case.weighed(loss.try_per_sample(#(#args),*).map_err(|e| e.to_string())?)?);
    }
    quote! {
        if case.sums() {
            loss.try_sum(#(#args),*).map_err(|e| e.to_string())?
        } else {
            loss.try_forward(#(#args),*).map_err(|e| e.to_string())?
        }
    }
}

/// `let logits = case.real::<2, E, D>(dev, "logits")?;`
fn declare(c: &Compiled, input: &InputInfo) -> TokenStream {
    let (name, key) = (ident(&input.name), &input.name);
    let shape = match rank(c, input) {
        Some(_) => {
            let fixed = |set: &SetId| match c.checked.sets[usize::from(set.0)].size {
                SetSize::Fixed(n) => Some(Literal::usize_unsuffixed(n)),
                _ => None,
            };
            let sizes: Vec<_> = input.sets.iter().map(fixed).collect();
            let dims = sizes.iter().map(|n| n.as_ref().map_or(quote!(usize), |n| quote!(Const<#n>)));
            let places = sizes
                .iter()
                .enumerate()
                .map(|(i, n)| if n.is_some() { quote!(Const) } else { quote!(shape[#i]) });
            quote!({ let shape = case.shape(#key)?; let dims: (#(#dims,)*) = (#(#places,)*); dims })
        }
        None => quote!((case.shape(#key)?.iter().product::<usize>(),)),
    };
    let method = match input.ty {
        Ty::Real => quote!(real::<_, E, D>),
        Ty::Bool => quote!(mask::<_, E, D>),
        Ty::Index(_) => quote!(class),
    };
    quote!(let #name = case.#method(dev, #key, #shape)?;)
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
