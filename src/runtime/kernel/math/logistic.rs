//! The logistic function and its logarithms: the exponential is taken of negative numbers only.

use super::super::arch::Arch;
use super::super::real::Real;
use super::log::log1p_of_fraction;
use std::hint::select_unpredictable as select;

/// `1 / (1 + exp(-x))`, for negative `x` with `e = exp x` as `e / (1 + e) = e - e e / (1 + e)`: the second form's last
/// rounding matters less where `e` is small.
#[cfg_attr(optimised, inline(always))]
pub fn sigmoid<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let e = cpu.exp(-x.magnitude());
    let quotient = select(x < F::zero(), e, F::one()) / (F::one() + e);
    select(x < -F::one(), cpu.mul_add(-e, quotient, e), quotient)
}

/// `ln(1 + exp x) = max(x, 0) + ln(1 + exp(-|x|))`.
#[cfg_attr(optimised, inline(always))]
pub fn softplus<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let rest = log1p_of_fraction(cpu, cpu.exp(-x.magnitude()));
    select(x > F::zero(), x, F::zero()) + rest
}

/// `ln(sigmoid x) = -softplus(-x)`.
#[cfg_attr(optimised, inline(always))]
pub fn log_sigmoid<A: Arch, F: Real>(cpu: A, x: F) -> F {
    -softplus(cpu, -x)
}
