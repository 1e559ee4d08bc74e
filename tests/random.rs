//! Random well-typed specs: generated code against the interpreter, gradients against finite differences.
//!
//! `RANDOM_ROUNDS=50` tries that many inputs for each spec (default 3).

#![allow(missing_docs)]

use dfdx::prelude::Cpu;
use dfdx_loss::__testing::{Array, Case, Entry, Kind, Value};
use loss_core::compile::compile;
use loss_core::ir::Program;
use loss_core::ir::eval::{self, HyperValue};
use loss_core::random::{Rng, spec};

mod first {
    loss_macros::entries!(random 1 40);
}

fn case(rng: &mut Rng) -> Case {
    let (b, k, d) = (1 + rng.below(4), 1 + rng.below(4), 1 + rng.below(3));
    let mut case = Case::default();
    let mut add = |name: &str, kind: Kind, shape: &[usize], element: &mut dyn FnMut() -> f64| {
        let data = (0..shape.iter().product::<usize>()).map(|_| element()).collect();
        case.inputs.insert(name.to_owned(), Array { kind, shape: shape.to_vec(), data });
    };
    for (name, shape) in [("x", &[b, k][..]), ("e", &[b, d]), ("w", &[k]), ("y", &[b, k]), ("scale", &[])] {
        add(name, Kind::Real, shape, &mut || rng.between(-1.5, 1.5));
    }
    add("target", Kind::Class, &[b], &mut || rng.below(k) as f64);
    add("label", Kind::Class, &[b], &mut || rng.below(3) as f64);
    add("mask", Kind::Mask, &[b], &mut || rng.below(2) as f64);
    case.params.insert("h".into(), Value::Number(rng.between(-1.0, 1.0)));
    case.params.insert("temperature".into(), Value::Number(rng.between(0.5, 2.0)));
    case
}

struct Oracle {
    program: Program,
    hypers: Vec<HyperValue>,
    inputs: Vec<eval::Array>,
}

impl Oracle {
    fn new(program: &Program, case: &Case) -> Oracle {
        let hypers = program.hypers.iter().map(|h| HyperValue::Real(case.number(&h.name).expect("given")));
        let inputs = program.inputs.iter().map(|i| {
            let array = &case.inputs[&i.name];
            eval::Array { shape: array.shape.clone(), data: array.data.clone() }
        });
        Oracle { program: program.clone(), hypers: hypers.collect(), inputs: inputs.collect() }
    }

    fn mean(&self) -> (f64, f64) {
        let values = eval::eval(&self.program, &self.hypers, &self.inputs).expect("valid inputs");
        (values.mean(), values.data.len() as f64)
    }

    /// Finite differences of the mean, or `None` where the function is not smooth enough to tell: the two
    /// programs, before and after the passes, round differently, and so do their differences near a kink.
    fn gradient(&self, name: &str, samples: f64) -> Vec<f64> {
        let which = self.program.inputs.iter().position(|i| i.name == name).expect("an input");
        let sum =
            eval::finite_difference(&self.program, &self.hypers, &self.inputs, which).expect("valid inputs");
        sum.data.iter().map(|g| g / samples).collect()
    }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

fn try_entry(entry: &Entry, seed: u64, round: u64) -> Result<(), String> {
    let text = spec(entry.name, seed);
    let outcome = compile(text.parse().expect("tokens"));
    let program = &outcome.compiled[0].program;
    let mut rng = Rng::new(seed * 1000 + round);
    let case = case(&mut rng);
    let oracle = Oracle::new(program, &case);
    let (value, samples) = oracle.mean();
    let dev = Cpu::default();
    let found = (entry.run_f64)(&dev, &case)?;
    let fail = |what: String| Err(format!("seed {seed}, round {round}: {what}\n{text}\n{case:?}"));
    if !close(found.value, value, 1e-9) {
        return fail(format!("value {}, interpreter {value}", found.value));
    }
    let single = (entry.run_f32)(&dev, &case)?;
    // Differences cancel: f32 has 1e-7 of the largest intermediate, which tame values keep below about 100.
    if !close(single.value, value, 2e-4) {
        return fail(format!("value in f32 {}, interpreter {value}", single.value));
    }
    for (name, grad) in &found.grads {
        for (i, (f, d)) in grad.iter().zip(oracle.gradient(name, samples)).enumerate() {
            if !close(*f, d, 1e-5) {
                return fail(format!("gradient of `{name}` at {i}: {f}, finite differences {d}"));
            }
        }
    }
    Ok(())
}

#[test]
fn generated_code_agrees_with_the_interpreter() {
    let rounds = std::env::var("RANDOM_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(3);
    let mut tried = 0;
    let mut failures = Vec::new();
    for (i, entry) in first::ENTRIES.iter().enumerate() {
        for round in 0..rounds {
            tried += 1;
            if let Err(error) = try_entry(entry, 1 + i as u64, round) {
                failures.push(error);
                break;
            }
        }
    }
    println!("random: {tried} runs of {} specs, {} specs failed", first::ENTRIES.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
