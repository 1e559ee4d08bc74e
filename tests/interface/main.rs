//! The generated interface, used as a user would, under lints that a user may have switched on.
#![deny(missing_docs, unsafe_code, warnings)]
#![allow(unused_crate_dependencies)]

mod confident;
mod everyday;
mod externs;
mod gradient;
mod kernels;
mod prefixes;
mod ranges;
mod rounds;
mod shapes;
mod specs;
mod untaken;
mod windows;

use dfdx::prelude::*;
use dfdx_loss::{LossError, ParamError};
use gradient::{assert_close, check_gradient};
use specs::{
    Attention, Chamfer, Contrast, Cumulative, Diagonal, Fibonacci, Guarded, Hardest, Huber, Listwise, Lookup,
    Masked, Moments, Nested, Pairs, Poly1, Root, Rounds, Scaled, Shift, Smooth, Soft, Sorted, Stopped,
    Swapped, Weighted,
};

type Matrix = Tensor<(usize, usize), f64, Cpu>;

fn matrix(rows: usize, columns: usize, seed: u64) -> Matrix {
    let values = gradient::numbers(rows * columns, seed);
    Cpu::default().tensor_from_vec(values, (rows, columns))
}

/// Poly-1 of one sample, by its formula.
fn poly1(logits: &[f64], target: usize, epsilon: f64) -> f64 {
    let total: f64 = logits.iter().map(|x| x.exp()).sum();
    let p = logits[target].exp() / total;
    -p.ln() + epsilon * (1.0 - p)
}

#[test]
fn constant_and_run_time_sizes_both_dtypes() {
    let dev = Cpu::default();
    let rows = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]];
    let expected = [poly1(&rows[0], 2, 2.0), poly1(&rows[1], 0, 2.0)];
    let loss = Poly1 { epsilon: 2.0 };

    let fixed = loss.per_sample(dev.tensor(rows), dev.tensor([2usize, 0]));
    assert_close(&fixed.as_vec(), &expected, 1e-14);

    let dynamic = dev.tensor_from_vec(rows.concat(), (2usize, Const::<3>));
    let target = dev.tensor_from_vec(vec![2usize, 0], (2usize,));
    assert_close(&loss.per_sample(dynamic.clone(), target.clone()).as_vec(), &expected, 1e-14);
    let mean = loss.forward(dynamic.clone(), target.clone()).array();
    let sum = loss.sum(dynamic.clone(), target.clone()).array();
    assert_close(&[mean, sum], &[(expected[0] + expected[1]) / 2.0, expected[0] + expected[1]], 1e-14);

    let single = dynamic.to_dtype::<f32>();
    let mean = loss.forward(single.leaky_trace(), target);
    assert!((f64::from(mean.array()) - f64::midpoint(expected[0], expected[1])).abs() < 1e-6);
    let slope = mean.backward().get(&single).as_vec();
    assert!(slope.iter().sum::<f32>().abs() < 1e-6, "the gradient of a softmax sums to 0");
}

#[test]
fn classes_out_of_range_are_named() {
    let dev = Cpu::default();
    let error = Poly1::default().try_forward(dev.tensor([[0.0; 3]; 2]), dev.tensor([1usize, 3])).unwrap_err();
    assert!(matches!(&error, LossError::Class { input: "target", position, .. } if *position == [1]));
    assert_eq!(error.to_string(), "`target[1]` is 3, but `K` has the 3 elements 0..3");
}

#[test]
fn lengths_that_disagree_are_named() {
    let target = Cpu::default().tensor_from_vec(vec![0usize; 4], (4usize,));
    let error = Poly1::default().try_forward(matrix(3, 2, 0), target).unwrap_err();
    assert!(matches!(error, LossError::Length { expected: 3, found: 4, .. }));
    assert_eq!(error.to_string(), "`B` is 3 in `logits` but 4 in `target`");
}

#[test]
fn empty_sets_are_named() {
    let target = Cpu::default().tensor_from_vec(vec![], (0usize,));
    let error = Poly1::default().try_forward(matrix(0, 2, 0), target).unwrap_err();
    assert!(matches!(error, LossError::Empty { set: "B", input: "logits" }));
}

#[test]
fn hyperparameters_are_checked_when_the_loss_is_built_and_when_it_is_applied() {
    let wrong = ParamError { loss: "Poly1", name: "epsilon", value: -2.0, allowed: "in -1.." };
    assert_eq!(Poly1::new(-2.0), Err(wrong.clone()));
    assert!(Poly1::new(f64::NAN).is_err());
    assert_eq!(Poly1::new(2.0), Ok(Poly1 { epsilon: 2.0 }));
    let dev = Cpu::default();
    let error =
        Poly1 { epsilon: -2.0 }.try_forward(dev.tensor([[0.0; 3]]), dev.tensor([1usize])).unwrap_err();
    assert!(matches!(error, LossError::Param(found) if found == wrong));
    assert_eq!(Weighted::default().weights, [1.0, 2.0, 0.5]);
    assert!(Rounds::new(0).is_err(), "`rounds` is at least 1");
}

#[test]
fn elements_that_the_loss_names_are_checked() {
    let error = Shift.try_forward(matrix(3, 2, 0)).unwrap_err();
    assert!(matches!(error, LossError::Index { set: "K", index: 2, size: 2 }));
    let x = matrix(3, 4, 1);
    let at = |b: usize, k: usize| x[[b, k]];
    let expected: Vec<f64> = (0..3).map(|b| (at(b, 0) - at(b, 2)).powi(2)).collect();
    assert_close(&Shift.per_sample(x.clone()).as_vec(), &expected, 1e-14);
    check_gradient(&x, |x| Shift.forward(x));
}

#[test]
#[should_panic(expected = "`target[0]` is 9")]
fn forward_panics_as_dfdx_does() {
    let dev = Cpu::default();
    let _ = Poly1::default().forward(dev.tensor([[0.0; 3]]), dev.tensor([9usize]));
}

/// One step of a training loop that knows nothing of the loss.
fn step<I, M: Module<I>>(criterion: &M, input: I) -> M::Output {
    criterion.forward(input)
}

#[test]
fn a_loss_is_a_module_over_its_inputs() {
    let dev = Cpu::default();
    let (logits, target) = (dev.tensor([[0.5, -1.0, 2.0]]), dev.tensor([2usize]));
    let direct = Poly1::default().forward(logits.clone(), target.clone());
    let loss = step(&Poly1::default(), (logits.leaky_trace(), target));
    assert_eq!(loss.array(), direct.array());
    assert_eq!(loss.backward().get(&logits).shape(), logits.shape());
    let mut criterion = Smooth { beta: 0.5 };
    let value = criterion.forward_mut((logits.clone(), logits.clone()));
    assert_close(&[value.array()], &[0.0], 1e-15);
    assert_close(&[step(&Moments, logits.clone()).array()], &[Moments.forward(logits).array()], 0.0);
}

#[test]
fn any_mix_of_traced_and_untraced_inputs() {
    let (a, b) = (matrix(3, 4, 1), matrix(5, 4, 2));
    let scale = Cpu::default().tensor(0.3);
    let plain = Contrast.forward(a.clone(), b.clone(), scale.clone()).array();
    let all = Contrast.forward(a.leaky_trace(), b.leaky_trace(), scale.leaky_trace());
    assert_close(&[all.array()], &[plain], 1e-15);
    let all = all.backward();
    let second = Contrast.forward(a.clone(), b.leaky_trace(), scale.clone()).backward();
    let third = Contrast.forward(a.clone(), b.clone(), scale.leaky_trace()).backward();
    let outer = Contrast.forward(a.leaky_trace(), b.clone(), scale.leaky_trace()).backward();
    assert_close(&second.get(&b).as_vec(), &all.get(&b).as_vec(), 1e-14);
    assert_close(&[third.get(&scale).array()], &[all.get(&scale).array()], 1e-14);
    assert_close(&outer.get(&a).as_vec(), &all.get(&a).as_vec(), 1e-14);
    check_gradient(&a, |a| Contrast.forward(a, b.clone(), scale.clone()));
    check_gradient(&b, |b| Contrast.forward(a.clone(), b, scale.clone()));
    check_gradient(&scale, |scale| Contrast.forward(a.clone(), b.clone(), scale));
}

#[test]
fn one_tensor_may_be_passed_twice() {
    let a = matrix(4, 3, 3);
    let dev = Cpu::default();
    // Traced as both inputs, both contribute; traced as one, the other is a constant.
    let both =
        Contrast.forward(a.leaky_trace(), a.leaky_trace(), dev.tensor(0.1)).backward().get(&a).as_vec();
    let left = Contrast.forward(a.leaky_trace(), a.clone(), dev.tensor(0.1)).backward().get(&a).as_vec();
    let right = Contrast.forward(a.clone(), a.leaky_trace(), dev.tensor(0.1)).backward().get(&a).as_vec();
    let sum: Vec<f64> = left.iter().zip(&right).map(|(x, y)| x + y).collect();
    assert_close(&both, &sum, 1e-13);
    // A `data` input gets no gradient, even if it is the traced tensor.
    let other = matrix(4, 3, 4);
    let slope = Scaled.forward(a.leaky_trace(), a.clone()).backward().get(&a).as_vec();
    let expected: Vec<f64> = a.as_vec().iter().map(|x| x / 12.0).collect();
    assert_close(&slope, &expected, 1e-14);
    check_gradient(&a, |a| Scaled.forward(a, other.clone()));
}

#[test]
fn stopped_gradients_stop() {
    let x = matrix(2, 3, 5);
    let slope = Stopped.forward(x.leaky_trace()).backward().get(&x).as_vec();
    let expected: Vec<f64> = x.as_vec().iter().map(|v| v / 6.0).collect();
    assert_close(&slope, &expected, 1e-14);
}

#[test]
fn permuted_and_broadcast_inputs_have_the_same_gradient() {
    let x = matrix(3, 4, 6);
    let target = Cpu::default().tensor_from_vec(vec![1usize, 0, 2, 1], (4usize,));
    let direct: Matrix = Cpu::default().tensor_from_vec(transposed(&x), (4, 3));
    let expected = Soft.forward(direct.leaky_trace(), target.clone()).backward().get(&direct).as_vec();
    let turned = x.leaky_trace().permute::<_, Axes2<1, 0>>();
    let slope = transposed(&Soft.forward(turned, target.clone()).backward().get(&x));
    assert_close(&slope, &expected, 1e-14);

    let row = Cpu::default().tensor_from_vec(gradient::numbers(3, 7), (3usize,));
    check_gradient(&row, |row| {
        Soft.forward(row.broadcast_like::<_, Axis<0>>(&(4usize, 3usize)), target.clone())
    });
    check_gradient(&row, |row| {
        Contrast.forward(
            row.broadcast_like::<_, Axis<0>>(&(4usize, 3usize)),
            x.clone().permute::<_, Axes2<1, 0>>(),
            Cpu::default().tensor(0.2),
        )
    });
}

fn transposed(x: &Matrix) -> Vec<f64> {
    let (rows, columns) = *x.shape();
    (0..columns).flat_map(|k| (0..rows).map(move |b| (b, k))).map(|(b, k)| x[[b, k]]).collect()
}

#[test]
fn branches_not_taken_do_not_spoil_gradients() {
    let x = Cpu::default().tensor([[0.0_f64, 2.0], [-1.0, 1e4]]);
    let loss = Guarded.forward(x.leaky_trace());
    assert!(loss.array().is_finite());
    let slope = loss.backward().get(&x).array();
    assert_close(&slope.concat(), &[0.0, 0.5, 0.0, 1e-4], 1e-12);
}

#[test]
fn empty_conditions_have_neutral_values_and_no_gradient() {
    let dev = Cpu::default();
    let x = dev.tensor([[1.0, 2.0], [3.0, 4.0]]);
    let keep = dev.tensor([[true, false], [false, false]]);
    let loss = Masked.per_sample(x.leaky_trace(), keep);
    assert_close(&loss.as_vec(), &[1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0, 0.0 + 1.0], 1e-14);
    let slope = loss.sum::<Rank0, _>().backward().get(&x).array();
    assert_close(&slope.concat(), &[6.0, 0.0, 0.0, 0.0], 1e-14);
}

#[test]
fn indices_are_followed_on_the_host() {
    let dev = Cpu::default();
    let x = matrix(4, 3, 8);
    let labels = dev.tensor_from_vec(vec![7usize, 3, 7, 3], (4usize,));
    let expected: Vec<f64> = (0..4usize)
        .map(|i| {
            (0..4usize).filter(|j| i != *j && (i + j) % 2 == 0).map(|j| distance(&x, i, j)).sum::<f64>() / 2.0
        })
        .collect();
    assert_close(&Pairs.per_sample(x.clone(), labels.clone()).as_vec(), &expected, 1e-12);
    check_gradient(&x, |x| Pairs.forward(x, labels.clone()));
    let weighted = Weighted::default();
    let picked = dev.tensor_from_vec(vec![2usize, 0, 1, 2], (4usize,));
    let x: Tensor<(usize, Const<3>), f64, Cpu> = dev.tensor_from_vec(x.as_vec(), (4, Const));
    let expected: Vec<f64> =
        [2, 0, 1, 2].iter().enumerate().map(|(b, &c)| weighted.weights[c] * x[[b, c]]).collect();
    assert_close(&weighted.per_sample(x.clone(), picked).as_vec(), &expected, 1e-14);
}

fn distance(x: &Matrix, i: usize, j: usize) -> f64 {
    (0..3).map(|d| (x[[i, d]] - x[[j, d]]).powi(2)).sum()
}

#[test]
fn gathers_of_every_shape() {
    let x = matrix(3, 3, 9);
    let expected: Vec<f64> = (0..3).map(|i| x[[i, i]].exp() * x[[2 - i, i]]).collect();
    assert_close(&Diagonal.per_sample(x.clone()).as_vec(), &expected, 1e-14);
    check_gradient(&x, |x| Diagonal.forward(x));

    let x = matrix(2, 4, 10);
    let mut rows: Vec<Vec<f64>> = x.as_vec().chunks(4).map(<[f64]>::to_vec).collect();
    rows.iter_mut().for_each(|row| row.sort_by(f64::total_cmp));
    let expected: Vec<f64> =
        rows.iter().map(|r| r.iter().enumerate().map(|(i, v)| (i + 1) as f64 * v).sum()).collect();
    assert_close(&Sorted.per_sample(x.clone()).as_vec(), &expected, 1e-13);
    check_gradient(&x, |x| Sorted.forward(x));

    let relevance = matrix(2, 4, 11);
    check_gradient(&x, |x| Listwise.forward(x, relevance.clone()));
    let running: f64 =
        x.as_vec().chunks(4).map(|r| (1..=4).map(|n| r[..n].iter().sum::<f64>().powi(2)).sum::<f64>()).sum();
    assert_close(&[Cumulative.sum(x.clone()).array()], &[running], 1e-13);
    check_gradient(&x, |x| Cumulative.forward(x));
}

#[test]
fn axes_in_another_order() {
    let (x, w) = (matrix(4, 2, 12), matrix(2, 4, 13));
    let expected: Vec<f64> = (0..4).map(|k| (0..2).map(|b| x[[k, b]] * w[[b, k]].exp()).sum()).collect();
    let found = Swapped.per_sample(x.clone(), w.clone());
    assert_close(&found.as_vec(), &expected, 1e-14);
    check_gradient(&x, |x| Swapped.forward(x, w.clone()));
    check_gradient(&w, |w| Swapped.forward(x.clone(), w));
}

#[test]
fn contractions_of_every_rank() {
    let dev = Cpu::default();
    let cube = |sizes: (usize, usize, usize), seed| {
        dev.tensor_from_vec(gradient::numbers(sizes.0 * sizes.1 * sizes.2, seed), sizes)
    };
    let (q, k, v) = (cube((2, 3, 4), 14), cube((2, 5, 4), 15), cube((2, 5, 2), 16));
    check_gradient(&q, |q| Attention.forward(q, k.clone(), v.clone()));
    check_gradient(&k, |k| Attention.forward(q.clone(), k, v.clone()));
    check_gradient(&v, |v| Attention.forward(q.clone(), k.clone(), v));
    let x = matrix(3, 4, 17);
    check_gradient(&x, |x| Moments.forward(x));
    check_gradient(&x, |x| Hardest.forward(x));
    let y = matrix(5, 4, 18);
    check_gradient(&x, |x| Chamfer.forward(x, y.clone()));
    check_gradient(&y, |y| Chamfer.forward(x.clone(), y));
}

#[test]
fn loops_carry_tensors_and_tapes() {
    let (x, y) = (matrix(3, 2, 19), matrix(4, 2, 20));
    for rounds in [1, 5] {
        let loss = Rounds { rounds };
        check_gradient(&x, |x| loss.forward(x, y.clone()));
        check_gradient(&y, |y| loss.forward(x.clone(), y));
    }
    // What the model recorded before the loss is kept.
    let weight = matrix(2, 2, 21);
    check_gradient(&weight, |weight| Rounds { rounds: 2 }.forward(x.leaky_trace().matmul(weight), y.clone()));
}

#[test]
fn the_model_tape_is_kept_whatever_the_loss_reads() {
    let x = matrix(2, 3, 22);
    let loss = specs::Constant.forward(x.leaky_trace());
    assert_close(&[loss.array()], &[3.0], 0.0);
    let _ = loss.backward();
    let tree = Huber { delta: 0.5 }.forward(x.leaky_trace().square(), x.clone());
    assert_eq!(tree.backward().get(&x).shape(), x.shape());
}

#[test]
fn loops_nest_and_exchange_what_they_carry() {
    let x = Cpu::default().tensor([0.5, 1.5, 0.25]);
    let newton = Root.forward(x.clone()).array();
    let expected: f64 = x.as_vec().iter().map(|v| (0..4).fold(1.0, |r, _| (r + v / r) / 2.0)).sum();
    assert_close(&[newton], &[expected], 1e-14);
    let dynamic = Cpu::default().tensor_from_vec(vec![0.5, 1.5, 0.25], (3usize,));
    check_gradient(&dynamic, |x| Root.forward(x));
    check_gradient(&dynamic, |x| Nested.forward(x));
    for rounds in 0..4 {
        let expected: f64 = x
            .as_vec()
            .iter()
            .map(|&v| {
                let (a, b) = (0..rounds).fold((v, v), |(a, b), _| (b, a + b * b / 4.0));
                a * b
            })
            .sum();
        assert_close(&[Fibonacci { rounds }.forward(x.clone()).array()], &[expected], 1e-14);
        check_gradient(&dynamic, |x| Fibonacci { rounds }.forward(x));
    }
}

#[test]
fn lookups_by_order_and_by_conditions() {
    let x = matrix(2, 3, 23);
    let w = Cpu::default().tensor_from_vec(gradient::numbers(3, 24), (3usize,));
    let target = Cpu::default().tensor_from_vec(vec![2usize, 0], (2usize,));
    let expected: Vec<f64> = (0..2)
        .map(|b| {
            let mut order = [0usize, 1, 2];
            order.sort_by(|&i, &j| x[[b, i]].total_cmp(&x[[b, j]]));
            let found: f64 = (0..3).map(|k| w[[order[k]]] * x[[b, k]]).sum();
            if x[[b, [2, 0][b]]] > 0.0 { found } else { -2.0 * found }
        })
        .collect();
    assert_close(&Lookup.per_sample(w.clone(), x.clone(), target.clone()).as_vec(), &expected, 1e-14);
    check_gradient(&w, |w| Lookup.forward(w, x.clone(), target.clone()));
    check_gradient(&x, |x| Lookup.forward(w.clone(), x, target.clone()));
}
