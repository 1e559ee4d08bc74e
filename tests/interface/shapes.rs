//! Losses over any shape, and checks of declared domains.

use dfdx::prelude::*;
use dfdx_loss::LossError;
use dfdx_loss::catalogue::classification::BinaryCrossEntropyWithLogits;
use dfdx_loss::catalogue::regression::{Huber, Mse};
use dfdx_loss::loss;

loss! {
    /// A catalogue loss over two axes, inside another.
    pub Depth(depth: [B, N], truth: data [B, N], scale: []) {
        let scaled[b, n] = scale * depth[b, n];
        mean[n](Huber<delta = 0.5>(scaled, truth)[b, n])
    }

    /// The same as its own value: the samples are those of the inner loss.
    pub Alias(depth: [B, N], truth: data [B, N]) = Huber<delta = 2.0>(depth, truth);
}

#[test]
fn a_bundle_takes_any_shape_and_gives_it_back() {
    let dev = Cpu::default();
    let prediction: Tensor<Rank3<2, 3, 4>, f64, _> = dev.sample_normal();
    let target: Tensor<Rank3<2, 3, 4>, f64, _> = dev.sample_normal();
    let each = Mse.per_sample(prediction.leaky_trace(), target.clone());
    let expected = (prediction.clone() - target.clone()).square();
    assert_eq!(each.as_vec(), expected.as_vec());
    let grads = Mse.forward(prediction.leaky_trace(), target.clone()).backward();
    let wanted = (prediction.clone() - target) * (2.0 / 24.0);
    let differs = |(a, b): (f64, f64)| (a - b).abs() > 1e-15;
    assert!(!grads.get(&prediction).as_vec().into_iter().zip(wanted.as_vec()).any(differs));
}

#[test]
fn different_shapes_are_an_error() {
    let dev = Cpu::default();
    let prediction: Tensor<(usize, usize), f32, _> = dev.zeros_like(&(2, 3));
    let target: Tensor<(usize, usize), f32, _> = dev.zeros_like(&(3, 2));
    let error = Mse.try_forward(prediction, target).expect_err("the shapes differ");
    assert_eq!(error.to_string(), "`prediction` has the shape [2, 3] but `target` has [3, 2]");
}

#[test]
fn a_bundled_loss_applies_to_named_axes() {
    let dev = Cpu::default();
    let depth: Tensor<Rank2<2, 3>, f64, _> = dev.sample_normal();
    let truth: Tensor<Rank2<2, 3>, f64, _> = dev.sample_normal();
    let scale = dev.tensor(1.0_f64);
    let inner = Depth.forward(depth.clone(), truth.clone(), scale).array();
    let direct = Huber { delta: 0.5 }.forward(depth.clone(), truth.clone()).array();
    assert!((inner - direct).abs() < 1e-15);
    assert_eq!(Alias.per_sample(depth, truth).shape(), &(Const::<2>, Const::<3>));
}

#[test]
fn a_declared_domain_is_checked_on_request() {
    let dev = Cpu::default();
    let target = dev.tensor([[0.0_f32, 1.0], [0.5, 1.5]]);
    let error = BinaryCrossEntropyWithLogits.check_target(&target).expect_err("1.5 is outside");
    assert!(matches!(&error, LossError::Domain { input: "target", position, .. } if *position == [1, 1]));
    assert_eq!(error.to_string(), "`target[1, 1]` is 1.5, but has to be in 0..=1");
    assert!(BinaryCrossEntropyWithLogits.check_target(&target.clamp(0.0, 1.0)).is_ok());
}
