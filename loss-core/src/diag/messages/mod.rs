//! Every user-facing text, one small function each, in a file for the phase that reports it.

pub mod check;
pub mod compose;
pub mod syntax;
