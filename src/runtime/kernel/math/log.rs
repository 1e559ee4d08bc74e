//! Logarithms: `ln x = k ln 2 + ln(1 + f)` with `1 + f` in `[sqrt(1/2), sqrt(2))`.

use super::super::arch::Arch;
use super::super::real::Real;
use super::exp::{Exp, both};
use super::polynomial;
use std::hint::select_unpredictable as select;

/// What the logarithm needs of each type.
pub trait Log: Sized {
    /// `k ln 2 + ln(1 + f)`.
    fn ln_sum<A: Arch>(cpu: A, k: Self, f: Self) -> Self;
    /// `log2 x`.
    fn log2<A: Arch>(cpu: A, x: Self) -> Self;
}

impl Log for f32 {
    #[cfg_attr(optimised, inline(always))]
    fn ln_sum<A: Arch>(cpu: A, k: f32, f: f32) -> f32 {
        // (ln(1 + f) - f) / f^2, error 2^-27.
        let c = [
            -0.5,
            0.333_333_167_3,
            -0.250_008_089_5,
            0.200_022_859_9,
            -0.166_245_973_1,
            0.141_812_147_3,
            -0.131_283_970_6,
            0.128_813_965_6,
            -0.078_602_104_5,
        ];
        let low = cpu.mul_add(polynomial(cpu, f, c), f * f, k * f32::LN_2_LOW);
        cpu.mul_add(k, f32::LN_2_HIGH, low + f)
    }

    #[cfg_attr(optimised, inline(always))]
    fn log2<A: Arch>(cpu: A, x: f32) -> f32 {
        (ln(cpu, f64::from(x)) * std::f64::consts::LOG2_E) as f32
    }
}

impl Log for f64 {
    #[cfg_attr(optimised, inline(always))]
    fn ln_sum<A: Arch>(cpu: A, k: f64, f: f64) -> f64 {
        let (half_square, s_r) = ln_tail(cpu, f);
        let low = cpu.mul_add(k, f64::LN_2_LOW, s_r);
        cpu.mul_add(k, f64::LN_2_HIGH, f - (half_square - low))
    }

    #[cfg_attr(optimised, inline(always))]
    fn log2<A: Arch>(cpu: A, x: f64) -> f64 {
        let (k, f) = parts(x);
        let (half_square, s_r) = ln_tail(cpu, f);
        // ln(1 + f) as a sum in which `high` has so few digits that its product by LOG2_E_HIGH is exact.
        let high = f64::from_bits((f - half_square).to_bits() & 0xffff_ffff_0000_0000);
        let low = (f - high) - half_square + s_r;
        let tail = cpu.mul_add(low + high, LOG2_E_LOW, low * LOG2_E_HIGH);
        let head = high * LOG2_E_HIGH;
        // k + head, and what its rounding loses.
        let sum = k + head;
        special(x, sum + (((k - sum) + head) + tail))
    }
}

const LOG2_E_HIGH: f64 = f64::from_bits(std::f64::consts::LOG2_E.to_bits() & 0xffff_ffff_0000_0000);
/// What is left of 1 / ln 2.
const LOG2_E_LOW: f64 = (std::f64::consts::LOG2_E - LOG2_E_HIGH) + 2.035_527_374_093_103_3e-17;

/// `(f^2 / 2, t)` with `ln(1 + f) = f - f^2 / 2 + t`: from the series in `s = f / (2 + f)`, as `ln(1 + f)` is
/// `2 artanh s`.
#[cfg_attr(optimised, inline(always))]
fn ln_tail<A: Arch>(cpu: A, f: f64) -> (f64, f64) {
    let s = f / (2.0 + f);
    let z = s * s;
    // (2 artanh(s) - 2 s) / s^3, error 2^-59.
    let c = [
        0.666_666_666_666_673_356_32,
        0.399_999_999_994_191_527_48,
        0.285_714_287_415_403_708_88,
        0.222_221_986_501_037_748_24,
        0.181_835_607_025_812_878_91,
        0.153_141_359_925_710_140_22,
        0.147_951_522_793_657_467_98,
    ];
    let half_square = 0.5 * f * f;
    (half_square, s * cpu.mul_add(polynomial(cpu, z, c), z, half_square))
}

/// `(k, f)` with `x = 2^k (1 + f)`, for positive `x`.
#[cfg_attr(optimised, inline(always))]
fn parts<F: Real>(x: F) -> (F, F) {
    let small = x < F::min_positive_value();
    let (m, k) = select(small, x * F::LIFT, x).split();
    (k - select(small, F::LIFTED, F::zero()), m - F::one())
}

/// The logarithm of `x`, given that of a number that is positive and finite.
#[cfg_attr(optimised, inline(always))]
fn special<F: Real>(x: F, ln: F) -> F {
    let ln = select(x < F::infinity(), ln, x);
    let none = select(x == F::zero(), F::neg_infinity(), F::nan());
    // `x` is NaN if it is neither.
    select(x > F::zero(), ln, none)
}

/// `ln x`.
#[cfg_attr(optimised, inline(always))]
pub fn ln<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let (k, f) = parts(x);
    special(x, F::ln_sum(cpu, k, f))
}

/// `log2 x`.
#[cfg_attr(optimised, inline(always))]
pub fn log2<A: Arch, F: Real>(cpu: A, x: F) -> F {
    <F as Log>::log2(cpu, x)
}

/// `ln(1 + x)`: what rounding `1 + x` loses is added to `f`.
#[cfg_attr(optimised, inline(always))]
pub fn log1p<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let one = F::one();
    let u = one + x;
    let part = u - one;
    let lost = (one - (u - part)) + (x - part);
    let (m, k) = u.split();
    // 2^-k in two factors, as it may be subnormal.
    let shift = F::of_index(64);
    let lost = lost * (shift - k).exp2i() * (-shift).exp2i();
    let ln = F::ln_sum(cpu, k, (m - one) + lost);
    let ln = select(x == F::zero(), x, ln);
    special(u, ln)
}

/// `ln(1 + x)` for `x` in `[0, 1]`.
#[cfg_attr(optimised, inline(always))]
pub(super) fn log1p_of_fraction<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let (one, half) = (F::one(), F::of(0.5));
    let large = x > F::of(std::f64::consts::SQRT_2 - 1.0);
    let f = select(large, cpu.mul_add(x, half, -half), x);
    F::ln_sum(cpu, select(large, one, F::zero()), f)
}

/// `ln(1 - exp x)`. Down to `-ln 2`, the argument of the logarithm is `-(exp(x) - 1)`, else 1 minus the exponential,
/// with what that and the exponential lose: each keeps its digits there (Mächler 2012).
#[cfg_attr(optimised, inline(always))]
pub fn log1mexp<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let (one, zero) = (F::one(), F::zero());
    let (exp, rest, expm1) = both(cpu, x);
    let near = x > F::of(-std::f64::consts::LN_2);
    let u = select(near, -expm1, one - exp);
    let (k, f) = parts(u);
    let lost = (((one - u) - exp) - rest) * select(k < zero, F::of(2.0), one);
    let ln = F::ln_sum(cpu, k, f + select(near, zero, lost));
    special(u, ln)
}

/// `x ln x`, and 0 at 0.
#[cfg_attr(optimised, inline(always))]
pub fn xlogx<A: Arch, F: Real>(cpu: A, x: F) -> F {
    select(x == F::zero(), F::zero(), x * ln(cpu, x))
}
