//! What a row begins with: variables, and the neutral elements of what is reduced into.

use super::access::times;
use super::body::Body;
use super::expr::constant;
use super::sink::neutral;
use crate::ir::Ty;
use crate::ir::loops::ArrayId;
use proc_macro2::TokenStream;
use quote::quote;

impl Body<'_> {
    /// What each row begins with.
    pub fn begin(&self, count: &TokenStream) -> TokenStream {
        let mut code = TokenStream::new();
        let begun = self.begun.borrow();
        let early = self.early.iter().filter(|a| self.is_variable(**a) && !begun.contains_key(a));
        for &array in early {
            code.extend(self.declared(array, 0.0));
        }
        for (&array, &how) in begun.iter() {
            code.extend(if self.is_variable(array) {
                self.declared(array, neutral(how))
            } else {
                self.filled(array, neutral(how), count)
            });
        }
        code
    }

    /// Arrays that live in the row of a gradient.
    pub fn moved_in(&self) -> TokenStream {
        let mut code = TokenStream::new();
        for (array, home) in self.written.iter().filter_map(|a| Some((*a, self.home(*a)?))) {
            let (name, gradient, row) = (self.array(array), self.array(home), &self.code.scope.row);
            let len = self.code.scope.product_of(&self.code.kernel.arrays[array.0].axes);
            let start = times(&quote!(#row), &len);
            code.extend(match self.code.is_always_wanted(home) {
                true => quote!(let #name = element::cells(#gradient, #start);),
                false => quote!(let #name = element::cells_or(#gradient, #start, #name);),
            });
        }
        code
    }

    fn declared(&self, array: ArrayId, value: f64) -> TokenStream {
        let name = self.array(array);
        let value = match self.code.kernel.arrays[array.0].ty {
            Ty::Bool => {
                let holds = value != 0.0;
                quote!(#holds)
            }
            Ty::Index(_) => quote!(0),
            Ty::Real => constant(value).code,
        };
        quote!(let mut #name = #value;)
    }

    fn filled(&self, array: ArrayId, value: f64, count: &TokenStream) -> TokenStream {
        let (name, value, row) = (self.array(array), constant(value).code, &self.code.scope.row);
        if !self.is_local(array) {
            return quote!(#name.fill(#value););
        }
        let inner = &self.code.kernel.arrays[array.0].axes[1..];
        let len = self.code.scope.product_of(inner);
        let many = count.to_string() != "1";
        let (start, len) = match (inner.is_empty(), many) {
            (true, _) => (quote!(#row), count.clone()),
            (false, false) => (quote!(#row * #len), len),
            (false, true) => (quote!(#row * #len), quote!(#count * #len)),
        };
        if inner.is_empty() && !many {
            return quote!(element::set(#name, #start, #value););
        }
        quote!(element::fill(#name, #start, #len, #value);)
    }
}
