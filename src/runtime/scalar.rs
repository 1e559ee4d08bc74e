//! Functions of plain numbers: what a loss computes on the host, once, from its hyperparameters, sizes and
//! class indices.

/// A size as a number.
pub fn count(size: usize) -> f64 {
    size as f64
}

/// A condition as a number: 1 or 0.
pub fn truth(condition: bool) -> f64 {
    f64::from(condition)
}

/// A number of rounds: a number, rounded towards 0; none if it is negative or NaN.
pub fn rounds(count: f64) -> usize {
    count as usize
}

/// The one of so many elements whose number is nearest: the first below, the last beyond.
pub fn nearest(place: f64, size: usize) -> usize {
    (place.round() as usize).min(size.saturating_sub(1))
}

/// `1 / (1 + exp(-x))`: the exponential is taken of a negative number only, which cannot overflow.
pub fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// `ln(1 + exp x) = max(x, 0) + ln(1 + exp(-|x|))`.
pub fn softplus(x: f64) -> f64 {
    max(x, 0.0) + (-x.abs()).exp().ln_1p()
}

/// `ln(sigmoid(x)) = -softplus(-x)`.
pub fn log_sigmoid(x: f64) -> f64 {
    -softplus(-x)
}

/// `ln(1 - exp x)` for negative `x`: which form keeps its digits changes at `-ln 2` (Mächler 2012).
pub fn log1mexp(x: f64) -> f64 {
    if x > -std::f64::consts::LN_2 { (-x.exp_m1()).ln() } else { (-x.exp()).ln_1p() }
}

/// `x ln x`, and 0 at 0.
pub fn xlogx(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * x.ln() }
}

/// The error function.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// -1, 0 or 1; NaN and both zeros stay.
pub fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() { x } else { x.signum() }
}

/// `max(x, 0)`.
pub fn relu(x: f64) -> f64 {
    max(x, 0.0)
}

/// The larger; NaN if one of them is.
pub fn max(x: f64, y: f64) -> f64 {
    if x > y || x.is_nan() { x } else { y }
}

/// The smaller; NaN if one of them is.
pub fn min(x: f64, y: f64) -> f64 {
    if x < y || x.is_nan() { x } else { y }
}

/// The nearest number in `lo..=hi`.
pub fn clamp(x: f64, lo: f64, hi: f64) -> f64 {
    min(max(x, lo), hi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_arguments_stay_finite() {
        for x in [-1e4, -40.0, -1e-9, 0.0, 1e-9, 40.0, 1e4] {
            assert!(sigmoid(x).is_finite() && softplus(x).is_finite() && log_sigmoid(x).is_finite());
        }
        assert_eq!(softplus(1e4), 1e4);
        assert_eq!(log_sigmoid(-1e4), -1e4);
        assert!((log1mexp(-1e-10) - (1e-10f64).ln()).abs() < 1e-9);
        assert_eq!(xlogx(0.0), 0.0);
    }

    #[test]
    fn kinks_and_nan() {
        assert_eq!((sign(-2.0), sign(0.0), sign(3.0)), (-1.0, 0.0, 1.0));
        assert_eq!((clamp(-2.0, -1.0, 1.0), clamp(0.5, -1.0, 1.0), clamp(3.0, -1.0, 1.0)), (-1.0, 0.5, 1.0));
        assert!(max(f64::NAN, 0.0).is_nan() && min(0.0, f64::NAN).is_nan());
    }

    #[test]
    fn rounds_are_never_negative() {
        assert_eq!((rounds(3.9), rounds(-1.0), rounds(f64::NAN)), (3, 0, 0));
    }
}
