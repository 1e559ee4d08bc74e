//! A runnable example for each catalogue loss, made from its inputs.

use crate::compile::Compiled;
use crate::ir::{InputInfo, SetId, SetSize, Ty};
use std::fmt::Write as _;

/// The sizes of the sets, in order of appearance.
const SIZES: [usize; 4] = [4, 3, 2, 2];

/// The example as markdown.
pub fn example(compiled: &Compiled, family: &str) -> String {
    let (name, inputs) = (&compiled.def.name, &compiled.checked.inputs);
    let mut code = format!(
        "use dfdx::prelude::*;\nuse dfdx_loss::catalogue::{family}::{name};\n\nlet dev: Cpu = Default::default();\n"
    );
    for input in inputs {
        let line = format!("let {}: {} = {};", input.name, ty(compiled, input), value(input));
        writeln!(code, "{line}").expect("writing to a string");
    }
    let loss = if compiled.def.hypers.is_empty() { name.to_string() } else { format!("{name}::default()") };
    let traced = |i: &InputInfo| !i.data && i.ty == Ty::Real;
    let args =
        inputs.iter().map(|i| if traced(i) { format!("{}.leaky_trace()", i.name) } else { i.name.clone() });
    let args = args.collect::<Vec<_>>().join(", ");
    if inputs.iter().any(traced) {
        writeln!(
            code,
            "let loss = {loss}.forward({args});\nlet gradients = loss.backward();\n# let _ = gradients;"
        )
    } else {
        writeln!(code, "let value = {loss}.forward({args}).array();\n# let _ = value;")
    }
    .expect("writing to a string");
    format!("# Example\n\n```\n{code}```\n")
}

/// `Tensor<Rank2<4, 3>, f32, _>`.
fn ty(compiled: &Compiled, input: &InputInfo) -> String {
    let size = |set: &SetId| match compiled.checked.sets[usize::from(set.0)].size {
        SetSize::Fixed(n) => n,
        _ => SIZES.get(usize::from(set.0)).copied().unwrap_or(2),
    };
    let sizes: Vec<String> = input.sets.iter().map(|set| size(set).to_string()).collect();
    let shape = match sizes.len() {
        0 => "Rank0".to_owned(),
        n => format!("Rank{n}<{}>", sizes.join(", ")),
    };
    let element = match input.ty {
        Ty::Real => "f32",
        Ty::Bool => "bool",
        Ty::Index(_) => "usize",
    };
    format!("Tensor<{shape}, {element}, _>")
}

/// Random numbers, or ordinary ones where there is a domain.
fn value(input: &InputInfo) -> &'static str {
    let allows = |x: f64| {
        let Some((low, high)) = &input.domain else { return true };
        low.is_none_or(|(bound, closed)| x > bound || (closed && x == bound))
            && high.is_none_or(|(bound, closed)| x < bound || (closed && x == bound))
    };
    match (input.ty, input.domain.is_some()) {
        (Ty::Index(_), _) => "dev.zeros()",
        (Ty::Bool, _) => "dev.ones()",
        (Ty::Real, false) => "dev.sample_normal()",
        (Ty::Real, true) if allows(1.0) => "dev.ones()",
        (Ty::Real, true) if allows(-1.0) => "dev.ones().negate()",
        (Ty::Real, true) => "dev.sample_uniform()",
    }
}
