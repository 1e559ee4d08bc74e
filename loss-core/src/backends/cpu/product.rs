//! Matrix products.

use super::access::times;
use super::kernel::Code;
use crate::ir::Axis;
use crate::ir::loops::{ArrayId, Place, Product};
use proc_macro2::TokenStream;
use quote::quote;

impl Code<'_> {
    /// `kernel::gemm::product(..);`, in loops over all batch axes but one.
    pub fn product(&self, product: &Product) -> TokenStream {
        let Product { to, lhs, rhs, batch, row, col, over, needed_by } = product;
        let scope = self.scope;
        let real = &scope.float;
        let (batched, loops) = match batch.split_last() {
            Some((last, loops)) => (Some(*last), loops),
            None => (None, &[][..]),
        };
        let to_axes = &self.kernel.arrays[to.0].axes;
        let a = self.factor(lhs.0, &lhs.1, loops, [batched, Some(*row), Some(*over)]);
        let b = self.factor(rhs.0, &rhs.1, loops, [batched, Some(*over), Some(*col)]);
        let (name, strides) =
            (&self.arrays[to.0], self.strides(*to, to_axes, [batched, Some(*row), Some(*col)]));
        let gradient = matches!(self.kernel.arrays[to.0].place, Place::Gradient(_));
        let beta = if gradient { quote!(#real::one()) } else { quote!(#real::zero()) };
        let start = self.start(*to, to_axes, loops);
        let batch_size = batched.map_or_else(|| quote!(1), |axis| scope.size(axis.set));
        let (rows, inner, columns) = (scope.size(row.set), scope.size(over.set), scope.size(col.set));
        let mut code = quote! {
            kernel::gemm::product(
                kernel::gemm::Sizes { batch: #batch_size, rows: #rows, inner: #inner, columns: #columns },
                #real::one(),
                #a,
                #b,
                #beta,
                (&mut #name[#start..], #strides),
            );
        };
        for axis in loops.iter().rev() {
            let (name, size) = (scope.axis(*axis), scope.size(axis.set));
            code = quote!(for #name in 0..#size { #code });
        }
        let wanted = gradient.then(|| quote!(!#name.is_empty())).filter(|_| self.differentiable.len() > 1);
        match self.needed(needed_by).or(wanted) {
            Some(condition) => quote!(if #condition { #code }),
            None => code,
        }
    }

    fn factor(
        &self,
        array: ArrayId,
        axes: &[Axis],
        loops: &[Axis],
        matrix: [Option<Axis>; 3],
    ) -> TokenStream {
        let (name, strides) = (&self.arrays[array.0], self.strides(array, axes, matrix));
        let start = self.start(array, axes, loops);
        if self.kernel.arrays[array.0].place == Place::Input(self.scope.upstream) {
            let len = self.scope.product_of(&self.kernel.arrays[array.0].axes);
            return quote!((&#name.whole(#len)[#start..], #strides));
        }
        quote!((&#name[#start..], #strides))
    }

    /// Elements from one matrix, row or column to the next.
    fn strides(&self, array: ArrayId, axes: &[Axis], matrix: [Option<Axis>; 3]) -> TokenStream {
        let strides = matrix.map(|axis| match axis {
            Some(axis) => self.stride(array, axes, axis),
            None => quote!(0),
        });
        quote!([#(#strides),*])
    }

    pub fn stride(&self, array: ArrayId, axes: &[Axis], axis: Axis) -> TokenStream {
        let place = axes.iter().position(|&a| a == axis).expect("a factor has the axes of its product");
        let inner = &self.kernel.arrays[array.0].axes[place + 1..];
        if inner.is_empty() { quote!(1) } else { self.scope.product_of(inner) }
    }

    /// Where the loops are.
    fn start(&self, array: ArrayId, axes: &[Axis], loops: &[Axis]) -> TokenStream {
        let terms = loops.iter().map(|&axis| {
            let name = self.scope.axis(axis);
            times(&quote!(#name), &self.paren(self.stride(array, axes, axis)))
        });
        terms.reduce(|a, b| quote!(#a + #b)).unwrap_or_default()
    }

    fn paren(&self, code: TokenStream) -> TokenStream {
        if code.clone().into_iter().count() == 1 { code } else { quote!((#code)) }
    }
}
