//! Second derivatives: the diagonal of the Hessian, for Newton's steps one element at a time.

use super::algebra::Algebra;
use super::diagonal::replace;
use super::forward::{Element, Forward};
use super::{Derivative, derive, differentiate, improved};
use crate::ir::{Axis, NodeId, NodeKind, Program, reach};
use std::collections::BTreeMap;
use std::fmt;

/// A program with first and second derivatives of its value by each element of an input.
#[derive(Clone, Debug)]
pub struct Curvature {
    /// The program; its inputs end with the gradient that comes from upstream, as those of a [`Derivative`], and its
    /// roots are the next two nodes.
    pub program: Program,
    /// The position of the upstream gradient.
    pub upstream: usize,
    /// The derivative of `sum(upstream * value)` by each element, over axes of a plain read of the input.
    pub gradient: NodeId,
    /// Its second derivative by each element, all others held, over such axes.
    pub diagonal: NodeId,
}

/// Why there are no second derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHessian {
    /// The input is not real, or `data`.
    NotDifferentiable,
    /// The value runs through a `repeat`.
    Loop,
    /// The gradient runs through a host function with a gradient.
    Host,
}

impl fmt::Display for NoHessian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoHessian::NotDifferentiable => "the input is not differentiated",
            NoHessian::Host => "a host function has no second derivatives",
            NoHessian::Loop => "second derivatives do not go through a `repeat`",
        })
    }
}

impl std::error::Error for NoHessian {}

/// The gradient and the diagonal of the Hessian by an input.
///
/// # Errors
/// If the input has no derivative, or the value runs through a loop or a host function with a gradient.
pub fn hessian_diag(program: &Program, input: usize) -> Result<Curvature, NoHessian> {
    let Derivative { program, upstream, grads } = differentiate(program);
    let found = grads.iter().find(|g| g.0 == input);
    let gradient = found.ok_or(NoHessian::NotDifferentiable)?.1;
    let program = twice(program, gradient, input)?;
    Ok(Curvature { upstream, gradient: program.roots[0], diagonal: program.roots[1], program })
}

/// The same of the sum of the samples: nothing comes from upstream. The program's inputs are as they were; its roots
/// are the gradient and the diagonal.
///
/// # Errors
/// As [`hessian_diag`].
pub fn hessian_of_sum(program: &Program, input: usize) -> Result<Program, NoHessian> {
    let mut program = program.clone();
    let seed = program.graph.constant(1.0);
    let (program, inputs) = derive(program, seed);
    let place = inputs.iter().position(|&i| i == input).ok_or(NoHessian::NotDifferentiable)?;
    let gradient = program.roots[place];
    twice(program, gradient, input)
}

/// A program with the derivative of a gradient beside it, as its roots.
fn twice(mut program: Program, gradient: NodeId, input: usize) -> Result<Program, NoHessian> {
    let live = reach::live(&program.graph, [gradient]);
    let ids: Vec<NodeId> = program.graph.ids().filter(|id| live[id.index()]).collect();
    if ids.iter().any(|&id| matches!(program.graph[id].kind, NodeKind::LoopOut { .. })) {
        return Err(NoHessian::Loop);
    }
    let derived =
        |kind: &NodeKind| matches!(kind, NodeKind::Host(call, _) if call.function.gradient.is_some());
    if ids.iter().any(|&id| derived(&program.graph[id].kind)) {
        return Err(NoHessian::Host);
    }
    let axes = program.input_axes(input);
    let element = unused_axes(&program, &axes);
    let mut algebra = Algebra::new(std::mem::take(&mut program.graph), &program.sets);
    algebra.substitutes = true;
    let element = Element { input, axes: element };
    let mut forward = Forward { g: &mut algebra, element, known: BTreeMap::new() };
    ids.into_iter().for_each(|id| forward.visit(id));
    let derivative = forward.known.get(&gradient).copied();
    let own: Vec<(Axis, Axis)> = forward.element.axes.into_iter().zip(axes).collect();
    let diagonal = match derivative {
        Some(derivative) => replace(&mut algebra, derivative, &own),
        None => algebra.constant(0.0),
    };
    program.graph = algebra.builder.graph;
    program.roots = vec![gradient, diagonal];
    Ok(improved(program))
}

/// For each axis another one over its set, not in use anywhere in the program.
fn unused_axes(program: &Program, axes: &[Axis]) -> Vec<Axis> {
    let used = |axis: &Axis| {
        let bound = program.graph.ids().flat_map(|id| program.graph[id].axes.clone());
        bound.filter(|a| a.set == axis.set).map(|a| a.copy).max().unwrap_or(0)
    };
    let before = |i: usize| axes[..i].iter().filter(|a| a.set == axes[i].set).count() as u8;
    axes.iter().enumerate().map(|(i, a)| Axis { set: a.set, copy: used(a) + 1 + before(i) }).collect()
}
