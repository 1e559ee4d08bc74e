//! Gradients at the edge: zeros, equal, opposite, of any scale, not finite, none.

use dfdx_loss::aggregate::*;

fn rules() -> Vec<(&'static str, Box<dyn Aggregator>)> {
    vec![
        ("Mean", Box::new(Mean)),
        ("ConFig", Box::new(ConFig::default())),
        ("ConFigTwoTask", Box::new(ConFigTwoTask::default())),
        ("MomentumConFig", Box::new(MomentumConFig::new(2, 0.9, 0.999).unwrap())),
        ("Mgda", Box::new(Mgda::default())),
        ("MinNorm", Box::new(MinNorm)),
        ("TwoTaskMgda", Box::new(TwoTaskMgda)),
        ("PcGrad", Box::new(PcGrad::new(1))),
        ("GradVac", Box::new(GradVac::new(0.5, 1e-8, 1).unwrap())),
        ("GradDrop", Box::new(GradDrop::new(1))),
        ("UpGrad", Box::new(UpGrad::default())),
        ("DualProj", Box::new(DualProj::default())),
        ("CaGrad", Box::new(CaGrad::default())),
        ("NashMtl", Box::new(NashMtl::new(1.0, 1).unwrap())),
        ("NashBargaining", Box::new(NashBargaining)),
        ("FairGrad", Box::new(FairGrad::new(2.0).unwrap())),
        ("ImtlG", Box::new(ImtlG)),
        ("AlignedMtl", Box::new(AlignedMtl::default())),
        ("PriorityDescent", Box::new(PriorityDescent::new(vec![0.5], 0.9, 1e-8).unwrap())),
        ("TrimmedMean", Box::new(TrimmedMean::new(0))),
        ("ExcessMtl", Box::new(ExcessMtl::new(1.0, 0).unwrap())),
        ("CrMogm", Box::new(CrMogm::new(0.9, Mgda::default()).unwrap())),
    ]
}

fn update(rule: &mut dyn Aggregator, rows: &[[f64; 3]]) -> Result<Vec<f64>, AggregateError> {
    let rows = Rows::new(rows)?;
    Ok(rule.aggregate(&rows)?.direction(&rows))
}

#[test]
fn updates_are_finite_whatever_the_gradients() {
    let last_bit = 1.0 + f64::EPSILON;
    let pairs: [[[f64; 3]; 2]; 11] = [
        [[0.0; 3], [0.0; 3]],
        [[0.0; 3], [1.0, 2.0, -1.0]],
        [[1.0, 2.0, -1.0], [1.0, 2.0, -1.0]],
        [[1.0, 2.0, -1.0], [-1.0, -2.0, 1.0]],
        [[1.0, 2.0, -1.0], [-last_bit, -2.0, 1.0]],
        [[1e-12, 2e-12, 0.0], [1e12, -1e12, 3e12]],
        [[1e-12, 2e-12, 0.0], [-1e-12, -1e-12, 1e-12]],
        [[1e12, 2e12, 0.0], [-1e12, -1e12, 1e12]],
        [[1e-170, 0.0, 1e-170], [1e-165, 2e-170, 0.0]],
        [[1e-150, 0.0, 1e-150], [1.0, 2.0, 3.0]],
        [[1e-139, 0.0, 1e-139], [1e150, 2e150, 3e150]],
    ];
    for rows in pairs {
        for (name, mut rule) in rules() {
            let found = update(&mut *rule, &rows).unwrap_or_else(|e| panic!("{name} on {rows:?}: {e}"));
            assert!(found.iter().all(|u| u.is_finite()), "{name} on {rows:?}: {found:?}");
        }
    }
}

#[test]
fn a_gradient_that_is_not_finite_names_its_task() {
    for (name, mut rule) in rules() {
        let error = update(&mut *rule, &[[1.0, 2.0, 3.0], [1.0, f64::NAN, 3.0]]).unwrap_err();
        assert!(matches!(error, AggregateError::NotFinite { task: 1, entry: 1, .. }), "{name}: {error}");
    }
    let error = update(&mut Mean, &[[1e200, 0.0, 0.0], [0.0; 3]]).unwrap_err();
    assert_eq!(error.to_string(), "the gradient of task 0 is too large: its square is not finite");
}

#[test]
fn opposite_gradients_are_stationary() {
    let rows = [[1.0, 2.0, -1.0], [-1.0, -2.0, 1.0]];
    let rules: [Box<dyn Aggregator>; 5] = [
        Box::new(ConFig::default()),
        Box::new(MinNorm),
        Box::new(CaGrad::default()),
        Box::new(NashBargaining),
        Box::new(PcGrad::new(0)),
    ];
    for mut rule in rules {
        let found = update(&mut *rule, &rows).unwrap();
        assert!(found.iter().all(|u| u.abs() < 1e-12), "{found:?}");
    }
}

#[test]
fn one_task_and_none() {
    for (name, mut rule) in rules() {
        let alone = update(&mut *rule, &[[1.0, -2.0, 2.0]]);
        match name {
            "ConFigTwoTask" | "TwoTaskMgda" | "MomentumConFig" | "PriorityDescent" => {
                assert!(alone.is_err(), "{name}");
            }
            // Which draw falls where is not the test's to say.
            "GradDrop" => assert!(alone.is_ok()),
            _ => {
                let found = alone.unwrap_or_else(|e| panic!("{name}: {e}"));
                let along = found[0] - 2.0 * found[1] + 2.0 * found[2];
                let (length, own) = (found.iter().map(|u| u * u).sum::<f64>().sqrt(), 3.0);
                assert!((along / length / own - 1.0).abs() < 1e-9, "{name}: {found:?}");
            }
        }
    }
    for (_, mut rule) in rules() {
        // An empty update or an error, but no panic.
        let _ = update(&mut *rule, &[]);
    }
}

#[test]
fn lengths_have_to_agree() {
    let error = Rows::new(&[vec![1.0], vec![1.0, 2.0]]).unwrap_err();
    assert_eq!(error.to_string(), "`row` has length 2, but 1 was expected");
    let mut rule = Constant::new(vec![1.0]).unwrap();
    assert!(update(&mut rule, &[[0.0; 3]; 2]).is_err());
    let mut rule = NashMtl::new(1.0, 2).unwrap();
    assert!(update(&mut rule, &[[1.0; 3]]).is_ok());
    assert!(update(&mut rule, &[[1.0; 3]; 2]).is_err(), "the tasks have changed between two steps");
    assert_eq!(
        CaGrad::new(-1.0, 1e-4).unwrap_err().to_string(),
        "`c` of `CaGrad` is -1, but has to be a finite number of at least 0"
    );
}

#[test]
fn counts_of_any_size_are_refused() {
    let rows = [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]];
    assert!(update(&mut TrimmedMean::new(usize::MAX), &rows).is_err());
    assert!(update(&mut Krum::new(usize::MAX, 1).unwrap(), &rows).is_err());
}

#[test]
fn a_refused_step_changes_no_mean() {
    let mut rule = MomentumConFig::new(2, 0.9, 0.999).unwrap();
    rule.step(&[(0, &[1.0, 2.0]), (1, &[2.0, 1.0])]).unwrap();
    let before = rule.clone();
    for wrong in [&[f64::NAN, 1.0][..], &[1e200, 1.0], &[1.0]] {
        assert!(rule.step(&[(0, &[1.0, 0.0]), (1, wrong)]).is_err());
        assert_eq!(rule, before);
    }
    assert!(rule.step(&[(0, &[1.0, 0.0]), (2, &[1.0, 0.0])]).is_err());
    assert_eq!(rule, before);
}

/// Inner products as someone else computes them.
struct Wrong;

impl Jacobian for Wrong {
    fn tasks(&self) -> usize {
        2
    }

    fn parameters(&self) -> usize {
        3
    }

    fn read(&self, _: usize, _: usize, into: &mut [f64]) {
        into.fill(1.0);
    }

    fn gramian(&self) -> Vec<f64> {
        vec![1.0; 3]
    }
}

#[test]
fn inner_products_have_to_be_complete() {
    for (name, mut rule) in rules() {
        if !matches!(name, "TrimmedMean" | "MomentumConFig") {
            assert!(rule.aggregate(&Wrong).is_err(), "{name}");
        }
    }
}

/// A weight of 0 for what is 0, as if it were not there.
#[test]
fn a_gradient_of_zeros_does_not_change_the_others() {
    let with = [[1.0, 2.0, -1.0], [0.0; 3], [2.0, -1.0, 0.5]];
    let without = [with[0], with[2]];
    let rules: [fn() -> Box<dyn Aggregator>; 4] = [
        || Box::new(ConFig::default()),
        || Box::new(ImtlG),
        || Box::new(NashBargaining),
        || Box::new(FairGrad::new(2.0).unwrap()),
    ];
    for rule in rules {
        let (a, b) = (update(&mut *rule(), &with).unwrap(), update(&mut *rule(), &without).unwrap());
        assert!(a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 1e-12), "{a:?}, {b:?}");
    }
}
