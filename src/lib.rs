//! Write a loss function the way the paper writes it; get a typed, stable, differentiable dfdx function.

extern crate self as dfdx_loss;

pub mod catalogue;
mod error;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[doc(hidden)]
#[path = "testing.rs"]
pub mod __testing;
mod runtime;

pub use error::{LossError, ParamError};

/// Defines loss functions in index notation.
#[macro_export]
macro_rules! loss {
    ($($spec:tt)*) => {
        $crate::__private::loss_impl! { crate = $crate; $($spec)* }
    };
}

/// The code that [`loss!`] generates for these definitions, as formatted text: for snapshots.
#[macro_export]
macro_rules! expansion {
    ($($spec:tt)*) => {
        $crate::__private::expansion_impl! { $($spec)* }
    };
}
