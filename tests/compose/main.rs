//! Composed objectives: named terms, schedules, reweighting, learnable tensors.

mod learned;
mod schedules;
mod state;
mod strategies;
#[path = "../support/golden.rs"]
mod support;
mod terms;
