//! Functions in pieces. The order of their comparisons decides what becomes of NaN and of zeros.

use super::super::arch::Arch;
use super::super::real::Real;
use std::hint::select_unpredictable as select;

/// `sqrt x`.
#[cfg_attr(optimised, inline(always))]
pub fn sqrt<A: Arch, F: Real>(_cpu: A, x: F) -> F {
    x.root()
}

/// `1 / x`.
#[cfg_attr(optimised, inline(always))]
pub fn recip<A: Arch, F: Real>(_cpu: A, x: F) -> F {
    F::one() / x
}

/// `|x|`.
#[cfg_attr(optimised, inline(always))]
pub fn abs<A: Arch, F: Real>(_cpu: A, x: F) -> F {
    x.magnitude()
}

/// -1, 0 or 1; both zeros and NaN stay.
#[cfg_attr(optimised, inline(always))]
pub fn sign<A: Arch, F: Real>(_cpu: A, x: F) -> F {
    select(x.magnitude() > F::zero(), F::one().signed(x), x)
}

/// `max(x, 0)`; NaN stays.
#[cfg_attr(optimised, inline(always))]
pub fn relu<A: Arch, F: Real>(_cpu: A, x: F) -> F {
    select(x <= F::zero(), F::zero(), x)
}

/// The smaller; NaN if one is.
#[cfg_attr(optimised, inline(always))]
pub fn min<A: Arch, F: Real>(_cpu: A, x: F, y: F) -> F {
    select((x < y) | x.is_nan(), x, y)
}

/// The larger; NaN if one is.
#[cfg_attr(optimised, inline(always))]
pub fn max<A: Arch, F: Real>(_cpu: A, x: F, y: F) -> F {
    select((x > y) | x.is_nan(), x, y)
}

/// The nearest number in `lo..=hi`; `hi` if the bounds cross.
#[cfg_attr(optimised, inline(always))]
pub fn clamp<A: Arch, F: Real>(cpu: A, x: F, lo: F, hi: F) -> F {
    min(cpu, max(cpu, x, lo), hi)
}

/// The largest whole number not above `x`.
#[cfg_attr(optimised, inline(always))]
pub fn floor<A: Arch, F: Real>(_cpu: A, x: F) -> F {
    if A::ROUND {
        return x.floor_slow();
    }
    // Where the lowest digit weighs 1, all numbers are whole; below, adding such a number rounds.
    let whole = F::SHIFT * F::of(2.0 / 3.0);
    let near = ((x.magnitude() + whole) - whole).signed(x);
    let floor = near - select(near > x, F::one(), F::zero());
    select(x.magnitude() < whole, floor, x)
}
