//! What runs along a line of an array, from either end, other than a sum: each element of the result is made of those
//! that have come so far. What is added up is so in double precision.

use super::along::Line;
use super::arch::Arch;
use super::element::{larger, smaller};
use super::real::Real;
use std::hint::select_unpredictable as select;

/// Elements that are computed at once where they do not wait for each other.
const BLOCK: usize = 32;

/// How far a line goes, and from where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// Its elements.
    pub len: usize,
    /// From the last one to the first.
    pub backward: bool,
}

impl Way {
    /// Where the element is to which one comes after `i` others.
    #[cfg_attr(optimised, inline(always))]
    fn at(self, line: Line, i: usize) -> usize {
        line.start + line.step * if self.backward { self.len - 1 - i } else { i }
    }

    /// The first element and the number of elements of each block.
    fn blocks(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len).step_by(BLOCK).map(move |first| (first, BLOCK.min(self.len - first)))
    }

    /// Some elements, and 0 behind them.
    #[cfg_attr(optimised, inline(always))]
    fn read<F: Real>(self, (data, line): (&[F], Line), (first, count): (usize, usize)) -> [f64; BLOCK] {
        let mut block = [0.0; BLOCK];
        for (i, x) in block[..count].iter_mut().enumerate() {
            *x = data[self.at(line, first + i)].to_f64();
        }
        block
    }

    #[cfg_attr(optimised, inline(always))]
    fn write<F: Real>(
        self,
        (data, line): (&mut [F], Line),
        (first, count): (usize, usize),
        block: &[f64; BLOCK],
    ) {
        for (i, x) in block[..count].iter().enumerate() {
            data[self.at(line, first + i)] = F::of(*x);
        }
    }
}

/// `logsumexp` of what has come so far: the largest element, and the sum of exponentials relative to it, which is
/// scaled whenever a larger one comes. NaN stays from where it is.
///
/// # Panics
/// If a line is not inside its array.
#[cfg_attr(optimised, inline(always))]
pub fn logsumexp<A: Arch, F: Real>(cpu: A, way: Way, source: (&[F], Line), (to, target): (&mut [F], Line)) {
    let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
    for block in way.blocks() {
        let mut terms = way.read(source, block);
        let (mut shifts, mut scales) = ([0.0; BLOCK], [0.0; BLOCK]);
        for i in 0..block.1 {
            // No element is relative to an infinite one.
            let finite = |x: f64| select(x.is_infinite(), 0.0, x);
            let next = larger(largest, terms[i]);
            (shifts[i], scales[i]) = (finite(next), finite(largest) - finite(next));
            largest = next;
        }
        for i in 0..BLOCK {
            terms[i] = cpu.exp(terms[i] - shifts[i]);
            // Above 0 only at the first finite element, where the sum is 0, and at infinity, where it will be infinite.
            scales[i] = cpu.exp(cpu.min(scales[i], 0.0));
        }
        for i in 0..block.1 {
            sum = sum * scales[i] + terms[i];
            terms[i] = sum;
        }
        for i in 0..BLOCK {
            terms[i] = shifts[i] + cpu.ln(terms[i]);
        }
        way.write((to, target), block, &terms);
    }
}

/// The sum of the weights (1 if there are none) of what has come so far, each times `exp(y here - y there)`, for a `y`
/// that never rises on the way.
///
/// # Panics
/// If a line is not inside its array.
#[cfg_attr(optimised, inline(always))]
pub fn fading<A: Arch, F: Real>(
    cpu: A,
    way: Way,
    source: (&[F], Line),
    weights: Option<(&[F], Line)>,
    (to, target): (&mut [F], Line),
) {
    let (mut before, mut sum) = (0.0, 0.0);
    for block in way.blocks() {
        let y = way.read(source, block);
        let mut scales = y;
        for i in 0..block.1 {
            let last = if i == 0 { before } else { y[i - 1] };
            // Two infinities are equal, too.
            scales[i] = select(y[i] == last, 0.0, y[i] - last);
        }
        before = y[block.1 - 1];
        for scale in &mut scales {
            *scale = cpu.exp(*scale);
        }
        // Nothing stands before the first element, whatever y is there.
        scales[0] = if block.0 == 0 { 0.0 } else { scales[0] };
        let mut sums = weights.map_or([1.0; BLOCK], |weights| way.read(weights, block));
        for i in 0..block.1 {
            sum = sum * scales[i] + sums[i];
            sums[i] = sum;
        }
        way.write((to, target), block, &sums);
    }
}

/// The sum of the weights (1 if there are none) of what has come since `y` has changed.
///
/// # Panics
/// If a line is not inside its array.
#[cfg_attr(optimised, inline(always))]
pub fn standing<A: Arch, F: Real>(
    _cpu: A,
    way: Way,
    (y, line): (&[F], Line),
    weights: Option<(&[F], Line)>,
    (to, target): (&mut [F], Line),
) {
    let (mut before, mut sum) = (F::nan(), 0.0);
    for i in 0..way.len {
        let here = y[way.at(line, i)];
        let weight = weights.map_or(1.0, |(data, line)| data[way.at(line, i)].to_f64());
        sum = if here == before { sum + weight } else { weight };
        before = here;
        to[way.at(target, i)] = F::of(sum);
    }
}

/// The element that came last, and `first` where none has.
///
/// # Panics
/// If a line is not inside its array.
#[cfg_attr(optimised, inline(always))]
pub fn before<A: Arch, F: Real>(
    _cpu: A,
    way: Way,
    (from, source): (&[F], Line),
    first: F,
    (to, target): (&mut [F], Line),
) {
    let mut last = first;
    for i in 0..way.len {
        to[way.at(target, i)] = last;
        last = from[way.at(source, i)];
    }
}

/// The largest of what has come so far. NaN stays from where it is.
///
/// # Panics
/// If a line is not inside its array.
#[cfg_attr(optimised, inline(always))]
pub fn max<A: Arch, F: Real>(_cpu: A, way: Way, source: (&[F], Line), target: (&mut [F], Line)) {
    extremum(way, source, target, F::neg_infinity(), larger);
}

/// The smallest of what has come so far. NaN stays from where it is.
///
/// # Panics
/// If a line is not inside its array.
#[cfg_attr(optimised, inline(always))]
pub fn min<A: Arch, F: Real>(_cpu: A, way: Way, source: (&[F], Line), target: (&mut [F], Line)) {
    extremum(way, source, target, F::infinity(), smaller);
}

#[cfg_attr(optimised, inline(always))]
fn extremum<F: Real>(
    way: Way,
    (from, source): (&[F], Line),
    (to, target): (&mut [F], Line),
    neutral: F,
    better: impl Fn(F, F) -> F,
) {
    let mut best = neutral;
    for i in 0..way.len {
        best = better(best, from[way.at(source, i)]);
        to[way.at(target, i)] = best;
    }
}

#[cfg(test)]
mod tests {
    use super::super::arch::{Level, Task, dispatch_at};
    use super::*;

    const DENSE: Line = Line { start: 0, step: 1 };

    /// What each function makes of a line.
    struct All<'a, F>(Way, &'a [F], Option<&'a [F]>);

    impl<F: Real> Task for All<'_, F> {
        type Output = [Vec<F>; 5];
        #[cfg_attr(optimised, inline(always))]
        fn run<A: Arch>(self, cpu: A) -> [Vec<F>; 5] {
            let All(way, x, weights) = self;
            let (weights, mut out) =
                (weights.map(|w| (w, DENSE)), [(); 5].map(|()| vec![F::zero(); x.len()]));
            let [sums, fades, stands, most, least] = &mut out;
            logsumexp(cpu, way, (x, DENSE), (sums, DENSE));
            fading(cpu, way, (x, DENSE), weights, (fades, DENSE));
            standing(cpu, way, (x, DENSE), weights, (stands, DENSE));
            max(cpu, way, (x, DENSE), (most, DENSE));
            min(cpu, way, (x, DENSE), (least, DENSE));
            out
        }
    }

    fn done<F: Real>(level: Level, backward: bool, x: &[F], weights: Option<&[F]>) -> [Vec<F>; 5] {
        dispatch_at(level, All(Way { len: x.len(), backward }, x, weights))
    }

    /// At each level: lines of these lengths, of numbers this far apart.
    fn cases() -> impl Iterator<Item = (Level, usize, f64)> {
        let longest = if cfg!(miri) { 65 } else { 1000 };
        let lengths = [0, 1, 2, 31, 32, 33, 64, longest];
        let scaled = lengths.into_iter().flat_map(|len| [1e-3, 1.0, 30.0, 1e4].map(|scale| (len, scale)));
        Level::all().flat_map(move |level| scaled.clone().map(move |(len, scale)| (level, len, scale)))
    }

    fn plain(x: &[f64]) -> f64 {
        let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shift = if largest.is_infinite() { 0.0 } else { largest };
        shift + x.iter().map(|x| (x - shift).exp()).sum::<f64>().ln()
    }

    fn numbers(len: usize, scale: f64) -> Vec<f64> {
        (0..len).map(|i| f64::from((((i * 7919) % 1013) as f64 / 506.0 - 1.0) as f32) * scale).collect()
    }

    fn against_plain<F: Real>(tolerance: f64) {
        for (level, len, scale) in cases() {
            let exact = numbers(len, scale);
            let x: Vec<F> = exact.iter().map(|&x| F::of(x)).collect();
            let exact: Vec<f64> = x.iter().map(|&x| x.to_f64()).collect();
            for (backward, y) in [false, true].map(|backward| (backward, done(level, backward, &x, None))) {
                for i in 0..len {
                    let so_far = if backward { &exact[i..] } else { &exact[..=i] };
                    let (wanted, found) = (plain(so_far), y[0][i].to_f64());
                    let scale = wanted.abs().max(1.0);
                    assert!((found - wanted).abs() <= tolerance * scale, "{i} of {len}: {found} {wanted}");
                    assert_eq!(y[3][i].to_f64(), so_far.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                    assert_eq!(y[4][i].to_f64(), so_far.iter().copied().fold(f64::INFINITY, f64::min));
                }
            }
        }
    }

    #[test]
    fn prefixes_and_suffixes() {
        against_plain::<f64>(1e-14);
        against_plain::<f32>(2e-7);
    }

    #[test]
    fn fading_sums() {
        for (level, len, scale) in cases() {
            let mut y = numbers(len, scale);
            y.sort_by(|a, b| b.total_cmp(a));
            let weights = numbers(len, 1.0);
            let (ones, weighed) = (done(level, false, &y, None), done(level, false, &y, Some(&weights)));
            for i in 0..len {
                let sum =
                    |w: &dyn Fn(usize) -> f64| -> f64 { (0..=i).map(|j| w(j) * (y[i] - y[j]).exp()).sum() };
                assert!((ones[1][i] - sum(&|_| 1.0)).abs() <= 1e-13 * sum(&|_| 1.0));
                let size = sum(&|j| weights[j].abs());
                assert!((weighed[1][i] - sum(&|j| weights[j])).abs() <= 1e-13 * size);
                let same = (0..=i).filter(|&j| y[j] == y[i]);
                assert!((weighed[2][i] - same.map(|j| weights[j]).sum::<f64>()).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn infinities_and_nan() {
        Level::all().for_each(infinities);
    }

    fn infinities(level: Level) {
        let (low, high, nan) = (f32::NEG_INFINITY, f32::INFINITY, f32::NAN);
        let [sums, fades, stands, most, least] =
            done(level, false, &[low, low, -1e4, low, 1e4, high, 1.0], None);
        assert_eq!(sums, [low, low, -1e4, -1e4, 1e4, high, high]);
        assert_eq!(most, sums);
        assert_eq!(least, [low; 7]);
        assert_eq!((fades[1], stands[1]), (2.0, 2.0));
        let falling = done(level, false, &[high, high, 1e4, -1e4, low, low], None);
        assert_eq!(falling[1], [1.0, 2.0, 1.0, 1.0, 1.0, 2.0]);
        assert_eq!(falling[2], falling[1]);
        for x in [
            done(level, false, &[1.0, nan, 2.0, low, high], None),
            done(level, true, &[high, low, 2.0, nan, 1.0], None),
        ] {
            for run in [0, 1, 3, 4].map(|i| &x[i]) {
                assert_eq!(run.iter().filter(|x| x.is_nan()).count(), 4, "{run:?}");
            }
        }
    }

    #[test]
    fn elements_one_place_earlier() {
        for level in Level::all() {
            let found = |backward| dispatch_at(level, Earlier(Way { len: 3, backward }, &[1.0, 2.0, 3.0]));
            assert_eq!(found(false), [f32::NEG_INFINITY, 1.0, 2.0]);
            assert_eq!(found(true), [2.0, 3.0, f32::NEG_INFINITY]);
        }
    }

    struct Earlier<'a>(Way, &'a [f32]);

    impl Task for Earlier<'_> {
        type Output = Vec<f32>;
        #[cfg_attr(optimised, inline(always))]
        fn run<A: Arch>(self, cpu: A) -> Vec<f32> {
            let mut out = vec![0.0; self.1.len()];
            before(cpu, self.0, (self.1, DENSE), f32::NEG_INFINITY, (&mut out, DENSE));
            out
        }
    }

    #[test]
    fn lines_with_any_step() {
        let (x, mut to) = ([9.0, 0.0, 9.0, 0.0, 9.0, 0.0], [-1.0; 8]);
        let way = Way { len: 3, backward: true };
        let (source, target) = (Line { start: 1, step: 2 }, Line { start: 1, step: 3 });
        max(super::super::arch::Portable, way, (&x, source), (&mut to, target));
        assert_eq!(to, [-1.0, 0.0, -1.0, -1.0, 0.0, -1.0, -1.0, 0.0]);
    }
}
