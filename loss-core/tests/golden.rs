//! The golden cases on the interpreter: the catalogue's definitions before any backend.

use loss_core::compile::{Compiled, compile};
use loss_core::ir::Ty;
use loss_core::ir::eval::{Array, HyperValue, eval, eval_over, finite_difference};
use loss_core::passes::differentiate::{Derivative, differentiate};
use loss_core::passes::guard;
use loss_core::{catalogue, syntax::ast::HyperType};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    std::env::var_os("LOSS_GOLDEN_DIR").map_or(default, PathBuf::from)
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn array(value: &Value) -> Array {
    let shape = numbers(&value["shape"]).into_iter().map(|v| v as usize).collect();
    Array { shape, data: numbers(&value["data"]) }
}

/// Whether a definition takes the inputs of a case and answers to its string parameters.
fn answers(c: &Compiled, id: &str, case: &Value) -> bool {
    let inputs = case["inputs"].as_object().expect("a case has inputs");
    // A list of any length may be taken as a tensor.
    let list = |name: &str| case["params"][name].is_array();
    let lists = c.checked.inputs.iter().filter(|i| list(&i.name)).count();
    let same = c.checked.inputs.len() == inputs.len() + lists
        && c.checked.inputs.iter().all(|i| inputs.contains_key(&i.name) || list(&i.name));
    let when = |(name, value): &(String, String)| match &case["params"][name] {
        Value::String(text) => text == value,
        Value::Number(number) => number.to_string() == *value,
        _ => false,
    };
    c.def.marks.id.as_deref() == Some(id) && same && c.def.marks.when.iter().all(when)
}

fn input(c: &Compiled, name: &str, case: &Value) -> Array {
    let data = numbers(&case["params"][name]);
    let list = Array { shape: vec![data.len()], data };
    let mut array = if case["inputs"][name].is_null() { list } else { array(&case["inputs"][name]) };
    let info = c.checked.inputs.iter().find(|i| i.name == name).expect("the definition has it");
    if info.sets.len() != array.shape.len() {
        array.shape = vec![array.data.len()];
    }
    array
}

fn hypers(c: &Compiled, case: &Value) -> Vec<HyperValue> {
    // The language's names of hyperparameters have no upper-case letters.
    let param = |name: &str| case["params"].as_object()?.iter().find(|(key, _)| key.to_lowercase() == name);
    let one = |(i, info): (usize, &loss_core::ir::HyperInfo)| match (
        param(&info.name).map_or(&Value::Null, |(_, value)| value),
        info.ty,
    ) {
        (Value::Number(n), HyperType::Real | HyperType::Integer | HyperType::Bool) => {
            HyperValue::Real(n.as_f64().expect("a number"))
        }
        (Value::Bool(b), HyperType::Bool) => HyperValue::Real(f64::from(u8::from(*b))),
        (_, HyperType::Array(_)) => HyperValue::Array(c.checked.defaults[i].clone()),
        _ => HyperValue::Real(c.checked.defaults[i][0]),
    };
    c.checked.hypers.iter().enumerate().map(one).collect()
}

fn close(found: f64, wanted: f64, scale: f64, tolerance: f64) -> bool {
    (found - wanted).abs() <= tolerance * scale.max(1.0)
}

fn check(c: &Compiled, case: &Value) -> Result<(), String> {
    let inputs: Vec<Array> = c.checked.inputs.iter().map(|i| input(c, &i.name, case)).collect();
    let hypers = hypers(c, case);
    let values = eval(&c.program, &hypers, &inputs).map_err(|e| e.to_string())?;
    let sum = case["params"]["reduction"] == "sum";
    let count = if sum { 1.0 } else { values.data.len() as f64 };
    let value = values.data.iter().sum::<f64>() / count;
    let wanted = numbers(&case["value"]["data"])[0];
    if !close(value, wanted, wanted.abs(), 1e-10) {
        return Err(format!("value {value}, expected {wanted}"));
    }
    let symbolic = symbolic(c, &hypers, &inputs, &values)?;
    for (name, grad) in case["grads"].as_object().into_iter().flatten() {
        let Some(which) = c.checked.inputs.iter().position(|i| i.name == *name) else { continue };
        assert!(c.checked.inputs[which].ty == Ty::Real);
        let wanted = numbers(&grad["data"]);
        let norm = wanted.iter().map(|v| v * v).sum::<f64>().sqrt();
        let derived = symbolic.iter().find(|(i, _)| *i == which);
        let derived = derived.ok_or_else(|| format!("no gradient of `{name}`"))?;
        for (d, w) in derived.1.data.iter().zip(&wanted) {
            // Ours and the reference's rounding errors.
            if !close(d / count, *w, norm, 1e-9) {
                return Err(format!("symbolic gradient of `{name}` {}, expected {w}", d / count));
            }
        }
        // Rounds within rounds take the interpreter long.
        if !c.program.graph.loops.is_empty() && wanted.len() > 24 {
            continue;
        }
        let found = finite_difference(&c.program, &hypers, &inputs, which).map_err(|e| e.to_string())?;
        for (f, w) in found.data.iter().zip(&wanted) {
            // Differences of a function of size L resolve about 1e-16 L / step.
            if !close(f / count, *w, norm, 1e-6) {
                return Err(format!("gradient of `{name}` {}, expected {w}", f / count));
            }
        }
    }
    Ok(())
}

/// The symbolic gradients of the sum over the samples, by input.
fn symbolic(
    c: &Compiled,
    hypers: &[HyperValue],
    inputs: &[Array],
    values: &Array,
) -> Result<Vec<(usize, Array)>, String> {
    let Derivative { program, grads, .. } = differentiate(&guard(&c.program));
    let mut inputs = inputs.to_vec();
    inputs.push(Array { shape: values.shape.clone(), data: vec![1.0; values.data.len()] });
    let nodes: Vec<_> = grads.iter().map(|&(i, node)| (node, program.input_axes(i))).collect();
    let arrays = eval_over(&program, hypers, &inputs, &nodes).map_err(|e| e.to_string())?;
    Ok(grads.iter().map(|g| g.0).zip(arrays).collect())
}

#[test]
fn catalogue_agrees_with_references() {
    let specs: Vec<Compiled> = catalogue::FILES.iter().flat_map(|f| compile(f.tokens()).compiled).collect();
    let (mut cases, mut passed, mut unknown, mut on_host, mut failures) = (0, 0, 0, 0, vec![]);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the golden folder exists")
        .flat_map(|family| std::fs::read_dir(family.expect("readable").path()).into_iter().flatten())
        .map(|file| file.expect("readable").path())
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        let golden: Value = serde_json::from_str(&text).expect("valid JSON");
        let id = golden["loss"].as_str().expect("a golden file names its loss");
        for case in golden["cases"].as_array().expect("a golden file has cases") {
            cases += 1;
            if !specs.iter().any(|c| c.def.marks.id.as_deref() == Some(id)) {
                unknown += 1;
                continue;
            }
            // The interpreter cannot call Rust functions; generated code is tested on these cases, too.
            if specs.iter().any(|c| answers(c, id, case) && c.program.calls_host()) {
                on_host += 1;
                continue;
            }
            let result = match specs.iter().find(|c| answers(c, id, case)) {
                Some(spec) => check(spec, case),
                None => Err("no definition takes its inputs".into()),
            };
            match result {
                Ok(()) => passed += 1,
                Err(error) => failures.push(format!("{id}/{}: {error}", case["name"])),
            }
        }
    }
    println!(
        "golden: {cases} cases, {passed} passed, {unknown} without a loss of that name, {on_host} of losses that call \
         host functions"
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
