//! Reductions that dfdx lacks, and those under a condition that may hold nowhere.

use super::{Try, keep, on_host, pick, real, step};
use dfdx::prelude::*;
use dfdx::shapes::ReduceStridesTo;

/// Product. The derivative is the product of the others, also where one is 0.
pub fn prod<Ax, Dst, S, E, D, T>(x: Tensor<S, E, D, T>, _axes: Ax) -> Try<Dst, E, D, T>
where
    Ax: Axes,
    Dst: Shape,
    S: Shape + ReduceShapeTo<Dst, Ax>,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let dst: Dst = x.shape().reduced();
    let (value, others) = products(&on_host(&x), &lines::<Ax, S>(x.shape()));
    let value = x.device().try_tensor_from_vec(value.into_iter().map(real::<E>).collect(), dst)?;
    if !T::OWNS_TAPE {
        return Ok(value.put_tape(T::default()));
    }
    let others = super::from_host(&x, others.into_iter())?;
    step(x)?.try_mul(others)?.try_sum::<Dst, Ax>()?.try_add(value)
}

/// For every element of the result, in order, where its operands stand.
fn lines<Ax: Axes, S: Shape>(shape: &S) -> Vec<Vec<usize>> {
    let sizes: Vec<usize> = shape.concrete().into();
    let reduced: Vec<usize> = Ax::as_array().into_iter().map(|axis| axis as usize).collect();
    let kept = |axis: &usize| !reduced.contains(axis);
    let count = (0..sizes.len()).filter(kept).map(|axis| sizes[axis]).product();
    let mut lines = vec![Vec::new(); count];
    for at in 0..sizes.iter().product() {
        let stride = |axis: usize| sizes[axis + 1..].iter().product::<usize>();
        let index = |axis: usize| at / stride(axis) % sizes[axis];
        let line = (0..sizes.len()).filter(kept).fold(0, |line, axis| line * sizes[axis] + index(axis));
        lines[line].push(at);
    }
    lines
}

/// The product of each line, and for each element the product of the others of its line.
fn products(x: &[f64], lines: &[Vec<usize>]) -> (Vec<f64>, Vec<f64>) {
    let mut others = vec![1.0; x.len()];
    let mut value = Vec::with_capacity(lines.len());
    for line in lines {
        let before = line.iter().fold(1.0, |product, &at| {
            others[at] = product;
            product * x[at]
        });
        line.iter().rev().fold(1.0, |product, &at| {
            others[at] *= product;
            product * x[at]
        });
        value.push(before);
    }
    (value, others)
}

/// `ln(sum(exp x))` over the elements where the mask holds: minus infinity if it holds nowhere, and then
/// without gradient.
pub fn logsumexp_given<Ax, Dst, S, E, D, T>(
    x: Tensor<S, E, D, T>,
    mask: Tensor<S, bool, D>,
    _axes: Ax,
) -> Try<Dst, E, D, T>
where
    Ax: Axes,
    Dst: Shape,
    S: Shape + ReduceShapeTo<Dst, Ax>,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let least = f64::NEG_INFINITY;
    let max = keep(x.retaped::<NoneTape>(), mask.clone(), least)?.try_max::<Dst, Ax>()?;
    let some = max.try_gt(real::<E>(least))?;
    let shift = keep(max, some.clone(), 0.0)?;
    let shape = *x.shape();
    let shifted = x.try_sub(shift.clone().try_broadcast_like::<_, Ax>(&shape)?)?;
    let total = keep(shifted, mask, least)?.try_exp()?.try_sum::<Dst, Ax>()?;
    // Over none, ln(0 + 1) + minus infinity: the value without the pole.
    let one = pick(some.clone(), 0.0, 1.0)?;
    total.try_add(one)?.try_ln()?.try_add(keep(shift, some, least)?)
}

/// Whether the condition holds somewhere.
pub fn any<E, Ax, Dst, S, D>(mask: Tensor<S, bool, D>, _axes: Ax) -> Try<Dst, bool, D>
where
    E: Dtype,
    Ax: Axes,
    Dst: Shape,
    S: Shape + ReduceShapeTo<Dst, Ax>,
    D: Device<E>,
{
    pick::<S, E, D>(mask, 1.0, 0.0)?.try_max::<Dst, Ax>()?.try_gt(real::<E>(0.5))
}

/// Whether the condition holds everywhere.
pub fn all<E, Ax, Dst, S, D>(mask: Tensor<S, bool, D>, _axes: Ax) -> Try<Dst, bool, D>
where
    E: Dtype,
    Ax: Axes,
    Dst: Shape,
    S: Shape + ReduceShapeTo<Dst, Ax>,
    D: Device<E>,
{
    pick::<S, E, D>(mask, 1.0, 0.0)?.try_min::<Dst, Ax>()?.try_gt(real::<E>(0.5))
}

/// Running sum along the last axis, the element itself included: a product with a triangle of ones.
pub fn cumsum<S, E, D, T>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let n = last_length(&x);
    let upto = x.device().try_upper_tri_like(&(n, n), E::ONE, None)?;
    along_last(x, upto)
}

/// Running sum along the last axis from its end, the element itself included.
pub fn cumsum_backward<S, E, D, T>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let n = last_length(&x);
    let from = x.device().try_lower_tri_like(&(n, n), E::ONE, None)?;
    along_last(x, from)
}

fn last_length<S: Shape, E: Unit, D: Storage<E>, T>(x: &Tensor<S, E, D, T>) -> usize {
    x.shape().concrete().as_ref().last().copied().unwrap_or(1)
}

/// Each line along the last axis times a square matrix.
fn along_last<S, E, D, T>(x: Tensor<S, E, D, T>, matrix: Tensor<(usize, usize), E, D>) -> Try<S, E, D, T>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let shape = *x.shape();
    let length = matrix.shape().0;
    let lines = shape.num_elements() / length;
    x.try_reshape_like(&(lines, length))?.try_matmul(matrix)?.try_reshape_like(&shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_exact_at_zeros() {
        let dev = Cpu::default();
        let x = dev.tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0], [1.0, 2.0, 4.0]]);
        let y = prod(x.leaky_trace(), Axis::<1>).unwrap();
        assert_eq!(y.array(), [0.0, 0.0, 8.0]);
        let slope = y.sum().backward().get(&x).array();
        assert_eq!(slope, [[0.0, 6.0, 0.0], [0.0, 0.0, 0.0], [8.0, 4.0, 2.0]]);
        assert_eq!(prod(x.clone(), Axis::<0>).unwrap().array(), [0.0, 0.0, 12.0]);
        assert_eq!(prod(x, Axes2::<0, 1>).unwrap().array(), 0.0);
    }

    #[test]
    fn logsumexp_over_none_has_no_gradient() {
        let dev = Cpu::default();
        let x = dev.tensor([[1e4, 1e4 - 1.0, 5e4], [1.0, 2.0, 3.0]]);
        let mask = dev.tensor([[true, true, false], [false, false, false]]);
        let y = logsumexp_given(x.leaky_trace(), mask, Axis::<1>).unwrap();
        let [some, none] = y.array();
        assert!((some - (1e4 + (1.0 + (-1f64).exp()).ln())).abs() < 1e-11);
        assert_eq!(none, f64::NEG_INFINITY);
        let slope = y.exp().clamp(0.0, 1.0).sum().backward().get(&x).array();
        assert_eq!(slope[1], [0.0; 3]);
    }

    #[test]
    fn logsumexp_has_the_gradient_of_softmax() {
        let dev = Cpu::default();
        let x = dev.tensor([[1.0, 2.0, 3.0]]);
        let mask = dev.tensor([[true, false, true]]);
        let slope =
            logsumexp_given(x.leaky_trace(), mask, Axis::<1>).unwrap().sum().backward().get(&x).array()[0];
        let p = 1.0 / (1.0 + 2f64.exp());
        assert!((slope[0] - p).abs() < 1e-15 && slope[1] == 0.0 && (slope[2] - (1.0 - p)).abs() < 1e-15);
    }

    #[test]
    fn conditions_reduce() {
        let dev = Cpu::default();
        let mask = dev.tensor([[true, false], [false, false], [true, true]]);
        assert_eq!(any::<f32, _, _, _, _>(mask.clone(), Axis::<1>).unwrap().array(), [true, false, true]);
        assert_eq!(all::<f64, _, _, _, _>(mask, Axis::<1>).unwrap().array(), [false, false, true]);
    }

    #[test]
    fn running_sums() {
        let dev = Cpu::default();
        let x = dev.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]);
        let y = cumsum(x.leaky_trace()).unwrap();
        assert_eq!(y.array(), [[[1.0, 3.0, 6.0], [4.0, 9.0, 15.0]]]);
        assert_eq!(y.sum().backward().get(&x).array(), [[[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]]);
        assert_eq!(cumsum(dev.tensor([1.0, 1.0])).unwrap().array(), [1.0, 2.0]);
        assert_eq!(cumsum_backward(dev.tensor([1.0, 2.0, 4.0])).unwrap().array(), [7.0, 6.0, 4.0]);
    }
}
