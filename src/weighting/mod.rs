//! Weights of losses that follow from histories, draws or gradient norms: plain numbers, without tensors.
//!
//! ```
//! use dfdx_loss::weighting::DynamicWeightAverage;
//!
//! let mut weighting = DynamicWeightAverage::new(2, 2.0)?;
//! for epoch in 0..3 {
//!     // In training: `weights()[0] * first + weights()[1] * second` for each batch.
//!     weighting.record(&[1.0, 1.0 / (epoch + 1) as f64])?;
//!     weighting.end_epoch();
//! }
//! // The second loss falls faster, so that it weighs less; the weights add up to the number of losses.
//! assert!(weighting.weights()[1] < 1.0 && (weighting.weights().iter().sum::<f64>() - 2.0).abs() < 1e-12);
//! # Ok::<(), dfdx_loss::weighting::WeightingError>(())
//! ```
//!
//! | weighting | weights | needs |
//! |---|---|---|
//! | [`DynamicWeightAverage`] | more for what falls slowly | the losses of an epoch |
//! | [`GradNorm`], [`gradnorm_softmax`] | bring gradients to one length, more for what trains slowly | losses, gradient norms |
//! | [`Famo`] | bring all losses down at one rate | losses before and after the step |
//! | [`RandomWeighting`] | the softmax of normal draws | a seed |
//!
//! Weights that are learned or fixed are written in the language: `uncertainty { .. }`, and
//! [`catalogue::multi_objective`](crate::catalogue::multi_objective). State is in public fields or readable, and a clone
//! of a value goes on where it was.
//!
//! In LibMTL and torchjd: `DWA`, `GradNorm`, `FAMO`, `RLW` (`Random`).

mod dwa;
mod error;
mod famo;
mod gradnorm;
mod random;

pub use dwa::DynamicWeightAverage;
pub use error::WeightingError;
pub use famo::Famo;
pub use gradnorm::{GradNorm, gradnorm_softmax};
pub use random::RandomWeighting;

/// `e^x` over its sum.
fn softmax(x: &[f64]) -> Vec<f64> {
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = x.iter().map(|x| (x - most).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}
