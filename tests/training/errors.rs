//! What a step refuses.

use super::*;
use dfdx_loss::training::{Sam, Separate, Shared, TrainingError};

/// A step with one good objective and one that makes its loss by `bad`.
fn with(bad: impl Fn(Loss) -> Loss, name: &str) -> Option<TrainingError> {
    let mut case = case();
    let x = case.x;
    let separate = Separate::new(&mut case.model)
        .objective("good", |m, tape| first(m.1.0.forward(m.0.forward(x.trace(tape)))))
        .objective(name, |m, tape| bad(second(m.1.1.forward(m.0.forward(x.trace(tape))))))
        .aggregate(&mut MinNorm)
        .err();
    let shared = Shared::new(&mut case.model, |m, tape| m.0.forward(x.trace(tape)))
        .expect("features")
        .objective("good", |m, features| first(m.1.0.forward(features)))
        .objective(name, |m, features| bad(second(m.1.1.forward(features))))
        .aggregate(&mut sum())
        .err();
    let text = |error: &Option<TrainingError>| error.as_ref().map(|e| e.to_string().replace("inf", "NaN"));
    assert_eq!(text(&separate), text(&shared));
    separate
}

#[test]
fn a_loss_that_is_nan_is_named() {
    let error = with(|loss| (loss * -1.0).ln(), "bad").expect("an error");
    assert_eq!(error, TrainingError::Nan { objective: "bad".to_owned() });
}

#[test]
fn a_gradient_that_is_not_finite_is_named() {
    let error = with(|loss| (loss * 0.0).sqrt(), "bad");
    match error.expect("an error") {
        TrainingError::NotFinite { objective, entry: 0, .. } => assert_eq!(objective, "bad"),
        other => panic!("{other}"),
    }
}

#[test]
fn names_are_given_once_and_at_least_one() {
    let error = with(|loss| loss, "good").expect("an error");
    assert_eq!(error.to_string(), "two objectives are called `good`");
    let mut model = case().model;
    assert_eq!(Separate::new(&mut model).aggregate(&mut sum()).err(), Some(TrainingError::NoObjectives));
    assert_eq!(Separate::new(&mut model).norms().err(), Some(TrainingError::NoObjectives));
}

#[test]
fn what_an_objective_or_a_trunk_says_is_kept() {
    let mut case = case();
    let fail = |_: &mut Model<f64>, _| Err::<Loss, _>("no batch");
    let error = Separate::new(&mut case.model).objective("bad", fail).aggregate(&mut sum()).err();
    assert_eq!(error.expect("an error").to_string(), "objective `bad` failed: no batch");
    let error = Shared::new(&mut case.model, |_, _| Err::<Taped, _>("no batch")).err();
    assert_eq!(error.expect("an error").to_string(), "the forward pass failed: no batch");
}

#[test]
fn updates_of_the_wrong_length_and_weights_that_are_not_finite_are_errors() {
    for bad in [vec![], vec![1.0], vec![1.0; 3], vec![1.0, f64::NAN]] {
        let mut case = case();
        let x = case.x;
        let shared = Shared::new(&mut case.model, |m, tape| m.0.forward(x.trace(tape)))
            .expect("features")
            .objective("first", |m, features| first(m.1.0.forward(features)))
            .objective("second", |m, features| second(m.1.1.forward(features)));
        assert!(shared.aggregate(&mut Fixed(bad)).is_err());
    }
}

#[test]
fn a_gradient_that_is_not_finite_moves_nothing() {
    let mut case = case();
    let x = case.x;
    let before = case.model.0.0.weight.array();
    let mut sgd = dfdx::optim::Sgd::new(&case.model, Default::default());
    let result = Sam::new(0.1).expect("a radius").step(&mut case.model, &mut sgd, |m, tape| {
        (first(m.1.0.forward(m.0.forward(x.trace(tape)))) * 0.0).sqrt()
    });
    assert!(matches!(result, Err(TrainingError::Norm { .. })));
    assert_eq!(case.model.0.0.weight.array(), before);
}

#[test]
fn rho_has_a_domain() {
    for rho in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(Sam::new(rho), Err(TrainingError::Parameter { parameter: "rho", .. })));
    }
}
