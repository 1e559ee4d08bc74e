//! A slow, plain interpreter over `f64`: the oracle of all tests.
//!
//! It follows the definition of each node and nothing else: no rewriting, no reordering of sums. Every node
//! becomes an array over its axes. Elements that a condition masks out are computed but never combined with
//! others, so that NaN or infinity there is harmless.

pub(in crate::ir) mod bind;
mod difference;
mod error;
mod node;
mod order;
mod space;

pub use difference::finite_difference;
pub use error::EvalError;

use super::{Axis, NodeId, Program};
use node::Evaluator;

/// Numbers over some axes, row-major. Conditions are 0 and 1, indices their numbers from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// The elements; the last axis is contiguous.
    pub data: Vec<f64>,
}

impl Array {
    /// The array of that shape and data.
    ///
    /// # Panics
    /// If the shape does not have as many elements as there are data.
    pub fn new(shape: &[usize], data: Vec<f64>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "an array has as many elements as its shape");
        Array { shape: shape.to_vec(), data }
    }

    /// A number without axes.
    pub fn scalar(value: f64) -> Self {
        Array { shape: vec![], data: vec![value] }
    }

    /// The sum of all elements.
    pub fn sum(&self) -> f64 {
        self.data.iter().sum()
    }

    /// The mean of all elements; 0 of none.
    pub fn mean(&self) -> f64 {
        self.sum() / self.data.len().max(1) as f64
    }
}

/// The value of a hyperparameter.
#[derive(Clone, Debug, PartialEq)]
pub enum HyperValue {
    /// A real or an integer.
    Real(f64),
    /// An array.
    Array(Vec<f64>),
}

/// The loss per sample, over [`Program::samples`] in canonical order.
pub fn eval(program: &Program, hypers: &[HyperValue], inputs: &[Array]) -> Result<Array, EvalError> {
    eval_node(program, hypers, inputs, program.value)
}

/// The value of one node over its axes in canonical order. The node must not stand inside a loop.
pub fn eval_node(
    program: &Program,
    hypers: &[HyperValue],
    inputs: &[Array],
    id: NodeId,
) -> Result<Array, EvalError> {
    let sizes = bind::check(program, hypers, inputs)?;
    let value = Evaluator::new(program, hypers, inputs, &sizes).value(id)?;
    Ok(Array { shape: value.space.sizes.clone(), data: value.data.clone() })
}

/// The values of several nodes, each over the axes given with it, in that order. They must include the node's axes;
/// it is constant along the others.
pub fn eval_over(
    program: &Program,
    hypers: &[HyperValue],
    inputs: &[Array],
    nodes: &[(NodeId, Vec<Axis>)],
) -> Result<Vec<Array>, EvalError> {
    let sizes = bind::check(program, hypers, inputs)?;
    let mut evaluator = Evaluator::new(program, hypers, inputs, &sizes);
    nodes.iter().map(|(id, axes)| evaluator.over(*id, axes)).collect()
}
