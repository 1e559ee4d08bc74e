//! What holds of schedules at every step, and what they refuse.

use crate::{Built, built};
use dfdx_loss::schedule::*;

/// Many steps, before the start and far beyond the end too.
fn steps() -> impl Iterator<Item = f64> {
    (-8..4000).map(|i| f64::from(i) / 32.0)
}

/// Schedules that stop changing, with the step where they do and their first and last value.
fn transitions() -> Vec<(&'static str, Built, f64, f64, f64)> {
    vec![
        ("linear", built(Linear::new(2.0, -1.0, 7.5)), 7.5, 2.0, -1.0),
        ("polynomial", built(Polynomial::new(-1.0, 3.0, 20.0, 0.9)), 20.0, -1.0, 3.0),
        ("cosine", built(Cosine::new(0.5, 0.1, 13.0)), 13.0, 0.5, 0.1),
        ("cosine^2", built(Cosine::new(0.1, 0.5, 13.0).and_then(|s| s.exponent(2.0))), 13.0, 0.1, 0.5),
        ("geometric", built(Geometric::new(8.0, 0.5, 11.0)), 11.0, 8.0, 0.5),
        ("root", built(Root::new(0.0, 1.0, 30.0, 2.0)), 30.0, 0.0, 1.0),
        ("sigmoid", built(SigmoidRampUp::new(9.0)), 9.0, (-5_f64).exp(), 1.0),
        ("knots", built(Knots::new(&[(0.0, 1.0), (3.0, 2.0), (4.5, 7.0)], Curve::Cosine)), 4.5, 1.0, 7.0),
        ("delayed", built(Linear::new(0.0, 1.0, 4.0).and_then(|s| s.delayed(3.0))), 7.0, 0.0, 1.0),
        ("bounded", built(Exponential::new(1.0, 0.5, 2.0).and_then(|s| s.bounded(0.25))), 4.0, 1.0, 0.25),
    ]
}

#[test]
fn transitions_start_end_and_stay() {
    for (name, schedule, end, first, last) in transitions() {
        let schedule = schedule.expect(name);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-14 * b.abs().max(1.0);
        for step in steps() {
            let value = schedule.at(step);
            assert!(step > 0.0 || close(value, first), "{name} is {value} at {step}");
            assert!(step < end || close(value, last), "{name} is {value} at {step}");
        }
        assert!(close(schedule.at(f64::INFINITY), last), "{name} at infinity");
    }
}

#[test]
fn transitions_are_monotone() {
    for (name, schedule, _, first, last) in transitions() {
        let (schedule, mut before) = (schedule.expect(name), first);
        for step in steps() {
            let value = schedule.at(step);
            let along = (value - before) * (last - first).signum();
            assert!(along > -1e-14, "{name} turns back at {step}: {before}, {value}");
            before = value;
        }
    }
}

/// What the documentation calls continuous, apart from [`transitions`].
fn waves() -> Vec<(&'static str, Built)> {
    vec![
        ("annealing", built(CosineAnnealing::new(1.0, 0.1, 6.0))),
        ("cyclic", built(Cyclic::new(0.1, 1.0, 3.0, 5.0))),
        ("halving", built(Cyclic::new(0.1, 1.0, 3.0, 5.0).map(Cyclic::halving))),
        ("decaying", built(Cyclic::new(0.1, 1.0, 3.0, 5.0).and_then(|s| s.decaying(0.9)))),
        ("one cycle", built(OneCycle::new(1.0, 4.0, 20.0))),
        ("three phases", built(OneCycle::new(1.0, 4.0, 20.0).and_then(|s| s.back_at(8.0)))),
        ("exponential", built(Exponential::new(1.0, 0.7, 3.0))),
        ("inverse root", built(InverseSqrt::new(0.0, 1.0, 9.0))),
        ("noam", built(Noam::new(1.0, 4.0, 9.0))),
        ("warm-up", built(Cosine::new(1.0, 0.0, 9.0).and_then(|s| 0.0_f64.warm_up_then(4.0, s)))),
    ]
}

#[test]
fn what_is_called_continuous_is() {
    let transitions = transitions().into_iter().map(|(name, schedule, ..)| (name, schedule));
    for (name, schedule) in transitions.chain(waves()) {
        let schedule = schedule.expect(name);
        for step in steps() {
            let change = (schedule.at(step + 1e-9) - schedule.at(step - 1e-9)).abs();
            // The root starts with an infinite slope.
            assert!(change < if name == "root" { 1e-4 } else { 1e-7 }, "{name} jumps by {change} at {step}");
        }
    }
}

#[test]
fn waves_keep_between_their_values_and_come_back() -> Result<(), ScheduleError> {
    let restarts = WarmRestarts::new(1.0, 0.1, 4.0, 2)?;
    let cyclic = Cyclic::new(0.1, 1.0, 3.0, 5.0)?;
    let annealing = CosineAnnealing::new(1.0, 0.1, 6.0)?;
    for step in steps() {
        for value in [restarts.at(step), cyclic.at(step), annealing.at(step)] {
            assert!((0.1 - 1e-12..=1.0 + 1e-12).contains(&value), "{value} at {step}");
        }
        if step >= 0.0 {
            assert!((cyclic.at(step) - cyclic.at(step + 8.0)).abs() < 1e-12, "cyclic at {step}");
            assert!((annealing.at(step) - annealing.at(step + 12.0)).abs() < 1e-12, "annealing at {step}");
        }
    }
    let starts = [0.0, 4.0, 12.0, 28.0, 60.0];
    assert!(starts.iter().all(|&step| restarts.at(step) == 1.0));
    Ok(())
}

#[test]
fn combinators_obey_their_formulas() -> Result<(), ScheduleError> {
    let (down, up) = (Linear::new(3.0, 1.0, 8.0)?, Cosine::new(0.0, 2.0, 16.0)?);
    for step in steps().filter(|&step| step >= 0.0) {
        let (a, b) = (down.at(step), up.at(step));
        assert_eq!(down.scaled(-2.0)?.at(step), -2.0 * a);
        assert_eq!(down.times(up).at(step), a * b);
        assert_eq!(down.clamped(1.5, 2.0)?.at(step), a.clamp(1.5, 2.0));
        assert_eq!(down.delayed(5.0)?.at(step), down.at((step - 5.0).max(0.0)));
        let later = up.at(step - 5.0);
        assert_eq!(down.then(5.0, up)?.at(step), if step < 5.0 { a } else { later });
        assert_eq!(Sequence::new(vec![(5.0, &down as &dyn Schedule), (1.0, &up)])?.at(step), {
            if step < 5.0 { a } else { later }
        });
        let warm = 1.0_f64.warm_up_then(5.0, up)?.at(step);
        let wanted = if step < 5.0 { 1.0 - step / 5.0 } else { later };
        assert!((warm - wanted).abs() < 1e-15, "{warm} at {step}, expected {wanted}");
        assert_eq!(Formula(|t: f64| down.at(t)).at(step), a);
    }
    Ok(())
}

/// The message of a refusal.
fn refused<S>(schedule: Result<S, ScheduleError>) -> String {
    let message = schedule.err().expect("refused").to_string();
    assert!(!message.contains('\n') && message.starts_with('`'), "{message}");
    message
}

#[test]
fn mistakes_are_refused() {
    let places = |all: &[f64]| all.iter().map(|&at| (at, 0.5)).collect::<Vec<_>>();
    let cycle = || OneCycle::new(1.0, 4.0, 20.0).expect("a cycle");
    let exponential = Exponential::new(1.0, 0.5, 1.0).expect("an exponential");
    let cases = [
        (refused(Linear::new(0.0, 1.0, 0.0)), "`steps` of `Linear` is 0"),
        (refused(Polynomial::new(0.0, 1.0, 5.0, -1.0)), "`power` of `Polynomial` is -1"),
        (refused(Cosine::new(f64::NAN, 1.0, 5.0)), "`start` of `Cosine` is NaN"),
        (refused(Cosine::new(0.0, 1.0, f64::INFINITY)), "`steps` of `Cosine` is inf"),
        (refused(Exponential::new(1.0, 0.0, 5.0)), "`rate` of `Exponential` is 0"),
        (refused(exponential.bounded(2.0)), "`bound` of `Exponential` is 2"),
        (refused(Stages::new(1.0, &places(&[8.0, 4.0]))), "`at` of `Stages` is 4"),
        (refused(Stages::factors(1.0, &places(&[-1.0]))), "`at` of `Stages` is -1"),
        (refused(Knots::factors(1.0, &places(&[4.0, 4.0]), Curve::Linear)), "`at` of `Knots` is 4"),
        (refused(Knots::new(&[], Curve::Linear)), "`knots` of `Knots` is 0"),
        (refused(OneCycle::new(1.0, 5.0, 5.0)), "`end` of `OneCycle` is 5"),
        (refused(cycle().back_at(20.0)), "`back` of `OneCycle` is 20"),
        (refused(cycle().divisors(0.0, 1.0)), "`divisor` of `OneCycle` is 0"),
        (refused(WarmRestarts::new(1.0, 0.0, 4.0, 0)), "`growth` of `WarmRestarts` is 0"),
        (refused(Cyclic::new(0.0, 1.0, 0.0, 2.0)), "`up` of `Cyclic` is 0"),
        (refused(CyclicalAnnealing::new(8.0, 0)), "`cycles` of `CyclicalAnnealing` is 0"),
        (
            refused(CyclicalAnnealing::new(8.0, 1).and_then(|s| s.range(1.0, 0.0))),
            "`stop` of `CyclicalAnnealing` is 0",
        ),
        (refused(Geometric::new(0.0, 1.0, 4.0)), "`start` of `Geometric` is 0"),
        (refused(Pacing::new(Pace::Step, 9.0, 8.0, 4.0)), "`first` of `Pacing` is 9"),
        (refused(1.0_f64.then(0.0, 2.0)), "`at` of `then` is 0"),
        (refused(0.0_f64.warm_up_then(-1.0, 2.0)), "`steps` of `warm_up_then` is -1"),
        (refused(1.0_f64.scaled(f64::INFINITY)), "`by` of `scaled` is inf"),
        (refused(1.0_f64.clamped(1.0, 0.0)), "`high` of `clamped` is 0"),
        (refused(1.0_f64.delayed(-1.0)), "`by` of `delayed` is -1"),
        (refused(Sequence::<f64>::new(vec![])), "`parts` of `Sequence` is 0"),
    ];
    for (message, wanted) in cases {
        assert!(message.starts_with(&format!("{wanted}, but has to be ")), "{message}");
    }
}
