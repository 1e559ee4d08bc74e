//! Hyperbolic functions.

use super::super::arch::Arch;
use super::super::real::Real;
use super::exp::inner;
use super::polynomial;
use std::hint::select_unpredictable as select;

/// The functions for each type.
pub trait Hyperbolic: Sized {
    /// `tanh x`.
    fn tanh<A: Arch>(cpu: A, x: Self) -> Self;
    /// `sinh x`.
    fn sinh<A: Arch>(cpu: A, x: Self) -> Self;
    /// `cosh x`.
    fn cosh<A: Arch>(cpu: A, x: Self) -> Self;
}

impl Hyperbolic for f32 {
    /// `1 - 2 / (exp(2 x) + 1)`, of which the second part is at most half of the first where `tanh` is at least 1/2;
    /// below, a polynomial.
    #[cfg_attr(optimised, inline(always))]
    fn tanh<A: Arch>(cpu: A, x: f32) -> f32 {
        // (tanh(x) / x - 1) / x^2 in x^2, error 2^-29 of tanh.
        let c = [
            -0.333_333_175_593,
            0.133_325_861_289,
            -0.053_852_309_167_1,
            0.021_071_676_977_8,
            -0.006_274_237_663_98,
        ];
        let (size, square) = (x.magnitude(), x * x);
        let near = cpu.mul_add(polynomial(cpu, square, c) * square, size, size);
        // From 10 on it is 1.
        let bounded = select(size > 10.0, 10.0, size);
        let far = 1.0 - 2.0 / (inner(cpu, bounded + bounded) + 1.0);
        select(size < 0.55, near, far).signed(x)
    }

    #[cfg_attr(optimised, inline(always))]
    fn sinh<A: Arch>(cpu: A, x: f32) -> f32 {
        let x = f64::from(x);
        let e = cpu.exp(x.magnitude());
        // Cancels where x is small; there, the series has two terms.
        let far = (0.5 * (e - 1.0 / e)).signed(x);
        let near = x + x * x * x * (1.0 / 6.0);
        select(x.magnitude() < 1e-3, near, far) as f32
    }

    #[cfg_attr(optimised, inline(always))]
    fn cosh<A: Arch>(cpu: A, x: f32) -> f32 {
        let e = cpu.exp(f64::from(x).magnitude());
        (0.5 * (e + 1.0 / e)) as f32
    }
}

impl Hyperbolic for f64 {
    /// `t / (t + 2)` with `t = exp(2 x) - 1`; where `t` is small, as `t / 2 - t / 2 (t / (t + 2))`.
    #[cfg_attr(optimised, inline(always))]
    fn tanh<A: Arch>(cpu: A, x: f64) -> f64 {
        let size = x.magnitude();
        // From 20 on it is 1.
        let size = select(size > 20.0, 20.0, size);
        let t = cpu.expm1(size + size);
        let (quotient, half) = (t / (t + 2.0), 0.5 * t);
        select(t < 1.0, cpu.mul_add(-half, quotient, half), quotient).signed(x)
    }

    #[cfg_attr(optimised, inline(always))]
    fn sinh<A: Arch>(_cpu: A, x: f64) -> f64 {
        f64::sinh(x)
    }

    #[cfg_attr(optimised, inline(always))]
    fn cosh<A: Arch>(_cpu: A, x: f64) -> f64 {
        f64::cosh(x)
    }
}

/// `tanh x`.
#[cfg_attr(optimised, inline(always))]
pub fn tanh<A: Arch, F: Real>(cpu: A, x: F) -> F {
    <F as Hyperbolic>::tanh(cpu, x)
}

/// `sinh x`.
#[cfg_attr(optimised, inline(always))]
pub fn sinh<A: Arch, F: Real>(cpu: A, x: F) -> F {
    <F as Hyperbolic>::sinh(cpu, x)
}

/// `cosh x`.
#[cfg_attr(optimised, inline(always))]
pub fn cosh<A: Arch, F: Real>(cpu: A, x: F) -> F {
    <F as Hyperbolic>::cosh(cpu, x)
}
