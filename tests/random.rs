//! Random well-typed specs: generated code, kernels and graph, against the interpreter, and its gradients against
//! finite differences and each other.
//!
//! `RANDOM_ROUNDS=50` tries that many inputs for each spec (default 5): most of them small, some with more classes or
//! more samples than a vector has lanes.

#![allow(missing_docs)]

use dfdx::prelude::Cpu;
use dfdx_loss::__testing::{Array, Case, Entry, Kind, Outcome, Value};
use loss_core::compile::compile;
use loss_core::ir::Program;
use loss_core::ir::eval::{self, HyperValue};
use loss_core::random::{Rng, spec};

mod kernels {
    loss_macros::entries!(random 1 24);
}

mod graph {
    loss_macros::entries!(graph random 1 24);
}

/// Sizes on both sides of those at which kernels go another way.
fn sizes(rng: &mut Rng, round: u64) -> (usize, usize, usize) {
    match round {
        3 => (1 + rng.below(3), 24 + rng.below(20), 24 + rng.below(12)),
        4 => (30 + rng.below(10), 1 + rng.below(3), 1 + rng.below(3)),
        _ => (1 + rng.below(4), 1 + rng.below(4), 1 + rng.below(3)),
    }
}

fn case(rng: &mut Rng, (b, k, d): (usize, usize, usize)) -> Case {
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

fn same(found: &Outcome, wanted: &Outcome, tolerance: f64) -> Result<(), String> {
    if !close(found.value, wanted.value, tolerance) {
        return Err(format!("value {}, on the graph {}", found.value, wanted.value));
    }
    for ((name, f), (_, w)) in found.grads.iter().zip(&wanted.grads) {
        let scale = w.iter().map(|g| g.abs()).fold(1.0, f64::max);
        if let Some(i) = (0..f.len()).find(|&i| !close(f[i] / scale, w[i] / scale, tolerance)) {
            return Err(format!("gradient of `{name}` at {i}: {}, on the graph {}", f[i], w[i]));
        }
    }
    Ok(())
}

fn try_entry(entry: &Entry, graph: &Entry, seed: u64, round: u64) -> Result<(), String> {
    let text = spec(entry.name, seed);
    let outcome = compile(text.parse().expect("tokens"));
    let program = &outcome.compiled[0].program;
    let mut rng = Rng::new(seed * 1000 + round);
    let sizes = sizes(&mut rng, round);
    let case = case(&mut rng, sizes);
    let fail = |what: String| format!("seed {seed}, round {round}: {what}\n{text}\n{case:?}");
    let dev = Cpu::default();
    let (found, double) = ((entry.run_f64)(&dev, &case)?, (graph.run_f64)(&dev, &case)?);
    let single = (entry.run_f32)(&dev, &case)?;
    // The graph leaves 1e-9 of the largest intermediate; f32 has 1e-7 of it, which tame values keep below about 100.
    same(&found, &double, 1e-8).map_err(|e| fail(format!("f64: {e}")))?;
    // Where f32 is too short for a spec (differences of large products), it is so for the graph, too.
    let too_short = || (graph.run_f32)(&dev, &case).is_ok_and(|graph| same(&graph, &found, 1e-4).is_err());
    if let Err(e) = same(&single, &found, 2e-3)
        && !too_short()
    {
        return Err(fail(format!("f32 against f64: {e}")));
    }
    let oracle = Oracle::new(program, &case);
    let (value, samples) = oracle.mean();
    if !close(found.value, value, 1e-9) {
        return Err(fail(format!("value {}, interpreter {value}", found.value)));
    }
    if !close(single.value, value, 2e-4) {
        return Err(fail(format!("value in f32 {}, interpreter {value}", single.value)));
    }
    // Differences of each element take too long where there are many.
    let small = round < 3;
    for (name, grad) in found.grads.iter().filter(|_| small) {
        for (i, (f, d)) in grad.iter().zip(oracle.gradient(name, samples)).enumerate() {
            if !close(*f, d, 1e-5) {
                return Err(fail(format!("gradient of `{name}` at {i}: {f}, finite differences {d}")));
            }
        }
    }
    Ok(())
}

#[test]
fn generated_code_agrees_with_the_interpreter() {
    let rounds = std::env::var("RANDOM_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(5);
    let mut tried = 0;
    let mut failures = Vec::new();
    for (i, (entry, graph)) in kernels::ENTRIES.iter().zip(graph::ENTRIES).enumerate() {
        for round in 0..rounds {
            tried += 1;
            if let Err(error) = try_entry(entry, graph, 1 + i as u64, round) {
                failures.push(error);
                break;
            }
        }
    }
    println!("random: {tried} runs of {} specs, {} specs failed", kernels::ENTRIES.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
