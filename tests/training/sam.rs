//! Sharpness-aware minimisation: golden values, and that the parameters come back.
//!
//! Reads `tests/golden/multi_objective`, or that folder of the one that `LOSS_GOLDEN_DIR` names. The reference's
//! momentum and weight decay are dfdx's `Momentum::Classic` and `WeightDecay::L2`: a buffer that starts at 0
//! is the first gradient after one step.

use super::*;
use dfdx::optim::{Momentum, Sgd, SgdConfig, WeightDecay};
use dfdx_loss::training::{Sam, SamReport, Separate, TrainingError};
use serde_json::Value;
use std::path::{Path, PathBuf};

const TOLERANCE: f64 = 1e-12;

/// What a closure of a step saw.
struct Seen {
    loss: f64,
    /// Each parameter with its gradient.
    parameters: Vec<(Vec<f64>, Vec<f64>)>,
}

fn golden(id: &str) -> Vec<Value> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let root = std::env::var_os("LOSS_GOLDEN_DIR").map_or(default, PathBuf::from);
    let file = root.join("multi_objective").join(id).with_extension("json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let golden: Value = serde_json::from_str(&text).expect("a golden file");
    golden["cases"].as_array().expect("cases").clone()
}

fn numbers(tensor: &Value) -> Vec<f64> {
    tensor["data"].as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn number(case: &Value, name: &str) -> f64 {
    case["params"][name].as_f64().expect("a number")
}

fn sam(case: &Value) -> Sam {
    let sam = Sam::new(number(case, "rho")).expect("a radius");
    if case["params"]["adaptive"].as_bool().expect("a flag") { sam.adaptive() } else { sam }
}

fn config(case: &Value) -> SgdConfig {
    let some = |x: f64| (x != 0.0).then_some(x);
    SgdConfig {
        lr: number(case, "lr"),
        momentum: some(number(case, "momentum")).map(Momentum::Classic),
        weight_decay: some(number(case, "weight_decay")).map(WeightDecay::L2),
    }
}

/// Compares one step with the outputs; `new` are the parameters after it.
fn check(case: &Value, step: usize, report: &SamReport<Seen>, new: &[Vec<f64>]) {
    let name = &case["name"];
    let agree = |output: &str, found: &[f64]| {
        let all = numbers(&case["outputs"][output]);
        let wanted = &all[step * found.len()..][..found.len()];
        let scale = all.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
        for (found, wanted) in found.iter().zip(wanted) {
            let agrees = (found - wanted).abs() <= TOLERANCE * scale;
            assert!(agrees, "{name}: {output} of step {step} is {found}, expected {wanted}");
        }
    };
    agree("loss", &[report.loss.loss]);
    agree("perturbed_loss", &[report.perturbed.loss]);
    for (i, parameter) in ["weight", "bias"].into_iter().take(new.len()).enumerate() {
        agree(&format!("gradient_{parameter}"), &report.loss.parameters[i].1);
        agree(&format!("perturbed_{parameter}"), &report.perturbed.parameters[i].0);
        agree(&format!("perturbed_gradient_{parameter}"), &report.perturbed.parameters[i].1);
        agree(&format!("new_{parameter}"), &new[i]);
    }
}

fn quadratic<const N: usize>(case: &Value) {
    let dev = Cpu::default();
    let input = |name: &str| numbers(&case["inputs"][name]);
    let matrix: Tensor<Rank2<N, N>, f64, _> = dev.tensor(input("matrix"));
    let vector: Tensor<Rank1<N>, f64, _> = dev.tensor(input("vector"));
    let mut weight: Tensor<Rank1<N>, f64, _> = dev.tensor(input("weight"));
    let mut sgd = Sgd::new(&weight, config(case));
    for step in 0..number(case, "steps") as usize {
        let report = sam(case).step_with(&mut weight, &mut sgd, |w| {
            let taped = w.trace(w.alloc_grads());
            let product = taped.with_empty_tape().matmul(matrix.clone()) * taped.with_empty_tape();
            let loss = product.sum() * 0.5 - (taped * vector.clone()).sum();
            let value = loss.array();
            let gradients = loss.backward();
            let parameters = vec![(w.as_vec(), gradients.get(w).as_vec())];
            Ok((gradients, Seen { loss: value, parameters }))
        });
        check(case, step, &report.expect("a step"), &[weight.as_vec()]);
    }
}

fn logistic<const N: usize, const B: usize>(case: &Value) {
    let dev = Cpu::default();
    let input = |name: &str| numbers(&case["inputs"][name]);
    let features: Tensor<Rank2<B, N>, f64, _> = dev.tensor(input("features"));
    let target: Tensor<Rank2<B, 1>, f64, _> = dev.tensor(input("target"));
    let mut model = dev.build_module::<builders::Linear<N, 1>, f64>();
    model.weight.copy_from(&input("weight"));
    model.bias.copy_from(&input("bias"));
    let mut sgd = Sgd::new(&model, config(case));
    for step in 0..number(case, "steps") as usize {
        let report = sam(case).step_with(&mut model, &mut sgd, |m| {
            let z = m.forward(features.trace(m.alloc_grads()));
            let loss = (z.with_empty_tape().exp() + 1.0).ln() - z * target.clone();
            let loss = loss.mean();
            let value = loss.array();
            let gradients = loss.backward();
            let parameters = vec![
                (m.weight.as_vec(), gradients.get(&m.weight).as_vec()),
                (m.bias.as_vec(), gradients.get(&m.bias).as_vec()),
            ];
            Ok((gradients, Seen { loss: value, parameters }))
        });
        check(case, step, &report.expect("a step"), &[model.weight.as_vec(), model.bias.as_vec()]);
    }
}

#[test]
fn steps_agree_with_their_references() {
    let shape = |case: &Value, input: &str| case["inputs"][input]["shape"][0].as_u64().expect("a shape");
    let mut total = 0;
    for case in golden("sam_quadratic") {
        total += 1;
        match shape(&case, "weight") {
            3 => quadratic::<3>(&case),
            4 => quadratic::<4>(&case),
            other => panic!("no case has {other} weights"),
        }
    }
    for case in golden("sam_logistic") {
        total += 1;
        match (shape(&case, "weight"), shape(&case, "features")) {
            (3, 6) => logistic::<3, 6>(&case),
            (4, 5) => logistic::<4, 5>(&case),
            other => panic!("no case has the shape {other:?}"),
        }
    }
    println!("golden: {total} cases, {total} passed (sharpness-aware minimisation)");
    assert!(total > 0, "no golden case was found");
}

fn bits(model: &Model<f64>) -> Vec<u64> {
    let mut all = model.0.0.weight.as_vec();
    all.extend(model.0.0.bias.as_vec());
    for head in [&model.1.0, &model.1.1] {
        all.extend(head.weight.as_vec());
        all.extend(head.bias.as_vec());
    }
    all.into_iter().map(f64::to_bits).collect()
}

#[test]
fn the_parameters_come_back_bit_by_bit() {
    for sam in [Sam::new(0.3), Sam::new(0.3).map(Sam::adaptive)] {
        let sam = sam.expect("a radius");
        let mut case = case();
        let before = bits(&case.model);
        let still = SgdConfig { lr: 0.0, momentum: None, weight_decay: None };
        let mut sgd = Sgd::new(&case.model, still);
        let mut seen = Vec::new();
        let x = case.x;
        let report = sam.step(&mut case.model, &mut sgd, |m, tape| {
            seen.push(bits(m));
            first(m.1.0.forward(m.0.forward(x.trace(tape))))
        });
        let report = report.expect("a step");
        assert!(report.perturbed > report.loss && report.norm > 0.0);
        assert_eq!(seen[0], before);
        assert_ne!(seen[1], before);
        assert_eq!(bits(&case.model), before);
    }
}

#[test]
fn they_come_back_where_the_second_pass_fails() {
    let mut case = case();
    let before = bits(&case.model);
    let mut sgd = Sgd::new(&case.model, Default::default());
    let mut passes = 0;
    let x = case.x;
    let sam = Sam::new(0.3).expect("a radius");
    let result = sam.step(&mut case.model, &mut sgd, |m, tape| {
        passes += 1;
        let loss = first(m.1.0.forward(m.0.forward(x.trace(tape))));
        if passes == 2 { Err("no second pass") } else { Ok(loss) }
    });
    assert_eq!(result, Err(TrainingError::Forward { reason: "no second pass".to_owned() }));
    assert_eq!(bits(&case.model), before);
    let result = sam.step(&mut case.model, &mut sgd, |m, tape| {
        (first(m.1.0.forward(m.0.forward(x.trace(tape)))) * -1.0).ln()
    });
    assert!(matches!(result, Err(TrainingError::Nan { .. })));
    assert_eq!(bits(&case.model), before);
}

#[test]
fn a_radius_of_0_is_plain_descent_and_a_bad_one_an_error() {
    let mut case = case();
    let mut plain = case.model.clone();
    let x = case.x;
    let mut sam = Sam::new(0.0).expect("a radius");
    let forward = |m: &mut Model<f64>, tape| {
        let features = m.0.forward(x.trace(tape));
        first(m.1.0.forward(features.with_empty_tape())) + second(m.1.1.forward(features))
    };
    let mut sgd = Sgd::new(&case.model, Default::default());
    let report = sam.step(&mut case.model, &mut sgd, forward).expect("a step");
    assert_eq!(report.loss, report.perturbed);
    let tape = plain.alloc_grads();
    let gradients = forward(&mut plain, tape).backward();
    Sgd::new(&plain, Default::default()).update(&mut plain, &gradients).expect("an update");
    assert_eq!(bits(&case.model), bits(&plain));
    sam.rho = f64::NAN;
    assert!(sam.step(&mut case.model, &mut sgd, forward).is_err());
}

#[test]
fn it_goes_round_a_step_of_several_objectives() {
    let mut case = case();
    let mut sgd = Sgd::new(&case.model, Default::default());
    let x = case.x;
    let report = Sam::new(0.05).expect("a radius").step_with(&mut case.model, &mut sgd, |model| {
        let step = Separate::new(model)
            .objective("first", |m, tape| first(m.1.0.forward(m.0.forward(x.trace(tape)))))
            .objective("second", |m, tape| second(m.1.1.forward(m.0.forward(x.trace(tape)))))
            .aggregate(&mut MinNorm)?;
        Ok((step.gradients, step.objectives))
    });
    let report = report.expect("a step");
    assert_ne!(report.loss[0].loss, report.perturbed[0].loss);
}
