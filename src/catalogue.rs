//! The catalogue: ready losses, written in the language itself.
//!
//! Each can be used as a type (`CrossEntropy.forward(logits, target)`) and, by its name, inside a spec of one's own
//! (`loss! { Mine(..) = apl<..>(NormalizedCrossEntropy(..), ReverseCrossEntropy(..)); }`).

/// Classification: cross entropy and its relatives, also for noisy labels.
pub mod classification {
    loss_macros::catalogue!(classification);
}

/// Metric learning and contrastive losses.
pub mod metric {
    loss_macros::catalogue!(metric);
}

/// Several objectives: weightings of losses, and strategies for `reweight<..>`.
pub mod multi_objective {
    loss_macros::catalogue!(multi_objective);
}

/// Preference optimization and distillation.
pub mod preference {
    loss_macros::catalogue!(preference);
}

/// Learning to rank.
pub mod ranking {
    loss_macros::catalogue!(ranking);
}

/// Regression.
pub mod regression {
    loss_macros::catalogue!(regression);
}
