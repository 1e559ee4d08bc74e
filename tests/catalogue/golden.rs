//! The golden cases on generated code: every catalogue loss against values and gradients from its authors' code.
//!
//! Reads `tests/golden/**/*.json`, or the folder that `LOSS_GOLDEN_DIR` names. Cases of losses that the catalogue
//! does not have are counted, not failed.

use crate::cases::{Golden, cases};
use crate::{BACKEND, entries};
use dfdx::prelude::Cpu;
use dfdx_loss::__testing::{Array, Case, Entry, InputRow, Kind, Outcome, Value};

/// Whether a definition takes the inputs of a case and answers to its string parameters.
fn answers(entry: &Entry, golden: &Golden) -> bool {
    let fits = |row: &InputRow| {
        golden.case.inputs.get(row.name).is_some_and(|array| {
            let kind = match row.kind {
                // 0 and 1 are numbers, too: a definition may take soft targets.
                Kind::Real => array.kind != Kind::Class,
                // Positions are stored as whole numbers.
                Kind::Class if array.kind == Kind::Real => array.data.iter().all(|x| x.fract() == 0.0),
                kind => array.kind == kind,
            };
            kind && row.rank.is_none_or(|rank| rank == array.shape.len())
        })
    };
    let when = |(name, value): &(&str, &str)| match golden.case.params.get(*name) {
        Some(Value::Text(text)) => text == value,
        Some(Value::Number(number)) => number.to_string() == *value,
        _ => false,
    };
    let lists = entry.inputs.iter().filter(|row| list(golden, row.name).is_some()).count();
    entry.id == golden.id
        && entry.inputs.len() == golden.case.inputs.len() + lists
        && entry.inputs.iter().all(|row| fits(row) || list(golden, row.name).is_some())
        && entry.when.iter().all(when)
}

/// A parameter that is a list of any length, which a definition may take as a tensor.
fn list(golden: &Golden, name: &str) -> Option<Array> {
    let Some(Value::Array(data)) = golden.case.params.get(name) else { return None };
    Some(Array { kind: Kind::Real, shape: vec![data.len()], data: data.clone() })
}

/// What a definition is run on.
fn case_for(entry: &Entry, golden: &Golden) -> Case {
    let mut case = golden.case.clone();
    let lists = entry.inputs.iter().filter_map(|row| Some((row.name.to_owned(), list(golden, row.name)?)));
    case.inputs.extend(lists);
    case
}

/// Whether two numbers agree; NaN agrees with nothing.
fn close(found: f64, wanted: f64, tolerance: f64) -> bool {
    (found - wanted).abs() <= tolerance
}

/// Compares within `tolerance`, relative to the larger of 1 and the reference's norm.
fn check(golden: &Golden, outcome: &Outcome, tolerance: f64) -> Result<(), String> {
    let scale = golden.value.abs().max(1.0);
    if !close(outcome.value, golden.value, tolerance * scale) {
        return Err(format!("value {}, expected {}", outcome.value, golden.value));
    }
    for (name, wanted) in &golden.grads {
        let found = outcome.grads.iter().find(|g| g.0 == *name);
        let Some((_, found)) = found else { return Err(format!("`{name}` is not differentiated")) };
        let scale = wanted.iter().map(|v| v * v).sum::<f64>().sqrt().max(1.0);
        for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
            if !close(*f, *w, tolerance * scale) {
                return Err(format!("gradient of `{name}` at {i}: {f}, expected {w}"));
            }
        }
    }
    Ok(())
}

/// Walks all cases with `run`; what it prints last is what a reader of the log looks for.
fn walk(backend: &str, run: impl Fn(&Entry, &Golden) -> Result<(), String>) {
    let (mut total, mut passed, mut unknown, mut failures) = (0, 0, 0, Vec::new());
    for golden in cases() {
        total += 1;
        if !entries().any(|e| e.id == golden.id) {
            unknown += 1;
            continue;
        }
        let result = match entries().find(|e| answers(e, &golden)) {
            Some(entry) => run(entry, &golden),
            None => Err("no definition of that id takes these inputs".into()),
        };
        match result {
            Ok(()) => passed += 1,
            Err(error) => failures.push(format!("{}/{}: {error}", golden.id, golden.name)),
        }
    }
    println!("golden: {total} cases, {passed} passed, {unknown} without a loss of that name ({backend})");
    assert!(total > 0, "no golden case was found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn on_the_cpu(entry: &Entry, golden: &Golden) -> Result<(), String> {
    let (dev, case) = (Cpu::default(), &case_for(entry, golden));
    check(golden, &(entry.run_f64)(&dev, case)?, 1e-9).map_err(|e| format!("f64: {e}"))?;
    check(golden, &(entry.run_f32)(&dev, case)?, 2e-5).map_err(|e| format!("f32: {e}"))
}

#[test]
fn catalogue_agrees_with_the_authors_code() {
    walk(BACKEND, on_the_cpu);
}

/// Needs a GPU: built with `--features cuda`, it runs where there is a driver, and says so where there is none.
#[cfg(feature = "cuda")]
#[test]
fn catalogue_agrees_with_the_authors_code_on_a_gpu() {
    let device = std::panic::catch_unwind(|| dfdx::prelude::Cuda::try_seed_from_u64(0));
    let Ok(Ok(dev)) = device else {
        println!("golden: no GPU here, nothing was run on one");
        return;
    };
    walk("GPU", |entry, golden| {
        let case = &case_for(entry, golden);
        check(golden, &(entry.run_cuda_f64)(&dev, case)?, 1e-9).map_err(|e| format!("f64: {e}"))?;
        check(golden, &(entry.run_cuda_f32)(&dev, case)?, 2e-5).map_err(|e| format!("f32: {e}"))
    });
}
