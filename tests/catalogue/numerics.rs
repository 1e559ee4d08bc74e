//! Extreme inputs: for scores of 1e4 in single precision, value and gradient of every catalogue loss are finite.
//!
//! Within the domains that it declares, no loss of the catalogue is mathematically infinite at these inputs but those of
//! [`POLES`].

use crate::entries;
use dfdx::prelude::Cpu;
use dfdx_loss::__testing::{Array, Case, Entry, InputRow, Kind};

/// Every axis has this size, so that equal sets are equal.
const SIZE: usize = 4;

/// A pattern of scores: the element at a position.
type Pattern = (&'static str, fn(usize) -> f64);

const PATTERNS: &[Pattern] = &[
    ("zero", |_| 0.0),
    ("all large", |_| 1e4),
    ("all very negative", |_| -1e4),
    ("alternating", |i| if i % 2 == 0 { 1e4 } else { -1e4 }),
    ("one large", |i| if i % SIZE == 1 { 1e4 } else { 0.0 }),
    ("one very negative", |i| if i % SIZE == 2 { -1e4 } else { 0.0 }),
    ("rising", |i| 2.5e3 * (i % SIZE) as f64),
    ("all equal and tiny", |_| 1e-30),
];

fn case(entry: &Entry, pattern: &Pattern, turn: usize) -> Case {
    let mut case = Case::default();
    for (n, row) in entry.inputs.iter().enumerate() {
        let shape: Vec<usize> = match row.rank {
            Some(_) => row.sets.iter().map(|set| set.parse().unwrap_or(SIZE)).collect(),
            None => vec![SIZE; 2],
        };
        let data = (0..shape.iter().product()).map(|i| element(row, pattern, i, n * turn)).collect();
        case.inputs.insert(row.name.to_owned(), Array { kind: row.kind, shape, data });
    }
    case
}

/// Losses that are infinite or undefined at some of these inputs, or have a slope beyond single precision there, and why.
const POLES: &[(&str, &str)] = &[
    ("BlackBoxBrierLoss", "fewer than two draws"),
    ("ForecastSinkhornAlignment", "relative errors of numbers near 1e-30"),
    ("GmlLoss", "similarities of 1e8 over a temperature of e^-50"),
    ("LearningToRejectSurrogate", "the exponential of the score"),
    ("PoissonNll", "the exponential of the prediction"),
    ("RelativeRmse", "relative to predictions of 0"),
    ("SmapeZeroSafe", "relative errors of numbers near 1e-30"),
    ("UncertaintyWeightingRevised", "a sigma of 0, which may have either sign"),
    ("ZLoss", "logits without spread"),
];

/// How far inside an open bound elements stay.
const INSIDE: f64 = 1e-3;

/// Inputs that are not differentiated stay ordinary, apart from scores of a teacher; all stay in their domains.
fn element(row: &InputRow, pattern: &Pattern, i: usize, shift: usize) -> f64 {
    let ((low, low_closed), (high, high_closed)) = row.domain;
    let inside = |closed: bool| if closed { 0.0 } else { INSIDE };
    anywhere(row, pattern, i, shift).max(low + inside(low_closed)).min(high - inside(high_closed))
}

fn anywhere(row: &InputRow, pattern: &Pattern, i: usize, shift: usize) -> f64 {
    match row.kind {
        Kind::Class => ((i + shift) % SIZE) as f64,
        Kind::Mask => f64::from(u8::from(i % 3 != 1)),
        Kind::Real if row.data && !row.name.contains("logits") => 0.25 * (i % 5) as f64,
        Kind::Real => (pattern.1)(i + shift),
    }
}

fn check(entry: &Entry, pattern: &Pattern, turn: usize) -> Result<(), String> {
    let case = case(entry, pattern, turn);
    let outcome = (entry.run_f32)(&Cpu::default(), &case)?;
    if !outcome.value.is_finite() {
        return Err(format!("the value is {}", outcome.value));
    }
    for (name, grad) in &outcome.grads {
        if let Some(i) = grad.iter().position(|g| !g.is_finite()) {
            return Err(format!("the gradient of `{name}` at {i} is {}", grad[i]));
        }
    }
    Ok(())
}

#[test]
fn extreme_inputs_give_finite_results() {
    let mut failures = Vec::new();
    let mut tried = 0;
    for entry in entries().filter(|e| POLES.iter().all(|(name, _)| *name != e.name)) {
        for pattern in PATTERNS {
            for turn in 0..2 {
                tried += 1;
                if let Err(error) = check(entry, pattern, turn) {
                    failures.push(format!("{} at `{}`, turn {turn}: {error}", entry.name, pattern.0));
                }
            }
        }
    }
    println!("numerics: {tried} cases, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
