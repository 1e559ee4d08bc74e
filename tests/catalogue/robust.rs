//! Bad and small inputs: every catalogue loss says what is wrong, and none panics.

use crate::entries;
use dfdx::prelude::Cpu;
use dfdx_loss::__testing::{Array, Case, Entry, InputRow, Kind};

/// A case of ordinary numbers in which each set has the size that `size` says.
fn case(entry: &Entry, size: &dyn Fn(&str) -> usize) -> Case {
    let mut case = Case::default();
    for row in entry.inputs {
        let shape: Vec<usize> = match row.rank {
            Some(_) => row.sets.iter().map(|set| set.parse().unwrap_or_else(|_| size(set))).collect(),
            None => vec![size(row.sets[0])],
        };
        let data = (0..shape.iter().product()).map(|i| ordinary(row, i)).collect();
        case.inputs.insert(row.name.to_owned(), Array { kind: row.kind, shape, data });
    }
    case
}

fn ordinary(row: &InputRow, i: usize) -> f64 {
    let ((low, _), (high, _)) = row.domain;
    match row.kind {
        Kind::Class => 0.0,
        Kind::Mask => 1.0,
        Kind::Real => (0.3 + 0.1 * (i % 4) as f64).max(low + 0.5).min(high - 0.1),
    }
}

fn run(entry: &Entry, case: &Case) -> Result<(), String> {
    (entry.run_f32)(&Cpu::default(), case).map(drop)
}

/// What a message about an input names.
fn check_message(entry: &Entry, result: Result<(), String>, parts: &[&str], failures: &mut Vec<String>) {
    match result {
        Ok(()) => failures.push(format!("{}: nothing is said about {parts:?}", entry.name)),
        Err(message) if parts.iter().any(|part| !message.contains(part)) => {
            failures.push(format!("{}: `{message}` does not name {parts:?}", entry.name));
        }
        Err(_) => {}
    }
}

#[test]
fn classes_out_of_range_are_named() {
    let (mut tried, mut failures) = (0, Vec::new());
    for entry in entries() {
        // Only where an axis says how many classes there are.
        let sized =
            |row: &&InputRow| row.kind == Kind::Class && run(entry, &with_class(entry, row, 1000.0)).is_err();
        for row in entry.inputs.iter().filter(sized) {
            tried += 1;
            let result = run(entry, &with_class(entry, row, 1000.0));
            check_message(entry, result, &[row.name, "1000"], &mut failures);
        }
    }
    println!("robust: {tried} class maps, {} failed", failures.len());
    assert!(tried > 50, "the catalogue has more class maps than {tried}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn with_class(entry: &Entry, row: &InputRow, class: f64) -> Case {
    let mut case = case(entry, &|_| 3);
    if let Some(last) = case.inputs.get_mut(row.name).and_then(|array| array.data.last_mut()) {
        *last = class;
    }
    case
}

#[test]
fn lengths_that_differ_are_named() {
    let (mut tried, mut failures) = (0, Vec::new());
    for entry in entries() {
        let first = |set: &str| entry.inputs.iter().find(|row| row.sets.contains(&set)).map(|row| row.name);
        for row in entry.inputs.iter().filter(|row| row.rank.is_some()) {
            for (axis, set) in row.sets.iter().enumerate() {
                let fixed = set.parse::<usize>().is_ok();
                let Some(other) = first(set).filter(|name| *name != row.name && !fixed) else { continue };
                let longer = |name: &str, axis: usize| {
                    let mut case = case(entry, &|_| 3);
                    if let Some(array) = case.inputs.get_mut(name) {
                        array.shape[axis] += 1;
                        let count = array.shape.iter().product();
                        array.data.resize(count, ordinary(row, 0));
                    }
                    case
                };
                tried += 1;
                check_message(
                    entry,
                    run(entry, &longer(row.name, axis)),
                    &[row.name, other, set],
                    &mut failures,
                );
            }
        }
    }
    println!("robust: {tried} lengths, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn one_sample_and_one_class_do_not_panic() {
    let mut failures = Vec::new();
    for entry in entries() {
        for sizes in [[1, 3], [3, 1], [1, 1]] {
            let size = |set: &str| if set == "K" || set == "C" || set == "V" { sizes[1] } else { sizes[0] };
            if let Err(error) = run(entry, &case(entry, &size)) {
                failures.push(format!("{} at {sizes:?}: {error}", entry.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A number that is none is not hidden: the value is none either, unless the loss bounds or leaves out what holds it.
#[test]
fn nan_is_handed_on() {
    let mut hidden = Vec::new();
    for entry in entries() {
        let Some(row) = entry.inputs.iter().find(|row| row.kind == Kind::Real && !row.data) else { continue };
        let mut case = case(entry, &|_| 3);
        if let Some(first) = case.inputs.get_mut(row.name).and_then(|array| array.data.first_mut()) {
            *first = f64::NAN;
        }
        let outcome = (entry.run_f32)(&Cpu::default(), &case);
        if outcome.is_ok_and(|outcome| outcome.value.is_finite()) {
            hidden.push(entry.name);
        }
    }
    println!("robust: finite in spite of a NaN: {}", hidden.join(", "));
    hidden.retain(|name| BOUNDED.iter().all(|(known, _)| known != name));
    assert!(hidden.is_empty(), "{hidden:?}");
}

/// Losses in which the number may be lost, and why. All samples are of class 0. On graphs, `relu` of no number is 0 (a
/// hinge), and `max`, `min` and `clamp` of it give the other operand (a bound).
const BOUNDED: &[(&str, &str)] = &[
    ("AmplifiedSpecificity", "positives do not count, and that sample is one"),
    ("ApproxMrr", "no grade is 1"),
    ("ApproxNdcg", "a bound"),
    ("BoxLogIouLoss", "a bound"),
    ("BoxOverlap", "a hinge"),
    ("CapsuleMarginLoss", "a hinge"),
    ("Circle", "there are no negatives"),
    ("ConditionalBoundaryContextLoss", "class 0 does not count"),
    ("Contrastive", "pairs that cost nothing are left out"),
    ("ContrastiveMean", "a hinge"),
    ("CosineContrastiveLoss", "a hinge"),
    ("CtcLoss", "lengths below 1: no frame counts"),
    ("DpoHinge", "a hinge"),
    ("DuplicateAwareRankNet", "passages of one subtopic, no two of which are compared"),
    ("Enveloping", "a bound"),
    ("FacilityLocation", "similarities within a class do not count"),
    ("GanHingeDiscriminatorLoss", "a hinge"),
    ("Ge2eContrast", "a bound"),
    ("Ge2eSoftmax", "a bound"),
    ("GraphCutInformation", "there are no negatives"),
    ("HardContrastive", "only similarities above a threshold count"),
    ("HierarchicalCapsuleMarginLoss", "a hinge"),
    ("IconKl", "a bound"),
    ("IconSne", "a bound"),
    ("LambdaLossNdcg1", "a bound"),
    ("LambdaLossNdcg1Mean", "a bound"),
    ("LambdaLossNdcg2", "a bound"),
    ("LambdaLossNdcg2Mean", "a bound"),
    ("LambdaLossNdcg2pp", "a bound"),
    ("LambdaLossNdcg2ppMean", "a bound"),
    ("LambdaRank", "a bound"),
    ("LambdaRankMean", "a bound"),
    ("LipoPairwiseHinge", "a hinge"),
    ("LogDeterminant", "a bound"),
    ("LovaszHingeLoss", "a hinge"),
    ("MacroAucPairwise", "there are no pairs without negatives"),
    ("MarginRanking", "a hinge"),
    ("MaximumOptimalityMargin", "a hinge"),
    ("MeanFieldContrastive", "a bound"),
    ("MsSsimLoss", "the image is smaller than the window"),
    ("MultiMarginLoss", "a hinge"),
    ("MultiSimilarityMined", "there are no negatives"),
    ("PairViolations", "a hinge"),
    ("PairwiseHinge", "a hinge"),
    ("PairwiseHingeSum", "a hinge"),
    ("ProtoTriplet", "a hinge"),
    ("ScoreFacilityLocation", "similarities within a class do not count"),
    ("ScoreFacilityLocationEuclidean", "similarities within a class do not count"),
    ("ScoreFacilityLocationGaussian", "similarities within a class do not count"),
    ("ScoreGraphCutCorrelation", "there are no negatives"),
    ("ScoreGraphCutEuclidean", "there are no negatives"),
    ("ScoreGraphCutGaussian", "there are no negatives"),
    ("ScoreLogDeterminantCorrelation", "a bound"),
    ("ScoreLogDeterminantInformation", "a bound"),
    ("SimPoHinge", "a hinge"),
    ("SoftDilation", "a bound"),
    ("SoftErosion", "a bound"),
    ("SoftSkeletonRecallLoss", "nothing is on a skeleton"),
    ("SsimLoss", "the image is smaller than the window"),
    ("TripletMargin", "there are no triplets"),
    ("TripletMarginMean", "there are no triplets"),
    ("TripletViolations", "a hinge"),
    ("UnisegNullBce", "no pixel of these is labelled"),
    ("VariancePenalty", "a hinge"),
    ("WeightedLogistic", "a bound"),
    ("WestonWatkinsLoss", "a hinge"),
];
