//! From programs to code.

pub mod cpu;
pub mod dfdx;
pub mod harness;
pub mod kernels;

use crate::compile::Compiled;
use crate::diag::Diag;
use crate::diag::messages::{check as say, compose};
use crate::ir::Ty;
use crate::syntax::ast::{Broken, Def};
use kernels::Kernels;
use proc_macro2::TokenStream;
use quote::quote;

/// All items of a definition.
pub fn emit(compiled: &Compiled, krate: &TokenStream) -> TokenStream {
    let kernels = Kernels::of(compiled);
    let docs = crate::docs::of(compiled, kernels.as_ref().err().copied());
    let Compiled { composed, def, program, parts, updates, .. } = compiled;
    let mut plain = def.clone();
    let mut items = TokenStream::new();
    if composed.extras.differ() {
        items.extend(dfdx::facade(compiled, &crate::docs::of_facade(compiled), krate));
        plain.attrs = dfdx::plain_attributes(compiled);
        let scheduled = |name| composed.extras.scheduled.iter().any(|s| s.name == name);
        // What a schedule is at no step, nobody can say.
        plain.hypers.iter_mut().filter(|h| scheduled(h.name.clone())).for_each(|h| h.default = None);
    }
    let reported = parts.as_ref().map(|parts| dfdx::Reported {
        names: &composed.extras.terms,
        sigmas: composed.extras.sigmas,
        parts: &parts.def.name,
    });
    items.extend(dfdx::emit(&plain, program, kernels.as_ref().ok(), reported.as_ref(), &docs, krate));
    let hidden = parts.as_deref().into_iter().chain(updates.iter().map(|updated| &updated.compiled));
    items.extend(hidden.map(|part| {
        let kernels = Kernels::of(part);
        let def = Def { attrs: quote!(#[doc(hidden)]), ..part.def.clone() };
        dfdx::emit(&def, &part.program, kernels.as_ref().ok(), None, "", krate)
    }));
    items
}

/// What code cannot be generated for, although it has a meaning.
pub fn check(compiled: &Compiled) -> Result<(), Diag> {
    let Compiled { def, checked, program, .. } = compiled;
    if dfdx::is_reserved(&def.name.to_string()) {
        return Err(say::reserved_name(&def.name));
    }
    if only_learned(compiled) {
        return Err(compose::only_learned(&def.name));
    }
    if def.marks.hessian {
        dfdx::hessian_refused(program).map_or(Ok(()), |why| Err(say::no_hessian(&def.name, &why)))?;
    }
    let Some(axes) = dfdx::too_wide(program) else { return Ok(()) };
    let place = checked.wider_than(dfdx::MAX_AXES).unwrap_or_else(|| (&def.name).into());
    let axes: Vec<String> = axes.into_iter().map(|axis| program.axis_name(axis)).collect();
    Err(say::too_many_axes(place, &axes, dfdx::MAX_AXES))
}

/// Whether the loss has tensors to learn and no argument whose tape could record them.
fn only_learned(compiled: &Compiled) -> bool {
    let extras = &compiled.composed.extras;
    let given = &compiled.checked.inputs[..compiled.checked.inputs.len() - extras.held.len()];
    extras.learns() && !given.iter().any(|input| input.ty == Ty::Real && !input.data)
}

/// The items that stand in for a definition with mistakes.
pub fn stub(broken: &Broken, krate: &TokenStream) -> TokenStream {
    dfdx::stub(broken, krate)
}
