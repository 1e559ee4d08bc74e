//! A perceptron with two hidden layers, and what goes in and out.

use super::data::{CLASSES, Digits, PIXELS};
use dfdx::prelude::*;

type Linear<const I: usize, const O: usize> = dfdx::nn::builders::Linear<I, O>;
/// The network, with so many units in each hidden layer.
pub type Perceptron<const H: usize> = ((Linear<PIXELS, H>, ReLU), (Linear<H, H>, ReLU), Linear<H, CLASSES>);

/// Class scores of a batch, on the model's tape.
pub type Logits = Tensor<(usize, Const<CLASSES>), f32, Cpu, OwnedTape<f32, Cpu>>;
/// Classes of a batch.
pub type Labels = Tensor<(usize,), usize, Cpu>;
/// The value that is minimised.
pub type Value = Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>;

/// Images and labels on the device.
pub fn tensors(device: &Cpu, data: &Digits) -> (Tensor<(usize, Const<PIXELS>), f32, Cpu>, Labels) {
    let images = device.tensor_from_vec(data.pixels.clone(), (data.len(), Const));
    (images, device.tensor_from_vec(data.labels.clone(), (data.len(),)))
}
