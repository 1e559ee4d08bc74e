//! From programs to code.

pub mod cpu;
pub mod dfdx;
pub mod harness;
pub mod kernels;

use crate::compile::Compiled;
use crate::diag::Diag;
use crate::diag::messages::check as say;
use crate::syntax::ast::Broken;
use kernels::Kernels;
use proc_macro2::TokenStream;

/// All items of a definition.
pub fn emit(compiled: &Compiled, krate: &TokenStream) -> TokenStream {
    let kernels = Kernels::of(compiled);
    dfdx::emit(&compiled.def, &compiled.program, kernels.as_ref().ok(), &crate::docs::of(compiled), krate)
}

/// What code cannot be generated for, although it has a meaning.
pub fn check(compiled: &Compiled) -> Result<(), Diag> {
    let Compiled { def, checked, program } = compiled;
    if dfdx::is_reserved(&def.name.to_string()) {
        return Err(say::reserved_name(&def.name));
    }
    if def.marks.hessian {
        dfdx::hessian_refused(program).map_or(Ok(()), |why| Err(say::no_hessian(&def.name, &why)))?;
    }
    let Some(axes) = dfdx::too_wide(program) else { return Ok(()) };
    let place = checked.wider_than(dfdx::MAX_AXES).unwrap_or_else(|| (&def.name).into());
    let axes: Vec<String> = axes.into_iter().map(|axis| program.axis_name(axis)).collect();
    Err(say::too_many_axes(place, &axes, dfdx::MAX_AXES))
}

/// The items that stand in for a definition with mistakes.
pub fn stub(broken: &Broken, krate: &TokenStream) -> TokenStream {
    dfdx::stub(broken, krate)
}
