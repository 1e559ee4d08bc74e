//! Sample weights, class weights and samples that do not count, for any loss: what is done with the loss of each sample.
//!
//! ```
//! use dfdx::prelude::*;
//! use dfdx_loss::catalogue::classification::FocalLoss;
//! use dfdx_loss::weighted::{PerSample, class_weights, ignore};
//!
//! let dev: Cpu = Default::default();
//! let logits: Tensor<Rank2<4, 3>, f64, _> = dev.sample_normal();
//! let target = dev.tensor([0, 255, 2, 1]);
//!
//! // 255 marks what nobody has labelled.
//! let (target, counted) = ignore::<_, f64, _>(&target, 255)?;
//! let each = FocalLoss::default().per_sample(logits.leaky_trace(), target.clone());
//! let loss = each.weighted_mean(&counted);
//! let gradients = loss.backward();
//! assert_eq!(gradients.get(&logits).array()[1], [0.0; 3]);
//!
//! // As PyTorch's `weight`: the sum of weighted losses over the sum of the weights.
//! let weights = class_weights(&target, &dev.tensor([1.0, 2.0, 5.0]))?;
//! let loss = FocalLoss::default().per_sample(logits.leaky_trace(), target).weighted_mean(&(weights * counted));
//! # let _ = loss;
//! # Ok::<(), dfdx_loss::LossError<CpuError>>(())
//! ```
//!
//! Inside a spec, `weights[b] * Loss(..)[b]`, a condition in `mean[b | keep[b]](Loss(..)[b])` or `reweight<..>` do the
//! same in one kernel; `smoothed<label_smoothing = 0.1>(Loss(..))` smooths labels, and `sum[k](q[b, k] * Loss(.., k)[b])`
//! takes distributions in place of classes.

use crate::LossError;
use dfdx::prelude::{Device, Dim, Dtype, HasShape, Shape, SumTo, Tape, Tensor, TensorFromVec, TryMul};

/// The losses of samples, before they are made one number.
pub trait PerSample<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>: Sized {
    /// Each loss times its weight.
    ///
    /// # Errors
    /// If the device has no memory left.
    fn try_weighted(self, weights: &Tensor<S, E, D>) -> Result<Tensor<S, E, D, T>, D::Err>;

    /// `sum w l / sum w`, and 0 if all weights are 0.
    ///
    /// # Errors
    /// If the device has no memory left.
    fn try_weighted_mean(self, weights: &Tensor<S, E, D>) -> Result<Tensor<(), E, D, T>, D::Err>;

    /// Each loss times its weight.
    #[must_use]
    fn weighted(self, weights: &Tensor<S, E, D>) -> Tensor<S, E, D, T> {
        self.try_weighted(weights).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// `sum w l / sum w`, and 0 if all weights are 0.
    #[must_use]
    fn weighted_mean(self, weights: &Tensor<S, E, D>) -> Tensor<(), E, D, T> {
        self.try_weighted_mean(weights).unwrap_or_else(|error| panic!("{error:?}"))
    }
}

impl<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>> PerSample<S, E, D, T> for Tensor<S, E, D, T> {
    fn try_weighted(self, weights: &Tensor<S, E, D>) -> Result<Tensor<S, E, D, T>, D::Err> {
        self.try_mul(weights.clone())
    }

    fn try_weighted_mean(self, weights: &Tensor<S, E, D>) -> Result<Tensor<(), E, D, T>, D::Err> {
        let total: f64 = weights.as_vec().iter().filter_map(num_traits::ToPrimitive::to_f64).sum();
        let scale = if total == 0.0 { 0.0 } else { total.recip() };
        let scale = E::from_f64(scale).unwrap_or_default();
        self.try_weighted(weights)?.try_sum::<(), S::AllAxes>()?.try_mul(scale)
    }
}

/// The weight of each sample's class.
///
/// # Errors
/// If an element of `target` is not below the number of weights.
#[allow(clippy::type_complexity)]
pub fn class_weights<S: Shape, K: Dim, E: Dtype, D: Device<E> + TensorFromVec<usize>>(
    target: &Tensor<S, usize, D>,
    weights: &Tensor<(K,), E, D>,
) -> Result<Tensor<S, E, D>, LossError<D::Err>> {
    let (table, classes) = (weights.as_vec(), target.as_vec());
    if let Some(at) = classes.iter().position(|&class| class >= table.len()) {
        let position = position(at, target.shape().concrete().into_iter().collect());
        let (value, size) = (classes[at], table.len());
        return Err(LossError::Class { input: "target", position, value, set: "K", size });
    }
    let each = classes.into_iter().map(|class| table[class]).collect();
    Ok(weights.device().try_tensor_from_vec(each, *target.shape())?)
}

/// The coordinates of an element of a row-major array.
fn position(mut at: usize, shape: Vec<usize>) -> Vec<usize> {
    let mut position: Vec<usize> = Vec::new();
    for size in shape.into_iter().rev() {
        position.insert(0, at % size);
        at /= size;
    }
    position
}

/// Targets in which `index` is replaced by class 0, and 1 for each sample that counts, 0 for each that had `index`.
///
/// # Errors
/// If the device has no memory left.
#[allow(clippy::type_complexity)]
pub fn ignore<S: Shape, E: Dtype, D: Device<E> + TensorFromVec<usize>>(
    target: &Tensor<S, usize, D>,
    index: usize,
) -> Result<(Tensor<S, usize, D>, Tensor<S, E, D>), LossError<D::Err>> {
    let classes = target.as_vec();
    let counted = classes.iter().map(|&class| if class == index { E::default() } else { E::ONE }).collect();
    let replaced = classes.into_iter().map(|class| if class == index { 0 } else { class }).collect();
    let dev = target.device();
    Ok((
        TensorFromVec::<usize>::try_tensor_from_vec(dev, replaced, *target.shape())?,
        TensorFromVec::<E>::try_tensor_from_vec(dev, counted, *target.shape())?,
    ))
}
