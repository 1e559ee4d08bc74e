//! Operations along a whole line of an array.

use super::real::Real;
use super::sort;

/// Where the elements of a line are: every `step`-th one from `start`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Where the first one is.
    pub start: usize,
    /// From one to the next.
    pub step: usize,
}

/// What is done with a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Along {
    /// Which element stands at each position, ascending.
    Argsort,
    /// Which position each element has, ascending.
    Rank,
    /// The running sum.
    Cumsum,
    /// The running sum from the end.
    CumsumBackward,
}

/// Elements of memory that a line of `len` elements needs.
pub const fn memory(len: usize) -> usize {
    3 * len
}

/// Does it: reads a line of `len` elements, writes another. An index is written as a number.
///
/// # Panics
/// If a line is not inside its array, or `memory` is too short.
pub fn along<F: Real>(
    what: Along,
    len: usize,
    (from, source): (&[F], Line),
    (to, target): (&mut [F], Line),
    memory: &mut [F],
) {
    let (line, rest) = memory.split_at_mut(len);
    let (order, rest) = rest.split_at_mut(len);
    let out = &mut rest[..len];
    for (i, x) in line.iter_mut().enumerate() {
        *x = from[source.start + i * source.step];
    }
    match what {
        Along::Argsort => sort::argsort(line, out),
        Along::Rank => sort::rank(line, order, out),
        Along::Cumsum => cumsum(line.iter().zip(out.iter_mut())),
        Along::CumsumBackward => cumsum(line.iter().zip(out.iter_mut()).rev()),
    }
    for (i, x) in out.iter().enumerate() {
        to[target.start + i * target.step] = *x;
    }
}

/// Added up in double precision, so that long lines keep their digits.
fn cumsum<'a, F: Real>(line: impl Iterator<Item = (&'a F, &'a mut F)>) {
    let mut sum = 0.0;
    for (x, out) in line {
        sum += (*x).to_f64();
        *out = F::of(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(what: Along, from: &[f32], step: usize) -> Vec<f32> {
        let len = from.len() / step;
        let (mut to, mut space) = (vec![-1.0; 2 * len], vec![f32::NAN; memory(len)]);
        let (source, target) = (Line { start: step - 1, step }, Line { start: 1, step: 2 });
        along(what, len, (from, source), (&mut to, target), &mut space);
        assert!(to.iter().step_by(2).all(|&x| x == -1.0));
        to.into_iter().skip(1).step_by(2).collect()
    }

    #[test]
    fn lines_with_any_step() {
        assert_eq!(done(Along::Cumsum, &[1.0, 2.0, 3.0], 1), [1.0, 3.0, 6.0]);
        assert_eq!(done(Along::CumsumBackward, &[9.0, 1.0, 9.0, 2.0, 9.0, 3.0], 2), [6.0, 5.0, 3.0]);
        assert_eq!(done(Along::Argsort, &[3.0, 1.0, 2.0], 1), [1.0, 2.0, 0.0]);
        assert_eq!(done(Along::Rank, &[0.0, 3.0, 0.0, 1.0, 0.0, 2.0], 2), [2.0, 0.0, 1.0]);
    }

    #[test]
    fn long_sums_keep_their_digits() {
        let line = vec![0.1f32; if cfg!(miri) { 1000 } else { 100_000 }];
        let sum = *done(Along::Cumsum, &line, 1).last().unwrap();
        let exact = 0.1 * line.len() as f32;
        assert!((sum - exact).abs() < 1e-6 * exact, "{sum}");
    }
}
