//! Reverse-mode differentiation of a program, symbolically: the gradient is more nodes of the same graph.
//!
//! Nothing here knows an op: derivatives are read from the op table and the reducer table, as texts.

mod algebra;
mod diagonal;
mod forward;
mod hessian;
mod loops;
mod readable;
mod reverse;
mod rows;
mod sums;

pub use hessian::{Curvature, NoHessian, hessian_diag, hessian_of_sum};

use super::PASSES;
use crate::ir::{InputInfo, NodeId, Program, Ty};

/// A program with the derivative of its value.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// The same graph grown. Its inputs end with one more, data, over the sets of the samples: the weight of each
    /// sample, that is, the gradient that comes from upstream. Its roots are the gradients.
    pub program: Program,
    /// The position of that input.
    pub upstream: usize,
    /// Each differentiable input, in order, and the node that is the derivative of `sum(upstream * value)` by it.
    /// The node has axes that a plain read of the input has (the first copies of its sets), and is constant along
    /// those that it lacks.
    pub grads: Vec<(usize, NodeId)>,
}

/// The passes that improve a derivative, by name and in order: stabilising and settling are done by then.
const AFTERWARDS: &[&str] = &["canonical", "simplify", "tidy", "scan", "contract"];

/// The derivative of a program's value by each differentiable input.
///
/// Elements that a condition leaves out may be NaN or infinite and still make a gradient NaN; of a guarded program
/// (`passes::guard`) they do not.
pub fn differentiate(program: &Program) -> Derivative {
    let mut program = program.clone();
    let samples = program.samples().to_vec();
    let upstream = program.inputs.len();
    program.inputs.push(InputInfo {
        name: unused_name(&program, "upstream"),
        data: true,
        sets: samples.iter().map(|a| a.set).collect(),
        ty: Ty::Real,
        domain: None,
    });
    let seed = program.graph.add_input(upstream, samples, Ty::Real);
    let (program, inputs) = derive(program, seed);
    let grads = inputs.into_iter().zip(program.roots.iter().copied()).collect();
    Derivative { program, upstream, grads }
}

/// The derivative of the sum of the samples, for people to read: nothing comes from upstream. The program's inputs
/// are as they were; its roots are the gradients by these inputs.
pub fn gradient_of_sum(program: &Program) -> (Program, Vec<usize>) {
    let mut program = program.clone();
    let seed = program.graph.constant(1.0);
    let (program, inputs) = derive(program, seed);
    (readable::readable(program), inputs)
}

/// The derivatives of the sum of the samples, each weighed by `seed`, as the roots of the program; by which inputs.
fn derive(mut program: Program, seed: NodeId) -> (Program, Vec<usize>) {
    let (inputs, roots) = reverse::gradients(&mut program, seed).into_iter().unzip();
    program.roots = roots;
    (improved(program), inputs)
}

fn improved(program: Program) -> Program {
    let passes = AFTERWARDS.iter().flat_map(|name| PASSES.iter().filter(move |pass| pass.name == *name));
    passes.fold(program, |program, pass| (pass.run)(program))
}

fn unused_name(program: &Program, stem: &str) -> String {
    let taken = |name: &String| {
        program.inputs.iter().any(|i| i.name == *name) || program.hypers.iter().any(|h| h.name == *name)
    };
    let numbered = (2..).map(|n| format!("{stem}{n}"));
    let mut names = std::iter::once(stem.to_owned()).chain(numbered);
    names.find(|name| !taken(name)).expect("there are more numbers than names")
}
