//! What closures may return, and the names of objectives.

use super::{TrainingError, error::device};
use dfdx::prelude::*;

/// A tensor with its tape, or why there is none: what the closures of a step return.
///
/// Implemented for `Tensor<S, E, D, OwnedTape<E, D>>`, for what cannot fail, and for a `Result` of it with any
/// error that can be displayed. Losses have the shape `Rank0`.
pub trait IntoTensor<S: Shape, E: Dtype, D: Device<E>> {
    /// The tensor, or the text of the error.
    fn into_tensor(self) -> Result<Tensor<S, E, D, OwnedTape<E, D>>, String>;
}

impl<S: Shape, E: Dtype, D: Device<E>> IntoTensor<S, E, D> for Tensor<S, E, D, OwnedTape<E, D>> {
    fn into_tensor(self) -> Result<Self, String> {
        Ok(self)
    }
}

impl<S: Shape, E: Dtype, D: Device<E>, X: std::fmt::Display> IntoTensor<S, E, D>
    for Result<Tensor<S, E, D, OwnedTape<E, D>>, X>
{
    fn into_tensor(self) -> Result<Tensor<S, E, D, OwnedTape<E, D>>, String> {
        self.map_err(|error| error.to_string())
    }
}

/// A loss on its tape.
pub(super) type Loss<E, D> = Tensor<Rank0, E, D, OwnedTape<E, D>>;

/// The same, or the text of an error.
type MaybeLoss<E, D> = Result<Loss<E, D>, String>;

/// Makes a loss of the model and of an input.
type Forward<'a, M, I, E, D> = Box<dyn FnOnce(&mut M, I) -> MaybeLoss<E, D> + 'a>;

/// A named closure that makes a loss of the model and of an input `I`.
pub(super) struct Objective<'a, M, I, E: Dtype, D: Device<E>> {
    name: String,
    forward: Forward<'a, M, I, E, D>,
}

impl<'a, M, I, E: Dtype, D: Device<E>> Objective<'a, M, I, E, D> {
    pub fn new<L: IntoTensor<Rank0, E, D>>(
        name: impl Into<String>,
        forward: impl FnOnce(&mut M, I) -> L + 'a,
    ) -> Self {
        Self { name: name.into(), forward: Box::new(|model, input| forward(model, input).into_tensor()) }
    }

    /// The value of the loss, and the loss on its tape.
    pub fn forward(self, model: &mut M, input: I) -> Result<(f64, Loss<E, D>), TrainingError> {
        let loss = (self.forward)(model, input)
            .map_err(|reason| TrainingError::Objective { objective: self.name.clone(), reason })?;
        let value = value(&loss);
        if value.is_nan() { Err(TrainingError::Nan { objective: self.name }) } else { Ok((value, loss)) }
    }

    /// The value of the loss, and the gradients of what the tape saw.
    pub fn backward(self, model: &mut M, input: I) -> Result<(f64, Gradients<E, D>), TrainingError> {
        let (value, loss) = self.forward(model, input)?;
        Ok((value, loss.try_backward().map_err(device)?))
    }
}

/// The names, if there are any and no two are the same.
pub(super) fn names<M, I, E: Dtype, D: Device<E>>(
    objectives: &[Objective<M, I, E, D>],
) -> Result<Vec<String>, TrainingError> {
    let names: Vec<String> = objectives.iter().map(|objective| objective.name.clone()).collect();
    match names.iter().enumerate().find(|&(i, name)| names[..i].contains(name)) {
        _ if names.is_empty() => Err(TrainingError::NoObjectives),
        Some((_, name)) => Err(TrainingError::Duplicate { objective: name.clone() }),
        None => Ok(names),
    }
}

/// The number in a scalar.
pub(super) fn value<E: Dtype, D: Device<E>, T>(scalar: &Tensor<Rank0, E, D, T>) -> f64 {
    scalar.as_vec().first().and_then(E::to_f64).unwrap_or(f64::NAN)
}
