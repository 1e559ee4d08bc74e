//! `LOSS_DUMP=Name`: every stage of that definition on stderr. Snapshots show the same text.

use crate::compile::{Compiled, Outcome};
use crate::{backends, docs, ir, passes, syntax};
use quote::quote;
use std::fmt::Write as _;

/// Prints the stages of the definition that `LOSS_DUMP` names (`*`: of all).
pub fn if_asked(outcome: &Outcome) {
    let Ok(wanted) = std::env::var("LOSS_DUMP") else { return };
    for compiled in outcome.compiled.iter().filter(|c| wanted == "*" || c.def.name == wanted) {
        eprintln!("{}", stages(compiled));
    }
}

/// The spec as understood, the IR after each pass, its derivative, the generated code.
pub fn stages(compiled: &Compiled) -> String {
    let mut text = format!("==== {}: as written\n{}\n", compiled.def.name, syntax::print::def(&compiled.def));
    let built = ir::build(&compiled.checked);
    section(&mut text, "lowered", &ir::print::program(&built));
    let mut last = ir::print::program(&built);
    passes::improve(built, &mut |name, program| {
        let now = ir::print::program(program);
        let shown = if now == last { "(unchanged)\n" } else { now.as_str() };
        section(&mut text, name, shown);
        last.clone_from(&now);
    });
    let derivative = passes::differentiate::differentiate(&compiled.program);
    section(&mut text, "gradient", &ir::print::program(&derivative.program));
    for gradient in docs::gradients(&compiled.program) {
        let shown = gradient.text.as_deref().unwrap_or(docs::NO_FORMULA);
        section(&mut text, &format!("gradient by {}", gradient.of), shown);
    }
    section(&mut text, "loops", &loops(&compiled.program));
    section(&mut text, "dfdx", &pretty(backends::emit(compiled, &quote!(::dfdx_loss))));
    text
}

/// The loop nests of value and gradient, or why there are none.
fn loops(program: &ir::Program) -> String {
    let derivative = passes::differentiate::differentiate(&passes::guard(program));
    match passes::fuse::fuse(&derivative) {
        Ok(fused) => ir::loops::print::fused(&derivative.program, &fused),
        Err(passes::fuse::Unfused(what)) => format!("(none: {what})"),
    }
}

fn section(text: &mut String, name: &str, body: &str) {
    writeln!(text, "---- {name}\n{}", body.trim_end()).expect("writing to a string");
}

/// Generated code as a person would lay it out.
pub fn pretty(tokens: proc_macro2::TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => tokens.to_string(),
    }
}
