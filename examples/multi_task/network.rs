//! The network: a trunk, and a head for each task.

use crate::losses::{Digit, Image, Ink, Uncertain};
use crate::shared::data::{CLASSES, Digits, PIXELS};
use dfdx::prelude::*;

/// Units of the trunk's hidden layer.
const HIDDEN: usize = 128;
/// Features that the heads share: few, so that the tasks have to agree.
const FEATURES: usize = 16;

type Linear<const I: usize, const O: usize> = dfdx::nn::builders::Linear<I, O>;
type Trunk = (Linear<PIXELS, HIDDEN>, ReLU, Linear<HIDDEN, FEATURES>, Tanh);
type Heads = (Linear<FEATURES, CLASSES>, Linear<FEATURES, 1>, Linear<FEATURES, PIXELS>);
/// Trunk, heads, and a loss whose weights are trained; only one of the methods uses the last.
pub type Network = (Trunk, Heads, Uncertain);
/// The network on its device.
pub type Model = <Network as BuildOnDevice<Cpu, f32>>::Built;
/// What the names of the trunk's parameters start with.
pub const TRUNK: &str = "0.";

/// Rows of a batch, on the tape `T`.
type Rows<const N: usize, T> = Tensor<(usize, Const<N>), f32, Cpu, T>;
/// A number for each image, on the tape `T`.
type Numbers<T> = Tensor<(usize,), f32, Cpu, T>;
/// The tape of gradients.
pub type Taped = OwnedTape<f32, Cpu>;
/// The value of a loss.
pub type Value<T = Taped> = Tensor<Rank0, f32, Cpu, T>;

/// Images and what the tasks want to know of them.
pub struct Batch {
    /// The input and the third task's target.
    pub images: Rows<PIXELS, NoneTape>,
    digits: Tensor<(usize,), usize, Cpu>,
    amounts: Numbers<NoneTape>,
}

/// Test losses of the tasks, and the accuracy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Cross entropy of the digit, squared errors of ink and image.
    pub losses: [f64; 3],
    /// The share of digits that are right.
    pub accuracy: f64,
}

impl Batch {
    /// The batch of these images.
    pub fn new(device: &Cpu, data: &Digits) -> Self {
        let amounts = data.pixels.chunks(PIXELS).map(|image| image.iter().sum::<f32>() / PIXELS as f32);
        Self {
            images: device.tensor_from_vec(data.pixels.clone(), (data.len(), Const)),
            digits: device.tensor_from_vec(data.labels.clone(), (data.len(),)),
            amounts: device.tensor_from_vec(amounts.collect(), (data.len(),)),
        }
    }

    /// The first task's loss.
    pub fn digit<T: Tape<f32, Cpu> + Merge<T>>(
        &self,
        model: &Model,
        features: Rows<FEATURES, T>,
    ) -> Value<T> {
        Digit.forward(model.1.0.forward(features), self.digits.clone())
    }

    /// The second task's loss.
    pub fn ink<T: Tape<f32, Cpu> + Merge<T>>(&self, model: &Model, features: Rows<FEATURES, T>) -> Value<T> {
        let ink = model.1.1.forward(features).reshape_like(self.amounts.shape());
        Ink.forward(ink, self.amounts.clone())
    }

    /// The third task's loss.
    pub fn image<T: Tape<f32, Cpu> + Merge<T>>(
        &self,
        model: &Model,
        features: Rows<FEATURES, T>,
    ) -> Value<T> {
        Image.forward(model.1.2.forward(features), self.images.clone())
    }

    /// The three losses in one, with weights that are trained.
    pub fn uncertain(&self, model: &Model, features: Rows<FEATURES, Taped>) -> Value {
        let scores = model.1.0.forward(features.retaped::<Taped>());
        let ink = model.1.1.forward(features.retaped::<Taped>()).reshape_like(self.amounts.shape());
        let image = model.1.2.forward(features);
        let (amounts, images) = (self.amounts.clone(), self.images.clone());
        model.2.forward(scores, self.digits.clone(), ink, amounts, image, images)
    }

    /// How well the model does on these images.
    pub fn scores(&self, model: &Model) -> Scores {
        let features = model.0.forward(self.images.clone());
        let rows = model.1.0.forward(features.clone()).as_vec();
        let highest = |row: &[f32]| (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j]));
        let digits = self.digits.as_vec();
        let right = rows.chunks(CLASSES).zip(&digits).filter(|(row, digit)| highest(row) == Some(**digit));
        let accuracy = right.count() as f64 / digits.len() as f64;
        let digit = self.digit(model, features.clone()).array();
        let ink = self.ink(model, features.clone()).array();
        let image = self.image(model, features).array();
        Scores { losses: [digit, ink, image].map(f64::from), accuracy }
    }
}
