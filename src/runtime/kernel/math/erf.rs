//! The error function.

use super::super::arch::Arch;
use super::super::real::Real;
use super::polynomial;
use std::hint::select_unpredictable as select;

/// The function for each type.
pub trait Erf: Sized {
    /// `erf x`.
    fn erf<A: Arch>(cpu: A, x: Self) -> Self;
}

impl Erf for f32 {
    /// Up to 1 a polynomial, from there on `1 - exp(p(|x|))`.
    #[cfg_attr(optimised, inline(always))]
    fn erf<A: Arch>(cpu: A, x: f32) -> f32 {
        // erf(x) / x - 1 in x^2, error 2^-29.
        let c = [
            0.128_379_166,
            -0.376_126_271_4,
            0.112_836_001_7,
            -0.026_854_444_2,
            0.005_189_534_659,
            -0.000_802_083_557_1,
            7.889_101_034e-5,
        ];
        let near = cpu.mul_add(polynomial(cpu, x * x, c), x, x);
        // -ln(1 - erf x), error 2^-35.
        let c = [
            -0.000_188_463_986_3,
            1.129_580_294,
            0.633_216_428_8,
            0.108_422_067_3,
            -0.025_210_320_67,
            0.004_205_278_163,
            -0.000_441_471_417_5,
            2.169_751_744e-5,
        ];
        let size = x.magnitude();
        // From 4 on it is 1.
        let bounded = select(size > 4.0, 4.0, size);
        let far = (1.0 - cpu.exp(-polynomial(cpu, bounded, c))).signed(x);
        select(size < 1.0, near, far)
    }
}

impl Erf for f64 {
    #[cfg_attr(optimised, inline(always))]
    fn erf<A: Arch>(_cpu: A, x: f64) -> f64 {
        libm::erf(x)
    }
}

/// `erf x`.
#[cfg_attr(optimised, inline(always))]
pub fn erf<A: Arch, F: Real>(cpu: A, x: F) -> F {
    F::erf(cpu, x)
}
