//! Calls of host functions: operands are brought to the host, every slice is handed over, and what comes back is
//! checked.

use super::emitter::Emitter;
use super::expr::Laid;
use super::host::Indices;
use super::layout::positions;
use crate::ir::{Axis, HostCall, HostFunction, HostRef, NodeId, NodeKind, Program, reach};
use crate::syntax::ast::HostPath;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

/// The functions that a program calls, as constants: `const EXTERN_SMOOTH: Function<f64> = ..;`.
pub fn functions(program: &Program, krate: &TokenStream) -> TokenStream {
    let live = reach::live_all(program);
    let mut known: Vec<&HostRef> = Vec::new();
    for id in program.graph.ids().filter(|id| live[id.index()]) {
        if let NodeKind::Host(call, _) = &program.graph[id].kind
            && !known.contains(&&call.function)
        {
            known.push(&call.function);
        }
    }
    known.into_iter().map(|function| constant(function, krate)).collect()
}

fn constant(function: &HostFunction, krate: &TokenStream) -> TokenStream {
    let (name, text) = (constant_name(function), &function.name);
    let (element, method) = match function.map {
        true => (quote!(usize), quote!(Places::places)),
        false => (quote!(f64), quote!(Numbers::numbers)),
    };
    let count = function.inputs.len();
    let value = closure(&function.path, count, &method, krate);
    let gradient = match &function.gradient {
        Some(path) => {
            let gradient = closure(path, count + 2, &quote!(Gradients::gradients), krate);
            quote!(::core::option::Option::Some(#gradient))
        }
        None => quote!(::core::option::Option::None),
    };
    let by = function.inputs.iter().map(|input| !input.data);
    let call = quote!(#krate::__private::prelude::call::Function);
    quote! {
        const #name: #call<#element> =
            #call { name: #text, value: #value, gradient: #gradient, by: &[#(#by),*] };
    }
}

/// `|of| Numbers::numbers(my::smooth(of[0], of[1]))`; what does not fit is the path's fault.
fn closure(path: &HostPath, operands: usize, method: &TokenStream, krate: &TokenStream) -> TokenStream {
    let of = Ident::new("of", Span::mixed_site());
    let places = (0..operands).map(Literal::usize_unsuffixed);
    let tokens = &path.tokens;
    let path_code = if path.facade { quote!(#krate #tokens) } else { quote!(#tokens) };
    let called = quote_spanned!(path.range.first=> #path_code(#(#of[#places]),*));
    quote!(|#of| #krate::host::#method(#called))
}

/// The catalogue's functions and the user's may have one name.
pub fn constant_name(function: &HostFunction) -> Ident {
    let prefix = if function.path.facade { "FACADE" } else { "EXTERN" };
    Ident::new(&format!("{prefix}_{}", function.name.to_uppercase()), Span::mixed_site())
}

impl Emitter<'_> {
    /// `call::indices(&EXTERN_ASSIGNMENT, [b.size(), n.size()], 1, ("M", m.size()), &[..])?`, over `axes`.
    pub fn host_indices(&mut self, call: &HostCall, args: &[NodeId], axes: &[Axis]) -> TokenStream {
        let outer = call.outer(self.plan.graph(), args);
        let operands: Vec<TokenStream> = args
            .iter()
            .enumerate()
            .map(|(i, &arg)| {
                let values = self.numbers_on_host(arg, &[&outer[..], &call.slice(i)].concat());
                let depth = Literal::usize_unsuffixed(outer.len());
                quote!(call::given(#values, #depth))
            })
            .collect();
        let layout = [&outer[..], &call.result()].concat();
        let (sizes, depth) = (self.sizes(&layout), Literal::usize_unsuffixed(outer.len()));
        let set = call.target.expect("a map has a target");
        let (set_name, size) = (&self.plan.program.sets[usize::from(set.0)].name, self.size(set));
        let name = constant_name(&call.function);
        let given = quote!(call::indices(&#name, #sizes, #depth, (#set_name, #size), &[#(#operands),*])?);
        if layout == axes {
            return given;
        }
        let (pattern, _) = self.closure(axes, &Indices::none());
        let names = self.names.indices(0, axes.len());
        let at = positions(&layout, axes).into_iter().map(|place| &names[place]);
        let sizes = self.sizes(axes);
        quote!({ let given = #given; host::table(#sizes, |#pattern| given[[#(#at),*]]) })
    }

    /// `call::numbers(&EXTERN_SMOOTH, 1, (b, n), [call::operand(x, 1, true)?, ..])?`
    pub fn host_numbers(&mut self, id: NodeId, call: &HostCall, args: &[NodeId]) -> Laid {
        let (plan, outer) = (self.plan, call.outer(self.plan.graph(), args));
        let (on_tape, depth) = (plan.taped(id), Literal::usize_unsuffixed(outer.len()));
        let mut operands = Vec::new();
        for (i, &arg) in args.iter().enumerate() {
            let wanted = on_tape && call.carries(i) && plan.taped(arg);
            let operand = self.operand(arg, &[&outer[..], &call.slice(i)].concat(), on_tape && wanted);
            let x = self.lifted(operand, on_tape);
            operands.push(quote!(call::operand(#x, #depth, #wanted)?));
        }
        let layout = [&outer[..], &call.result()].concat();
        let (shape, name) = (self.shape(&layout), constant_name(&call.function));
        (quote!(call::numbers(&#name, #depth, #shape, [#(#operands),*])?), layout)
    }
}
