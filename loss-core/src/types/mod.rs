//! From the tree as written to a tree that is understood: names resolved, index sets inferred, kinds
//! checked. Every rule is one small `check_*` function; what passes here lowers without further errors.

mod access;
mod apply;
mod argument;
mod binder;
mod check;
mod definitions;
mod expr;
mod external;
mod free;
mod functions;
mod given;
mod interval;
mod scope;
mod sets;
mod signature;
mod statement;
pub mod tree;
mod width;

pub use definitions::{Definitions, check, check_one};
pub(crate) use free::free_indices;
pub(crate) use signature::{constant, truth};
