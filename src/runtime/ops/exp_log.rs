//! Exponentials, logarithms, and functions that are computed on the host.

use super::{Try, linearise, mapped};
use crate::runtime::scalar;
use dfdx::prelude::*;

/// `ln(1 + x)`. With `u = fl(1 + x)`, `ln u` corrected by what was rounded away: `- ((u - 1) - x) / u`.
pub fn log1p<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T> {
    let lost = rounded_away(x.retaped::<NoneTape>())?;
    x.try_add(E::ONE)?.try_ln()?.try_sub(lost)
}

/// `((u - 1) - x) / u` for `u = fl(1 + x)`; 0 where that is not a number (`x` infinite or -1).
fn rounded_away<S: Shape, E: Dtype, D: Device<E>>(x: Tensor<S, E, D>) -> Try<S, E, D> {
    let u = x.clone().try_add(E::ONE)?;
    u.clone().try_sub(E::ONE)?.try_sub(x)?.try_div(u)?.try_nans_to(0.0)
}

/// `exp(x) - 1`: with `u = fl(exp x)`, `(u - 1) x / ln u`, which keeps its digits near 0 (Kahan).
pub fn expm1<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T> {
    let at = x.retaped::<NoneTape>();
    let u = at.clone().try_exp()?;
    let plain = u.clone().try_sub(E::ONE)?;
    let corrected = plain.clone().try_mul(at.clone())?.try_div(u.clone().try_ln()?)?;
    // Where u is 1 the answer is x; from 1/2 on, the plain difference is exact enough and cannot be inf / inf.
    let near = at.clone().try_abs()?.try_lt(super::real::<E>(0.5))?;
    let value = near.try_choose(corrected, plain)?;
    let value = u.try_eq(E::ONE)?.try_choose(at, value)?;
    linearise(x, value, u)
}

/// `ln(1 + exp x) = max(x, 0) + log1p(exp(-|x|))`, with the derivative `sigmoid(x)` everywhere.
pub fn softplus<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T> {
    let at = x.retaped::<NoneTape>();
    let tail = log1p(at.clone().try_abs()?.try_negate()?.try_exp()?)?;
    // `maximum`, not `relu`, would be needed to keep NaN; the tail keeps it.
    let value = at.clone().try_relu()?.try_add(tail)?;
    linearise(x, value, at.try_sigmoid()?)
}

/// `ln(sigmoid(x)) = -softplus(-x)`.
pub fn log_sigmoid<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
) -> Try<S, E, D, T> {
    softplus(x.try_negate()?)?.try_negate()
}

/// Logarithm to base 2.
pub fn log2<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T> {
    x.try_ln()?.try_mul(super::real::<E>(std::f64::consts::LOG2_E))
}

/// Square root, with the derivative 0 at 0 (dfdx has infinity).
pub fn sqrt<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T> {
    let nonzero = x.try_ne(E::default())?;
    let root = super::keep(x, nonzero.clone(), 1.0)?.try_sqrt()?;
    super::keep(root, nonzero, 0.0)
}

/// Defines functions that are computed on the host, each with its derivative.
macro_rules! on_the_host {
    ($($(#[$doc:meta])* $name:ident: $f:expr, $df:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T> {
            mapped(x, $f, $df)
        }
    )+};
}

on_the_host! {
    /// `ln(1 - exp x)` for negative `x`.
    log1mexp: scalar::log1mexp, |x| -1.0 / (-x).exp_m1();
    /// `x ln x`, and 0 at 0, where the derivative is the largest negative number.
    xlogx: scalar::xlogx, |x| x.ln() + 1.0;
    /// Error function.
    erf: scalar::erf, |x| std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
    /// Hyperbolic sine.
    sinh: f64::sinh, f64::cosh;
    /// Hyperbolic cosine.
    cosh: f64::cosh, f64::sinh;
    /// Tangent.
    tan: f64::tan, |x| 1.0 + x.tan().powi(2);
    /// Arc cosine.
    acos: f64::acos, |x| -1.0 / ((1.0 - x) * (1.0 + x)).sqrt();
    /// Arc sine.
    asin: f64::asin, |x| 1.0 / ((1.0 - x) * (1.0 + x)).sqrt();
    /// Arc tangent.
    atan: f64::atan, |x| 1.0 / (1.0 + x * x);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_at};
    use super::*;

    /// Every magnitude that has a finite value and derivative.
    const REAL: &[f64] =
        &[-1e4, -88.0, -20.0, -3.0, -0.5, -1e-3, -1e-9, 0.0, 1e-12, 1e-4, 0.4, 0.6, 2.5, 20.0, 80.0, 1e4];

    #[test]
    fn logarithms() {
        check(
            "log1p",
            &[-0.9, -0.5, -1e-9, 0.0, 1e-12, 1e-4, 1.0, 1e4, 1e30],
            log1p,
            log1p,
            f64::ln_1p,
            |x| 1.0 / (1.0 + x),
        );
        check("log2", &[1e-3, 0.5, 1.0, 8.0], log2, log2, f64::log2, |x| std::f64::consts::LOG2_E / x);
        check("xlogx", &[1e-6, 0.3, 1.0, 7.0], xlogx, xlogx, scalar::xlogx, |x| x.ln() + 1.0);
        check("log1mexp", &[-30.0, -1.0, -0.5, -1e-3], log1mexp, log1mexp, scalar::log1mexp, |x| {
            -1.0 / (-x).exp_m1()
        });
    }

    #[test]
    fn exponentials() {
        let small: Vec<f64> = REAL.iter().copied().filter(|x| *x <= 80.0).collect();
        check("expm1", &small, expm1, expm1, f64::exp_m1, f64::exp);
        check("softplus", REAL, softplus, softplus, scalar::softplus, scalar::sigmoid);
        check("log_sigmoid", REAL, log_sigmoid, log_sigmoid, scalar::log_sigmoid, |x| scalar::sigmoid(-x));
    }

    #[test]
    fn host_functions() {
        let near: &[f64] = &[-0.9, -0.3, 0.0, 0.2, 0.8];
        check("erf", near, erf, erf, libm::erf, |x| std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp());
        check("sinh", near, sinh, sinh, f64::sinh, f64::cosh);
        check("cosh", near, cosh, cosh, f64::cosh, f64::sinh);
        check("tan", near, tan, tan, f64::tan, |x| 1.0 + x.tan().powi(2));
        check("acos", near, acos, acos, f64::acos, |x| -1.0 / (1.0 - x * x).sqrt());
        check("asin", near, asin, asin, f64::asin, |x| 1.0 / (1.0 - x * x).sqrt());
        check("atan", near, atan, atan, f64::atan, |x| 1.0 / (1.0 + x * x));
    }

    #[test]
    fn special_points() {
        check("sqrt", &[0.0, 1e-8, 1.0, 1e8], sqrt, sqrt, f64::sqrt, |x| {
            if x > 0.0 { 0.5 / x.sqrt() } else { 0.0 }
        });
        // Values are exact and never NaN where the derivative is infinite.
        let (value, slope) = check_at(acos, 1.0);
        assert_eq!((value, slope < -1e300), (0.0, true));
        let (value, slope) = check_at(xlogx, 0.0);
        assert_eq!((value, slope < -1e300), (0.0, true));
        assert_eq!(check_at(softplus, f64::INFINITY).0, f64::INFINITY);
        assert_eq!(check_at(softplus, f64::NEG_INFINITY), (0.0, 0.0));
        assert_eq!(check_at(log1p, -1.0).0, f64::NEG_INFINITY);
        assert_eq!(check_at(expm1, 1e4).0, f64::INFINITY);
        assert!(check_at(sqrt, -1.0).0.is_nan());
        assert!(check_at(softplus, f64::NAN).0.is_nan());
    }
}
