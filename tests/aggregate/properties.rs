//! The laws that rules promise, on random gradients.

use dfdx_loss::aggregate::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Some sets of 2 to 6 gradients of 8 to 40 parameters, of scales from 1e-3 to 1e3.
fn sets() -> Vec<Vec<Vec<f64>>> {
    sets_of_scales(3.0)
}

/// Of scales from 1/10 to 10: rules with a cut-off for eigenvalues leave short gradients out beside long ones.
fn mild_sets() -> Vec<Vec<Vec<f64>>> {
    sets_of_scales(1.0)
}

fn sets_of_scales(decades: f64) -> Vec<Vec<Vec<f64>>> {
    let mut rng = StdRng::seed_from_u64(5);
    (0..60)
        .map(|_| {
            let (m, n) = (rng.gen_range(2..=6), rng.gen_range(8..=40));
            (0..m)
                .map(|_| {
                    let scale = 10_f64.powf(rng.gen_range(-decades..decades));
                    (0..n).map(|_| scale * rng.gen_range(-1.0..1.0)).collect()
                })
                .collect()
        })
        .collect()
}

fn update(mut rule: impl Aggregator, gradients: &[Vec<f64>]) -> Vec<f64> {
    let rows = Rows::new(gradients).unwrap();
    rule.aggregate(&rows).unwrap().direction(&rows)
}

fn weights(mut rule: impl Aggregator, gradients: &[Vec<f64>]) -> Vec<f64> {
    match rule.aggregate(&Rows::new(gradients).unwrap()).unwrap() {
        Update::Weights(weights) => weights,
        Update::Direction(_) => panic!("this rule gives weights"),
    }
}

#[test]
fn config_has_one_positive_cosine_with_all() {
    for gradients in sets() {
        let found = update(ConFig::default(), &gradients);
        let cosines: Vec<f64> = gradients.iter().map(|g| dot(g, &found) / norm(g) / norm(&found)).collect();
        assert!(cosines[0] > 0.0 && cosines.iter().all(|c| (c - cosines[0]).abs() < 1e-9), "{cosines:?}");
    }
}

#[test]
fn config_in_closed_form_is_the_general_one() {
    for gradients in sets() {
        let two = &gradients[..2];
        let (a, b) = (update(ConFigTwoTask::default(), two), update(ConFig::default(), two));
        let apart: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x - y).collect();
        assert!(norm(&apart) <= 1e-10 * norm(&b));
    }
}

/// Also where the Gramian has lost the digits that matter. A sum of almost opposite rows is known to rounding over
/// their gap, relative to its length.
#[test]
fn config_of_almost_opposite_gradients() {
    for gap in [1e-2, 1e-4, 1e-6] {
        let gradients = vec![vec![1.0, 0.0, 0.0], vec![-1.0, gap, 0.0]];
        let found = update(ConFig::default(), &gradients);
        let cosines: Vec<f64> = gradients.iter().map(|g| dot(g, &found) / norm(g) / norm(&found)).collect();
        assert!((cosines[0] - cosines[1]).abs() < 1e-14 / gap, "{gap}: {cosines:?}");
        assert!(cosines[0] > 0.0, "{gap}: {cosines:?}");
    }
}

#[test]
fn the_shortest_vector_of_the_hull_is_shortest() {
    let mut rng = StdRng::seed_from_u64(6);
    for gradients in sets() {
        let found = update(MinNorm, &gradients);
        // Optimality: no gradient has a smaller inner product with it than itself.
        let square = dot(&found, &found);
        let size = gradients.iter().map(|g| norm(g)).fold(0.0, f64::max);
        assert!(gradients.iter().all(|g| dot(g, &found) >= square - 1e-9 * size * size));
        for _ in 0..50 {
            let alpha: Vec<f64> = gradients.iter().map(|_| rng.gen_range(0.0..1.0)).collect();
            let total: f64 = alpha.iter().sum();
            let alpha = alpha.iter().map(|a| a / total).collect();
            let point = update(Constant::new(alpha).unwrap(), &gradients);
            assert!(norm(&point) >= norm(&found) * (1.0 - 1e-9));
        }
    }
}

/// Up to the regularisation, which is 1e-4 of the sum of squared norms.
#[test]
fn projections_conflict_with_no_task() {
    for gradients in sets() {
        let trace: f64 = gradients.iter().map(|g| dot(g, g)).sum();
        for (found, weights) in [
            (update(UpGrad::default(), &gradients), weights(UpGrad::default(), &gradients)),
            (update(DualProj::default(), &gradients), weights(DualProj::default(), &gradients)),
        ] {
            let most = weights.iter().copied().fold(0.0, f64::max);
            assert!(gradients.iter().all(|g| dot(g, &found) >= -1.0001e-4 * trace * most));
        }
    }
}

#[test]
fn surgery_leaves_orthogonal_gradients() {
    let gradients = vec![vec![1.0, 0.0, 0.0], vec![0.0, 2.0, 0.0], vec![0.0, 0.0, -3.0]];
    assert_eq!(update(PcGrad::new(3), &gradients), [1.0, 2.0, -3.0]);
}

#[test]
fn bargaining_does_not_depend_on_scales() {
    for gradients in sets() {
        let found = weights(NashBargaining, &gradients);
        if found.iter().all(|&w| w == 0.0) {
            continue;
        }
        let direction = update(NashBargaining, &gradients);
        for (g, w) in gradients.iter().zip(&found) {
            assert!((w * dot(g, &direction) - 1.0).abs() < 1e-8);
        }
        let scaled: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|x| 1e3 * x).collect()).collect();
        let other = update(NashBargaining, &scaled);
        let apart: Vec<f64> = other.iter().zip(&direction).map(|(x, y)| x - y).collect();
        assert!(norm(&apart) < 1e-8 * norm(&direction));
    }
}

#[test]
fn fair_weights_solve_their_equation() {
    for gradients in sets() {
        for alpha in [0.5, 1.0, 2.0, 5.0] {
            let rule = FairGrad::new(alpha).unwrap();
            let (found, direction) = (weights(rule, &gradients), update(rule, &gradients));
            for (g, w) in gradients.iter().zip(&found) {
                let ratio = dot(g, &direction) * w.powf(1.0 / alpha);
                assert!((ratio - 1.0).abs() < 1e-6, "alpha {alpha}: {ratio}, weights {found:?}");
            }
        }
    }
}

/// Near opposite gradients the equation holds to the rounding of its terms, over their cancellation.
#[test]
fn fair_weights_of_almost_opposite_gradients() {
    let mut rng = StdRng::seed_from_u64(8);
    for gap in [1e-2, 1e-4, 1e-6] {
        for _ in 0..50 {
            let first: Vec<f64> = (0..10).map(|_| rng.gen_range(-1.0..1.0)).collect();
            let second: Vec<f64> = first.iter().map(|x| -x + gap * rng.gen_range(-1.0..1.0)).collect();
            let gradients = vec![first, second];
            for alpha in [1.0, 2.0] {
                let rule = FairGrad::new(alpha).unwrap();
                let (found, direction) = (weights(rule, &gradients), update(rule, &gradients));
                for (g, w) in gradients.iter().zip(&found) {
                    let ratio = dot(g, &direction) * w.powf(1.0 / alpha);
                    assert!(
                        (ratio - 1.0).abs() < 1e-11 / gap / gap + 1e-8,
                        "gap {gap}, alpha {alpha}: {ratio}"
                    );
                }
            }
        }
    }
}

#[test]
fn impartial_projections_are_equal() {
    for gradients in mild_sets() {
        let found = update(ImtlG, &gradients);
        let along: Vec<f64> = gradients.iter().map(|g| dot(g, &found) / norm(g)).collect();
        assert!(along.iter().all(|p| (p - along[0]).abs() <= 1e-8 * along[0].abs()), "{along:?}");
    }
}

#[test]
fn conflict_averse_updates_stay_near_the_mean() {
    for gradients in sets() {
        for c in [0.2, 0.5, 0.9] {
            let rule = CaGrad::new(c, 1e-8).unwrap();
            let (found, mean) = (update(rule, &gradients), update(Mean, &gradients));
            let apart: Vec<f64> = found.iter().zip(&mean).map(|(x, y)| x - y).collect();
            assert!((norm(&apart) - c * norm(&mean)).abs() <= 1e-7 * norm(&mean), "c {c}");
            let worst = |d: &[f64]| gradients.iter().map(|g| dot(g, d)).fold(f64::INFINITY, f64::min);
            assert!(worst(&found) >= worst(&mean) - 1e-9 * norm(&mean).powi(2));
        }
    }
}

/// Rules without an order of tasks give the same update for tasks in another order.
#[test]
fn the_order_of_tasks_does_not_matter() {
    for gradients in mild_sets().into_iter().take(20) {
        let reversed: Vec<Vec<f64>> = gradients.iter().rev().cloned().collect();
        let same = |a: Vec<f64>, b: Vec<f64>, name: &str| {
            let apart: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x - y).collect();
            assert!(norm(&apart) <= 1e-6 * norm(&a).max(1e-9), "{name}");
        };
        same(update(ConFig::default(), &gradients), update(ConFig::default(), &reversed), "ConFig");
        same(update(MinNorm, &gradients), update(MinNorm, &reversed), "MinNorm");
        same(update(UpGrad::default(), &gradients), update(UpGrad::default(), &reversed), "UpGrad");
        same(update(CaGrad::default(), &gradients), update(CaGrad::default(), &reversed), "CaGrad");
        same(
            update(AlignedMtl::default(), &gradients),
            update(AlignedMtl::default(), &reversed),
            "AlignedMtl",
        );
    }
}
