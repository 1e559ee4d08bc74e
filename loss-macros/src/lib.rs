//! The procedural macros of `dfdx-loss`. Use them through that crate: `dfdx_loss::loss!`.

use loss_core::compile;
use proc_macro2::TokenStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Defines loss functions in index notation; see `dfdx_loss::loss!`.
#[proc_macro]
pub fn loss(spec: proc_macro::TokenStream) -> proc_macro::TokenStream {
    guarded(spec, compile::expand)
}

/// What `loss!` would expand to, as formatted text; see `dfdx_loss::expansion!`.
#[proc_macro]
pub fn expansion(spec: proc_macro::TokenStream) -> proc_macro::TokenStream {
    guarded(spec, compile::expansion)
}

/// The catalogue's definitions of one family.
#[proc_macro]
pub fn catalogue(family: proc_macro::TokenStream) -> proc_macro::TokenStream {
    guarded(family, compile::expand_family)
}

/// Runners by name for the tests of this project: `entries!(catalogue)`, `entries!(random)` or `entries!(specs ..)`.
#[doc(hidden)]
#[proc_macro]
pub fn entries(request: proc_macro::TokenStream) -> proc_macro::TokenStream {
    guarded(request, compile::entries)
}

/// Nothing a user types makes a macro panic; if it does all the same, say whose fault it is.
fn guarded(input: proc_macro::TokenStream, run: fn(TokenStream) -> TokenStream) -> proc_macro::TokenStream {
    match catch_unwind(AssertUnwindSafe(|| run(input.into()))) {
        Ok(items) => items.into(),
        Err(_) => quote::quote!(::core::compile_error! { "bug in `loss!`, please report" }).into(),
    }
}
