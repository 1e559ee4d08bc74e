//! Derivatives by finite differences: the oracle of symbolic gradients.

use super::bind::{self, Sizes};
use super::node::{Evaluator, Frozen};
use super::space::Tensor;
use super::{Array, EvalError, HyperValue};
use crate::ir::{NodeId, Program, Ty};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Steps relative to the element's size, or absolute for elements below 1; see [`derivative`].
const STEPS: [f64; 4] = [1e-3, 1e-4, 1e-5, 1e-6];

/// Two estimates that differ by less, relatively, are taken to agree.
const AGREEMENT: f64 = 1e-9;

/// Derivative of the sum over the samples with respect to every element of input `which`.
///
/// `detach(x)` counts as a constant, and so do `argsort` and `rank`, which jump at ties: their values are those
/// at the point itself. Central differences of the fourth order.
///
/// # Panics
/// If the program has no input `which`.
pub fn finite_difference(
    program: &Program,
    hypers: &[HyperValue],
    inputs: &[Array],
    which: usize,
) -> Result<Array, EvalError> {
    let sizes = bind::check(program, hypers, inputs)?;
    if program.inputs[which].ty != Ty::Real {
        return Err(EvalError::NotReal { input: program.inputs[which].name.clone() });
    }
    let mut difference =
        Difference { program, hypers, sizes, record: Rc::default(), inputs: inputs.to_vec() };
    difference.record()?;
    let mut gradient = Array { shape: inputs[which].shape.clone(), data: vec![] };
    for element in 0..inputs[which].data.len() {
        gradient.data.push(difference.derivative(which, element)?);
    }
    Ok(gradient)
}

struct Difference<'a> {
    program: &'a Program,
    hypers: &'a [HyperValue],
    sizes: Sizes,
    /// Values of the nodes taken as constant, at the point itself.
    record: Rc<BTreeMap<NodeId, Vec<Rc<Tensor>>>>,
    inputs: Vec<Array>,
}

impl Difference<'_> {
    fn record(&mut self) -> Result<(), EvalError> {
        let mut evaluator = Evaluator::new(self.program, self.hypers, &self.inputs, &self.sizes);
        evaluator.frozen = Frozen::Record(BTreeMap::new());
        evaluator.value(self.program.value)?;
        if let Frozen::Record(record) = evaluator.frozen {
            self.record = Rc::new(record);
        }
        Ok(())
    }

    /// The estimate that agrees best with the one of the next smaller step. A large step has little rounding
    /// error, but it may leap over a kink or be too coarse for a strong curvature; a smaller one then differs.
    fn derivative(&mut self, which: usize, element: usize) -> Result<f64, EvalError> {
        let mut last = self.estimate(which, element, STEPS[0])?;
        let (mut best, mut least) = (None, f64::INFINITY);
        for step in &STEPS[1..] {
            let estimate = self.estimate(which, element, *step)?;
            let gap = (estimate - last).abs();
            if gap < least {
                (best, least) = (Some(last), gap);
            }
            if gap <= AGREEMENT * estimate.abs().max(1.0) {
                break;
            }
            last = estimate;
        }
        Ok(best.unwrap_or(last))
    }

    /// (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h, summed over the samples last, so that samples
    /// that do not depend on the element add no rounding error.
    fn estimate(&mut self, which: usize, element: usize, step: f64) -> Result<f64, EvalError> {
        // A power of two: x + h is then exact for most x, and h is the true distance.
        let h = (step * self.inputs[which].data[element].abs().max(1.0)).log2().round().exp2();
        let inner = self.chord(which, element, h)?;
        let outer = self.chord(which, element, 2.0 * h)?;
        let samples = inner.iter().zip(&outer).map(|(inner, outer)| 8.0 * inner - outer);
        Ok(samples.sum::<f64>() / (12.0 * h))
    }

    /// f(x + h) - f(x - h) for each sample.
    fn chord(&mut self, which: usize, element: usize, h: f64) -> Result<Vec<f64>, EvalError> {
        let x = self.inputs[which].data[element];
        self.inputs[which].data[element] = x + h;
        let above = self.value();
        self.inputs[which].data[element] = x - h;
        let below = self.value();
        self.inputs[which].data[element] = x;
        Ok(above?.data.iter().zip(&below?.data).map(|(above, below)| above - below).collect())
    }

    fn value(&self) -> Result<Rc<Tensor>, EvalError> {
        let mut evaluator = Evaluator::new(self.program, self.hypers, &self.inputs, &self.sizes);
        evaluator.frozen = Frozen::Replay(self.record.clone(), BTreeMap::new());
        evaluator.value(self.program.value)
    }
}
