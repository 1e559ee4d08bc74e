//! The two types of numbers that kernels are generic over, and what is known of their bits.

use super::lanes::Element;
use super::math::Elementary;
use num_traits::Float;
use std::fmt::Debug;
use std::ops::{AddAssign, DivAssign, MulAssign, SubAssign};

/// `f32` or `f64`.
pub trait Real:
    Float
    + Default
    + Debug
    + Send
    + Sync
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Elementary
    + Element<Item = Self>
    + 'static
{
    /// 1.5 times the weight of the lowest digit's carry: a number added to it is rounded to a whole one, which
    /// then stands in the lowest bits.
    const SHIFT: Self;
    /// The same, raised by twice the exponent's bias: see `scale`.
    const SCALE: Self;
    /// 2^(digits of the fraction + 2): what a subnormal number is multiplied by to become a normal one.
    const LIFT: Self;
    /// The exponent of `LIFT`.
    const LIFTED: Self;

    /// The nearest number of this type.
    fn of(x: f64) -> Self;
    /// The same number.
    fn to_f64(self) -> f64;
    /// An index as a number.
    fn of_index(i: i32) -> Self;
    /// A number as an index, rounded towards 0.
    fn to_index(self) -> i32;
    /// 1 for true.
    fn of_truth(holds: bool) -> Self;
    /// Anything but 0.
    fn to_truth(self) -> bool;
    /// Whether all of them are 0, of either sign.
    fn are_zero(numbers: &[Self]) -> bool;

    /// `self * b + c`, rounded once: fast only where the instruction exists.
    fn fused(self, b: Self, c: Self) -> Self;
    /// `2^n`, for a whole number within the exponents of normal numbers.
    fn exp2i(self) -> Self;
    /// A whole number `n` and two factors of `2^n`, which are normal even if `2^n` is not: `self` is `n + SCALE`.
    fn scale(self) -> (Self, Self, Self);
    /// `(m, k)` with `self = m 2^k` and `m` in `[sqrt(1/2), sqrt(2))`, for a positive normal number.
    fn split(self) -> (Self, Self);
    /// The number with its sign bit cleared.
    fn magnitude(self) -> Self;
    /// The magnitude of this one with the sign of the other.
    fn signed(self, sign: Self) -> Self;
    /// Square root, one instruction.
    fn root(self) -> Self;
    /// The largest whole number not above this one: one instruction at best, a call at worst.
    fn floor_slow(self) -> Self;
}

macro_rules! real {
    ($real:ident, $bits:ident, $digits:literal, $bias:literal) => {
        impl Real for $real {
            const SHIFT: $real = 3.0 * ((1 as $bits) << ($digits - 1)) as $real;
            const SCALE: $real = Self::SHIFT + (2 * $bias) as $real;
            const LIFT: $real = ((1 as $bits) << ($digits + 2)) as $real;
            const LIFTED: $real = ($digits + 2) as $real;

            #[cfg_attr(optimised, inline(always))]
            fn of(x: f64) -> $real {
                x as $real
            }
            #[cfg_attr(optimised, inline(always))]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[cfg_attr(optimised, inline(always))]
            fn of_index(i: i32) -> $real {
                i as $real
            }
            #[cfg_attr(optimised, inline(always))]
            fn to_index(self) -> i32 {
                self as i32
            }
            #[cfg_attr(optimised, inline(always))]
            fn of_truth(holds: bool) -> $real {
                if holds { 1.0 } else { 0.0 }
            }
            #[cfg_attr(optimised, inline(always))]
            fn to_truth(self) -> bool {
                self != 0.0
            }
            #[cfg_attr(optimised, inline(always))]
            fn are_zero(numbers: &[$real]) -> bool {
                // The highest bit is the sign.
                numbers.iter().fold(0, |any, x| any | x.to_bits()) << 1 == 0
            }
            #[cfg_attr(optimised, inline(always))]
            fn fused(self, b: $real, c: $real) -> $real {
                $real::mul_add(self, b, c)
            }
            #[cfg_attr(optimised, inline(always))]
            fn exp2i(self) -> $real {
                // The lowest bits hold the exponent with its bias; the rest is shifted out.
                $real::from_bits((self + (Self::SHIFT + $bias as $real)).to_bits() << $digits)
            }
            #[cfg_attr(optimised, inline(always))]
            fn scale(self) -> ($real, $real, $real) {
                // The lowest bits hold the sum of the exponents of the factors, with their biases.
                let sum = self.to_bits();
                let half = sum >> 1;
                let rest = sum.wrapping_sub(half);
                let factor = |exponent: $bits| $real::from_bits(exponent << $digits);
                (self - Self::SCALE, factor(half), factor(rest))
            }
            #[cfg_attr(optimised, inline(always))]
            fn split(self) -> ($real, $real) {
                const ROOT: $bits = std::$real::consts::FRAC_1_SQRT_2.to_bits();
                const ONE: $bits = ($bias as $bits) << $digits;
                const WHOLE: $real = ((1 as $bits) << $digits) as $real;
                // Moved so that the exponent's field changes at sqrt(1/2), not at 1.
                let moved = self.to_bits().wrapping_add(ONE - ROOT);
                let m = $real::from_bits((moved & ((1 << $digits) - 1)) + ROOT);
                let k = $real::from_bits((moved >> $digits) | WHOLE.to_bits()) - (WHOLE + $bias as $real);
                (m, k)
            }
            #[cfg_attr(optimised, inline(always))]
            fn magnitude(self) -> $real {
                $real::abs(self)
            }
            #[cfg_attr(optimised, inline(always))]
            fn signed(self, sign: $real) -> $real {
                $real::copysign(self, sign)
            }
            #[cfg_attr(optimised, inline(always))]
            fn root(self) -> $real {
                $real::sqrt(self)
            }
            #[cfg_attr(optimised, inline(always))]
            fn floor_slow(self) -> $real {
                $real::floor(self)
            }
        }
    };
}

real!(f32, u32, 23, 127);
real!(f64, u64, 52, 1023);

#[cfg(test)]
mod tests {
    use super::*;

    fn bits<F: Real>(low: i32, high: i32) {
        for n in low..=high {
            let power = F::of_index(n).exp2i();
            assert_eq!(power.to_f64(), f64::from_bits(((n + 1023) as u64) << 52));
            for m in [0.7072, 1.0, 1.414] {
                let (mantissa, exponent) = (F::of(m) * power).split();
                if n > low {
                    assert_eq!((mantissa, exponent), (F::of(m), F::of_index(n)));
                }
            }
        }
        assert_eq!((F::SHIFT + F::of(2.6)) - F::SHIFT, F::of(3.0));
        assert!((F::min_positive_value() * F::epsilon() * F::LIFT).is_normal());
        assert_eq!(F::LIFTED.exp2i(), F::LIFT);
    }

    #[test]
    fn exponents_and_mantissas() {
        bits::<f32>(-126, 127);
        bits::<f64>(-1022, 1023);
    }

    #[test]
    fn conversions() {
        assert_eq!((f32::of_index(7), 7.9f32.to_index(), (-7.9f64).to_index()), (7.0, 7, -7));
        assert_eq!((f32::of_truth(true), f64::of_truth(false)), (1.0, 0.0));
        assert!(0.5f32.to_truth() && !(-0.0f64).to_truth());
    }
}
