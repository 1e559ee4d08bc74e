//! Host functions as a user writes them.

use super::gradient::{assert_close, check_gradient, numbers};
use dfdx::prelude::*;
use dfdx_loss::host::Slice;
use dfdx_loss::{LossError, loss};

/// Names that generated code uses itself, too.
mod ops {
    use super::Slice;

    /// Each element times the sum of all, plus a shift.
    pub fn smooth(x: Slice<'_>, shift: Slice<'_>) -> Result<Vec<f64>, String> {
        let total: f64 = x.iter().sum();
        match x.iter().any(|x| *x > 100.0) {
            true => Err("an element is above 100".to_owned()),
            false => Ok(x.iter().zip(shift.iter()).map(|(x, shift)| x * total + shift).collect()),
        }
    }

    /// Its gradient by both.
    pub fn smooth_gradient(x: Slice<'_>, _: Slice<'_>, _: Slice<'_>, upstream: Slice<'_>) -> [Vec<f64>; 2] {
        let total: f64 = x.iter().sum();
        let through: f64 = x.iter().zip(upstream.iter()).map(|(x, upstream)| x * upstream).sum();
        [upstream.iter().map(|upstream| upstream * total + through).collect(), upstream.to_vec()]
    }
}

fn product(x: Slice<'_>, by: Slice<'_>) -> f64 {
    x.iter().product::<f64>() * by[[]]
}

fn product_gradient(
    x: Slice<'_>,
    by: Slice<'_>,
    _: Slice<'_>,
    upstream: Slice<'_>,
) -> Result<Vec<f64>, String> {
    let others = |i: usize| (0..x.len()).filter(|&j| j != i).map(|j| x[j]).product::<f64>();
    Ok((0..x.len()).map(|i| upstream[[]] * by[[]] * others(i)).collect())
}

fn largest(x: Slice<'_>) -> usize {
    let place = x.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    place.map_or(0, |(place, _)| place)
}

/// The place of the largest element of each column; `[N, M]` to `[M]`.
fn down(x: Slice<'_>) -> Vec<usize> {
    let &[rows, columns] = x.sizes() else { unreachable!("declared with two axes") };
    let best = |j: usize| (0..rows).max_by(|&a, &b| x[[a, j]].total_cmp(&x[[b, j]]));
    (0..columns).map(|j| best(j).unwrap_or(0)).collect()
}

fn beyond(x: Slice<'_>) -> Vec<usize> {
    vec![x.len(); x.len()]
}

fn short(x: Slice<'_>) -> Vec<f64> {
    x.values()[1..].to_vec()
}

fn total(x: Slice<'_>) -> f64 {
    x.iter().sum()
}

fn too_few(_: Slice<'_>, _: Slice<'_>, _: Slice<'_>) -> Vec<f64> {
    vec![]
}

loss! {
    /// Two inputs with a gradient.
    extern smooth(x: [N], shift: [N]) -> [N] = ops::smooth, gradient = ops::smooth_gradient;
    extern product(x: [N], by: data []) -> [] = product, gradient = product_gradient;
    extern largest(x: [N]) -> [] -> N = largest;
    extern down(x: [N, M]) -> [M] -> N = down;
    extern beyond(x: [N]) -> [N] -> N = beyond;
    extern short(x: [N]) -> [N] = short;
    extern total(x: [N]) -> [] = total;
    extern failing(x: [N]) -> [] = total, gradient = too_few;

    /// An input for all slices, and one tensor twice.
    pub Smoothed<by = 2.0>(x: [B, N], shift: [N]) {
        let z[b, n] = smooth[n](x[b, n], shift[n]);
        let twice[b, n] = smooth[n](x[b, n], x[b, n] * z[b, n]);
        mean[n](z[b, n] * twice[b, n]) + product[n](tanh(x[b, n]), by)
    }

    /// In every round: numbers, and where the largest stands.
    pub Iterated(x: [B, N], shift: [N]) {
        let z[b, n] = x[b, n];
        repeat 2 {
            let at[b] = largest[n](z[b, n]);
            z[b, n] = smooth[n](z[b, n] / 2, shift[n]) * z[b, at[b]];
        }
        sum[n](z[b, n])
    }

    /// The same on the graph.
    #[graph]
    pub IteratedGraph(x: [B, N], shift: [N]) = Iterated(x, shift)[b];

    /// Named terms around a function.
    pub Composed(x: [B, N], shift: [N]) {
        plain: mean[n](smooth[n](x[b, n], shift[n])),
        chosen: 0.5 * x[b, largest[n](x[b, n])],
    }

    /// Slices down the first axis of a tensor.
    pub Crossed(x: [N, N]) = sum[n](smooth[m](x[m, n], x[n, m])) * x[0, m];

    /// Indices, of one number and of several.
    pub Chosen(x: [B, N, M]) {
        let best[b, m] = down[n, m](x[b, n, m]);
        mean[m](x[b, best[b, m], m] ^ 2) + x[b, 0, largest[m](x[b, 0, m])]
    }

    /// Without a gradient: a constant.
    pub Weighed(x: [B, N]) = total[n](x[b, n]) * x[b, 0];

    /// An answer that no set has.
    pub Beyond(x: [B, N]) = mean[n](x[b, beyond[n](x[b, n])]);

    /// An answer of another length.
    pub Short(x: [B, N]) = mean[n](short[n](x[b, n]));

    /// A gradient of another length.
    pub Failing(x: [B, N]) = failing[n](x[b, n]);

    /// The catalogue's, inside a definition of one's own.
    pub Mine(x: [B, N, D], y: data [B, N, D]) = 2 * HungarianSetLoss(x, y)[b];
}

type Matrix = Tensor<(usize, usize), f64, Cpu>;

fn matrix(rows: usize, columns: usize, seed: u64) -> Matrix {
    Cpu::default().tensor_from_vec(numbers(rows * columns, seed), (rows, columns))
}

/// `Smoothed` of one row, by its formula.
fn smoothed(x: &[f64], shift: &[f64], by: f64) -> f64 {
    let total: f64 = x.iter().sum();
    let z: Vec<f64> = x.iter().zip(shift).map(|(x, s)| x * total + s).collect();
    let pairs = x.iter().zip(&z).map(|(x, z)| z * (x * total + x * z));
    pairs.sum::<f64>() / x.len() as f64 + x.iter().map(|x| x.tanh()).product::<f64>() * by
}

#[test]
fn every_slice_is_handed_over() {
    let (x, shift) = (matrix(4, 3, 1), Cpu::default().tensor_from_vec(numbers(3, 2), (3,)));
    let rows: Vec<f64> = x.as_vec().chunks(3).map(|row| smoothed(row, &shift.as_vec(), 2.0)).collect();
    let loss = Smoothed::default();
    assert_close(&loss.per_sample(x.clone(), shift.clone()).as_vec(), &rows, 1e-14);
    let single = loss.per_sample(x.to_dtype::<f32>(), shift.to_dtype::<f32>()).as_vec();
    assert_close(&single.iter().map(|v| f64::from(*v)).collect::<Vec<_>>(), &rows, 1e-5);
}

#[test]
fn gradients_are_those_declared() {
    let (x, shift) = (matrix(4, 3, 3), Cpu::default().tensor_from_vec(numbers(3, 4), (3,)));
    let loss = Smoothed { by: 0.5 };
    check_gradient(&x, |x| loss.forward(x, shift.clone()));
    check_gradient(&shift, |shift| loss.forward(x.clone(), shift));
    check_gradient(&matrix(3, 3, 5), |x| Crossed.forward(x));
    check_gradient(&x, |x| Iterated.forward(x, shift.clone()));
    check_gradient(&shift, |shift| Iterated.forward(x.clone(), shift));
    let both = loss.forward(x.leaky_trace(), shift.leaky_trace()).backward();
    let alone = loss.forward(x.leaky_trace(), shift.clone()).backward();
    assert_close(&both.get(&x).as_vec(), &alone.get(&x).as_vec(), 1e-14);
    let (x32, shift32) = (x.clone().to_dtype::<f32>(), shift.to_dtype::<f32>());
    let single = loss.forward(x32.leaky_trace(), shift32.leaky_trace()).backward();
    let widened: Vec<f64> = single.get(&x32).as_vec().iter().map(|v| f64::from(*v)).collect();
    assert_close(&widened, &both.get(&x).as_vec(), 1e-5);
}

#[test]
fn every_round_calls_them() {
    for (rows, columns) in [(1, 1), (4, 3), (2, 9000)] {
        let x = matrix(rows, columns, 10);
        let shift = Cpu::default().tensor_from_vec(numbers(columns, 11), (columns,));
        let found = Iterated.forward(x.leaky_trace(), shift.leaky_trace());
        let wanted = IteratedGraph.forward(x.leaky_trace(), shift.leaky_trace());
        assert!((found.array() / wanted.array() - 1.0).abs() < 1e-12);
        let (found, wanted) = (found.backward(), wanted.backward());
        let near = |found: Vec<f64>, wanted: Vec<f64>| {
            let scale = wanted.iter().fold(1.0, |scale: f64, w| scale.max(w.abs()));
            let scaled = |all: &[f64]| all.iter().map(|g| g / scale).collect::<Vec<_>>();
            assert_close(&scaled(&found), &scaled(&wanted), 1e-12);
        };
        near(found.get(&x).as_vec(), wanted.get(&x).as_vec());
        near(found.get(&shift).as_vec(), wanted.get(&shift).as_vec());
    }
}

#[test]
fn errors_in_a_round_are_those_of_the_call() {
    let mut values = numbers(12, 8);
    // Beyond the limit in the second round only.
    values[3..6].copy_from_slice(&[15.0, 12.0, 9.0]);
    let x = Cpu::default().tensor_from_vec(values, (4, 3));
    let shift = Cpu::default().tensor_from_vec(numbers(3, 2), (3,));
    let error = Iterated.try_forward(x.clone(), shift.clone()).unwrap_err();
    assert_eq!(error.to_string(), "the host function `smooth` failed at [1]: an element is above 100");
    let traced = Iterated.try_per_sample(x.leaky_trace(), shift).unwrap_err();
    assert_eq!(traced.to_string(), error.to_string());
}

#[test]
#[should_panic(expected = "the host function `waning` failed at [0]: it has been called before")]
fn a_function_that_fails_on_the_way_back_is_named() {
    use std::cell::Cell;
    thread_local!(static CALLS: Cell<usize> = const { Cell::new(0) });
    fn waning(x: Slice<'_>) -> Result<f64, String> {
        match CALLS.replace(CALLS.get() + 1) {
            // As often as the loop has rounds.
            0..3 => Ok(x[[]]),
            _ => Err("it has been called before".to_owned()),
        }
    }
    fn slope(_: Slice<'_>, _: Slice<'_>, upstream: Slice<'_>) -> f64 {
        upstream[[]]
    }
    loss! {
        extern waning(x: []) -> [] = waning, gradient = slope;
        Waning(x: [B]) {
            let z[b] = x[b];
            repeat 3 {
                let kept[b] = waning(z[b]);
                z[b] = kept[b] * kept[b];
            }
            z[b]
        }
    }
    let x = Cpu::default().tensor([0.5_f64]);
    let _ = Waning.per_sample(x.leaky_trace()).sum().backward();
}

#[test]
fn indices_choose_and_have_no_gradient() {
    let x: Tensor<(usize, usize, usize), f64, Cpu> =
        Cpu::default().tensor_from_vec(numbers(24, 6), (2, 3, 4));
    let at = |b: usize, n: usize, m: usize| x.as_vec()[(b * 3 + n) * 4 + m];
    let row = |b: usize| {
        let best = |m: usize| (0..3).map(|n| at(b, n, m)).fold(f64::MIN, f64::max);
        (0..4).map(|m| best(m).powi(2)).sum::<f64>() / 4.0
            + (0..4).map(|m| at(b, 0, m)).fold(f64::MIN, f64::max)
    };
    assert_close(&Chosen.per_sample(x.clone()).as_vec(), &[row(0), row(1)], 1e-14);
    check_gradient(&x, |x| Chosen.forward(x));
    let weighed = matrix(2, 3, 7);
    let slope = Weighed.sum(weighed.leaky_trace()).backward().get(&weighed).as_vec();
    let totals: Vec<f64> = weighed.as_vec().chunks(3).map(|row| row.iter().sum()).collect();
    assert_close(&slope, &[totals[0], 0.0, 0.0, totals[1], 0.0, 0.0], 1e-14);
}

#[test]
fn terms_are_reported() {
    let (x, shift) = (matrix(4, 3, 1), Cpu::default().tensor_from_vec(numbers(3, 2), (3,)));
    let (value, terms) = Composed.forward_terms(x.clone(), shift.clone());
    let sum: f64 = terms.report().terms.iter().map(|term| term.weight * term.value).sum();
    assert_close(&[value.array()], &[Composed.forward(x, shift).array()], 1e-14);
    assert_close(&[value.array()], &[sum], 1e-14);
}

#[test]
fn paths_are_those_of_the_place() {
    fn negated(x: Slice<'_>) -> f64 {
        -x[[]]
    }
    loss! {
        extern negated(x: []) -> [] = negated;
        Local(x: [B]) = x[b] * negated(x[b]);
    }
    assert_close(&[Local.forward(Cpu::default().tensor([3.0_f64])).array()], &[-9.0], 0.0);
}

#[test]
fn errors_name_the_function_and_the_slice() {
    let mut values = numbers(12, 8);
    values[7] = 101.0;
    let x = Cpu::default().tensor_from_vec(values, (4, 3));
    let shift = Cpu::default().tensor_from_vec(numbers(3, 2), (3,));
    let error = Smoothed::default().try_forward(x.clone(), shift).unwrap_err();
    assert!(matches!(&error, LossError::Host { function: "smooth", slice, .. } if *slice == [2]));
    assert_eq!(error.to_string(), "the host function `smooth` failed at [2]: an element is above 100");
    let error = Beyond.try_forward(x.clone()).unwrap_err().to_string();
    let range = "element 0 of the result is 3, but `N` has the 3 elements 0..3";
    assert_eq!(error, format!("the host function `beyond` failed at [0]: {range}"));
    let error = Short.try_forward(x.clone()).unwrap_err().to_string();
    assert_eq!(error, "the host function `short` failed at [0]: the result has 2 elements, but needs 3");
    let nan = Cpu::default().tensor_from_vec(vec![f64::NAN; 4], (1, 2, 2));
    let error = Mine.try_forward(nan.clone(), nan).unwrap_err().to_string();
    assert_eq!(error, "the host function `assignment` failed at [0]: the cost at [0, 0] is NaN");
    assert!(Failing.try_forward(x).is_ok());
}

#[test]
#[should_panic(
    expected = "the gradient of the host function `failing` failed at [0]: that of input 0 has 0 elements"
)]
fn a_wrong_gradient_panics_on_the_way_back() {
    let _ = Failing.per_sample(matrix(2, 3, 9).leaky_trace()).sum().backward();
}

#[test]
fn a_wrong_gradient_is_an_error_where_it_is_made_with_the_value() {
    let error = Failing.try_forward(matrix(2, 3, 9).leaky_trace()).unwrap_err().to_string();
    let reason = "its gradient: that of input 0 has 0 elements, but needs 3";
    assert_eq!(error, format!("the host function `failing` failed at [0]: {reason}"));
}

#[test]
fn an_applied_definition_brings_its_functions() {
    let x: Tensor<Rank3<1, 3, 1>, f64, Cpu> = Cpu::default().tensor([[[0.0], [1.0], [5.0]]]);
    let y = Cpu::default().tensor([[[5.5], [0.25], [1.0]]]);
    let loss = Mine.forward(x.clone(), y.clone());
    assert_close(&[loss.array()], &[2.0 * (0.25 * 0.25 + 0.0 + 0.25) / 3.0], 1e-14);
    check_gradient(&x, |x| Mine.forward(x, y.clone()));
}
