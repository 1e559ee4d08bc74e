//! What the checker reports, in a file for each subject.

mod applications;
mod calls;
mod definitions;
mod externals;
mod indices;
mod kinds;
mod names;
mod statements;
mod words;

pub use applications::*;
pub use calls::*;
pub use definitions::*;
pub use externals::*;
pub use indices::*;
pub use kinds::*;
pub use names::*;
pub use statements::*;
