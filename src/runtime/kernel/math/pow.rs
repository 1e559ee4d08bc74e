//! Powers.

use super::super::arch::Arch;
use super::super::real::Real;
use std::hint::select_unpredictable as select;

/// The function for each type.
pub trait Pow: Sized {
    /// `x` to the power `y`.
    fn pow<A: Arch>(cpu: A, x: Self, y: Self) -> Self;
}

impl Pow for f32 {
    /// `exp(y ln |x|)` in double precision, then the sign and the special points of `powf`.
    #[cfg_attr(optimised, inline(always))]
    fn pow<A: Arch>(cpu: A, x: f32, y: f32) -> f32 {
        let size = f64::from(x.magnitude());
        let power = cpu.exp(f64::from(y) * cpu.ln(size)) as f32;
        let whole = cpu.floor(y) == y;
        let half = y * 0.5;
        let odd = whole & (cpu.floor(half) != half);
        let power = select(odd, power.signed(x), power);
        let undefined = (x < 0.0) & !(whole | y.is_infinite() | x.is_infinite());
        let power = select(undefined, f32::NAN, power);
        // 1 to any power and anything to the power 0 is 1; so is -1 to an infinite one.
        let one = (x == 1.0) | (y == 0.0) | ((x == -1.0) & y.is_infinite());
        select(one, 1.0, power)
    }
}

impl Pow for f64 {
    #[cfg_attr(optimised, inline(always))]
    fn pow<A: Arch>(_cpu: A, x: f64, y: f64) -> f64 {
        f64::powf(x, y)
    }
}

/// `x` to the power `y`, as `powf` of the standard library.
#[cfg_attr(optimised, inline(always))]
pub fn pow<A: Arch, F: Real>(cpu: A, x: F, y: F) -> F {
    F::pow(cpu, x, y)
}
