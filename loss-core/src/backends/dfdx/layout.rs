//! Axes in generated code: types, sizes, permutations and broadcasts.

use super::emitter::Emitter;
use crate::ir::{Axis, SetId, SetSize};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// `Axis<1>`, `Axes2<0, 2>`.
pub fn axes_type(positions: &[usize]) -> TokenStream {
    let literals = positions.iter().map(|&p| Literal::usize_unsuffixed(p));
    let name = axes_name(positions.len());
    quote!(#name<#(#literals),*>)
}

/// `Axis::<1>`, `Axes2::<0, 2>`.
pub fn axes_value(positions: &[usize]) -> TokenStream {
    let literals = positions.iter().map(|&p| Literal::usize_unsuffixed(p));
    let name = axes_name(positions.len());
    quote!(#name::<#(#literals),*>)
}

fn axes_name(count: usize) -> proc_macro2::Ident {
    let name = if count == 1 { "Axis".to_owned() } else { format!("Axes{count}") };
    proc_macro2::Ident::new(&name, proc_macro2::Span::mixed_site())
}

/// Where each of `axes` stands in `all`.
pub fn positions(axes: &[Axis], all: &[Axis]) -> Vec<usize> {
    axes.iter().map(|a| all.iter().position(|b| a == b).expect("an axis of the tensor")).collect()
}

/// The union in canonical order.
pub fn union<'a>(parts: impl IntoIterator<Item = &'a [Axis]>) -> Vec<Axis> {
    let mut axes: Vec<Axis> = parts.into_iter().flatten().copied().collect();
    axes.sort();
    axes.dedup();
    axes
}

impl Emitter<'_> {
    /// `(B, Const<4>)`.
    pub fn shape_type(&self, axes: &[Axis]) -> TokenStream {
        let dims = axes.iter().map(|a| self.dim_type(a.set));
        quote!((#(#dims,)*))
    }

    fn dim_type(&self, set: SetId) -> TokenStream {
        match (&self.generics.dims[usize::from(set.0)], self.set_size(set)) {
            (Some(dim), _) => quote!(#dim),
            (None, SetSize::Fixed(n)) => {
                let n = Literal::usize_unsuffixed(n);
                quote!(Const<#n>)
            }
            (None, SetSize::Bundle { .. }) => quote!(usize),
            (None, _) => unreachable!("no tensor has an axis over a set of unknown size"),
        }
    }

    /// `(b, Const::<4>)`.
    pub fn shape(&self, axes: &[Axis]) -> TokenStream {
        let dims = axes.iter().map(|a| match (self.names.dim(a.set), self.set_size(a.set)) {
            (Some(dim), _) => quote!(#dim),
            (None, SetSize::Fixed(n)) => {
                let n = Literal::usize_unsuffixed(n);
                quote!(Const::<#n>)
            }
            (None, _) => unreachable!("no tensor has an axis over a set of unknown size"),
        });
        quote!((#(#dims,)*))
    }

    /// `b.size()`, or the number.
    pub fn size(&self, set: SetId) -> TokenStream {
        match (self.names.dim(set), self.set_size(set)) {
            (Some(dim), _) => quote!(#dim.size()),
            (None, SetSize::Fixed(n)) => {
                let n = Literal::usize_unsuffixed(n);
                quote!(#n)
            }
            (None, SetSize::Beyond { base, more }) => {
                let (base, more) = (self.size(base), Literal::usize_unsuffixed(more));
                quote!(#base + #more)
            }
            (None, _) => unreachable!("the size of a set is used only where it is known"),
        }
    }

    /// `[b.size(), 4]`.
    pub fn sizes(&self, axes: &[Axis]) -> TokenStream {
        let sizes = axes.iter().map(|a| self.size(a.set));
        quote!([#(#sizes),*])
    }

    fn set_size(&self, set: SetId) -> SetSize {
        self.plan.program.sets[usize::from(set.0)].size
    }

    /// A tensor with axes `from`, permuted and broadcast to axes `to`.
    pub fn arrange(&self, code: TokenStream, from: &[Axis], to: &[Axis]) -> TokenStream {
        let code = self.permute(code, from, to);
        let missing: Vec<Axis> = to.iter().filter(|a| !from.contains(a)).copied().collect();
        if missing.is_empty() {
            return code;
        }
        let (axes, shape) = (axes_type(&positions(&missing, to)), self.shape(to));
        quote!(#code.try_broadcast_like::<_, #axes>(&#shape)?)
    }

    /// A tensor with axes `from`, in the order they have in `to`.
    pub fn permute(&self, code: TokenStream, from: &[Axis], to: &[Axis]) -> TokenStream {
        let order: Vec<Axis> = to.iter().filter(|a| from.contains(a)).copied().collect();
        if order == from {
            return code;
        }
        let axes = axes_type(&positions(&order, from));
        quote!(#code.try_permute::<_, #axes>()?)
    }
}
