use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    /// Weights that follow the losses.
    Softer<r = 1.0 in 0<..>(losses: data [B]) = B * softmax[b](-losses[b] / r);

    pub Curriculum(logits: [B, K], target: [B] -> K) =
        reweight<Softer<r = cosine(1.0 -> 0.5, over = 100)>>(CrossEntropy(logits, target)[b]);

    pub Sampled(logits: [B, K], target: [B] -> K, x: [B]) {
        classes: 2 * CrossEntropy(logits, target)[b],
        size: x[b]^2 / 4,
        all: 0.5 * mean[i](x[i]),
    }
}

#[test]
fn reweighting_multiplies_by_constant_weights() {
    let dev: Cpu = Default::default();
    let logits = dev.tensor([[1.0_f64, 2.0, 0.5], [0.0, 0.1, 3.0]]);
    let target = dev.tensor([1, 0]);
    let losses =
        dfdx_loss::catalogue::classification::CrossEntropy.per_sample(logits.clone(), target.clone()).array();
    let e = losses.map(|l: f64| (-l).exp());
    let weights = e.map(|x| 2.0 * x / (e[0] + e[1]));
    let loss = Curriculum.at(0.0);
    let each = loss.per_sample(logits.leaky_trace(), target.clone());
    for b in 0..2 {
        assert!((each.array()[b] - weights[b] * losses[b]).abs() < 1e-12);
    }
    let grads = each.sum().backward();
    let softmax = logits.clone().softmax::<Axis<1>>().array();
    assert!((grads.get(&logits).array()[1][0] - weights[1] * (softmax[1][0] - 1.0)).abs() < 1e-12);
}

#[test]
fn terms_may_have_samples() {
    let dev: Cpu = Default::default();
    let logits = dev.tensor([[1.0_f64, 2.0, 0.5], [0.0, 0.1, 3.0]]);
    let target = dev.tensor([1, 0]);
    let x = dev.tensor([1.0, 3.0]);
    let (total, terms) = Sampled.forward_terms(logits.leaky_trace(), target.clone(), x.leaky_trace());
    let report = terms.report();
    let weights: Vec<f64> = report.terms.iter().map(|t| t.weight).collect();
    assert_eq!(weights, [2.0, 0.25, 0.5]);
    assert_eq!((report.terms[1].value, report.terms[2].value), (5.0, 2.0));
    let each = Sampled.per_sample(logits.leaky_trace(), target, x.leaky_trace());
    assert!((each.mean().array() - total.array()).abs() < 1e-12);
}
