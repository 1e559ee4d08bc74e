//! Elementary functions that the compiler vectorises: they select instead of branching.
//!
//! At special points they are what the op table says. Polynomials are minimax fits (Remez), one for each type
//! where the types need different ones. In `f32`, all are within 2 units in the last place (ulp) over the whole range.
//! The most that any of the 2^32 numbers is off by (`ulp`, `exhaustive`), without and with a fused multiply-add:
//!
//! | function | without | with |
//! |---|---|---|
//! | `exp` | 1.20 | 0.93 |
//! | `expm1` | 1.77 | 1.65 |
//! | `ln` | 0.95 | 0.92 |
//! | `log1p` | 1.57 | 1.53 |
//! | `log1mexp` | 1.80 | 1.86 |
//! | `xlogx` | 1.74 | 1.70 |
//! | `sigmoid` | 1.98 | 1.65 |
//! | `log_sigmoid`, `softplus` | 1.81 | 1.88 |
//! | `tanh` | 1.54 | 1.59 |
//! | `erf` | 1.40 | 1.18 |
//! | `tan` | 1.48 | 1.48 |
//! | `cos`, `sin` | 0.56 | 0.56 |
//! | `acos`, `asin`, `atan`, `sinh` | 0.50 | 0.50 |
//!
//! `cosh`, `log2`, `recip` and `sqrt` give the number that is next to the truth; `abs`, `floor`, `relu` and `sign` are
//! exact. `pow`, of two numbers, is within 0.6 at the pairs that are tried.
//!
//! Not vectorised, but calls to the standard library, are `sin`, `cos` and `tan`, whose figures are those of glibc; and
//! in `f64` the functions of [`hyperbolic`] other than `tanh`, all of [`circular`], [`erf`] and [`pow`](mod@pow).

// Coefficients keep the digits that they were found with.
#![allow(clippy::excessive_precision)]

pub mod circular;
pub mod erf;
pub mod exp;
pub mod hyperbolic;
pub mod log;
pub mod logistic;
pub mod piecewise;
pub mod pow;
#[cfg(test)]
mod ulp;

use super::arch::Arch;
use super::real::Real;

/// What the functions need of each type beside its bits.
pub trait Elementary:
    exp::Exp + log::Log + hyperbolic::Hyperbolic + circular::Circular + erf::Erf + pow::Pow
{
}

impl Elementary for f32 {}
impl Elementary for f64 {}

/// `c[0] + c[1] x + c[2] x^2 + ..`, by Horner's rule. Long ones go by pairs of terms, in `x^2`: one multiplication more,
/// but half as long a chain of operations that wait for each other.
#[cfg_attr(optimised, inline(always))]
fn polynomial<A: Arch, F: Real, const N: usize>(cpu: A, x: F, c: [F; N]) -> F {
    let step = if N < 7 { 1 } else { 2 };
    let power = if step == 2 { x * x } else { x };
    let term = |i: usize| if step == 2 && i + 1 < N { cpu.mul_add(c[i + 1], x, c[i]) } else { c[i] };
    let mut i = (N - 1) / step * step;
    let mut sum = term(i);
    while i > 0 {
        i -= step;
        sum = cpu.mul_add(sum, power, term(i));
    }
    sum
}
