//! One array of several: what chunks of rows have reduced, each for itself.

use super::pool::Buffer;
use super::real::Real;

/// How the arrays of chunks become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Merge {
    /// By addition.
    Sum,
    /// By multiplication.
    Prod,
    /// By the larger one; NaN wins.
    Max,
    /// By the smaller one; NaN wins.
    Min,
}

impl Merge {
    /// One element out of two.
    fn join<F: Real>(self, a: F, b: F) -> F {
        match self {
            Merge::Sum => a + b,
            Merge::Prod => a * b,
            Merge::Max if b > a || b.is_nan() => b,
            Merge::Min if b < a || b.is_nan() => b,
            Merge::Max | Merge::Min => a,
        }
    }
}

/// Joins the arrays of `len` elements that `chunks` chunks wrote, in order, to the one that remains. An empty array
/// stays empty.
pub fn merge<F: Real>(partial: &mut Buffer<F>, chunks: usize, len: usize, how: Merge) {
    if partial.is_empty() || len == 0 {
        return;
    }
    let (whole, rest) = partial[..chunks * len].split_at_mut(len);
    for part in rest.chunks_exact(len) {
        for (a, &b) in whole.iter_mut().zip(part) {
            *a = how.join(*a, b);
        }
    }
    partial.truncate(len);
}

/// Adds one array to another; nothing if the other is empty.
pub fn add_all<F: Real>(to: &mut [F], from: &[F]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += *from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_joins_in_order() {
        let parts = [1.0, 2.0, 3.0, f64::NAN, 5.0, 6.0];
        let merged = |how| {
            let mut partial = Buffer::any(parts.len());
            partial.copy_from_slice(&parts);
            merge(&mut partial, 3, 2, how);
            <[f64; 2]>::try_from(&partial[..]).expect("what was merged")
        };
        assert_eq!(merged(Merge::Sum)[0], 9.0);
        assert_eq!(merged(Merge::Prod)[0], 15.0);
        assert_eq!(merged(Merge::Max)[0], 5.0);
        assert_eq!(merged(Merge::Min)[0], 1.0);
        for how in [Merge::Sum, Merge::Prod, Merge::Max, Merge::Min] {
            assert!(merged(how)[1].is_nan());
        }
        let mut empty = Buffer::<f32>::any(0);
        merge(&mut empty, 4, 0, Merge::Sum);
        merge(&mut empty, 4, 3, Merge::Sum);
        assert!(empty.is_empty());
    }
}
