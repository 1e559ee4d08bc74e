//! Masks, choices and steps.

use super::{Try, full};
use dfdx::prelude::*;

/// `x` where the mask holds, a number elsewhere. What is replaced gets no gradient.
pub fn keep<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    mask: Tensor<S, bool, D>,
    other: f64,
) -> Try<S, E, D, T> {
    let other = full(&mask, other)?;
    mask.try_choose(x, other)
}

/// One number where the mask holds, another elsewhere.
pub fn pick<S: Shape, E: Dtype, D: Device<E>>(mask: Tensor<S, bool, D>, yes: f64, no: f64) -> Try<S, E, D> {
    let yes = full::<S, bool, E, D, NoneTape>(&mask, yes)?;
    keep(yes, mask, no)
}

/// One mask where the first holds, another elsewhere.
pub fn choose_mask<E: Dtype, S: Shape, D: Device<E>>(
    mask: Tensor<S, bool, D>,
    yes: Tensor<S, bool, D>,
    no: Tensor<S, bool, D>,
) -> Try<S, bool, D> {
    Ok((mask.clone() & yes) | (!mask & no))
}

/// The nearest number in `lo..=hi`, `hi` if the bounds cross; the derivative is 1 between the bounds and
/// on them.
pub fn clamp<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    lo: f64,
    hi: f64,
) -> Try<S, E, D, T> {
    x.try_clamp(if lo > hi { hi } else { lo }, hi)
}

/// [`clamp`] with a bound for each element, each with its derivative.
pub fn clamp_each<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    lo: Tensor<S, E, D, T>,
    hi: Tensor<S, E, D, T>,
) -> Try<S, E, D, T> {
    let below = x.try_lt(&lo)?;
    let above = &x.try_gt(&hi)? | &lo.try_gt(&hi)?;
    above.try_choose(hi, below.try_choose(lo, x)?)
}

/// -1, 0 or 1, off the tape: its derivative is 0.
pub fn sign<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D> {
    let zero = x.retaped::<NoneTape>().try_mul(E::default())?;
    let up = keep(full(&x, 1.0)?, x.try_gt(E::default())?, 0.0)?;
    let down = keep(full(&x, 1.0)?, x.try_lt(E::default())?, 0.0)?;
    // Infinity times 0 is NaN, but has a sign; NaN has none.
    let zero = keep(zero, x.try_ne(&x)?, 0.0)?;
    up.try_sub(down)?.try_add(zero)
}

/// The largest whole number not above, off the tape: its derivative is 0.
pub fn floor<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(x: Tensor<S, E, D, T>) -> Try<S, E, D> {
    super::from_host(&x, super::on_host(&x).into_iter().map(f64::floor))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn clamp_has_its_derivative_on_the_bounds() {
        let inside = |x: f64| if (-1.0..=2.0).contains(&x) { 1.0 } else { 0.0 };
        let at: &[f64] = &[-1e4, -1.0, 0.0, 2.0, 3.0];
        check("clamp", at, |x| clamp(x, -1.0, 2.0), |x| clamp(x, -1.0, 2.0), |x| x.clamp(-1.0, 2.0), inside);
        let crossed = Cpu::default().tensor([0.0, 5.0]);
        assert_eq!(clamp(crossed, 2.0, 1.0).unwrap().array(), [1.0, 1.0]);
    }

    #[test]
    fn bounds_that_are_tensors_get_their_gradient() {
        let dev = Cpu::default();
        let x = dev.tensor([-2.0, 0.5, 3.0]);
        let (lo, hi) = (dev.tensor([-1.0; 3]), dev.tensor([1.0; 3]));
        let y = clamp_each(x.leaky_trace(), lo.leaky_trace(), hi.leaky_trace()).unwrap();
        assert_eq!(y.array(), [-1.0, 0.5, 1.0]);
        let grads = y.sum().backward();
        assert_eq!(grads.get(&x).array(), [0.0, 1.0, 0.0]);
        assert_eq!(grads.get(&lo).array(), [1.0, 0.0, 0.0]);
        assert_eq!(grads.get(&hi).array(), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn replaced_elements_get_no_gradient() {
        let dev = Cpu::default();
        let x = dev.tensor([1.0, f64::NAN, 3.0]);
        let mask = x.eq(&x);
        let y = keep(x.leaky_trace(), mask.clone(), 7.0).unwrap();
        assert_eq!(y.array(), [1.0, 7.0, 3.0]);
        assert_eq!(y.sum().backward().get(&x).array(), [1.0, 0.0, 1.0]);
        let picked: Tensor<_, f32, _> = pick(mask, 1.0, 2.0).unwrap();
        assert_eq!(picked.array(), [1.0, 2.0, 1.0]);
    }

    #[test]
    fn steps() {
        let x = Cpu::default().tensor([-2.5, 0.0, 0.5, f64::INFINITY]);
        assert_eq!(sign(x.clone()).unwrap().array(), [-1.0, 0.0, 1.0, 1.0]);
        assert_eq!(floor(x).unwrap().array(), [-3.0, 0.0, 0.0, f64::INFINITY]);
        assert!(sign(Cpu::default().tensor([f64::NAN])).unwrap().array()[0].is_nan());
    }
}
