//! From programs to code.

pub mod dfdx;
pub mod harness;

use crate::compile::Compiled;
use crate::syntax::ast::Broken;
use proc_macro2::TokenStream;

/// All items of a definition.
pub fn emit(compiled: &Compiled, krate: &TokenStream) -> TokenStream {
    dfdx::emit(&compiled.def, &compiled.program, &crate::docs::of(compiled), krate)
}

/// The items that stand in for a definition with mistakes.
pub fn stub(broken: &Broken, krate: &TokenStream) -> TokenStream {
    dfdx::stub(broken, krate)
}
