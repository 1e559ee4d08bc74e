//! What tests that walk many losses share: named arrays in, value and gradients out. Not part of the public
//! interface.

use dfdx::prelude::{
    Cpu, Device, Dtype, HasShape, Rank0, Shape, SumTo, Tape, Tensor, TensorFromVec, TryMul, TryNe,
};
use std::collections::BTreeMap;

/// What generated runners have in scope.
pub mod prelude {
    pub use dfdx::prelude::{Backward as _, Const, Device, Dtype, Trace as _};
}

/// What an input's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Real numbers.
    Real,
    /// Conditions.
    Mask,
    /// Class indices.
    Class,
}

/// An input of a definition.
#[derive(Clone, Copy, Debug)]
pub struct InputRow {
    /// Its name.
    pub name: &'static str,
    /// What its elements are.
    pub kind: Kind,
    /// Never differentiated.
    pub data: bool,
    /// Its number of axes; `None` takes any.
    pub rank: Option<usize>,
    /// The names of the sets of its axes; fixed ones are numbers.
    pub sets: &'static [&'static str],
    /// The least and the greatest element declared, and whether they are allowed themselves.
    pub domain: ((f64, bool), (f64, bool)),
}

/// Runs a definition on a device.
pub type Run<D> = fn(&D, &Case) -> Result<Outcome, String>;

/// A definition that can be run by name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The id of its golden cases; empty if it has none.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The string parameters that it answers to.
    pub when: &'static [(&'static str, &'static str)],
    /// Its inputs.
    pub inputs: &'static [InputRow],
    /// Its hyperparameters.
    pub hypers: &'static [&'static str],
    /// Runs it in single precision.
    pub run_f32: Run<Cpu>,
    /// Runs it in double precision.
    pub run_f64: Run<Cpu>,
    /// Runs it on a GPU in single precision.
    #[cfg(feature = "cuda")]
    pub run_cuda_f32: Run<dfdx::prelude::Cuda>,
    /// Runs it on a GPU in double precision.
    #[cfg(feature = "cuda")]
    pub run_cuda_f64: Run<dfdx::prelude::Cuda>,
}

/// An array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// What its elements are.
    pub kind: Kind,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements; conditions are 0 and 1.
    pub data: Vec<f64>,
}

/// A hyperparameter's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Number(f64),
    /// Several.
    Array(Vec<f64>),
    /// A word.
    Text(String),
}

/// What a definition is run on.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Inputs by name.
    pub inputs: BTreeMap<String, Array>,
    /// Hyperparameters by name.
    pub params: BTreeMap<String, Value>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The value.
    pub value: f64,
    /// The gradient of every differentiable input, row-major.
    pub grads: Vec<(String, Vec<f64>)>,
}

impl Case {
    /// The shape of an input.
    pub fn shape(&self, name: &str) -> Result<&[usize], String> {
        Ok(&self.input(name)?.shape)
    }

    fn input(&self, name: &str) -> Result<&Array, String> {
        self.inputs.get(name).ok_or_else(|| format!("the case has no input `{name}`"))
    }

    /// A scalar parameter, if the case has it.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.params.get(name)? {
            Value::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// Fills an array parameter, if the case has it with that length.
    pub fn array(&self, name: &str, places: &mut [f64]) {
        if let Some(Value::Array(values)) = self.params.get(name)
            && values.len() == places.len()
        {
            places.copy_from_slice(values);
        }
    }

    /// Whether the case wants the sum over samples rather than their mean.
    pub fn sums(&self) -> bool {
        self.params.get("reduction") == Some(&Value::Text("sum".into()))
    }

    /// A real tensor.
    pub fn real<S: Shape, E: Dtype, D: Device<E>>(
        &self,
        dev: &D,
        name: &str,
        shape: S,
    ) -> Result<Tensor<S, E, D>, String> {
        let data = &self.input(name)?.data;
        let data = data.iter().map(|&v| E::from_f64(v).unwrap_or_default()).collect();
        dev.try_tensor_from_vec(data, shape).map_err(|e| format!("{e:?}"))
    }

    /// A tensor of class indices.
    pub fn class<S: Shape, D: TensorFromVec<usize>>(
        &self,
        dev: &D,
        name: &str,
        shape: S,
    ) -> Result<Tensor<S, usize, D>, String> {
        let data = self.input(name)?.data.iter().map(|&v| v as usize).collect();
        dev.try_tensor_from_vec(data, shape).map_err(|e| format!("{e:?}"))
    }

    /// A tensor of conditions.
    pub fn mask<S: Shape, E: Dtype, D: Device<E>>(
        &self,
        dev: &D,
        name: &str,
        shape: S,
    ) -> Result<Tensor<S, bool, D>, String> {
        self.real::<S, E, D>(dev, name, shape)?.try_ne(E::default()).map_err(|e| format!("{e:?}"))
    }

    /// A sum of all samples, each with a weight of its own: every one has its own gradient from upstream.
    pub fn weighed<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
        &self,
        each: Tensor<S, E, D, T>,
    ) -> Result<Tensor<Rank0, E, D, T>, String> {
        let (shape, count) = (*each.shape(), each.shape().num_elements());
        let weights = (0..count).map(|i| E::from_f64(weight(i, count)).unwrap_or_default()).collect();
        let weights = each.device().try_tensor_from_vec(weights, shape).map_err(|e| format!("{e:?}"))?;
        let all = each.try_mul(weights).and_then(|each| each.try_sum::<Rank0, S::AllAxes>());
        all.map_err(|e| format!("{e:?}"))
    }

    /// Elements as `f64`.
    pub fn numbers<E: Dtype>(&self, data: &[E]) -> Vec<f64> {
        data.iter().map(|v| v.to_f64().unwrap_or(f64::NAN)).collect()
    }
}

/// The weight of sample `i` in a sum of `count`.
pub fn weight(i: usize, count: usize) -> f64 {
    (0.5 + 0.25 * (i % 5) as f64) / count as f64
}
