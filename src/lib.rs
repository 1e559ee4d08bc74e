//! Write a loss function the way the paper writes it, in index notation; get a typed, stable, differentiable
//! [dfdx](https://docs.rs/dfdx/0.13) function for CPU or CUDA tensors.
//!
//! ```
//! use dfdx::prelude::*;
//! use dfdx_loss::loss;
//!
//! loss! {
//!     /// Focal loss (Lin et al. 2017).
//!     pub Focal<gamma = 2.0 in 0..>(logits: [B, K], target: [B] -> K) {
//!         let logp[b, k] = log_softmax[k](logits[b, k]);
//!         let p[b] = exp(logp[b, target[b]]);
//!         -(1 - p[b]) ^ gamma * logp[b, target[b]]
//!     }
//! }
//!
//! let dev: Cpu = Default::default();
//! let logits: Tensor<Rank2<8, 10>, f32, _> = dev.sample_normal();
//! let target = dev.tensor([0, 1, 2, 3, 4, 5, 6, 7]);
//! let loss = Focal { gamma: 1.5 }.forward(logits.leaky_trace(), target);
//! let gradients = loss.backward();
//! # let _ = gradients;
//! ```
//!
//! [`loss!`] explains the language, [`catalogue`] holds losses that are ready to use, [`composition`] says how objectives
//! are made of several, [`schedule`] has numbers that change over training steps, [`training`] and [`aggregate`] train one
//! model on several objectives, [`weighted`] weighs samples and classes of any loss, [`LossError`] says what can go wrong at run time. What the language offers op by op is in
//! [`ops`], its grammar in [`grammar`], what runs on the CPU in [`kernels`]. [`choosing`] says which loss to take when,
//! [`coming_from`] where those of other libraries are.

extern crate self as dfdx_loss;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[doc(hidden)]
#[path = "testing.rs"]
pub mod __testing;
pub mod aggregate;
pub mod catalogue;
mod draws;
mod error;
pub mod host;
pub mod report;
mod runtime;
pub mod schedule;
pub mod solve;
pub mod training;
pub mod weighted;
pub mod weighting;

pub use error::{LossError, ParamError};
pub use runtime::terms::Terms;

#[doc = include_str!("../docs/language.md")]
#[macro_export]
macro_rules! loss {
    ($($spec:tt)*) => {
        $crate::__private::loss_impl! { crate = $crate; $($spec)* }
    };
}

/// The code that [`loss!`] generates for these definitions, as formatted text: for snapshots.
///
/// ```
/// let text = dfdx_loss::expansion! {
///     pub Squared(x: [N], y: data [N]) = (x[n] - y[n]) ^ 2;
/// };
/// assert!(text.contains("x.try_sub(y)?.try_square()?"));
/// ```
#[macro_export]
macro_rules! expansion {
    ($($spec:tt)*) => {
        $crate::__private::expansion_impl! { $($spec)* }
    };
}

#[doc = include_str!("../docs/ops.md")]
pub mod ops {}

#[doc = include_str!("../docs/grammar.md")]
pub mod grammar {}

#[doc = include_str!("../docs/composition.md")]
pub mod composition {}

#[doc = include_str!("../docs/kernels.md")]
pub mod kernels {}

#[doc = include_str!("../docs/choosing.md")]
pub mod choosing {}

#[doc = include_str!("../docs/coming_from.md")]
pub mod coming_from {}

/// The code blocks of the front page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
