//! What the interpreter says.

use crate::trial::Results;
use dfdx_loss::__testing::{Case, weight};
use loss_core::ir::eval::{self, HyperValue};
use loss_core::ir::{Axis, NodeId, Program};
use loss_core::passes::differentiate::differentiate;
use loss_core::passes::guard;

/// A program on given inputs.
pub struct Oracle<'a> {
    program: &'a Program,
    hypers: Vec<HyperValue>,
    inputs: Vec<eval::Array>,
    /// Each sample has a weight of its own.
    each: bool,
}

impl Oracle<'_> {
    pub fn new<'a>(program: &'a Program, case: &Case, each: bool) -> Oracle<'a> {
        let hypers = program.hypers.iter().map(|h| HyperValue::Real(case.number(&h.name).expect("given")));
        let inputs = program.inputs.iter().map(|i| {
            let array = &case.inputs[&i.name];
            eval::Array { shape: array.shape.clone(), data: array.data.clone() }
        });
        Oracle { program, hypers: hypers.collect(), inputs: inputs.collect(), each }
    }

    /// The weights of that many samples.
    fn weights(&self, samples: usize) -> Vec<f64> {
        let mean = |_| 1.0 / samples as f64;
        if self.each {
            (0..samples).map(|i| weight(i, samples)).collect()
        } else {
            (0..samples).map(mean).collect()
        }
    }

    /// The value, and that of each sample.
    pub fn value(&self) -> (f64, eval::Array) {
        let values = eval::eval(self.program, &self.hypers, &self.inputs).expect("valid inputs");
        let weights = self.weights(values.data.len());
        (values.data.iter().zip(weights).map(|(v, w)| v * w).sum(), values)
    }

    fn position(&self, name: &str) -> usize {
        self.program.inputs.iter().position(|i| i.name == name).expect("an input")
    }

    /// The gradients as the compiler derives them, in the order of `like`.
    pub fn gradients(&self, values: &eval::Array, like: &Results) -> Results {
        let derivative = differentiate(&guard(self.program));
        let (program, weights) = (&derivative.program, self.weights(values.data.len()));
        let upstream = eval::Array { shape: values.shape.clone(), data: weights };
        let inputs: Vec<eval::Array> = self.inputs.iter().cloned().chain([upstream]).collect();
        let nodes: Vec<(NodeId, Vec<Axis>)> =
            derivative.grads.iter().map(|&(input, node)| (node, program.input_axes(input))).collect();
        let found = eval::eval_over(program, &self.hypers, &inputs, &nodes).expect("valid inputs");
        let of = |(name, numbers): &(String, Vec<f64>)| {
            let which = derivative.grads.iter().position(|g| g.0 == self.position(name));
            (name.clone(), which.map_or_else(|| vec![0.0; numbers.len()], |i| found[i].data.clone()))
        };
        like.iter().map(of).collect()
    }

    /// Finite differences of the mean.
    pub fn differences(&self, samples: usize, like: &Results) -> Results {
        let of = |(name, _): &(String, Vec<f64>)| {
            let which = self.position(name);
            let sum = eval::finite_difference(self.program, &self.hypers, &self.inputs, which);
            let sum = sum.expect("valid inputs");
            (name.clone(), sum.data.iter().map(|g| g / samples as f64).collect())
        };
        like.iter().map(of).collect()
    }
}
