//! Steps with several objectives and sharpness-aware minimisation.

#![allow(missing_docs)]

use dfdx::{nn::builders, prelude::*};
use dfdx_loss::aggregate::{AggregateError, Aggregator, Jacobian, Update};

mod errors;
mod sam;
mod separate;
mod shared;

type Heads = (builders::Linear<4, 1>, builders::Linear<4, 1>);
/// A trunk and two heads.
type Net = ((builders::Linear<3, 4>, builders::Tanh), Heads);
type Model<E> = <Net as BuildOnDevice<Cpu, E>>::Built;

/// Constant weights.
struct Fixed(Vec<f64>);

impl Aggregator for Fixed {
    fn aggregate(&mut self, _: &dyn Jacobian) -> Result<Update, AggregateError> {
        Ok(Update::Weights(self.0.clone()))
    }
}

/// The same as a direction.
struct Directed(Vec<f64>);

impl Aggregator for Directed {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        Ok(Update::Direction(Update::Weights(self.0.clone()).direction(jacobian)))
    }
}

/// The shortest vector between two gradients (Sener & Koltun, 2018).
struct MinNorm;

impl Aggregator for MinNorm {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let g = jacobian.gramian();
        let first = ((g[3] - g[1]) / (g[0] - 2.0 * g[1] + g[3])).clamp(0.0, 1.0);
        Ok(Update::Weights(vec![first, 1.0 - first]))
    }
}

fn sum() -> Fixed {
    Fixed(vec![1.0, 1.0])
}

struct Case {
    model: Model<f64>,
    x: Tensor<Rank2<5, 3>, f64, Cpu>,
}

fn case() -> Case {
    let dev = Cpu::seed_from_u64(7);
    Case { model: dev.build_module::<Net, f64>(), x: dev.sample_normal() }
}

type Taped = Tensor<Rank2<5, 1>, f64, Cpu, OwnedTape<f64, Cpu>>;
type Loss = Tensor<Rank0, f64, Cpu, OwnedTape<f64, Cpu>>;

/// The loss of one head.
fn first(y: Taped) -> Loss {
    (y - 1.0).square().mean()
}

/// The loss of the other.
fn second(y: Taped) -> Loss {
    y.sin().abs().sum()
}

/// All gradients of a model in the order of its parameters.
fn flat(model: &Model<f64>, gradients: &Gradients<f64, Cpu>) -> Vec<f64> {
    let mut all = gradients.get(&model.0.0.weight).as_vec();
    all.extend(gradients.get(&model.0.0.bias).as_vec());
    for head in [&model.1.0, &model.1.1] {
        all.extend(gradients.get(&head.weight).as_vec());
        all.extend(gradients.get(&head.bias).as_vec());
    }
    all
}

/// The gradient of one objective alone.
fn alone(case: &Case, which: usize) -> Vec<f64> {
    let features = case.model.0.forward(case.x.trace(case.model.alloc_grads()));
    let loss = match which {
        0 => first(case.model.1.0.forward(features)),
        _ => second(case.model.1.1.forward(features)),
    };
    flat(&case.model, &loss.backward())
}

#[track_caller]
fn close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    let scale = wanted.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - wanted).abs() <= tolerance * scale, "{found} at {i}, expected {wanted}");
    }
}

fn combined(weights: [f64; 2], rows: [&[f64]; 2]) -> Vec<f64> {
    rows[0].iter().zip(rows[1]).map(|(a, b)| weights[0] * a + weights[1] * b).collect()
}

fn norm(row: &[f64]) -> f64 {
    row.iter().map(|x| x * x).sum::<f64>().sqrt()
}
