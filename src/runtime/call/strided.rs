//! Calls from kernels: of arrays with strides, not of tensors.

use super::{Function, Given, Wrong, gradients, values, within};
use crate::runtime::kernel::real::Real;

/// For each axis its size, and how far apart neighbours along it are. The axes that count slices come first.
type Layout<'a> = &'a [(usize, usize)];

/// An array that takes what a function gives.
type Place<'a, F> = (&'a mut [F], Layout<'a>);

/// An operand whose first `outer` axes count slices.
pub fn taken<F: Real>(data: &[F], layout: Layout, outer: usize) -> Given {
    let values = (0..count(layout)).map(|at| data[offset(at, layout)].to_f64()).collect();
    Given { values, sizes: layout[outer..].iter().map(|axis| axis.0).collect() }
}

fn count(layout: Layout) -> usize {
    layout.iter().map(|axis| axis.0).product()
}

/// Where an element stands, by its number in row-major order.
fn offset(mut at: usize, layout: Layout) -> usize {
    let mut offset = 0;
    for &(size, step) in layout.iter().rev() {
        offset += at % size * step;
        at /= size;
    }
    offset
}

fn put<F: Real>((to, layout): Place<F>, values: impl Iterator<Item = f64>) {
    for (at, value) in values.enumerate() {
        to[offset(at, layout)] = F::of(value);
    }
}

/// How many elements a function gives for a slice.
fn length<F>((_, layout): &Place<F>, outer: &[usize]) -> usize {
    count(&layout[outer.len()..])
}

/// Writes the indices that a function gives.
///
/// # Errors
/// If the function has one, or gives too many or few indices, or one that the set does not have.
pub fn give_indices<F: Real>(
    function: &Function<usize>,
    outer: &[usize],
    (set, size): (&'static str, usize),
    operands: &[Given],
    place: Place<F>,
) -> Result<(), Wrong> {
    let operands: Vec<&Given> = operands.iter().collect();
    let found = values(function, outer, &operands, length(&place, outer), within(set, size))?;
    put(place, found.into_iter().map(|index| index as f64));
    Ok(())
}

/// Writes the numbers that a function gives.
///
/// # Errors
/// If the function has one, or gives too many or few numbers.
pub fn give_numbers<F: Real>(
    function: &Function<f64>,
    outer: &[usize],
    operands: &[Given],
    place: Place<F>,
) -> Result<(), Wrong> {
    let operands: Vec<&Given> = operands.iter().collect();
    let found = values(function, outer, &operands, length(&place, outer), |_, _| Ok(()))?;
    put(place, found.into_iter());
    Ok(())
}

/// Writes the gradients of a function by some of its inputs. The operands end with the value and the gradient that
/// comes from upstream.
///
/// # Errors
/// If the gradient has one, or gives too many or few numbers.
pub fn give_gradients<F: Real>(
    function: &Function<f64>,
    outer: &[usize],
    operands: &[Given],
    places: &mut [(usize, Place<F>)],
) -> Result<(), Wrong> {
    let operands: Vec<&Given> = operands.iter().collect();
    let mut found = gradients(function, outer, &operands)?;
    for (input, (to, layout)) in places {
        put((to, layout), std::mem::take(&mut found[*input]).into_iter());
    }
    Ok(())
}

/// On the way back nobody takes an error.
///
/// # Panics
/// If there is one.
pub fn insist(called: Result<(), Wrong>) {
    called.unwrap_or_else(|wrong| wrong.panic());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Slice;

    /// A matrix by columns, as kernels may have it.
    const COLUMNS: [(usize, usize); 2] = [(2, 1), (3, 2)];

    fn sums(of: &[Slice<'_>]) -> Result<Vec<f64>, String> {
        if of[0].contains(&9.0) { Err("a nine".to_owned()) } else { Ok(vec![of[0].iter().sum::<f64>(), 0.5]) }
    }

    #[test]
    fn slices_are_read_and_written_where_they_stand() {
        let data = [0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0];
        let function = Function { name: "sums", value: sums, gradient: None, by: &[true] };
        let mut to = [0.0f32; 4];
        give_numbers(&function, &[2], &[taken(&data, &COLUMNS, 1)], (&mut to, &[(2, 1), (2, 2)])).unwrap();
        assert_eq!(to, [6.0, 9.0, 0.5, 0.5]);
    }

    #[test]
    fn errors_name_the_slice() {
        let data = [0.0f64, 1.0, 2.0, 9.0, 4.0, 5.0];
        let function = Function { name: "sums", value: sums, gradient: None, by: &[true] };
        let operands = [taken(&data, &COLUMNS, 1)];
        let wrong = give_numbers(&function, &[2], &operands, (&mut [0.0; 4], &[(2, 2), (2, 1)])).unwrap_err();
        assert_eq!((wrong.slice, wrong.reason.as_str()), (vec![1], "a nine"));
        let places = &mut [(0, (&mut [0.0; 2][..], &[(2, 1)][..]))];
        let missing = give_gradients::<f64>(
            &function,
            &[2],
            &[operands[0].clone(), operands[0].clone(), operands[0].clone()],
            places,
        );
        assert!(missing.unwrap_err().gradient);
    }
}
