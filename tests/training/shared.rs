//! One pass through the trunk.

use super::*;
use dfdx_loss::training::{Separate, Shared, Step};

fn shared(case: &mut Case, aggregator: &mut dyn Aggregator) -> Step<f64, Cpu> {
    Shared::new(&mut case.model, |m, tape| m.0.forward(case.x.trace(tape)))
        .expect("features")
        .objective("first", |m, features| first(m.1.0.forward(features)))
        .objective("second", |m, features| m.1.1.try_forward(features).map(second))
        .aggregate(aggregator)
        .expect("a step")
}

#[test]
fn a_plain_sum_is_that_of_separate_passes() {
    let mut case = case();
    let wanted = combined([1.0, 1.0], [&alone(&case, 0), &alone(&case, 1)]);
    let step = shared(&mut case, &mut sum());
    close(&flat(&case.model, &step.gradients), &wanted, 1e-14);
    let step = shared(&mut case, &mut Directed(vec![1.0, 1.0]));
    close(&flat(&case.model, &step.gradients), &wanted, 1e-14);
}

#[test]
fn weights_reach_the_trunk_and_not_the_heads() {
    let mut case = case();
    let rows = [alone(&case, 0), alone(&case, 1)];
    let step = shared(&mut case, &mut Fixed(vec![3.0, 0.5]));
    let mut wanted = combined([3.0, 0.5], [&rows[0], &rows[1]]);
    wanted[16..].copy_from_slice(&combined([1.0, 1.0], [&rows[0], &rows[1]])[16..]);
    close(&flat(&case.model, &step.gradients), &wanted, 1e-14);
    assert_eq!(step.objectives[1].weight, Some(0.5));
}

/// With one sample `x` and a linear trunk, `∇_W = δ xᵀ`: the Gramians differ by the factor `‖x‖² + 1`.
#[test]
fn weights_agree_for_a_linear_trunk_and_one_sample() {
    type Linear = (builders::Linear<3, 4>, Heads);
    let dev = Cpu::seed_from_u64(2);
    let mut model = dev.build_module::<Linear, f64>();
    let x: Tensor<Rank1<3>, f64, _> = dev.sample_normal();
    let trunk = |name: &str| name.starts_with("0.");
    let separate = Separate::new(&mut model)
        .objective("first", |m, tape| (m.1.0.forward(m.0.forward(x.trace(tape))) - 1.0).square().mean())
        .objective("second", |m, tape| m.1.1.forward(m.0.forward(x.trace(tape))).square().mean())
        .only(trunk)
        .aggregate(&mut MinNorm)
        .expect("a step");
    let shared = Shared::new(&mut model, |m, tape| m.0.forward(x.trace(tape)))
        .expect("features")
        .objective("first", |m, features| (m.1.0.forward(features) - 1.0).square().mean())
        .objective("second", |m, features| m.1.1.forward(features).square().mean())
        .aggregate(&mut MinNorm)
        .expect("a step");
    let factor = (1.0 + x.array().iter().map(|x| x * x).sum::<f64>()).sqrt();
    for (a, b) in separate.objectives.iter().zip(&shared.objectives) {
        close(&[a.loss, a.norm], &[b.loss, b.norm * factor], 1e-13);
        close(&[a.weight.unwrap_or(f64::NAN)], &[b.weight.unwrap_or(f64::NAN)], 1e-12);
    }
    let of = |step: &Step<f64, Cpu>| step.gradients.get(&model.0.weight).as_vec();
    close(&of(&separate), &of(&shared), 1e-12);
    assert_eq!(
        separate.gradients.get(&model.1.0.weight).array(),
        shared.gradients.get(&model.1.0.weight).array()
    );
}

/// With `X Xᵀ = 1`, the Gramians of `∇_W = Zᵀ X` and of `Z` are the same.
#[test]
fn weights_agree_for_a_linear_trunk_and_orthonormal_samples() {
    type Linear = (builders::UnbiasedLinear<3, 4>, Heads);
    let dev = Cpu::seed_from_u64(5);
    let mut model = dev.build_module::<Linear, f64>();
    let x: Tensor<Rank2<2, 3>, f64, _> = dev.tensor([[0.6, 0.0, 0.8], [0.0, -1.0, 0.0]]);
    let separate = Separate::new(&mut model)
        .objective("first", |m, tape| (m.1.0.forward(m.0.forward(x.trace(tape))) - 1.0).square().mean())
        .objective("second", |m, tape| m.1.1.forward(m.0.forward(x.trace(tape))).exp().mean())
        .only(|name| name.starts_with("0."))
        .aggregate(&mut MinNorm)
        .expect("a step");
    let shared = Shared::new(&mut model, |m, tape| m.0.forward(x.trace(tape)))
        .expect("features")
        .objective("first", |m, features| (m.1.0.forward(features) - 1.0).square().mean())
        .objective("second", |m, features| m.1.1.forward(features).exp().mean())
        .aggregate(&mut MinNorm)
        .expect("a step");
    for (a, b) in separate.objectives.iter().zip(&shared.objectives) {
        close(&[a.norm], &[b.norm], 1e-13);
        close(&[a.weight.unwrap_or(f64::NAN)], &[b.weight.unwrap_or(f64::NAN)], 1e-12);
    }
    let of = |step: &Step<f64, Cpu>| step.gradients.get(&model.0.weight).as_vec();
    close(&of(&separate), &of(&shared), 1e-12);
}
