//! The catalogue: ready losses, written in the language itself.
//!
//! Each can be used as a type (`CrossEntropy.forward(logits, target)`) and, by its name, inside a spec of one's own
//! (`loss! { Mine(..) = apl<..>(NormalizedCrossEntropy(..), ReverseCrossEntropy(..)); }`).
//!
//! Each family is behind a feature of its name; all are on unless default features are off. Definitions are found by the
//! compiler in any case: a spec may apply what has no ready type, and `loss! { pub use CrossEntropy; }` makes single types
//! in one's own crate. A crate that needs a few losses compiles fastest that way. "Active" and "passive" are the kinds of Ma et al. 2020.
//!
#![doc = include_str!("../docs/catalogue.md")]

/// Classification: cross entropy and its relatives, also for noisy labels.
#[cfg(feature = "classification")]
pub mod classification {
    loss_macros::catalogue!(classification);
}

/// Metric learning and contrastive losses.
#[cfg(feature = "metric")]
pub mod metric {
    loss_macros::catalogue!(metric);
}

/// Several objectives: weightings of losses, and strategies for `reweight<..>`.
#[cfg(feature = "multi_objective")]
pub mod multi_objective {
    loss_macros::catalogue!(multi_objective);
}

/// Preference optimization and distillation.
#[cfg(feature = "preference")]
pub mod preference {
    loss_macros::catalogue!(preference);
}

/// Learning to rank.
#[cfg(feature = "ranking")]
pub mod ranking {
    loss_macros::catalogue!(ranking);
}

/// Regression.
#[cfg(feature = "regression")]
pub mod regression {
    loss_macros::catalogue!(regression);
}

/// Segmentation, and the losses on images, boxes and generators that go with it.
#[cfg(feature = "segmentation")]
pub mod segmentation {
    loss_macros::catalogue!(segmentation);
}
