//! The part of a loop that there is anything to do in: the whole numbers between two numbers, both included.

use super::real::Real;
use std::ops::Range;

/// Those of `0..n` that are not below `from` and not above `to`. None if one is NaN.
#[cfg_attr(optimised, inline(always))]
pub fn between<F: Real>(n: usize, from: F, to: F) -> Range<usize> {
    let end = end(n, to);
    let start = if from.is_nan() { end } else { from.to_f64().ceil() as usize };
    start.min(end)..end
}

/// Those of `0..n` that are not below `from`.
#[cfg_attr(optimised, inline(always))]
pub fn from<F: Real>(n: usize, from: F) -> Range<usize> {
    between(n, from, F::infinity())
}

/// Those of `0..n` that are not above `to`.
#[cfg_attr(optimised, inline(always))]
pub fn to<F: Real>(n: usize, to: F) -> Range<usize> {
    0..end(n, to)
}

/// The one of `0..n` that is `at`, if there is one.
#[cfg_attr(optimised, inline(always))]
pub fn single<F: Real>(n: usize, at: F) -> Range<usize> {
    between(n, at, at)
}

/// Conversion from a float stops at 0 and at the largest number, and makes 0 of NaN.
#[cfg_attr(optimised, inline(always))]
fn end<F: Real>(n: usize, to: F) -> usize {
    ((to.to_f64().floor() + 1.0) as usize).min(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_between_two() {
        assert_eq!(between(10, 2.0, 4.0), 2..5);
        assert_eq!(between(10, 2.5, 4.5), 3..5);
        assert_eq!(between(10, -3.0, 100.0), 0..10);
        assert_eq!(between(0, 0.0, 0.0), 0..0);
        assert_eq!(from(10, 7.5_f32), 8..10);
        assert_eq!(to(10, 7.5_f32), 0..8);
        assert_eq!(single(10, 9.0), 9..10);
    }

    #[test]
    fn none() {
        for empty in [
            single(10, 2.5),
            single(10, 10.0),
            single(10, -1.0),
            between(10, 6.0, 3.0),
            between(10, f64::INFINITY, f64::INFINITY),
            between(10, f64::NAN, 3.0),
            between(10, 3.0, f64::NAN),
            from(10, f64::NAN),
            to(10, f64::NAN),
            to(10, f64::NEG_INFINITY),
        ] {
            assert!(empty.is_empty() && empty.end <= 10, "{empty:?}");
        }
        assert_eq!(between(10, f64::NEG_INFINITY, f64::INFINITY), 0..10);
    }
}
