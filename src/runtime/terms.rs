//! What the named terms of a loss came to.

use crate::LossError;
use crate::report::{Report, Term};
use dfdx::prelude::*;

/// The numbers of a loss's named terms, still on the device. They are on no tape, and nothing waits for them until
/// [`report`](Terms::report) reads them.
#[derive(Clone, Debug)]
pub struct Terms<E: Dtype, D: Device<E>> {
    numbers: Tensor<(usize,), E, D>,
    names: &'static [&'static str],
    sigmas: bool,
}

impl<E: Dtype, D: Device<E>> Terms<E, D> {
    /// The names of the terms.
    #[must_use]
    pub fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// Reads the numbers: on a GPU this waits for them.
    #[must_use]
    pub fn report(&self) -> Report {
        let numbers: Vec<f64> =
            self.numbers.as_vec().iter().map(|n| n.to_f64().unwrap_or(f64::NAN)).collect();
        let width = if self.sigmas { 3 } else { 2 };
        let term = |(&name, numbers): (&&'static str, &[f64])| Term {
            name,
            value: numbers[0],
            weight: numbers[1],
            sigma: numbers.get(2).copied(),
        };
        let terms = self.names.iter().zip(numbers[1..].chunks(width)).map(term).collect();
        Report { total: numbers[0], terms }
    }
}

/// A loss and its terms.
type Reported<E, D, T> = Result<(Tensor<(), E, D, T>, Terms<E, D>), LossError<<D as HasErr>::Err>>;

/// The loss on its tape, and the numbers off it: the loss first, then value, weight and, with `sigmas`, sigma of each
/// term.
pub fn split<const N: usize, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    parts: Tensor<(Const<N>,), E, D, T>,
    names: &'static [&'static str],
    sigmas: bool,
) -> Reported<E, D, T> {
    let index = parts.device().try_tensor_from_vec(vec![0usize], ())?;
    let numbers = parts.retaped::<NoneTape>().try_reshape_like(&(N,))?;
    Ok((parts.try_select(index)?, Terms { numbers, names, sigmas }))
}
