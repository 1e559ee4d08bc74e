//! Hyperbolic functions.

use super::super::arch::Arch;
use super::super::real::Real;
use std::hint::select_unpredictable as select;

/// What the rare ones need of each type.
pub trait Hyperbolic: Sized {
    /// From here on, `tanh` is 1.
    const FLAT: Self;

    /// `sinh x`.
    fn sinh<A: Arch>(cpu: A, x: Self) -> Self;
    /// `cosh x`.
    fn cosh<A: Arch>(cpu: A, x: Self) -> Self;
}

impl Hyperbolic for f32 {
    const FLAT: f32 = 10.0;

    #[inline(always)]
    fn sinh<A: Arch>(cpu: A, x: f32) -> f32 {
        let x = f64::from(x);
        let e = cpu.exp(x.magnitude());
        // Cancels where x is small; there, the series has two terms.
        let far = (0.5 * (e - 1.0 / e)).signed(x);
        let near = x + x * x * x * (1.0 / 6.0);
        select(x.magnitude() < 1e-3, near, far) as f32
    }

    #[inline(always)]
    fn cosh<A: Arch>(cpu: A, x: f32) -> f32 {
        let e = cpu.exp(f64::from(x).magnitude());
        (0.5 * (e + 1.0 / e)) as f32
    }
}

impl Hyperbolic for f64 {
    const FLAT: f64 = 20.0;

    #[inline(always)]
    fn sinh<A: Arch>(_cpu: A, x: f64) -> f64 {
        f64::sinh(x)
    }

    #[inline(always)]
    fn cosh<A: Arch>(_cpu: A, x: f64) -> f64 {
        f64::cosh(x)
    }
}

/// `tanh x = t / (t + 2)` with `t = exp(2 x) - 1`; where `t` is small, as `t / 2 - t / 2 (t / (t + 2))`.
#[inline(always)]
pub fn tanh<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let size = x.magnitude();
    let size = select(size > F::FLAT, F::FLAT, size);
    let t = cpu.expm1(size + size);
    let (quotient, half) = (t / (t + F::of(2.0)), F::of(0.5) * t);
    select(t < F::one(), cpu.mul_add(-half, quotient, half), quotient).signed(x)
}

/// `sinh x`.
#[inline(always)]
pub fn sinh<A: Arch, F: Real>(cpu: A, x: F) -> F {
    <F as Hyperbolic>::sinh(cpu, x)
}

/// `cosh x`.
#[inline(always)]
pub fn cosh<A: Arch, F: Real>(cpu: A, x: F) -> F {
    <F as Hyperbolic>::cosh(cpu, x)
}
