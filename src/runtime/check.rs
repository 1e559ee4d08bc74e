//! Checks of arguments: made before anything is computed, so that no operation meets bad input.

use super::host::Table;
use crate::error::{LossError, ParamError};
use dfdx::shapes::{Dtype, HasShape, Shape};
use dfdx::tensor::{Storage, Tensor};
use std::fmt::{Debug, Display};

/// An index set and the inputs that have it, each with the size it gives the set.
type SetUses<'a> = (&'static str, &'a [(&'static str, usize)]);

/// The sizes of index sets: the same in every input that has the set, and not 0.
pub fn sizes<Err: Debug + Display>(sets: &[SetUses]) -> Result<(), LossError<Err>> {
    sets.iter().try_for_each(|&(set, uses)| size(set, uses))
}

fn size<Err: Debug + Display>(
    set: &'static str,
    uses: &[(&'static str, usize)],
) -> Result<(), LossError<Err>> {
    let Some(&(first, expected)) = uses.first() else { return Ok(()) };
    if expected == 0 {
        return Err(LossError::Empty { set, input: first });
    }
    match uses.iter().find(|(_, found)| *found != expected) {
        Some(&(input, found)) => Err(LossError::Length { set, first, expected, input, found }),
        None => Ok(()),
    }
}

/// One shape for two inputs.
pub fn same_shape<S: Shape, Err: Debug + Display>(
    first: &'static str,
    expected: &S,
    input: &'static str,
    found: &S,
) -> Result<(), LossError<Err>> {
    if expected == found {
        return Ok(());
    }
    let sizes = |shape: &S| shape.concrete().into_iter().collect();
    Err(LossError::Shape { first, expected: sizes(expected), input, found: sizes(found) })
}

/// A fixed element of an index set.
pub fn index<Err: Debug + Display>(
    set: &'static str,
    index: usize,
    size: usize,
) -> Result<(), LossError<Err>> {
    if index < size { Ok(()) } else { Err(LossError::Index { set, index, size }) }
}

/// Class indices into a set of `size` elements; they come back on the host.
pub fn classes<const N: usize, S, D>(
    input: &'static str,
    tensor: &Tensor<S, usize, D>,
    set: &'static str,
    size: usize,
) -> Result<Table<N, usize>, LossError<D::Err>>
where
    S: Shape<Concrete = [usize; N]>,
    D: Storage<usize>,
{
    let table = super::host::read(tensor);
    match table.find(|&class| class >= size) {
        Some((position, value)) => {
            Err(LossError::Class { input, position: position.to_vec(), value, set, size })
        }
        None => Ok(table),
    }
}

/// Every element of an input in the domain that it declares (`inside`).
pub fn domain<S: Shape, E: Dtype, D: Storage<E>, T>(
    input: &'static str,
    tensor: &Tensor<S, E, D, T>,
    inside: impl Fn(f64) -> bool,
    allowed: &'static str,
) -> Result<(), LossError<D::Err>> {
    let values = tensor.as_vec();
    let real = |v: &E| v.to_f64().unwrap_or(f64::NAN);
    let Some(at) = values.iter().position(|v| !inside(real(v))) else { return Ok(()) };
    let mut rest = at;
    let sizes: Vec<usize> = tensor.shape().concrete().into_iter().collect();
    let mut position: Vec<usize> = sizes
        .iter()
        .rev()
        .map(|&size| {
            let place = rest % size;
            rest /= size;
            place
        })
        .collect();
    position.reverse();
    Err(LossError::Domain { input, position, value: real(&values[at]), allowed })
}

/// A hyperparameter: finite, and in its domain (`inside`).
pub fn param(
    loss: &'static str,
    name: &'static str,
    value: f64,
    inside: bool,
    allowed: &'static str,
) -> Result<(), ParamError> {
    if inside && value.is_finite() { Ok(()) } else { Err(ParamError { loss, name, value, allowed }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfdx::prelude::*;

    type Checked = Result<(), LossError<String>>;

    #[test]
    fn sizes_agree_and_are_not_zero() {
        let same: Checked = size("K", &[("a", 3), ("b", 3)]);
        assert_eq!(same, Ok(()));
        let differs: Checked = size("K", &[("a", 3), ("b", 3), ("c", 4)]);
        assert_eq!(
            differs,
            Err(LossError::Length { set: "K", first: "a", expected: 3, input: "c", found: 4 })
        );
        let empty: Checked = size("B", &[("a", 0)]);
        assert_eq!(empty, Err(LossError::Empty { set: "B", input: "a" }));
        let second: Checked = sizes(&[("B", &[("a", 2)]), ("K", &[("a", 3), ("b", 4)])]);
        assert!(second.is_err());
    }

    #[test]
    fn classes_are_found_where_they_are_wrong() {
        let dev = Cpu::default();
        let good = dev.tensor([[0usize, 2], [1, 0]]);
        let table = classes("target", &good, "K", 3).unwrap();
        assert_eq!(table[[0, 1]], 2);
        let bad = dev.tensor([[0usize, 2], [1, 3]]);
        let found = classes("target", &bad, "K", 3).unwrap_err();
        assert_eq!(found.to_string(), "`target[1, 1]` is 3, but `K` has the 3 elements 0..3");
    }

    #[test]
    fn params_are_finite_and_in_their_domain() {
        assert!(param("Focal", "gamma", 2.0, true, "in 0..").is_ok());
        assert!(param("Focal", "gamma", -2.0, false, "in 0..").is_err());
        assert!(param("Focal", "gamma", f64::INFINITY, true, "finite").is_err());
    }
}
