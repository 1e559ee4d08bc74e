//! Reading golden files.

use dfdx_loss::__testing::{Array, Case, Kind, Value};
use std::path::{Path, PathBuf};

/// One case with what it expects.
pub struct Golden {
    /// The loss.
    pub id: String,
    /// The case.
    pub name: String,
    /// Inputs and hyperparameters.
    pub case: Case,
    /// The expected value.
    pub value: f64,
    /// The expected gradients.
    pub grads: Vec<(String, Vec<f64>)>,
}

/// All cases that expect one number, in the order of their files' names.
pub fn cases() -> Vec<Golden> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let root = std::env::var_os("LOSS_GOLDEN_DIR").map_or(default, PathBuf::from);
    let mut files = Vec::new();
    find(&root, &mut files);
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|e| e == "json") {
            files.push(path);
        }
    }
}

fn read(file: &Path) -> Vec<Golden> {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let json: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let id = json["loss"].as_str().expect("a golden file names its loss").to_owned();
    let cases = json["cases"].as_array().expect("a golden file has cases");
    cases.iter().map(|case| golden(&id, case)).collect()
}

fn golden(id: &str, case: &serde_json::Value) -> Golden {
    let named = |key: &str| case[key].as_object().into_iter().flatten();
    Golden {
        id: id.to_owned(),
        name: case["name"].as_str().unwrap_or_default().to_owned(),
        case: Case {
            inputs: named("inputs").map(|(name, value)| (name.clone(), array(value))).collect(),
            // The language's names of hyperparameters have no upper-case letters.
            params: named("params")
                .filter_map(|(name, value)| Some((name.to_lowercase(), param(value)?)))
                .collect(),
        },
        // Cases without a value (updates, directions) belong to other tests; NaN equals nothing.
        value: numbers(&case["value"]["data"]).first().copied().unwrap_or(f64::NAN),
        grads: named("grads").map(|(name, value)| (name.clone(), numbers(&value["data"]))).collect(),
    }
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn array(value: &serde_json::Value) -> Array {
    let kind = match value["kind"].as_str() {
        Some("class") => Kind::Class,
        Some("mask") => Kind::Mask,
        _ => Kind::Real,
    };
    let shape = numbers(&value["shape"]).into_iter().map(|v| v as usize).collect();
    Array { kind, shape, data: numbers(&value["data"]) }
}

fn param(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Number(number) => Some(Value::Number(number.as_f64()?)),
        serde_json::Value::Bool(holds) => Some(Value::Number(f64::from(u8::from(*holds)))),
        serde_json::Value::String(text) => Some(Value::Text(text.clone())),
        serde_json::Value::Array(_) => Some(Value::Array(numbers(value))),
        _ => None,
    }
}
