//! Extreme inputs: for scores of 1e4, probabilities of 0 and 1, residuals of 1e12 and groups without samples, in single
//! precision, value and gradient of every catalogue loss are finite.
//!
//! Within the domains that it declares, no loss of the catalogue is mathematically infinite at these inputs but those of
//! [`POLES`].

use crate::{entries, family};
use dfdx::prelude::Cpu;
use dfdx_loss::__testing::{Array, Case, Entry, InputRow, Kind};

/// Every axis has this size, so that equal sets are equal.
const SIZE: usize = 4;

/// A pattern of scores: the element at a position. What a domain bounds is set to the bound: probabilities are 0 and 1.
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

/// Patterns of residuals. Their fourth power is within single precision no more, their square is.
const RESIDUALS: &[Pattern] = &[
    ("all 1e12", |_| 1e12),
    ("alternating 1e12", |i| if i % 2 == 0 { 1e12 } else { -1e12 }),
    ("one 1e12", |i| if i % SIZE == 1 { 1e12 } else { 0.0 }),
];

/// How samples belong to classes and masks.
#[derive(Clone, Copy, Debug)]
enum Groups {
    /// Every class and both sides of a mask have samples.
    Mixed,
    /// All classes are class 0, no mask holds.
    First,
    /// All classes are the last, every mask holds.
    Last,
}

fn case(entry: &Entry, pattern: &Pattern, turn: usize, groups: Groups) -> Case {
    let mut case = Case::default();
    for (n, row) in entry.inputs.iter().enumerate() {
        let shape: Vec<usize> = match row.rank {
            Some(_) => row.sets.iter().map(|set| set.parse().unwrap_or(SIZE)).collect(),
            None => vec![SIZE; 2],
        };
        let data = (0..shape.iter().product()).map(|i| element(row, pattern, i, n * turn, groups)).collect();
        case.inputs.insert(row.name.to_owned(), Array { kind: row.kind, shape, data });
    }
    case
}

/// Losses that are infinite or undefined at some of these inputs, or have a slope beyond single precision there, and why.
const POLES: &[(&str, &str)] = &[
    ("BlackBoxBrierLoss", "fewer than two draws"),
    ("ChiSquaredLogContrastive", "the exponential of the score"),
    ("ForecastSinkhornAlignment", "relative errors of numbers near 1e-30"),
    ("GmlLoss", "similarities of 1e8 over a temperature of e^-50"),
    ("GrpoClippedObjective", "the exponential of the difference of two log-probabilities"),
    ("HellingerContrastive", "the exponential of the score"),
    ("KlContrastive", "the exponential of the score"),
    ("LearningToRejectSurrogate", "the exponential of the score"),
    ("LogitAdjustedContrastive", "similarities of 1e8 over a temperature of e^-50"),
    ("LtsContextModelLoss", "the reciprocal of a probability"),
    ("LtsLoss", "the reciprocal of a probability"),
    ("PoissonNll", "the exponential of the prediction"),
    ("RelativeRmse", "relative to predictions of 0"),
    ("SmapeZeroSafe", "relative errors of numbers near 1e-30"),
    ("UncertaintyWeightingRevised", "a sigma of 0, which may have either sign"),
    ("VaeBceElboLoss", "the exponential of the logarithm of a variance"),
    ("VaeKlLoss", "the exponential of the logarithm of a variance"),
    ("ZLoss", "logits without spread"),
];

/// Regression losses that leave single precision at residuals of 1e12, and why.
const LARGE: &[(&str, &str)] = &[("PoissonNll", "the exponential of the prediction")];

/// Losses that are undefined where the only class that has samples has the weight 0, as in PyTorch, or where nothing counts.
const WEIGHTLESS: &[(&str, &str)] = &[
    ("DiceCrossEntropyLoss", "divided by the sum of the weights"),
    ("LtsLogLoss", "the logarithm of the number of actions, of which there are none"),
    ("WeightedPixelCrossEntropy", "divided by the sum of the weights"),
    ("WeightedCrossEntropy", "divided by the sum of the weights"),
    ("LdamLoss", "divided by the sum of the weights"),
    ("VectorScalingLoss", "divided by the sum of the weights"),
];

/// How far inside an open bound elements stay.
const INSIDE: f64 = 1e-3;

/// Inputs that are not differentiated stay ordinary, apart from scores of a teacher; all stay in their domains.
fn element(row: &InputRow, pattern: &Pattern, i: usize, shift: usize, groups: Groups) -> f64 {
    let ((low, low_closed), (high, high_closed)) = row.domain;
    let inside = |closed: bool| if closed { 0.0 } else { INSIDE };
    anywhere(row, pattern, i, shift, groups).max(low + inside(low_closed)).min(high - inside(high_closed))
}

fn anywhere(row: &InputRow, pattern: &Pattern, i: usize, shift: usize, groups: Groups) -> f64 {
    match (row.kind, groups) {
        (Kind::Class, Groups::Mixed) => ((i + shift) % SIZE) as f64,
        (Kind::Mask, Groups::Mixed) => f64::from(u8::from(i % 3 != 1)),
        (Kind::Class | Kind::Mask, Groups::First) => 0.0,
        (Kind::Class, Groups::Last) => (SIZE - 1) as f64,
        (Kind::Mask, Groups::Last) => 1.0,
        (Kind::Real, _) if row.data && !row.name.contains("logits") => 0.25 * (i % 5) as f64,
        (Kind::Real, _) => (pattern.1)(i + shift),
    }
}

fn check(entry: &Entry, pattern: &Pattern, turn: usize, groups: Groups) -> Result<(), String> {
    let case = case(entry, pattern, turn, groups);
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

/// Every pattern at every loss but the exceptions, with the inputs in step (turn 0) or shifted.
fn all_finite(
    entries: impl Iterator<Item = &'static Entry>,
    (patterns, settings): (&[Pattern], &[(usize, Groups)]),
    exceptions: &[(&str, &str)],
) {
    let mut failures = Vec::new();
    let mut tried = 0;
    for entry in entries.filter(|e| exceptions.iter().all(|(name, _)| *name != e.name)) {
        for pattern in patterns {
            for &(turn, groups) in settings {
                tried += 1;
                if let Err(error) = check(entry, pattern, turn, groups) {
                    let (name, pattern) = (entry.name, pattern.0);
                    failures.push(format!("{name} at `{pattern}`, {groups:?}, turn {turn}: {error}"));
                }
            }
        }
    }
    println!("numerics: {tried} cases, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

const MIXED: &[(usize, Groups)] = &[(0, Groups::Mixed), (1, Groups::Mixed)];
const LOPSIDED: &[(usize, Groups)] = &[(1, Groups::First), (1, Groups::Last)];

#[test]
fn extreme_inputs_give_finite_results() {
    all_finite(entries(), (PATTERNS, MIXED), POLES);
}

#[test]
fn groups_without_samples_give_finite_results() {
    all_finite(entries(), (PATTERNS, LOPSIDED), &[POLES, WEIGHTLESS].concat());
}

#[test]
fn large_residuals_give_finite_results() {
    all_finite(family("regression"), (RESIDUALS, &[MIXED, LOPSIDED].concat()), LARGE);
}
