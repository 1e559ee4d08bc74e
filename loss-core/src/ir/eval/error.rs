//! What can be wrong with the values given to a program.

use std::fmt;

/// Why a program has no value for the given hyperparameters and inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum EvalError {
    /// Too many or too few hyperparameters or inputs.
    Count {
        /// `hyperparameters` or `inputs`.
        what: &'static str,
        /// How many the program has.
        wanted: usize,
        /// How many were given.
        got: usize,
    },
    /// A number where an array belongs, or the reverse, or an array of the wrong length.
    Hyper {
        /// The hyperparameter.
        name: String,
        /// What belongs there.
        wanted: String,
    },
    /// An input has the wrong number of axes.
    Rank {
        /// The input.
        input: String,
        /// How many axes it is declared with.
        wanted: usize,
        /// How many were given.
        got: usize,
    },
    /// An input's shape and data disagree.
    Length {
        /// The input.
        input: String,
        /// The number of elements by its shape.
        wanted: usize,
        /// The number of elements given.
        got: usize,
    },
    /// An axis is not as long as its set is large.
    Size {
        /// The input.
        input: String,
        /// Which of its axes.
        axis: usize,
        /// The set.
        set: String,
        /// The set's size.
        wanted: usize,
        /// The length given.
        got: usize,
    },
    /// An element of an input is not what it should be.
    Element {
        /// The input.
        input: String,
        /// Where.
        place: Vec<usize>,
        /// The element.
        value: f64,
        /// What is allowed.
        allowed: String,
    },
    /// A fixed element, `x[b, 3]`, that its set does not have.
    OutOfRange {
        /// The set.
        set: String,
        /// The element's number.
        value: f64,
        /// The set's size.
        size: usize,
    },
    /// The size of a set is needed that no input tells.
    UnknownSize {
        /// The set.
        set: String,
    },
    /// The number of rounds of a loop is not a whole number.
    Rounds(f64),
    /// Derivatives were asked of an input that is not real.
    NotReal {
        /// The input.
        input: String,
    },
    /// A function of the host's, which only generated code can call.
    Host {
        /// The function.
        function: String,
    },
    /// The graph breaks one of its own laws.
    Malformed(&'static str),
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { what, wanted, got } => write!(f, "{wanted} {what} wanted, {got} given"),
            Self::Hyper { name, wanted } => write!(f, "hyperparameter `{name}` must be {wanted}"),
            Self::Rank { input, wanted, got } => {
                write!(f, "input `{input}` has {wanted} axes, an array with {got} was given")
            }
            Self::Length { input, wanted, got } => {
                write!(f, "input `{input}` has {got} elements, but its shape has {wanted}")
            }
            Self::Size { input, axis, set, wanted, got } => {
                write!(
                    f,
                    "axis {axis} of input `{input}` has length {got}, but `{set}` has {wanted} elements"
                )
            }
            Self::Element { input, place, value, allowed } => {
                write!(f, "input `{input}` is {value} at {place:?}, allowed is {allowed}")
            }
            Self::OutOfRange { set, value, size } => {
                write!(f, "element {value} of `{set}` is used, but `{set}` has {size} elements")
            }
            Self::UnknownSize { set } => write!(f, "the size of `{set}` is not known"),
            Self::Rounds(count) => write!(f, "a loop cannot have {count} rounds"),
            Self::NotReal { input } => write!(f, "input `{input}` is not real and has no derivative"),
            Self::Host { function } => {
                write!(f, "`{function}` is a function of the host's, which only generated code can call")
            }
            Self::Malformed(what) => write!(f, "malformed graph: {what}"),
        }
    }
}

impl std::error::Error for EvalError {}
