//! What generated code calls: checks of the arguments, work on the host, tape handling, and the tensor
//! operations that dfdx lacks or whose value or derivative it gets wrong at a special point.

pub mod call;
pub mod check;
pub mod fused;
pub mod held;
pub mod host;
pub mod kernel;
pub mod ops;
pub mod scalar;
pub mod tape;
pub mod terms;
pub mod unready;
