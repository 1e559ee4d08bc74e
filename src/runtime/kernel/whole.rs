//! What is done to an array as a whole, on every core.

use super::arch::Arch;
use super::real::Real;
use super::rows::{Out, Plan, Rows, run};
use std::ops::Range;

/// Whether all elements are 0, of either sign.
pub fn is_zero<F: Real>(data: &[F]) -> bool {
    // Most arrays that are not show it at once.
    let shown = |i: usize| data.get(i).is_some_and(|x| *x != F::zero());
    if shown(0) || shown(data.len() / 2) {
        return false;
    }
    let [chunks] = run(&Others { data }, plan(data.len()), []);
    chunks == 0.0
}

/// `data = by * data`.
pub fn scale<F: Real>(data: &mut [F], by: F) {
    let len = data.len();
    run(&Scaled { by }, plan(len), [Out::rows(data, 1)]);
}

/// `data = data + by * more`.
///
/// # Panics
/// When the arrays differ in length.
pub fn add<F: Real>(data: &mut [F], more: &[F], by: F) {
    assert_eq!(data.len(), more.len(), "arrays of one shape");
    let len = data.len();
    run(&Added { more, by }, plan(len), [Out::rows(data, 1)]);
}

fn plan(len: usize) -> Plan {
    Plan::new(len, 1, usize::MAX)
}

/// Counts the chunks that hold something other than 0.
struct Others<'a, F> {
    data: &'a [F],
}

impl<F: Real> Rows<F, 0, 1> for Others<'_, F> {
    fn scratch(&self) -> usize {
        0
    }

    #[cfg_attr(optimised, inline(always))]
    fn rows<A: Arch>(&self, _: A, rows: Range<usize>, []: [&mut [F]; 0], _: &mut [F]) -> [f64; 1] {
        [f64::from(self.data[rows].chunks(1024).any(|part| !F::are_zero(part)))]
    }
}

struct Scaled<F> {
    by: F,
}

impl<F: Real> Rows<F, 1, 0> for Scaled<F> {
    fn scratch(&self) -> usize {
        0
    }

    #[cfg_attr(optimised, inline(always))]
    fn rows<A: Arch>(&self, _: A, _: Range<usize>, [data]: [&mut [F]; 1], _: &mut [F]) -> [f64; 0] {
        data.iter_mut().for_each(|x| *x *= self.by);
        []
    }
}

struct Added<'a, F> {
    more: &'a [F],
    by: F,
}

impl<F: Real> Rows<F, 1, 0> for Added<'_, F> {
    fn scratch(&self) -> usize {
        0
    }

    #[cfg_attr(optimised, inline(always))]
    fn rows<A: Arch>(&self, _: A, rows: Range<usize>, [data]: [&mut [F]; 1], _: &mut [F]) -> [f64; 0] {
        data.iter_mut().zip(&self.more[rows]).for_each(|(x, more)| *x += self.by * *more);
        []
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [usize; 6] = [0, 1, 63, 64, 65, 1000];

    #[test]
    fn one_element_makes_an_array_other_than_zero() {
        for len in LENGTHS {
            let mut data = vec![0.0f32; len];
            data.iter_mut().step_by(3).for_each(|x| *x = -0.0);
            assert!(is_zero(&data));
            for at in (0..len).step_by(7) {
                for other in [f32::MIN_POSITIVE / 8.0, f32::NAN, f32::INFINITY, -1.0] {
                    let before = std::mem::replace(&mut data[at], other);
                    assert!(!is_zero(&data), "{other} at {at} of {len}");
                    data[at] = before;
                }
            }
        }
    }

    #[test]
    fn arrays_are_scaled_and_added() {
        for len in LENGTHS {
            let more: Vec<f64> = (0..len).map(|i| i as f64).collect();
            let mut data = vec![1.0; len];
            add(&mut data, &more, 2.0);
            scale(&mut data, 0.5);
            assert!(data.iter().zip(&more).all(|(x, i)| *x == 0.5 + i));
        }
    }
}
