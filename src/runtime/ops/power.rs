//! Powers.

use super::{Try, from_host, linearise, on_host, step};
use dfdx::prelude::*;

/// `x ^ y` for one exponent. Whole exponents take any `x`; `0 ^ 0` is 1, and the derivative is 0 if `y` is.
pub fn pow<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    y: f64,
) -> Try<S, E, D, T> {
    if y == 0.0 {
        // 0 * x + 1; infinity times 0 is NaN, which is not meant.
        return x.try_mul(E::default())?.try_nans_to(0.0)?.try_add(E::ONE);
    }
    if y == 1.0 {
        return x.try_mul(E::ONE);
    }
    if y == 2.0 {
        return x.try_square();
    }
    match whole(y) {
        Some(n) => x.try_powi(n),
        None => x.try_powf(y),
    }
}

/// `y` as an exponent for repeated multiplication, which stays exact only while it is small.
fn whole(y: f64) -> Option<i32> {
    (y.fract() == 0.0 && y.abs() <= 64.0).then_some(y as i32)
}

/// `x ^ y` with an exponent for each element, computed on the host. The derivative by `y` is 0 where `x` is.
pub fn pow_each<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    y: Tensor<S, E, D, T>,
) -> Try<S, E, D, T> {
    let pairs: Vec<(f64, f64)> = on_host(&x).into_iter().zip(on_host(&y)).collect();
    let value = from_host(&x, pairs.iter().map(|&(x, y)| x.powf(y)))?;
    if !T::OWNS_TAPE {
        return Ok(value.put_tape(T::default()));
    }
    let by_base =
        from_host(&x, pairs.iter().map(|&(x, y)| if y == 0.0 { 0.0 } else { y * x.powf(y - 1.0) }))?;
    let by_exponent =
        from_host(&x, pairs.iter().map(|&(x, y)| if x == 0.0 { 0.0 } else { x.powf(y) * x.ln() }))?;
    let exponent = step(y)?.try_mul(by_exponent)?;
    linearise(x, value, by_base)?.try_add(exponent)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_at};
    use super::*;

    #[test]
    fn one_exponent() {
        for y in [0.0, 1.0, 2.0, 3.0, 0.5, 1.7, -1.0, -2.5] {
            let slope = |x: f64| if y == 0.0 { 0.0 } else { y * x.powf(y - 1.0) };
            let at = &[1e-3, 0.5, 1.0, 7.0];
            check("pow", at, |x| pow(x, y), |x| pow(x, y), |x| x.powf(y), slope);
        }
        check("pow", &[-3.0, -0.5, 0.0], |x| pow(x, 3.0), |x| pow(x, 3.0), |x| x.powi(3), |x| 3.0 * x * x);
    }

    #[test]
    fn the_derivative_at_0_is_finite_where_it_exists() {
        assert_eq!(check_at(|x| pow(x, 0.0), 0.0), (1.0, 0.0));
        assert_eq!(check_at(|x| pow(x, 1.0), 0.0), (0.0, 1.0));
        assert_eq!(check_at(|x| pow(x, 2.0), 0.0), (0.0, 0.0));
        assert_eq!(check_at(|x| pow(x, 1.5), 0.0), (0.0, 0.0));
    }

    #[test]
    fn an_exponent_for_each_element() {
        let dev = Cpu::default();
        let x = dev.tensor([0.0, 2.0, 3.0, 2.0]);
        let y = dev.tensor([2.0, 3.0, 0.0, 0.5]);
        let z = pow_each(x.leaky_trace(), y.leaky_trace()).unwrap();
        assert_eq!(z.array(), [0.0, 8.0, 1.0, 2f64.sqrt()]);
        let grads = z.sum().backward();
        let slope = grads.get(&x).array();
        assert_eq!(slope[..3], [0.0, 12.0, 0.0]);
        let ln = 2f64.ln();
        let by_y = grads.get(&y).array();
        assert_eq!(by_y, [0.0, 8.0 * ln, 3f64.ln(), 2f64.sqrt() * ln]);
    }
}
