//! From the tree as written to a tree that is understood: names resolved, index sets inferred, kinds
//! checked. Every rule is one small `check_*` function; what passes here lowers without further errors.

mod apply;
mod binder;
mod check;
mod expr;
mod free;
mod interval;
mod scope;
mod sets;
mod signature;
pub mod tree;

pub use check::{Definitions, check};
pub(crate) use signature::constant;
