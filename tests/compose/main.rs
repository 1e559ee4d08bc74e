//! Composed objectives: named terms, schedules, reweighting, learnable tensors.

mod learned;
mod schedules;
mod strategies;
mod terms;
