//! Gradient aggregators: reference values, and the laws that each promises.

mod edges;
mod golden;
mod properties;
#[path = "../support/golden.rs"]
mod support;
