//! Calls of host functions.

use super::kernel::Code;
use crate::backends::dfdx::constant_name;
use crate::ir::Axis;
use crate::ir::loops::{ArrayId, Call, Place};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

impl Code<'_> {
    /// `call::give_indices(&EXTERN_ASSIGNMENT, &[n], ("M", m), &[..], ..)?;`
    pub fn host_call(&self, call: &Call) -> TokenStream {
        let (scope, name) = (self.scope, constant_name(&call.function));
        let outer = call.outer.iter().map(|a| scope.size(a.set));
        let depth = call.outer.len();
        let operands = call.operands.iter().map(|(array, axes, slice)| {
            let all = [&call.outer[..], slice].concat();
            let (values, layout) = (self.read_by_host(*array), self.layout(*array, axes, &all));
            let depth = Literal::usize_unsuffixed(depth);
            quote!(call::taken(#values, #layout, #depth))
        });
        let (outer, operands) = (quote!(&[#(#outer),*]), quote!(&[#(#operands),*]));
        let gives: Vec<TokenStream> =
            call.gives.iter().map(|(by, array, slice)| self.given(*by, *array, &call.outer, slice)).collect();
        let code = match (call.target, &call.gives[0].0) {
            (Some(set), _) => {
                let (text, size) = (&scope.program.sets[usize::from(set.0)].name, scope.size(set));
                let place = &gives[0];
                quote!(call::give_indices(&#name, #outer, (#text, #size), #operands, #place))
            }
            (None, None) => {
                let place = &gives[0];
                quote!(call::give_numbers(&#name, #outer, #operands, #place))
            }
            (None, Some(_)) => quote!(call::give_gradients(&#name, #outer, #operands, &mut [#(#gives),*])),
        };
        let code = if self.fallible { quote!(#code?;) } else { quote!(call::insist(#code);) };
        match self.needed(&call.needed_by) {
            Some(condition) => quote!(if #condition { #code }),
            None => code,
        }
    }

    /// Where what is given goes; of a gradient, with the input that it is by.
    fn given(&self, by: Option<usize>, array: ArrayId, outer: &[Axis], slice: &[Axis]) -> TokenStream {
        let (name, axes) = (&self.arrays[array.0], &self.kernel.arrays[array.0].axes);
        let layout = self.layout(array, axes, &[outer, slice].concat());
        match by {
            Some(input) => {
                let input = Literal::usize_unsuffixed(input);
                quote!((#input, (&mut #name[..], #layout)))
            }
            None => quote!((&mut #name[..], #layout)),
        }
    }

    fn read_by_host(&self, array: ArrayId) -> TokenStream {
        let (name, info) = (&self.arrays[array.0], &self.kernel.arrays[array.0]);
        if info.place == Place::Input(self.scope.upstream) {
            let len = self.scope.product_of(&info.axes);
            return quote!(&#name.whole(#len));
        }
        quote!(&#name[..])
    }

    /// `&[(b, k), (k, 1)]`: for each axis its size and how far apart neighbours are; 0 if the array has it not.
    fn layout(&self, array: ArrayId, axes: &[Axis], all: &[Axis]) -> TokenStream {
        let each = all.iter().map(|axis| {
            let (size, known) = (self.scope.size(axis.set), axes.contains(axis));
            let step = if known { self.stride(array, axes, *axis) } else { quote!(0) };
            quote!((#size, #step))
        });
        quote!(&[#(#each),*])
    }
}
