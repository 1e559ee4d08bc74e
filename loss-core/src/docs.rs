//! What rustdoc shows for a generated type, below the user's own words.

use crate::compile::Compiled;
use crate::ir::{InputInfo, Program, Ty, print};
use crate::passes::differentiate::gradient_of_sum;
use crate::syntax;
use crate::syntax::ast::{Def, Marks};
use crate::types::tree::Checked;
use std::fmt::Write as _;

/// The manual entry as markdown; `without_kernels`: why there are none.
pub fn of(compiled: &Compiled, without_kernels: Option<&str>) -> String {
    let mut text = String::new();
    let spec = syntax::print::def(&Def {
        docs: vec![],
        marks: Marks::default(),
        updates: vec![],
        ..compiled.def.clone()
    });
    writeln!(text, "# Definition\n\n```text\n{}\n```", spec.trim_end()).expect("writing to a string");
    inputs(&mut text, &compiled.checked);
    hypers(&mut text, compiled);
    samples(&mut text, &compiled.checked);
    gradient_section(&mut text, compiled);
    speed_section(&mut text, without_kernels);
    text
}

/// The manual entry of a type that hands over to the plain loss.
pub fn of_facade(compiled: &Compiled) -> String {
    let mut text = String::new();
    let written = &compiled.composed.written;
    let spec = syntax::print::def(&Def { docs: vec![], marks: Marks::default(), ..written.clone() });
    let plain = &compiled.def.name;
    writeln!(text, "# Definition\n\n```text\n{}\n```", spec.trim_end()).expect("writing to a string");
    writeln!(text, "\nThe gradient is shown at [`{plain}`].").expect("writing to a string");
    text
}

/// What runs where: nobody should have to time it to find out.
fn speed_section(text: &mut String, without_kernels: Option<&str>) {
    let line = match without_kernels {
        None => {
            "On the CPU, in `f32` and `f64`: fused kernels on every core, one operation of the tape. Elsewhere: dfdx \
             operations."
                .to_owned()
        }
        Some(why) => format!("Dfdx operations on every device: {why}."),
    };
    writeln!(text, "\n# Backend\n\n{line}").expect("writing to a string");
}

/// The gradient of a sum of samples by one input.
pub struct Gradient {
    /// The input at its indices: `logits[b, k]`.
    pub of: String,
    /// The formula, in the language; `None` if there is none that a person would read.
    pub text: Option<String>,
    /// The formula in LaTeX.
    pub latex: Option<String>,
}

/// What stands in the place of a formula that nobody would read.
pub const NO_FORMULA: &str = "(runs through a `repeat`, or is too long to show)";

/// The gradients of the sum of the samples by each differentiable input.
pub fn gradients(program: &Program) -> Vec<Gradient> {
    let (derivative, inputs) = gradient_of_sum(program);
    let mut gradients = Vec::new();
    for (input, &node) in inputs.into_iter().zip(&derivative.roots) {
        let axes: Vec<String> =
            derivative.input_axes(input).iter().map(|&a| derivative.axis_name(a)).collect();
        let name = &derivative.inputs[input].name;
        let of = if axes.is_empty() { name.clone() } else { format!("{name}[{}]", axes.join(", ")) };
        let left = print::derivative_latex(name, &axes);
        let latex = print::latex_steps(&derivative, node, &left);
        gradients.push(Gradient { of, text: print::steps(&derivative, node), latex });
    }
    gradients
}

/// The derivative of the sum over the samples by each input: what reaches it if the value is summed up.
fn gradient_section(text: &mut String, compiled: &Compiled) {
    text.push_str("\n# Gradient\n\nOf the sum over the samples.\n");
    for Gradient { of, text: formula, latex } in gradients(&compiled.program) {
        let _ = match (formula, latex) {
            (Some(formula), Some(latex)) => {
                write!(text, "\nBy `{of}`:\n\n```text\n{formula}\n```\n\n```latex\n{latex}\n```\n")
            }
            _ => write!(text, "\nBy `{of}`: {NO_FORMULA}.\n"),
        };
    }
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
