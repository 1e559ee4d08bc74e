//! Functions of the host's, and calls of them.

use super::{Axis, Graph, NodeId, NodeKind, Program, SetId, reach};
use crate::syntax::ast::HostPath;
use std::rc::Rc;

/// A declared function: `extern assignment(cost: [N, M]) -> [N] -> M = path;`.
#[derive(Clone, Debug)]
pub struct HostFunction {
    /// What specs call it.
    pub name: String,
    /// The declaration as text: what tells two functions apart.
    pub text: String,
    /// Its axes, each once, in order of first appearance: what a call has an index for.
    pub axes: Vec<String>,
    /// What it takes.
    pub inputs: Vec<HostInput>,
    /// The axes of what it gives, by position in `axes`.
    pub output: Vec<usize>,
    /// Whether it gives elements of a set, not numbers.
    pub map: bool,
    /// The Rust function.
    pub path: HostPath,
    /// The Rust function of its gradient.
    pub gradient: Option<HostPath>,
}

/// What a host function takes.
#[derive(Clone, Debug)]
pub struct HostInput {
    /// Its name.
    pub name: String,
    /// Whether it is never differentiated.
    pub data: bool,
    /// Its axes, by position in [`HostFunction::axes`].
    pub axes: Vec<usize>,
}

/// A host function, shared; equal if the declarations are.
#[derive(Clone, Debug)]
pub struct HostRef(pub Rc<HostFunction>);

impl std::ops::Deref for HostRef {
    type Target = HostFunction;
    fn deref(&self) -> &HostFunction {
        &self.0
    }
}
impl PartialEq for HostRef {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.path.facade == other.path.facade
    }
}
impl Eq for HostRef {}
impl std::hash::Hash for HostRef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Program {
    /// Whether anything that is wanted comes from a host function: then only generated code can compute it.
    pub fn calls_host(&self) -> bool {
        let live = reach::live_all(self);
        self.graph.ids().any(|id| live[id.index()] && matches!(self.graph[id].kind, NodeKind::Host(..)))
    }
}

/// One call for each slice along `over`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostCall {
    /// What is called.
    pub function: HostRef,
    /// The axis for each of the function's.
    pub over: Vec<Axis>,
    /// The set whose elements it gives.
    pub target: Option<SetId>,
    /// `None`: the function itself. Otherwise its gradient by that input; the operands then end with what the function
    /// gave, and the gradient that comes from upstream.
    pub by: Option<usize>,
}

impl HostCall {
    /// The axes of a slice of an operand, in the order declared.
    pub fn slice(&self, operand: usize) -> Vec<Axis> {
        let axes = self.function.inputs.get(operand).map_or(&self.function.output, |input| &input.axes);
        axes.iter().map(|&i| self.over[i]).collect()
    }

    /// The axes of what one call gives, in the order declared.
    pub fn result(&self) -> Vec<Axis> {
        self.slice(self.by.unwrap_or(self.function.inputs.len()))
    }

    /// The axes of the slices, in canonical order: those of the operands that the function does not have.
    pub fn outer(&self, graph: &Graph, operands: &[NodeId]) -> Vec<Axis> {
        let all = operands.iter().flat_map(|&o| graph[o].axes.iter().copied());
        let mut outer: Vec<Axis> = all.filter(|a| !self.over.contains(a)).collect();
        outer.sort();
        outer.dedup();
        outer
    }

    /// Whether a gradient flows through an operand.
    pub fn carries(&self, operand: usize) -> bool {
        let input = self.function.inputs.get(operand);
        self.by.is_none() && self.function.gradient.is_some() && input.is_some_and(|input| !input.data)
    }

    /// `smooth`, or `smooth_gradient_x` for its gradient.
    pub fn name(&self) -> String {
        match self.by {
            Some(i) => format!("{}_gradient_{}", self.function.name, self.function.inputs[i].name),
            None => self.function.name.clone(),
        }
    }
}
