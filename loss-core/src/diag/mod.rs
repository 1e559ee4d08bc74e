//! Diagnostics: what is wrong, where, and what to write instead.
//!
//! Every user-facing text is built by one small function in [`messages`]; errors are collected in
//! [`Errors`] and a phase ends with [`Errors::stop_if_any`], so that a user sees all mistakes of one
//! phase and none that merely follow from an earlier one.

mod errors;
pub mod messages;
mod span;
pub mod suggest;

pub use errors::{Diag, Errors};
pub use span::SpanRange;
