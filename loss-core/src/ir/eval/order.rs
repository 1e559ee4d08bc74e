//! Ops that look along one axis and keep it.

use super::space::Tensor;
use crate::ir::Axis;
use std::cmp::Ordering;

/// Replaces every lane of `x` along `axis` by what `f` makes of it.
pub(super) fn along(x: &Tensor, axis: Axis, f: impl Fn(&[f64]) -> Vec<f64>) -> Tensor {
    let size = x.space.axes.iter().position(|a| *a == axis).map_or(1, |i| x.space.sizes[i]);
    let mut out = x.clone();
    for point in x.space.without(&[axis]).points() {
        let offset = |i| x.offset(|a| if a == axis { i } else { point.at(a) });
        let lane: Vec<f64> = (0..size).map(|i| x.data[offset(i)]).collect();
        for (i, value) in f(&lane).into_iter().enumerate() {
            out.data[offset(i)] = value;
        }
    }
    out
}

/// Which element stands at each position, ascending; ties keep their order.
pub(super) fn argsort(lane: &[f64]) -> Vec<f64> {
    positions(lane).into_iter().map(|i| i as f64).collect()
}

/// Which position each element has.
pub(super) fn rank(lane: &[f64]) -> Vec<f64> {
    let mut rank = vec![0.0; lane.len()];
    for (position, i) in positions(lane).into_iter().enumerate() {
        rank[i] = position as f64;
    }
    rank
}

/// Running sums, the element itself included.
pub(super) fn cumsum(lane: &[f64]) -> Vec<f64> {
    let add = |sum: &mut f64, x: &f64| {
        *sum += x;
        Some(*sum)
    };
    lane.iter().scan(0.0, add).collect()
}

/// Running sums from the last element, the element itself included.
pub(super) fn cumsum_backward(lane: &[f64]) -> Vec<f64> {
    let reversed: Vec<f64> = lane.iter().rev().copied().collect();
    cumsum(&reversed).into_iter().rev().collect()
}

fn positions(lane: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lane.len()).collect();
    order.sort_by(|&i, &j| compare(lane[i], lane[j]));
    order
}

/// The order of the reals, in which the two zeros are a tie; a NaN goes to the end that its sign says.
fn compare(x: f64, y: f64) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| x.total_cmp(&y))
}
