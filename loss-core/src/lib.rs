//! The compiler behind `dfdx-loss`.
//!
//! An ordinary library without dfdx: tokens in, tokens out, so that all of it can be tested, snapshotted and
//! fuzzed without a compiler in the loop. [`compile`] shows the whole path of a spec.

pub mod backends;
pub mod catalogue;
pub mod combine;
pub mod compile;
pub mod compose;
pub mod diag;
pub mod docs;
pub mod dump;
pub mod ir;
pub mod ops;
pub mod passes;
pub mod random;
pub mod syntax;
pub mod types;

pub use compile::expand;
