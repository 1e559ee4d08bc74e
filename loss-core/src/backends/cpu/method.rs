//! The method that runs the kernels of a loss on the caller's tensors.

use super::kernel::{Code, Printed};
use super::names::{Scope, mentions};
use super::ways::ways;
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
    let kernels = [(&fused.forward, "Forward", true)]
        .into_iter()
        .chain(fused.backward.as_ref().map(|kernel| (kernel, "Backward", false)))
        .chain(fused.both.as_ref().map(|kernel| (kernel, "Both", true)));
    let print = |(kernel, name, fallible)| {
        let code = Code { scope, kernel, arrays: scope.arrays(kernel), differentiable, fallible };
        let printed = code.print(name);
        (code, printed)
    };
    let codes: Vec<(Code, Printed)> = kernels.map(print).collect();
    let (inputs, checks) = (inputs(scope, differentiable, tapes), classes(scope));
    let (hypers, counts) = (hypers(scope, &codes), scope.counts());
    let run = ways(&codes, fused);
    let (first, device, shape) = (scope.input(0), &scope.device, &scope.samples);
    let items = codes.iter().map(|code| code.1.items.clone()).collect();
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
fn hypers(scope: &Scope, codes: &[(Code, Printed)]) -> TokenStream {
    let real = &scope.float;
    let mut code = TokenStream::new();
    for (name, info) in scope.hypers.iter().zip(&scope.program.hypers) {
        if !codes.iter().any(|code| mentions(&code.1.calls, name)) {
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
pub fn views(scope: &Scope, kernel: &Kernel) -> TokenStream {
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
