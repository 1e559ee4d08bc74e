//! The fused backend: kernels for the CPU.
//!
//! Loop nests become code over the runtime's sweeps, rows and products: one type for each stage, which holds what the
//! stage reads, and one method that runs the stages and puts the loss on the tape as one operation.

mod access;
mod begin;
mod body;
mod call;
mod expr;
mod frame;
mod host;
mod kernel;
mod lines;
mod method;
mod names;
mod nest;
mod product;
mod repeat;
mod sink;
mod stage;
mod ways;

pub use method::{Method, method};
pub use names::{Scope, Types};
