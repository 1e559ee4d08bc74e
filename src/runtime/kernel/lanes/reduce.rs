//! Sinks that reduce.

use super::super::real::Real;
use super::{Aligned, LANES, POSITION, Sink};
use std::hint::select_unpredictable;
use std::marker::PhantomData;

/// Partial results: as many as a vector has lanes, or two vectors.
const PARTS: usize = 8;

/// Gives each part the result of its lanes, with the `neutral` element instead of lanes from `len` on.
#[cfg_attr(optimised, inline(always))]
fn gather<T: Copy, P>(
    parts: &mut [P; PARTS],
    (lanes, len): (&[T; LANES], usize),
    neutral: T,
    both: impl Fn(T, T) -> T + Copy,
    take: impl Fn(&mut P, T),
) {
    // `PARTS`, which the compiler is kept from knowing: it would unroll the loops and make no vectors of them.
    let count = std::hint::black_box(PARTS) & PARTS;
    // An iterator would tell how many there are.
    #[allow(clippy::needless_range_loop)]
    if len == LANES {
        for part in 0..count {
            take(&mut parts[part], column(|row| lanes[part + row * PARTS], both));
        }
    } else {
        let lane = |lane: usize| select_unpredictable(POSITION.0[lane] < len as i32, lanes[lane], neutral);
        for part in 0..count {
            take(&mut parts[part], column(|row| lane(part + row * PARTS), both));
        }
    }
}

/// Combines the lanes of a part.
#[cfg_attr(optimised, inline(always))]
fn column<T>(lane: impl Fn(usize) -> T, both: impl Fn(T, T) -> T) -> T {
    const { assert!(LANES == 8 * PARTS) };
    both(
        both(both(lane(0), lane(1)), both(lane(2), lane(3))),
        both(both(lane(4), lane(5)), both(lane(6), lane(7))),
    )
}

/// Combines pairs, then pairs of these, and so on.
#[cfg_attr(optimised, inline(always))]
fn fold<T: Copy>(p: [T; PARTS], both: impl Fn(T, T) -> T) -> T {
    let two = |i: usize| both(p[i], p[i + 4]);
    let four = |i: usize| both(two(i), two(i + 2));
    both(four(0), four(1))
}

/// The sum, in double precision.
#[derive(Clone, Copy, Debug)]
pub struct Total<F> {
    parts: Aligned<[f64; PARTS]>,
    real: PhantomData<F>,
}

impl<F: Real> Total<F> {
    /// 0 so far.
    #[cfg_attr(optimised, inline(always))]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Total<F> {
        Total { parts: Aligned([0.0; PARTS]), real: PhantomData }
    }
}

impl<F: Real> Sink for Total<F> {
    type Item = F;
    type Lane = F;
    type Result = f64;

    #[cfg_attr(optimised, inline(always))]
    fn lane(item: F) -> F {
        item
    }

    #[cfg_attr(optimised, inline(always))]
    fn take(&mut self, _at: usize, len: usize, lanes: &[F; LANES]) {
        let take = |part: &mut f64, sum: F| *part += sum.to_f64();
        gather(&mut self.parts.0, (lanes, len), F::zero(), |a, b| a + b, take);
    }

    #[cfg_attr(optimised, inline(always))]
    fn finish(self) -> f64 {
        fold(self.parts.0, |a, b| a + b)
    }
}

/// The sum. Added up in double precision, save for a few additions in each lane.
#[derive(Clone, Copy, Debug)]
pub struct Sum<F>(Total<F>);

impl<F: Real> Sum<F> {
    /// 0 so far.
    #[cfg_attr(optimised, inline(always))]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Sum<F> {
        Sum(Total::new())
    }
}

impl<F: Real> Sink for Sum<F> {
    type Item = F;
    type Lane = F;
    type Result = F;

    #[cfg_attr(optimised, inline(always))]
    fn lane(item: F) -> F {
        item
    }

    #[cfg_attr(optimised, inline(always))]
    fn take(&mut self, _at: usize, len: usize, lanes: &[F; LANES]) {
        self.0.take(_at, len, lanes);
    }

    #[cfg_attr(optimised, inline(always))]
    fn finish(self) -> F {
        F::of(self.0.finish())
    }
}

/// The product, multiplied up in double precision: its parts may leave the range of `F` where it does not.
#[derive(Clone, Copy, Debug)]
pub struct Prod<F> {
    parts: Aligned<[f64; PARTS]>,
    real: PhantomData<F>,
}

impl<F: Real> Prod<F> {
    /// 1 so far.
    #[cfg_attr(optimised, inline(always))]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Prod<F> {
        Prod { parts: Aligned([1.0; PARTS]), real: PhantomData }
    }
}

impl<F: Real> Sink for Prod<F> {
    type Item = F;
    type Lane = F;
    type Result = F;

    #[cfg_attr(optimised, inline(always))]
    fn lane(item: F) -> F {
        item
    }

    #[cfg_attr(optimised, inline(always))]
    fn take(&mut self, _at: usize, len: usize, lanes: &[F; LANES]) {
        for row in lanes[..len].chunks(PARTS) {
            for (part, &lane) in self.parts.0.iter_mut().zip(row) {
                *part *= lane.to_f64();
            }
        }
    }

    #[cfg_attr(optimised, inline(always))]
    fn finish(self) -> F {
        F::of(fold(self.parts.0, |a, b| a * b))
    }
}

/// The larger of two numbers; the first if one is NaN: a single instruction.
#[cfg_attr(optimised, inline(always))]
fn above<F: Real>(old: F, new: F) -> F {
    select_unpredictable(new > old, new, old)
}

/// The larger of two numbers; NaN if one is.
#[cfg_attr(optimised, inline(always))]
fn larger<F: Real>(old: F, new: F) -> F {
    select_unpredictable(new.is_nan(), new, above(old, new))
}

/// The smaller of two numbers; NaN if one is.
#[cfg_attr(optimised, inline(always))]
fn smaller<F: Real>(old: F, new: F) -> F {
    select_unpredictable(new.is_nan(), new, select_unpredictable(new < old, new, old))
}

macro_rules! extremum {
    ($(#[$doc:meta])* $name:ident, $new:literal, $neutral:expr, $better:ident, $item:ident => $lane:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<F> {
            parts: Aligned<[F; PARTS]>,
        }

        impl<F: Real> $name<F> {
            #[doc = $new]
            #[cfg_attr(optimised, inline(always))]
            #[allow(clippy::new_without_default)]
            pub fn new() -> $name<F> {
                $name { parts: Aligned([$neutral; PARTS]) }
            }
        }

        impl<F: Real> Sink for $name<F> {
            type Item = F;
            type Lane = F;
            type Result = F;

            #[cfg_attr(optimised, inline(always))]
            fn lane($item: F) -> F {
                $lane
            }

            #[cfg_attr(optimised, inline(always))]
            fn take(&mut self, _at: usize, len: usize, lanes: &[F; LANES]) {
                // Without the sum, the store of a choice between the item and what is there already becomes a masked
                // one, which is slower than to store whatever is chosen.
                let take = |part: &mut F, item: F| *part = $better(*part, item) + F::zero();
                gather(&mut self.parts.0, (lanes, len), $neutral, $better, take);
            }

            #[cfg_attr(optimised, inline(always))]
            fn finish(self) -> F {
                fold(self.parts.0, $better)
            }
        }
    };
}

extremum! {
    /// The largest item, or minus infinity over none; NaN if one is, as the reducer of the language is.
    Max, "Minus infinity so far.", F::neg_infinity(), larger, item => item
}
extremum! {
    /// The largest number, or minus infinity over none; NaN is passed over.
    Peak, "Minus infinity so far.", F::neg_infinity(), above, item => above(F::neg_infinity(), item)
}
extremum! {
    /// The smallest item, or infinity over none; NaN if one is, as the reducer of the language is.
    Min, "Infinity so far.", F::infinity(), smaller, item => item
}

macro_rules! quantifier {
    ($(#[$doc:meta])* $name:ident, $new:literal, $neutral:literal, $join:tt, $assign:tt) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            parts: Aligned<[u32; PARTS]>,
        }

        impl $name {
            #[doc = $new]
            #[cfg_attr(optimised, inline(always))]
            #[allow(clippy::new_without_default)]
            pub const fn new() -> $name {
                $name { parts: Aligned([$neutral; PARTS]) }
            }
        }

        impl Sink for $name {
            type Item = bool;
            type Lane = u32;
            type Result = bool;

            #[cfg_attr(optimised, inline(always))]
            fn lane(item: bool) -> u32 {
                item as u32
            }

            #[cfg_attr(optimised, inline(always))]
            fn take(&mut self, _at: usize, len: usize, lanes: &[u32; LANES]) {
                let take = |part: &mut u32, item: u32| *part $assign item;
                gather(&mut self.parts.0, (lanes, len), $neutral, |a, b| a $join b, take);
            }

            #[cfg_attr(optimised, inline(always))]
            fn finish(self) -> bool {
                fold(self.parts.0, |a, b| a $join b) != 0
            }
        }
    };
}

quantifier! {
    /// Whether some item holds.
    Any, "None so far.", 0, |, |=
}
quantifier! {
    /// Whether every item holds.
    All, "All so far.", 1, &, &=
}
