//! Strategies for `reweight` against the weights of their authors' code.

use crate::support::{Array, cases};
use dfdx::prelude::*;
use dfdx_loss::catalogue::multi_objective::*;
use dfdx_loss::loss;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    Array::of(value).data
}

/// Each case's losses and parameters to weights, which are to be those of the case.
fn check(
    id: &str,
    weights: impl Fn(Tensor<(usize,), f64, Cpu>, &dyn Fn(&str) -> f64) -> Tensor<(usize,), f64, Cpu>,
) {
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
    check("self_paced_mixture", |x, p| {
        SelfPacedMixture { upper: p("upper"), lower: p("lower") }.per_sample(x)
    });
}

loss! {
    /// Deferred re-weighting: uniform weights before `start`, then class-balanced ones.
    pub Deferred<start = 160.0 in 0<.., beta = 0.9999 in 0..1>(
        losses: data [B],
        target: [B] -> K,
        class_counts: data [K],
    ) = ClassBalanced<beta = stages(0.0, start -> beta)>(losses, target, class_counts)[b];
}

type Vector<E> = Tensor<(usize,), E, Cpu>;

/// A sample of each class, and the counts of the classes.
fn classes(case: &Value) -> (Vector<f64>, Vector<usize>, Vector<f64>) {
    let dev: Cpu = Default::default();
    let counts = numbers(&case["inputs"]["class_counts"]);
    let k = counts.len();
    let losses = dev.tensor_from_vec(vec![1.0; k], (k,));
    (losses, dev.tensor_from_vec((0..k).collect(), (k,)), dev.tensor_from_vec(counts, (k,)))
}

fn close(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).abs() <= 1e-9 * w.abs(), "{f}, expected {w}");
    }
}

#[test]
fn weights_from_classes() {
    for case in cases("class_balanced_effective_number") {
        let (losses, target, counts) = classes(&case);
        let beta = case["params"]["beta"].as_f64().expect("a number");
        let weights = ClassBalanced { beta }.per_sample(losses, target, counts);
        close(&weights.as_vec(), &numbers(&case["outputs"]["weights"]));
    }
    for case in cases("inverse_frequency_weights") {
        let (losses, target, counts) = classes(&case);
        let weights = InverseFrequency.per_sample(losses, target, counts);
        close(&weights.as_vec(), &numbers(&case["outputs"]["weights"]));
    }
    for case in cases("deferred_reweighting") {
        let (losses, target, counts) = classes(&case);
        let param = |name: &str| case["params"][name].as_f64().expect("a number");
        let deferred = Deferred { start: param("start_epoch"), beta: param("beta") };
        let weights: Vec<f64> = numbers(&case["inputs"]["epoch"])
            .into_iter()
            .flat_map(|epoch| {
                deferred.at(epoch).per_sample(losses.clone(), target.clone(), counts.clone()).as_vec()
            })
            .collect();
        close(&weights, &numbers(&case["outputs"]["weights"]));
    }
}

#[test]
fn weights_from_losses() {
    check("focal_sample_weights", |x, p| FocalWeights { gamma: p("gamma") }.per_sample(x));
}
