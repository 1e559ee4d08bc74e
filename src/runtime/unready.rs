//! What is said when a loss is applied that is not ready to be.

/// What a loss with schedules would need to be applied without a step. No loss is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has schedules, and is applied at no step",
    label = "this loss changes with the step",
    note = "call `at` first: `loss.at(step).forward(..)`"
)]
pub trait Unstepped<Input> {
    /// What would be computed.
    type Output;

    /// The value that there is not.
    fn unstepped(&self) -> Self::Output;
}

/// What a loss with tensors of its own would need to be applied without them. No loss is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has tensors of its own, and is applied without them",
    label = "this loss is not on a device yet",
    note = "build it first, and apply what that gives: `let loss = loss.build(&device);`"
)]
pub trait Unbuilt<Input> {
    /// What would be computed.
    type Output;

    /// The value that there is not.
    fn unbuilt(&self) -> Self::Output;
}
