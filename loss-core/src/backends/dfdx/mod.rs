//! The graph backend: readable dfdx code for any device.
//!
//! A program becomes one method that a person could have written, a `let` for each named or shared tensor.
//! Layout: a tensor has its axes in canonical order. `plan` says which world a node belongs to and whether
//! it is taped; `emitter` and its neighbours write code; `ledger` decides who moves a tensor.

mod body;
mod contract;
mod domains;
mod emitter;
mod expr;
mod external;
mod facade;
mod gather;
mod held;
mod hessian;
mod host;
mod item;
mod layout;
mod ledger;
mod limits;
mod loops;
mod method;
mod names;
mod plan;
mod preamble;
mod reduce;
mod softmax;
mod stub;

pub use external::constant_name;
pub use facade::{items as facade, plain_attributes};
pub use hessian::refused as hessian_refused;
pub use host::{Expr, applied, field, hyper, number};
pub use limits::{MAX_AXES, too_wide};
pub use loops::fixed_rounds;
pub use names::{Names, is_reserved};
pub use stub::stub;

use crate::backends::kernels::Kernels;
use crate::ir::Program;
use crate::passes::for_graphs;
use crate::syntax::ast::Def;
use names::Generics;
use plan::Plan;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The named terms of a loss.
pub struct Reported<'a> {
    /// Their names.
    pub names: &'a [String],
    /// Whether they have a sigma each.
    pub sigmas: bool,
    /// The type that computes the numbers.
    pub parts: &'a Ident,
}

/// All items of a definition, which dispatches to `kernels` where there are some. `docs` go below the user's own
/// documentation; `krate` is the facade's path.
pub fn emit(
    def: &Def,
    program: &Program,
    kernels: Option<&Kernels>,
    terms: Option<&Reported>,
    docs: &str,
    krate: &TokenStream,
) -> TokenStream {
    let program = for_graphs(program);
    let plan = Plan::of(&program);
    let generics = Generics::of(def, &program);
    let (item, impls) = (item::item(def, docs), item::impls(def));
    let (methods, stages) = method::methods(def, &plan, &generics, kernels, terms);
    let stages = (!stages.is_empty()).then(|| {
        quote! {
            mod kernels {
                use #krate::__private::kernels::*;
                #stages
            }
        }
    });
    let (domains, hessian) = (domains::domains(def), hessian::methods(def, &program));
    let functions = external::functions(&program, krate);
    let items = quote! {
        use #krate::__private::prelude::*;
        use ::core::result::Result::{self, Err, Ok};
        #impls
        #methods
        #hessian
        #domains
        #stages
    };
    // What the user calls must not be looked up among the names of generated code.
    let items = if functions.is_empty() { items } else { quote!(#functions const _: () = { #items };) };
    quote! {
        #item
        // Lints of style and arithmetic are for code that a person writes.
        #[allow(unused_imports, unused_variables, unused_mut, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = { #items };
    }
}
