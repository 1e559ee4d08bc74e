//! What rustdoc shows for a generated type, below the user's own words.

use crate::compile::Compiled;
use crate::ir::{InputInfo, Ty};
use crate::syntax;
use crate::syntax::ast::{Def, Marks};
use crate::types::tree::Checked;
use std::fmt::Write as _;

/// The manual entry as markdown.
pub fn of(compiled: &Compiled) -> String {
    let mut text = String::new();
    let spec = syntax::print::def(&Def { docs: vec![], marks: Marks::default(), ..compiled.def.clone() });
    writeln!(text, "# Definition\n\n```text\n{}\n```", spec.trim_end()).expect("writing to a string");
    inputs(&mut text, &compiled.checked);
    hypers(&mut text, compiled);
    samples(&mut text, &compiled.checked);
    text
}

fn inputs(text: &mut String, checked: &Checked) {
    text.push_str("\n# Inputs\n\n");
    for input in &checked.inputs {
        writeln!(
            text,
            "- `{}`: `[{}]`, {}",
            input.name,
            checked.axes_text(&input.sets),
            element(checked, input)
        )
        .expect("writing to a string");
    }
}

fn element(checked: &Checked, input: &InputInfo) -> String {
    match (input.ty, input.data) {
        (Ty::Real, false) => "real, differentiated".into(),
        (Ty::Real, true) => "real, never differentiated".into(),
        (Ty::Bool, _) => "conditions".into(),
        (Ty::Index(set), _) => format!("class indices into `{}`", checked.axes_text(&[set])),
    }
}

fn hypers(text: &mut String, compiled: &Compiled) {
    if compiled.def.hypers.is_empty() {
        return;
    }
    text.push_str("\n# Hyperparameters\n\n");
    for hyper in &compiled.def.hypers {
        writeln!(text, "- `{}`", syntax::print::hyper(hyper)).expect("writing to a string");
    }
}

fn samples(text: &mut String, checked: &Checked) {
    let sets = checked.sample_sets();
    let line = if sets.is_empty() {
        "One number for the whole input.".to_owned()
    } else {
        format!("One value for each element of `[{}]`; `forward` is their mean.", checked.axes_text(&sets))
    };
    writeln!(text, "\n# Value\n\n{line}").expect("writing to a string");
}
