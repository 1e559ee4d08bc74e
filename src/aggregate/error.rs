//! Why gradients could not be combined.

/// What is wrong with an aggregator's parameters or with what it is given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AggregateError {
    /// A parameter that an aggregator cannot have.
    #[error("`{parameter}` of `{aggregator}` is {value}, but has to be {allowed}")]
    Parameter {
        /// The aggregator.
        aggregator: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A gradient with an entry that is NaN or infinite.
    #[error("the gradient of task {task} is not finite: entry {entry} is {value}")]
    NotFinite {
        /// The task, from 0.
        task: usize,
        /// The first such entry of its gradient.
        entry: usize,
        /// Its value.
        value: f64,
    },
    /// A gradient so large that its square is not finite.
    #[error("the gradient of task {task} is too large: its square is not finite")]
    Overflow {
        /// The task, from 0.
        task: usize,
    },
    /// A number of tasks that the aggregator cannot work with.
    #[error("`{aggregator}` has {tasks} tasks, but needs {allowed}")]
    Tasks {
        /// The aggregator.
        aggregator: &'static str,
        /// The number of tasks.
        tasks: usize,
        /// What is allowed.
        allowed: String,
    },
    /// A gradient, or an argument, of a length other than expected.
    #[error("`{what}` has length {length}, but {expected} was expected")]
    Length {
        /// What has that length.
        what: &'static str,
        /// Its length.
        length: usize,
        /// The length expected.
        expected: usize,
    },
    /// An inner problem without a solution, or one that was not found.
    #[error("`{aggregator}` found no solution: {reason}")]
    NoSolution {
        /// The aggregator.
        aggregator: &'static str,
        /// Why.
        reason: &'static str,
    },
}
