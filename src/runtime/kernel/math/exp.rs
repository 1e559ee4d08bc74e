//! Exponentials: `exp x = 2^n exp r` with `|r| <= ln 2 / 2`.

use super::super::arch::Arch;
use super::super::real::Real;
use super::polynomial;
use std::hint::select_unpredictable as select;

/// What the exponential needs of each type.
pub trait Exp: Sized {
    /// 1 / ln 2.
    const LOG2_E: Self;
    /// ln 2, so few digits that a multiple of it by an exponent is exact.
    const LN_2_HIGH: Self;
    /// The rest of ln 2.
    const LN_2_LOW: Self;
    /// From here on, `exp` is infinite.
    const LARGEST: Self;
    /// Up to here, `exp` is 0.
    const SMALLEST: Self;
    /// Up to here, `expm1` is -1.
    const LEAST: Self;
    /// Up to this magnitude, `expm1` is its operand.
    const TINY: Self;

    /// `(exp(r) - 1 - r) / r^2`
    fn exp_tail<A: Arch>(cpu: A, r: Self) -> Self;
}

impl Exp for f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN_2_HIGH: f32 = 0.693_145_75;
    const LN_2_LOW: f32 = 1.428_606_8e-6;
    const LARGEST: f32 = 89.0;
    const SMALLEST: f32 = -104.0;
    const LEAST: f32 = -18.0;
    const TINY: f32 = 1.0 / (1 << 25) as f32;

    #[cfg_attr(optimised, inline(always))]
    fn exp_tail<A: Arch>(cpu: A, r: f32) -> f32 {
        // Error 2^-26.
        polynomial(
            cpu,
            r,
            [0.500_000_006_2, 0.166_665_429_2, 0.041_666_281_8, 0.008_366_598_07, 0.001_394_647_56],
        )
    }
}

impl Exp for f64 {
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_816_49;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
    const LARGEST: f64 = 710.0;
    const SMALLEST: f64 = -746.0;
    const LEAST: f64 = -38.0;
    const TINY: f64 = 1.0 / (1u64 << 54) as f64;

    #[cfg_attr(optimised, inline(always))]
    fn exp_tail<A: Arch>(cpu: A, r: f64) -> f64 {
        // Error 2^-61.
        let c = [
            0.5,
            0.166_666_666_666_666_765_92,
            0.041_666_666_666_666_701_26,
            0.008_333_333_333_321_610_424_5,
            0.001_388_888_888_886_686_037_5,
            0.000_198_412_698_861_932_118_55,
            0.000_024_801_587_360_548_379_355,
            2.755_724_412_937_177_256_7e-6,
            2.755_724_274_365_950_162_9e-7,
            2.510_906_854_746_752_166_7e-8,
            2.092_445_359_488_220_798_3e-9,
        ];
        polynomial(cpu, r, c)
    }
}

/// What is left of `x` after `n ln 2`.
#[cfg_attr(optimised, inline(always))]
fn rest<A: Arch, F: Real>(cpu: A, x: F, n: F) -> F {
    cpu.mul_add(n, -F::LN_2_LOW, cpu.mul_add(n, -F::LN_2_HIGH, x))
}

/// `x` between bounds; NaN stays.
#[cfg_attr(optimised, inline(always))]
fn between<F: Real>(x: F, low: F, high: F) -> F {
    let x = select(x > high, high, x);
    select(x < low, low, x)
}

/// `exp x`.
#[cfg_attr(optimised, inline(always))]
pub fn exp<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let x = between(x, F::SMALLEST, F::LARGEST);
    let (n, scale, other) = cpu.mul_add(x, F::LOG2_E, F::SCALE).scale();
    let r = rest(cpu, x, n);
    let power = cpu.mul_add(cpu.mul_add(F::exp_tail(cpu, r), r, F::one()), r, F::one());
    power * scale * other
}

/// `exp x`, for `x` so far from the ends that `2^n` is a normal number.
#[cfg_attr(optimised, inline(always))]
pub(super) fn inner<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let n = cpu.mul_add(x, F::LOG2_E, F::SHIFT) - F::SHIFT;
    let r = rest(cpu, x, n);
    cpu.mul_add(cpu.mul_add(F::exp_tail(cpu, r), r, F::one()), r, F::one()) * n.exp2i()
}

/// `exp x`, what rounding takes off it last and, if `x` is not below -1, `exp x - 1`, for `x <= 0`.
#[cfg_attr(optimised, inline(always))]
pub(super) fn both<A: Arch, F: Real>(cpu: A, x: F) -> (F, F, F) {
    let x = between(x, F::SMALLEST, F::LARGEST);
    let (n, scale, other) = cpu.mul_add(x, F::LOG2_E, F::SCALE).scale();
    let r = rest(cpu, x, n);
    let power = cpu.mul_add(F::exp_tail(cpu, r) * r, r, r);
    let whole = scale * other;
    let sum = power + F::one();
    let lost = (power - (sum - F::one())) * whole;
    (sum * scale * other, lost, cpu.mul_add(power, whole, whole - F::one()))
}

/// `exp x - 1 = 2^n ((exp(r) - 1) + (1 - 2^-n))`.
#[cfg_attr(optimised, inline(always))]
pub fn expm1<A: Arch, F: Real>(cpu: A, x: F) -> F {
    let bounded = between(x, F::LEAST, F::LARGEST);
    let n = cpu.mul_add(bounded, F::LOG2_E, F::SHIFT) - F::SHIFT;
    let r = rest(cpu, bounded, n);
    let power = cpu.mul_add(F::exp_tail(cpu, r) * r, r, r);
    // Half of 2^n, which is finite even where 2^n is not.
    let scale = (n - F::one()).exp2i();
    let result = F::of(2.0) * cpu.mul_add(power, scale, scale - F::of(0.5));
    select(x.magnitude() < F::TINY, x, result)
}
