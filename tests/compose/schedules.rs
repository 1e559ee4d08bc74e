use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    pub Pretrain<total = 10.0 in 0<..>(logits: [B, K], target: [B] -> K, x: [N], y: data [N]) {
        supervised: CrossEntropy(logits, target),
        contrast: linear(0.0 -> 0.5, over = total) * mean[n]((x[n] - y[n])^2),
    }

    pub Outer(logits: [B, K], target: [B] -> K, x: [N], y: data [N]) =
        2 * Pretrain<total = 20>(logits, target, x, y);

    pub Warm(x: [N]) = warm_up(0.0, cosine(1.0 -> 0.0, over = 90), over = 10) * x[n] ^ 2;
}

#[test]
fn a_schedule_is_evaluated_at_a_step() {
    let dev: Cpu = Default::default();
    let logits = dev.tensor([[1.0_f64, 2.0, 0.5], [0.0, 0.1, 3.0]]);
    let target = dev.tensor([1, 2]);
    let (x, y) = (dev.tensor([1.0, 2.0]), dev.tensor([0.0, 0.0]));
    let loss = Pretrain::default();
    let at = |step: f64| loss.at(step).forward(logits.clone(), target.clone(), x.clone(), y.clone()).array();
    let ce = at(0.0);
    assert!((at(5.0) - ce - 0.25 * 2.5).abs() < 1e-12);
    assert!((at(50.0) - ce - 0.5 * 2.5).abs() < 1e-12);
    assert_eq!(loss.at(5.0).contrast_weight, 0.25);
    let outer = Outer.at(5.0).forward(logits.clone(), target.clone(), x.clone(), y.clone()).array();
    assert!((outer - 2.0 * (ce + 0.125 * 2.5)).abs() < 1e-12);
    let error = Pretrain { total: -1.0 }.try_at(1.0).unwrap_err();
    assert_eq!(error.to_string(), "`steps` of `Linear` is -1, but has to be a finite number above 0");
    assert_eq!(Warm.at(5.0).forward(dev.tensor([2.0_f64])).array(), 2.0);
}

#[test]
fn terms_are_reported_with_their_weights() {
    let dev: Cpu = Default::default();
    let logits = dev.tensor([[1.0_f64, 2.0, 0.5], [0.0, 0.1, 3.0]]);
    let target = dev.tensor([1, 2]);
    let (x, y) = (dev.tensor([1.0, 2.0]), dev.tensor([0.0, 0.0]));
    let loss = Pretrain::default().at(4.0);
    let (total, terms) = loss.forward_terms(logits.leaky_trace(), target.clone(), x.leaky_trace(), y.clone());
    let report = terms.report();
    let plain = loss.forward(logits.leaky_trace(), target, x.leaky_trace(), y);
    assert!((total.array() - plain.array()).abs() < 1e-14);
    assert_eq!(report.total, total.array());
    assert_eq!(report.terms[1].weight, 0.2);
    assert_eq!(report.terms[1].value, 2.5);
    assert_eq!(report.terms[0].name, "supervised");
    let (g1, g2) = (total.backward(), plain.backward());
    assert_eq!(g1.get(&x).array(), g2.get(&x).array());
    assert_eq!(g1.get(&logits).array(), g2.get(&logits).array());
}
