//! The tensors that a loss learns.

use dfdx::nn::TensorOptions;
use dfdx::prelude::*;

/// Makes a tensor what it is at first.
type Reset<S, E, D> = fn(&mut Tensor<S, E, D>) -> Result<(), <D as HasErr>::Err>;

/// A tensor that is trained and that starts as `reset` makes it.
pub fn initially<S: ConstShape, E: Dtype, D: Device<E>>(reset: Reset<S, E, D>) -> TensorOptions<S, E, D> {
    TensorOptions::reset_with(reset)
}

/// Gives every element this value.
pub fn fill<S: ConstShape, E: Dtype, D: Device<E>>(
    tensor: &mut Tensor<S, E, D>,
    value: f64,
) -> Result<(), D::Err> {
    let count = tensor.shape().num_elements();
    tensor.copy_from(&vec![super::ops::real::<E>(value); count]);
    Ok(())
}
