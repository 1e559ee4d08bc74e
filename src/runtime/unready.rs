//! What is said when a loss is applied that is not ready to be.

/// What an input would need so that a loss with schedules could take it at no step. No input is like that.
#[diagnostic::on_unimplemented(
    message = "`{Loss}` has schedules, and is applied at no step",
    label = "this loss changes with the step",
    note = "call `at` first: `loss.at(step).forward(..)`"
)]
pub trait Unstepped<Loss> {
    /// What would be computed.
    type Output;

    /// The value that there is not.
    fn unstepped(loss: &Loss) -> Self::Output;
}

/// What an input would need so that a loss could take it without its own tensors. No input is like that.
#[diagnostic::on_unimplemented(
    message = "`{Loss}` has tensors of its own, and is applied without them",
    label = "this loss is not on a device yet",
    note = "build it first, and apply what that gives: `let loss = loss.build(&device);`"
)]
pub trait Unbuilt<Loss> {
    /// What would be computed.
    type Output;

    /// The value that there is not.
    fn unbuilt(loss: &Loss) -> Self::Output;
}
