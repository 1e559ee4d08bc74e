//! Functions of your own inside a spec: what they are given, and what they may give back.
//!
//! [`loss!`](crate::loss) declares them with `extern`; its documentation explains how. A function is called once for
//! each slice along its axes, with one [`Slice`] for each input, in `f64` whatever the dtype of the tensors. It gives
//! [`Numbers`], or [`Places`] if it is declared with `-> [..] -> Set`. Its gradient gets the inputs, then what the
//! function gave, then the gradient of the loss by that, and gives [`Gradients`]: one for each input that is not
//! `data`. Any of them may be a `Result`, whose error becomes [`LossError::Host`](crate::LossError::Host).
//!
//! ```
//! use dfdx_loss::host::Slice;
//!
//! fn half_square(x: Slice) -> f64 {
//!     x.iter().map(|x| x * x).sum::<f64>() / 2.0
//! }
//!
//! fn half_square_gradient(x: Slice, _value: Slice, upstream: Slice) -> Vec<f64> {
//!     x.iter().map(|x| x * upstream[[]]).collect()
//! }
//! ```

use std::fmt::Display;
use std::ops::{Deref, Index};

/// A dense array of `f64`, row-major: an operand along the axes that it is declared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice<'a> {
    values: &'a [f64],
    sizes: &'a [usize],
}

impl<'a> Slice<'a> {
    /// These values with axes of these sizes.
    ///
    /// # Panics
    /// If there are not as many values as the sizes tell.
    #[must_use]
    pub fn new(values: &'a [f64], sizes: &'a [usize]) -> Self {
        let count: usize = sizes.iter().product();
        assert_eq!(values.len(), count, "axes of the sizes {sizes:?} have {count} values");
        Slice { values, sizes }
    }

    /// All values in order.
    #[must_use]
    pub fn values(self) -> &'a [f64] {
        self.values
    }

    /// The length of each axis, in the order declared.
    #[must_use]
    pub fn sizes(self) -> &'a [usize] {
        self.sizes
    }
}

impl Deref for Slice<'_> {
    type Target = [f64];
    fn deref(&self) -> &[f64] {
        self.values
    }
}

impl Index<usize> for Slice<'_> {
    type Output = f64;
    fn index(&self, at: usize) -> &f64 {
        &self.values[at]
    }
}

impl<const N: usize> Index<[usize; N]> for Slice<'_> {
    type Output = f64;
    fn index(&self, index: [usize; N]) -> &f64 {
        assert_eq!(N, self.sizes.len(), "a slice with {} axes has as many indices", self.sizes.len());
        let at = index.iter().zip(self.sizes).fold(0, |at, (&i, &size)| {
            assert!(i < size, "index {i} of an axis of length {size}");
            at * size + i
        });
        &self.values[at]
    }
}

/// What a function gives: row-major, over the axes that it is declared with.
#[diagnostic::on_unimplemented(
    message = "a host function gives `f64`, `Vec<f64>`, or a `Result` of one of them, not `{Self}`",
    label = "declared with numbers as its result"
)]
pub trait Numbers {
    /// The numbers, or what went wrong.
    fn numbers(self) -> Result<Vec<f64>, String>;
}

impl Numbers for f64 {
    fn numbers(self) -> Result<Vec<f64>, String> {
        Ok(vec![self])
    }
}

impl Numbers for Vec<f64> {
    fn numbers(self) -> Result<Vec<f64>, String> {
        Ok(self)
    }
}

impl<V: Numbers, E: Display> Numbers for Result<V, E> {
    fn numbers(self) -> Result<Vec<f64>, String> {
        self.map_err(|error| error.to_string())?.numbers()
    }
}

/// What a function gives that is declared with indices into a set, from 0.
#[diagnostic::on_unimplemented(
    message = "a host function with indices gives `usize`, `Vec<usize>`, or a `Result` of one of them, not `{Self}`",
    label = "declared with indices as its result"
)]
pub trait Places {
    /// The indices, or what went wrong.
    fn places(self) -> Result<Vec<usize>, String>;
}

impl Places for usize {
    fn places(self) -> Result<Vec<usize>, String> {
        Ok(vec![self])
    }
}

impl Places for Vec<usize> {
    fn places(self) -> Result<Vec<usize>, String> {
        Ok(self)
    }
}

impl<V: Places, E: Display> Places for Result<V, E> {
    fn places(self) -> Result<Vec<usize>, String> {
        self.map_err(|error| error.to_string())?.places()
    }
}

/// What the gradient of a function gives: for each input that is not `data`, as many numbers as that has.
#[diagnostic::on_unimplemented(
    message = "a gradient is `f64` or `Vec<f64>` for one input, `[Vec<f64>; N]` for several, or a `Result` of one of \
               them, not `{Self}`",
    label = "declared as the gradient of a host function"
)]
pub trait Gradients {
    /// The gradients, or what went wrong.
    fn gradients(self) -> Result<Vec<Vec<f64>>, String>;
}

impl Gradients for f64 {
    fn gradients(self) -> Result<Vec<Vec<f64>>, String> {
        Ok(vec![vec![self]])
    }
}

impl Gradients for Vec<f64> {
    fn gradients(self) -> Result<Vec<Vec<f64>>, String> {
        Ok(vec![self])
    }
}

impl<const N: usize> Gradients for [Vec<f64>; N] {
    fn gradients(self) -> Result<Vec<Vec<f64>>, String> {
        Ok(self.into())
    }
}

impl<V: Gradients, E: Display> Gradients for Result<V, E> {
    fn gradients(self) -> Result<Vec<Vec<f64>>, String> {
        self.map_err(|error| error.to_string())?.gradients()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_row_major() {
        let x = Slice::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
        assert_eq!((x[[1, 0]], x[4], x.sizes()), (4.0, 5.0, &[2, 3][..]));
        assert_eq!(Slice::new(&[7.0], &[])[[]], 7.0);
    }

    #[test]
    #[should_panic(expected = "index 3 of an axis of length 3")]
    fn no_index_runs_over_into_the_next_row() {
        let _ = Slice::new(&[0.0; 6], &[2, 3])[[0, 3]];
    }

    #[test]
    fn results_are_what_they_hold() {
        assert_eq!(1.5.numbers(), Ok(vec![1.5]));
        assert_eq!(Err::<f64, _>("no").numbers(), Err("no".to_owned()));
        assert_eq!(Ok::<_, String>(vec![1, 2]).places(), Ok(vec![1, 2]));
        assert_eq!([vec![1.0], vec![]].gradients(), Ok(vec![vec![1.0], vec![]]));
    }
}
