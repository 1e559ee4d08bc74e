//! Strategies for `reweight` against the weights of their authors' code.

use dfdx::prelude::*;
use dfdx_loss::catalogue::multi_objective::*;
use serde_json::Value;
use std::path::Path;

fn cases(id: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/multi_objective").join(format!("{id}.json"));
    let text = std::fs::read_to_string(file).expect("the golden file");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    golden["cases"].as_array().expect("cases").clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value["data"].as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// Each case's losses and parameters to weights, which are to be those of the case.
fn check(id: &str, weights: impl Fn(Tensor<(usize,), f64, Cpu>, &dyn Fn(&str) -> f64) -> Tensor<(usize,), f64, Cpu>) {
    let dev: Cpu = Default::default();
    for case in cases(id) {
        let losses = numbers(&case["inputs"]["losses"]);
        let count = losses.len();
        let found = weights(dev.tensor_from_vec(losses, (count,)), &|name| {
            case["params"][name].as_f64().expect("a parameter")
        });
        for (found, wanted) in found.as_vec().iter().zip(numbers(&case["outputs"]["weights"])) {
            assert!((found - wanted).abs() <= 1e-12, "{id}: {found}, expected {wanted}");
        }
    }
}

#[test]
fn self_paced_weights() {
    check("self_paced_hard", |x, p| SelfPacedHard { threshold: p("threshold") }.per_sample(x));
    check("self_paced_linear", |x, p| SelfPacedLinear { threshold: p("threshold") }.per_sample(x));
    check("self_paced_logarithmic", |x, p| SelfPacedLogarithmic { threshold: p("threshold") }.per_sample(x));
    check("self_paced_logistic", |x, p| SelfPacedLogistic { threshold: p("threshold") }.per_sample(x));
    check("self_paced_polynomial", |x, p| {
        SelfPacedPolynomial { threshold: p("threshold"), t: p("t") }.per_sample(x)
    });
    check("self_paced_mixture", |x, p| SelfPacedMixture { upper: p("upper"), lower: p("lower") }.per_sample(x));
}

#[test]
fn weights_from_losses() {
    check("focal_sample_weights", |x, p| FocalWeights { gamma: p("gamma") }.per_sample(x));
}
