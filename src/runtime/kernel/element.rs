//! Single elements and parts of arrays that the caller may not want: those arrays are empty.

use super::real::Real;
use std::cell::Cell;
use std::ops::{AddAssign, MulAssign};

/// Writes an element, if there is an array.
///
/// # Panics
/// If the array ends before it.
#[cfg_attr(optimised, inline(always))]
pub fn set<F: Copy>(data: &mut [F], at: usize, value: F) {
    if !data.is_empty() {
        data[at] = value;
    }
}

/// Adds to an element, if there is an array.
///
/// # Panics
/// If the array ends before it.
#[cfg_attr(optimised, inline(always))]
pub fn add<F: AddAssign + Copy>(data: &mut [F], at: usize, value: F) {
    if !data.is_empty() {
        data[at] += value;
    }
}

/// Multiplies an element, if there is an array.
///
/// # Panics
/// If the array ends before it.
#[cfg_attr(optimised, inline(always))]
pub fn mul<F: MulAssign + Copy>(data: &mut [F], at: usize, value: F) {
    if !data.is_empty() {
        data[at] *= value;
    }
}

/// The larger one; NaN if one is.
#[cfg_attr(optimised, inline(always))]
pub fn larger<F: Real>(old: F, new: F) -> F {
    if new > old || new.is_nan() { new } else { old }
}

/// The larger one; the first if one is NaN.
#[cfg_attr(optimised, inline(always))]
pub fn above<F: Real>(old: F, new: F) -> F {
    if new > old { new } else { old }
}

/// The smaller one; NaN if one is.
#[cfg_attr(optimised, inline(always))]
pub fn smaller<F: Real>(old: F, new: F) -> F {
    if new < old || new.is_nan() { new } else { old }
}

/// Keeps the larger of an element and a value, NaN if one is, if there is an array.
///
/// # Panics
/// If the array ends before it.
#[cfg_attr(optimised, inline(always))]
pub fn max<F: Real>(data: &mut [F], at: usize, value: F) {
    if !data.is_empty() {
        data[at] = larger(data[at], value);
    }
}

/// Keeps the larger of an element and a value, the element if one is NaN, if there is an array.
///
/// # Panics
/// If the array ends before it.
#[cfg_attr(optimised, inline(always))]
pub fn peak<F: Real>(data: &mut [F], at: usize, value: F) {
    if !data.is_empty() {
        data[at] = above(data[at], value);
    }
}

/// Keeps the smaller of an element and a value, NaN if one is, if there is an array.
///
/// # Panics
/// If the array ends before it.
#[cfg_attr(optimised, inline(always))]
pub fn min<F: Real>(data: &mut [F], at: usize, value: F) {
    if !data.is_empty() {
        data[at] = smaller(data[at], value);
    }
}

/// The elements from `start` on; of an empty array, none.
///
/// # Panics
/// If the array ends before `start`.
#[cfg_attr(optimised, inline(always))]
pub fn from<F>(data: &mut [F], start: usize) -> &mut [F] {
    if data.is_empty() { data } else { &mut data[start..] }
}

/// `len` elements from `start` on, all set to `value`; of an empty array, none.
///
/// # Panics
/// If the array ends before them.
#[cfg_attr(optimised, inline(always))]
pub fn fill<F: Real>(data: &mut [F], start: usize, len: usize, value: F) {
    if !data.is_empty() {
        data[start..start + len].fill(value);
    }
}

/// The elements from `start` on, to read and to write in one sweep.
///
/// # Panics
/// If the array ends before `start`.
#[cfg_attr(optimised, inline(always))]
pub fn cells<F>(data: &mut [F], start: usize) -> &[Cell<F>] {
    Cell::from_mut(&mut data[start..]).as_slice_of_cells()
}

/// As [`cells`]; if there is no array, those of another one.
///
/// # Panics
/// If the array ends before `start`.
#[cfg_attr(optimised, inline(always))]
pub fn cells_or<'a, F>(data: &'a mut [F], start: usize, other: &'a mut [F]) -> &'a [Cell<F>] {
    if data.is_empty() { cells(other, 0) } else { cells(data, start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_changed() {
        let mut x = [1.0f32, 2.0, 3.0];
        set(&mut x, 0, 5.0);
        add(&mut x, 1, 5.0);
        mul(&mut x, 2, 5.0);
        assert_eq!(x, [5.0, 7.0, 15.0]);
        max(&mut x, 0, 9.0);
        max(&mut x, 1, 6.0);
        min(&mut x, 2, 1.0);
        assert_eq!(x, [9.0, 7.0, 1.0]);
        fill(from(&mut x, 1), 1, 1, 0.0);
        assert_eq!(x, [9.0, 7.0, 0.0]);
    }

    #[test]
    fn cells_are_of_the_array_if_there_is_one() {
        let (mut x, mut other) = ([1, 2, 3], [4, 5, 6]);
        cells_or(&mut x, 1, &mut other)[0].set(7);
        cells_or(&mut [], 1, &mut other)[1].set(8);
        assert_eq!((x, other), ([1, 7, 3], [4, 8, 6]));
        assert!(cells(&mut x, 3).is_empty());
    }

    #[test]
    fn nan_is_larger_and_smaller_than_all() {
        for better in [larger, smaller] {
            assert!(better(f32::NAN, 1.0).is_nan() && better(1.0, f32::NAN).is_nan());
        }
        assert_eq!((larger(1.0, 2.0), smaller(1.0, 2.0)), (2.0, 1.0));
        assert_eq!((above(1.0, f32::NAN), above(1.0, 2.0), above(2.0, 1.0)), (1.0, 2.0, 2.0));
    }

    #[test]
    fn an_empty_array_is_skipped() {
        let none: &mut [f64] = &mut [];
        for change in [set, add, mul, max, min, peak] {
            change(none, 4, 1.0);
        }
        fill(none, 4, 2, 1.0);
        assert!(from(none, 3).is_empty());
    }
}
