//! Everyday options of a loss: smoothed labels, distributions in place of classes, weights of classes, single types of
//! the catalogue.

use crate::gradient::{assert_close, check_gradient, numbers};
use dfdx::prelude::*;
use dfdx_loss::catalogue::classification::{FocalLoss, SoftTargetCrossEntropy};
use dfdx_loss::weighted::{PerSample, class_weights, ignore};
use dfdx_loss::{LossError, loss};

loss! {
    /// Smoothed focal loss.
    pub SmoothedFocal<label_smoothing = 0.1 in 0..=1>(logits: [B, K], target: [B] -> K) =
        smoothed<label_smoothing = label_smoothing>(FocalLoss(logits, target));

    /// The same on a graph of dfdx operations.
    #[graph]
    pub SmoothedFocalGraph<label_smoothing = 0.1 in 0..=1>(logits: [B, K], target: [B] -> K) =
        SmoothedFocal<label_smoothing = label_smoothing>(logits, target);

    /// Smoothed cross entropy.
    pub SmoothedCrossEntropy<label_smoothing = 0.1 in 0..=1>(logits: [B, K], target: [B] -> K) =
        smoothed<label_smoothing = label_smoothing>(CrossEntropy(logits, target));

    /// Focal loss expected over a distribution of the class.
    pub ExpectedFocal(logits: [B, K], target: data [B, K]) = sum[k](target[b, k] * FocalLoss(logits, k)[b]);
}

type Matrix = Tensor<(usize, usize), f64, Cpu>;
type Classes = Tensor<(usize,), usize, Cpu>;

/// Types of this crate: plain, with a host function, of another family.
mod picked {
    dfdx_loss::loss! {
        pub use CrossEntropy, HungarianSetLoss;
        pub use UncertaintyWeightingLogVariance;
    }
}

fn case() -> (Matrix, Classes) {
    let dev = Cpu::default();
    (dev.tensor_from_vec(numbers(15, 1), (3, 5)), dev.tensor_from_vec(vec![4, 0, 2], (3,)))
}

/// The distribution that smoothing makes of the classes of [`case`].
fn smooth(share: f64) -> Matrix {
    let rows = [4, 0, 2].map(|class| {
        let mut row = [share / 5.0; 5];
        row[class] += 1.0 - share;
        row
    });
    Cpu::default().tensor_from_vec(rows.concat(), (3, 5))
}

#[test]
fn smoothing_is_the_expectation_over_the_smoothed_target() {
    let (logits, target) = case();
    let smoothed = SmoothedCrossEntropy { label_smoothing: 0.3 };
    let wanted = SoftTargetCrossEntropy { label_smoothing: 0.3 };
    let hard = smooth(0.0);
    assert_close(
        &smoothed.per_sample(logits.clone(), target.clone()).as_vec(),
        &wanted.per_sample(logits.clone(), hard).as_vec(),
        1e-14,
    );
    let (focal, graph) =
        (SmoothedFocal { label_smoothing: 0.3 }, SmoothedFocalGraph { label_smoothing: 0.3 });
    let found = focal.per_sample(logits.clone(), target.clone()).as_vec();
    assert_close(&found, &ExpectedFocal.per_sample(logits.clone(), smooth(0.3)).as_vec(), 1e-14);
    assert_close(&found, &graph.per_sample(logits.clone(), target.clone()).as_vec(), 1e-14);
    check_gradient(&logits, |x| focal.forward(x, target.clone()));
    check_gradient(&logits, |x| graph.forward(x, target.clone()));
    check_gradient(&logits, |x| ExpectedFocal.forward(x, smooth(0.3)));
}

#[test]
fn weights_of_classes_and_classes_that_do_not_count() {
    let (logits, target) = case();
    let dev = Cpu::default();
    let table: Tensor<(usize,), f64, _> = dev.tensor_from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0], (5,));
    let weights = class_weights(&target, &table).unwrap();
    assert_eq!(weights.as_vec(), [5.0, 1.0, 3.0]);
    let each = FocalLoss::default().per_sample(logits.clone(), target.clone());
    let wanted: f64 = each.as_vec().iter().zip([5.0, 1.0, 3.0]).map(|(l, w)| l * w).sum();
    assert_close(&[each.clone().weighted_mean(&weights).array()], &[wanted / 9.0], 1e-14);
    assert_close(&[each.weighted(&weights).sum::<Rank0, _>().array()], &[wanted], 1e-14);

    let (_, counted) = ignore::<_, f64, _>(&target, 0).unwrap();
    assert_eq!(counted.as_vec(), [1.0, 0.0, 1.0]);
    let nothing: Tensor<(usize,), f64, _> = dev.zeros_like(&(3,));
    let each = FocalLoss::default().per_sample(logits, target);
    assert_eq!(each.weighted_mean(&nothing).array(), 0.0);
}

#[test]
fn a_class_without_a_weight_is_named() {
    let (_, target) = case();
    let table: Tensor<(usize,), f64, _> = Cpu::default().tensor_from_vec(vec![1.0, 2.0, 3.0], (3,));
    let error = class_weights(&target, &table).unwrap_err();
    assert!(
        matches!(&error, LossError::Class { input: "target", position, value: 4, .. } if *position == [0])
    );
    assert_eq!(error.to_string(), "`target[0]` is 4, but `K` has the 3 elements 0..3");
}

#[test]
fn types_that_are_picked_are_those_of_the_catalogue() {
    use dfdx_loss::catalogue::{classification, regression};
    let (logits, target) = case();
    let own = picked::CrossEntropy.forward(logits.clone(), target.clone()).array();
    assert_eq!(own, classification::CrossEntropy.forward(logits, target).array());
    let (x, y) = (sets(3), sets(4));
    let own = picked::HungarianSetLoss.forward(x.leaky_trace(), y.clone());
    let wanted = regression::HungarianSetLoss.forward(x.leaky_trace(), y);
    assert_eq!(own.array(), wanted.array());
    assert_eq!(own.backward().get(&x).as_vec(), wanted.backward().get(&x).as_vec());
}

/// Two sets of three points.
fn sets(seed: u64) -> Tensor<(usize, usize, usize), f64, Cpu> {
    Cpu::default().tensor_from_vec(numbers(12, seed), (2, 3, 2))
}
