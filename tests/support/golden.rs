//! Golden cases of the multi-objective family, for tests that take a folder of them apart in their own ways.
//!
//! Reads `tests/golden/multi_objective`, or that folder of the one that `LOSS_GOLDEN_DIR` names.

// Each test uses a part of it.
#![allow(dead_code)]

use serde_json::Value;
use std::path::{Path, PathBuf};

/// An array of a case.
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
}

impl Array {
    /// As it is stored.
    pub fn of(value: &Value) -> Array {
        let list = |v: &Value| -> Vec<f64> {
            v.as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
        };
        Array {
            shape: list(&value["shape"]).iter().map(|&n| n as usize).collect(),
            data: list(&value["data"]),
        }
    }

    /// The parts along the first axis.
    pub fn parts(&self) -> Vec<Array> {
        let shape = self.shape[1..].to_vec();
        let len: usize = shape.iter().product();
        self.data.chunks(len.max(1)).map(|data| Array { shape: shape.clone(), data: data.to_vec() }).collect()
    }

    /// The numbers of each part.
    pub fn rows(&self) -> Vec<Vec<f64>> {
        self.parts().into_iter().map(|part| part.data).collect()
    }

    /// The same as whole numbers.
    pub fn indices(&self) -> Vec<Vec<usize>> {
        self.rows().iter().map(|row| row.iter().map(|&i| i as usize).collect()).collect()
    }
}

/// The cases of an id. In the project's own folder there are some.
pub fn cases(id: &str) -> Vec<Value> {
    let own = std::env::var_os("LOSS_GOLDEN_DIR").is_none();
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folder = std::env::var_os("LOSS_GOLDEN_DIR").map_or(default, PathBuf::from);
    let text = std::fs::read_to_string(folder.join("multi_objective").join(format!("{id}.json")));
    let golden: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
    let cases = golden["cases"].as_array().cloned().unwrap_or_default();
    assert!(!own || !cases.is_empty(), "there is no case of `{id}`");
    cases
}
