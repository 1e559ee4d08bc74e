//! What the parser reports, in a file for each subject.

mod attributes;
mod bodies;
mod composition;
mod definitions;
mod expressions;
mod externals;
mod hypers;
mod inputs;
mod names;
mod numbers;
mod tokens;

pub use attributes::*;
pub use bodies::*;
pub use composition::*;
pub use definitions::*;
pub use expressions::*;
pub use externals::*;
pub use hypers::*;
pub use inputs::*;
pub use names::*;
pub use numbers::*;
pub use tokens::*;
