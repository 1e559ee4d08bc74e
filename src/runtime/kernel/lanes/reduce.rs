//! Sinks that reduce: their lanes hold results, which are moved to fewer and wider ones now and then.

use super::super::real::Real;
use super::{LANES, POSITION, Sink};
use std::hint::select_unpredictable;
use std::marker::PhantomData;

/// Partial results, into which lanes are flushed.
const PARTS: usize = 8;

/// Gives each part the result of its four lanes, the `neutral` element instead of lanes from `len` on.
#[inline(always)]
fn gather<T: Copy, P>(
    parts: &mut [P; PARTS],
    lanes: &mut [T; LANES],
    (len, width): (usize, usize),
    neutral: T,
    both: impl Fn(T, T) -> T,
    take: impl Fn(&mut P, T),
) {
    const { assert!(LANES == 4 * PARTS) };
    let len = len as i32;
    // An iterator would tell the compiler how long the loop is.
    #[allow(clippy::needless_range_loop)]
    for part in 0..width / 4 {
        let lane = |row: usize| {
            let lane = part + row * PARTS;
            select_unpredictable(POSITION[lane] < len, lanes[lane], neutral)
        };
        take(&mut parts[part], both(both(lane(0), lane(1)), both(lane(2), lane(3))));
    }
    *lanes = [neutral; LANES];
}

/// Combines pairs, then pairs of these, and so on.
#[inline(always)]
fn fold<T: Copy>(p: [T; PARTS], both: impl Fn(T, T) -> T) -> T {
    let (a, b, c, d) = (both(p[0], p[4]), both(p[1], p[5]), both(p[2], p[6]), both(p[3], p[7]));
    both(both(a, c), both(b, d))
}

/// The sum, in double precision.
#[derive(Clone, Copy, Debug)]
pub struct Total<F> {
    parts: [f64; PARTS],
    real: PhantomData<F>,
}

impl<F: Real> Total<F> {
    /// 0 so far.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Total<F> {
        Total { parts: [0.0; PARTS], real: PhantomData }
    }
}

impl<F: Real> Sink for Total<F> {
    type Item = F;
    type Lane = F;
    type Result = f64;

    #[inline(always)]
    fn lane(&self) -> F {
        F::zero()
    }

    #[inline(always)]
    fn put(lane: &mut F, item: F) {
        *lane += item;
    }

    #[inline(always)]
    fn flush(&mut self, lanes: &mut [F; LANES], len: usize, width: usize) {
        let take = |part: &mut f64, sum: F| *part += sum.to_f64();
        gather(&mut self.parts, lanes, (len, width), F::zero(), |a, b| a + b, take);
    }

    #[inline(always)]
    fn finish(self) -> f64 {
        fold(self.parts, |a, b| a + b)
    }
}

/// The sum. Added up in double precision, save for a few additions in each lane.
#[derive(Clone, Copy, Debug)]
pub struct Sum<F>(Total<F>);

impl<F: Real> Sum<F> {
    /// 0 so far.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Sum<F> {
        Sum(Total::new())
    }
}

impl<F: Real> Sink for Sum<F> {
    type Item = F;
    type Lane = F;
    type Result = F;

    #[inline(always)]
    fn lane(&self) -> F {
        F::zero()
    }

    #[inline(always)]
    fn put(lane: &mut F, item: F) {
        *lane += item;
    }

    #[inline(always)]
    fn flush(&mut self, lanes: &mut [F; LANES], len: usize, width: usize) {
        self.0.flush(lanes, len, width);
    }

    #[inline(always)]
    fn finish(self) -> F {
        F::of(self.0.finish())
    }
}

/// The product, multiplied up in double precision: its parts may leave the range of `F` where it does not.
#[derive(Clone, Copy, Debug)]
pub struct Prod<F> {
    parts: [f64; PARTS],
    real: PhantomData<F>,
}

impl<F: Real> Prod<F> {
    /// 1 so far.
    #[inline(always)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Prod<F> {
        Prod { parts: [1.0; PARTS], real: PhantomData }
    }
}

impl<F: Real> Sink for Prod<F> {
    type Item = F;
    type Lane = F;
    type Result = F;

    #[inline(always)]
    fn lane(&self) -> F {
        F::one()
    }

    #[inline(always)]
    fn put(lane: &mut F, item: F) {
        *lane = item;
    }

    #[inline(always)]
    fn write(&mut self, _at: usize, len: usize, lanes: &[F; LANES]) {
        for row in lanes[..len].chunks(PARTS) {
            for (part, &lane) in self.parts.iter_mut().zip(row) {
                *part *= lane.to_f64();
            }
        }
    }

    #[inline(always)]
    fn finish(self) -> F {
        F::of(fold(self.parts, |a, b| a * b))
    }
}

/// The larger of two numbers; the first if one is NaN: a single instruction.
#[inline(always)]
fn above<F: Real>(old: F, new: F) -> F {
    select_unpredictable(new > old, new, old)
}

/// The larger of two numbers; NaN if one is.
#[inline(always)]
fn larger<F: Real>(old: F, new: F) -> F {
    select_unpredictable(new.is_nan(), new, above(old, new))
}

/// The smaller of two numbers; NaN if one is.
#[inline(always)]
fn smaller<F: Real>(old: F, new: F) -> F {
    select_unpredictable(new.is_nan(), new, select_unpredictable(new < old, new, old))
}

macro_rules! extremum {
    ($(#[$doc:meta])* $name:ident, $new:literal, $neutral:expr, $better:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<F> {
            parts: [F; PARTS],
        }

        impl<F: Real> $name<F> {
            #[doc = $new]
            #[inline(always)]
            #[allow(clippy::new_without_default)]
            pub fn new() -> $name<F> {
                $name { parts: [$neutral; PARTS] }
            }
        }

        impl<F: Real> Sink for $name<F> {
            type Item = F;
            type Lane = F;
            type Result = F;

            #[inline(always)]
            fn lane(&self) -> F {
                $neutral
            }

            #[inline(always)]
            fn put(lane: &mut F, item: F) {
                // Without the sum, the store of a choice between the item and what is there already becomes a masked
                // one, which is slower than to store whatever is chosen.
                *lane = $better(*lane, item) + F::zero();
            }

            #[inline(always)]
            fn flush(&mut self, lanes: &mut [F; LANES], len: usize, width: usize) {
                let take = |part: &mut F, item: F| *part = $better(*part, item) + F::zero();
                gather(&mut self.parts, lanes, (len, width), $neutral, $better, take);
            }

            #[inline(always)]
            fn finish(self) -> F {
                fold(self.parts, $better)
            }
        }
    };
}

extremum! {
    /// The largest item, or minus infinity over none; NaN if one is, as the reducer of the language is.
    Max, "Minus infinity so far.", F::neg_infinity(), larger
}
extremum! {
    /// The largest number, or minus infinity over none; NaN is passed over.
    Peak, "Minus infinity so far.", F::neg_infinity(), above
}
extremum! {
    /// The smallest item, or infinity over none; NaN if one is, as the reducer of the language is.
    Min, "Infinity so far.", F::infinity(), smaller
}

macro_rules! quantifier {
    ($(#[$doc:meta])* $name:ident, $new:literal, $neutral:literal, $join:tt, $assign:tt) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            parts: [u32; PARTS],
        }

        impl $name {
            #[doc = $new]
            #[inline(always)]
            #[allow(clippy::new_without_default)]
            pub const fn new() -> $name {
                $name { parts: [$neutral; PARTS] }
            }
        }

        impl Sink for $name {
            type Item = bool;
            type Lane = u32;
            type Result = bool;

            #[inline(always)]
            fn lane(&self) -> u32 {
                $neutral
            }

            #[inline(always)]
            fn put(lane: &mut u32, item: bool) {
                *lane $assign item as u32;
            }

            #[inline(always)]
            fn flush(&mut self, lanes: &mut [u32; LANES], len: usize, width: usize) {
                let take = |part: &mut u32, item: u32| *part $assign item;
                gather(&mut self.parts, lanes, (len, width), $neutral, |a, b| a $join b, take);
            }

            #[inline(always)]
            fn finish(self) -> bool {
                fold(self.parts, |a, b| a $join b) != 0
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
