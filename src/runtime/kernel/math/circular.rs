//! Trigonometric functions.

use super::super::arch::Arch;
use super::super::real::Real;
use super::polynomial;
use std::hint::select_unpredictable as select;

/// The functions for each type.
pub trait Circular: Sized {
    /// `sin x`.
    fn sin<A: Arch>(cpu: A, x: Self) -> Self;
    /// `cos x`.
    fn cos<A: Arch>(cpu: A, x: Self) -> Self;
    /// `tan x`.
    fn tan<A: Arch>(cpu: A, x: Self) -> Self;
    /// `asin x`.
    fn asin<A: Arch>(cpu: A, x: Self) -> Self;
    /// `acos x`.
    fn acos<A: Arch>(cpu: A, x: Self) -> Self;
    /// `atan x`.
    fn atan<A: Arch>(cpu: A, x: Self) -> Self;
}

impl Circular for f32 {
    #[cfg_attr(optimised, inline(always))]
    fn sin<A: Arch>(_cpu: A, x: f32) -> f32 {
        f32::sin(x)
    }

    #[cfg_attr(optimised, inline(always))]
    fn cos<A: Arch>(_cpu: A, x: f32) -> f32 {
        f32::cos(x)
    }

    #[cfg_attr(optimised, inline(always))]
    fn tan<A: Arch>(_cpu: A, x: f32) -> f32 {
        f32::tan(x)
    }

    #[cfg_attr(optimised, inline(always))]
    fn asin<A: Arch>(cpu: A, x: f32) -> f32 {
        let x = f64::from(x);
        // 1 - x^2 is exact.
        atan_positive(cpu, x.magnitude() / (1.0 - x * x).root()).signed(x) as f32
    }

    #[cfg_attr(optimised, inline(always))]
    fn acos<A: Arch>(cpu: A, x: f32) -> f32 {
        let x = f64::from(x);
        (2.0 * atan_positive(cpu, ((1.0 - x) / (1.0 + x)).root())) as f32
    }

    #[cfg_attr(optimised, inline(always))]
    fn atan<A: Arch>(cpu: A, x: f32) -> f32 {
        let x = f64::from(x);
        atan_positive(cpu, x.magnitude()).signed(x) as f32
    }
}

/// `atan x` for `x >= 0`, to the digits of an `f32`: `atan x = pi/4 + atan((x - 1) / (x + 1))`, and
/// `atan x = pi/2 - atan(1 / x)`.
#[cfg_attr(optimised, inline(always))]
fn atan_positive<A: Arch>(cpu: A, x: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, SQRT_2};
    let (low, high) = (x < SQRT_2 - 1.0, x > SQRT_2 + 1.0);
    let numerator = select(low, x, select(high, -1.0, x - 1.0));
    let denominator = select(low, 1.0, select(high, x, x + 1.0));
    let start = select(low, 0.0, select(high, FRAC_PI_2, FRAC_PI_4));
    let t = numerator / denominator;
    let z = t * t;
    // (atan(t) - t) / t^3, error 2^-35.
    let c = [
        -0.333_333_325_209_220_747,
        0.199_999_056_136_247_418,
        -0.142_820_521_325_389_502,
        0.110_452_009_605_053_64,
        -0.084_789_390_538_820_886_3,
        0.047_492_735_773_089_042_5,
    ];
    start + cpu.mul_add(polynomial(cpu, z, c) * z, t, t)
}

macro_rules! standard {
    ($($name:ident)*) => {
        impl Circular for f64 {
            $(
                #[cfg_attr(optimised, inline(always))]
                fn $name<A: Arch>(_cpu: A, x: f64) -> f64 {
                    f64::$name(x)
                }
            )*
        }
    };
}

standard!(sin cos tan asin acos atan);

macro_rules! generic {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[cfg_attr(optimised, inline(always))]
        pub fn $name<A: Arch, F: Real>(cpu: A, x: F) -> F {
            <F as Circular>::$name(cpu, x)
        }
    )*};
}

generic! {
    /// `sin x`.
    sin
    /// `cos x`.
    cos
    /// `tan x`.
    tan
    /// `asin x`.
    asin
    /// `acos x`.
    acos
    /// `atan x`.
    atan
}
