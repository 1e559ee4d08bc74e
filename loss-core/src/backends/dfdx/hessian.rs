//! `#[derive_hessian]`: the gradient and the diagonal of the Hessian as methods, for Newton's steps as boosting takes
//! them.

use super::emitter::Emitter;
use super::item::path;
use super::limits::{MAX_AXES, too_wide};
use super::method::{interface, pair};
use super::names::{Generics, differentiable};
use super::plan::Plan;
use crate::ir::{Axis, NodeId, Program};
use crate::passes::differentiate::hessian_of_sum;
use crate::passes::guard;
use crate::syntax::ast::Def;
use proc_macro2::TokenStream;
use quote::quote;

/// `grad_scores` and `hessian_scores` for each differentiable input.
pub fn methods(def: &Def, program: &Program) -> TokenStream {
    if !def.marks.hessian {
        return TokenStream::new();
    }
    let both = |input| {
        let twice = hessian_of_sum(program, input).ok()?;
        let name = &program.inputs[input].name;
        let first = format!(" The gradient of the sum over the samples by `{name}`, off the tape.");
        let second = format!(
            " The second derivative of the sum over the samples by each element of `{name}`, all others held: the \
             diagonal of the Hessian, off the tape."
        );
        let gradient = derivative(def, &twice, twice.roots[0], input, &format!("grad_{name}"), &first);
        let diagonal = derivative(def, &twice, twice.roots[1], input, &format!("hessian_{name}"), &second);
        Some(quote!(#gradient #diagonal))
    };
    let methods: TokenStream = differentiable(program).filter_map(both).collect();
    let name = path(def);
    quote!(impl #name { #methods })
}

/// Why no methods can be generated, if that is so.
pub fn refused(program: &Program) -> Option<String> {
    let inputs: Vec<usize> = differentiable(program).collect();
    if inputs.is_empty() {
        return Some("no input is differentiated".to_owned());
    }
    inputs.into_iter().find_map(|input| match hessian_of_sum(program, input) {
        Err(why) => Some(why.to_string()),
        Ok(twice) => twice.roots.iter().find_map(|&root| {
            let axes = too_wide(&alone(&twice, root))?.len();
            Some(format!("a tensor of {axes} axes would be needed, and dfdx has at most {MAX_AXES}"))
        }),
    })
}

/// A method that gives one node, over the axes of an input.
fn derivative(
    def: &Def,
    program: &Program,
    node: NodeId,
    input: usize,
    name: &str,
    what: &str,
) -> TokenStream {
    let axes = program.input_axes(input);
    let program = guard(&alone(program, node));
    let (plan, generics) = (Plan::of(&program), Generics::of(def, &program));
    let mut emitter = Emitter::new(def, &plan, &generics);
    body(&mut emitter, &axes);
    emitter.ledger.decide();
    let (statements, value) = body(&mut emitter, &axes);
    let preamble = emitter.preamble(def, None);
    let value = match axes.first().and_then(|axis| emitter.names.shape(axis.set)) {
        Some(shape) => quote!(#value.try_reshape_like(&#shape)?),
        None => value,
    };
    let mut interface = interface(def, &emitter, None);
    interface.types[input].clone_into(&mut interface.samples);
    pair(&interface, name, what, &interface.samples, &quote!(#preamble #statements Ok(#value)))
}

/// The program of one node, whose inputs are never differentiated.
fn alone(program: &Program, node: NodeId) -> Program {
    let mut program = Program { value: node, roots: vec![], ..program.clone() };
    program.inputs.iter_mut().for_each(|input| input.data = true);
    program
}

fn body(emitter: &mut Emitter, axes: &[Axis]) -> (TokenStream, TokenStream) {
    let statements = emitter.block(None);
    let value = emitter.operand(emitter.plan.program.value, axes, false).code;
    (statements, value)
}
