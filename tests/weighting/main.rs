//! Weightings of losses against torchjd, LibMTL and the code of GradNorm.

#[path = "../support/golden.rs"]
mod support;

use dfdx_loss::weighting::*;
use serde_json::Value;
use support::{Array, cases};

fn input(case: &Value, name: &str) -> Array {
    Array::of(&case["inputs"][name])
}

fn number(case: &Value, name: &str) -> f64 {
    case["params"][name].as_f64().unwrap_or_else(|| panic!("the case has no number `{name}`"))
}

fn close(what: &str, found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let size = wanted.iter().fold(1e-12_f64, |a, b| a.max(b.abs()));
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).abs() <= 1e-10 * size, "{what}: {f}, expected {w}");
    }
}

#[test]
fn dynamic_weight_average() {
    for case in cases("dynamic_weight_average") {
        let losses = input(&case, "losses");
        let mut weighting = DynamicWeightAverage::new(losses.shape[2], number(&case, "temperature")).unwrap();
        let mut found = Vec::new();
        for epoch in losses.parts() {
            found.extend(weighting.weights().to_vec());
            epoch.rows().iter().for_each(|batch| weighting.record(batch).unwrap());
            weighting.end_epoch();
        }
        close("weights", &found, &Array::of(&case["outputs"]["weights"]).data);
    }
}

#[test]
fn gradnorm() {
    for case in cases("gradnorm") {
        let (losses, norms) = (input(&case, "losses"), input(&case, "gradient_norms"));
        let mut rule = GradNorm::new(losses.shape[1], number(&case, "alpha"), number(&case, "lr")).unwrap();
        rule.sign_steps = case["params"]["optimizer"] == "adam_fresh";
        let (mut weights, mut values, mut gradients) = (Vec::new(), Vec::new(), Vec::new());
        for (losses, norms) in losses.rows().iter().zip(norms.rows()) {
            let (value, gradient) = rule.step(losses, &norms).unwrap();
            values.push(value);
            gradients.extend(gradient);
            weights.extend(rule.weights().to_vec());
        }
        close("weights", &weights, &Array::of(&case["outputs"]["weights"]).data);
        close("loss", &values, &Array::of(&case["outputs"]["gradnorm_loss"]).data);
        close("gradient", &gradients, &Array::of(&case["outputs"]["weights_gradient"]).data);
    }
}

#[test]
fn gradnorm_with_softmax_weights() {
    for case in cases("gradnorm_softmax") {
        let data = |name: &str| input(&case, name).data;
        let (weights, _, gradient) = gradnorm_softmax(
            &data("weight_logits"),
            &data("losses"),
            &data("initial_losses"),
            &data("gradient_norms"),
            number(&case, "alpha"),
        )
        .unwrap();
        close("weights", &weights, &Array::of(&case["outputs"]["weights"]).data);
        close("gradient", &gradient, &Array::of(&case["outputs"]["weight_logits_gradient"]).data);
    }
}

#[test]
fn random_weighting() {
    for case in cases("random_loss_weighting") {
        let weights = RandomWeighting::of(&input(&case, "normal_draw").data).unwrap();
        close("weights", &weights, &Array::of(&case["outputs"]["weights"]).data);
    }
    let mut weighting = RandomWeighting::new(1000, 3);
    let weights = weighting.weights();
    // The mean of ln w and its spread are those of normal draws, up to a constant.
    let logs: Vec<f64> = weights.iter().map(|w| w.ln()).collect();
    let mean = logs.iter().sum::<f64>() / 1000.0;
    let variance = logs.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / 1000.0;
    assert!((variance - 1.0).abs() < 0.15, "{variance}");
}

#[test]
fn famo() {
    for case in cases("famo") {
        let least = input(&case, "min_losses").data;
        let mut rule = Famo::new(least, number(&case, "lr"), number(&case, "weight_decay")).unwrap();
        let (before, after) = (input(&case, "losses_before"), input(&case, "losses_after"));
        let (mut values, mut weights, mut logits) = (Vec::new(), Vec::new(), Vec::new());
        for (before, after) in before.rows().iter().zip(after.rows()) {
            let (value, found) = rule.weights(before).unwrap();
            values.push(value);
            weights.extend(found);
            rule.update(&after).unwrap();
            logits.extend(rule.weight_logits().to_vec());
        }
        let outputs = case["outputs"].as_object().unwrap();
        for (name, wanted) in outputs {
            let found = match name.as_str() {
                "value" => &values,
                "losses_gradient" => &weights,
                _ => &logits,
            };
            close(name, found, &Array::of(wanted).data);
        }
    }
}

#[test]
fn mistakes_name_the_task() {
    let mut rule = GradNorm::new(2, 1.0, 0.1).unwrap();
    let error = rule.step(&[1.0, f64::NAN], &[1.0, 1.0]).unwrap_err();
    assert_eq!(error.to_string(), "the loss of task 1 is NaN, but has to be a finite number above 0");
    let mut rule = DynamicWeightAverage::new(2, 2.0).unwrap();
    assert_eq!(rule.record(&[1.0]).unwrap_err().to_string(), "there are 1 numbers for 2 tasks");
    assert!(Famo::new(vec![0.0; 2], 0.0, 0.0).is_err());
    let mut rule = Famo::new(vec![1.0; 2], 0.1, 0.0).unwrap();
    assert!(rule.weights(&[0.5, 2.0]).is_err());
}

/// A step so long that the weights cannot be scaled changes nothing.
#[test]
fn gradnorm_keeps_weights_that_add_up() {
    for lr in [1.0, 2.0] {
        let mut rule = GradNorm::new(2, 1.0, lr).unwrap();
        let error = rule.step(&[1.0, 1.0], &[3.0, 1.0]).unwrap_err().to_string();
        assert!(error.contains("`lr` is too great"), "{error}");
        assert_eq!(rule.weights(), [1.0, 1.0]);
    }
    let mut rule = GradNorm::new(2, 1.0, 0.1).unwrap();
    assert!(rule.step(&[1.0, 1.0], &[-3.0, 1.0]).is_err());
}

#[test]
fn rates_of_any_size_give_weights() {
    let mut rule = DynamicWeightAverage::new(2, 0.5).unwrap();
    for losses in [[1e-320, 1.0], [1.0, 0.0], [1.0, 1.0]] {
        rule.record(&losses).unwrap();
        rule.end_epoch();
        assert!((rule.weights().iter().sum::<f64>() - 2.0).abs() < 1e-12, "{:?}", rule.weights());
    }
}
