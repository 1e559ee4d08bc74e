//! One training run: a small network, Adam, one rule for the three gradients.

use crate::exact::Exact;
use crate::losses::{Given, Residual};
use dfdx::{optim::Adam, prelude::*};
use dfdx_loss::aggregate::{Aggregator, ConFig, Sum, UpGrad};
use dfdx_loss::training::{Separate, TrainingError};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::f64::consts::PI;

/// The viscosity of the fluid.
pub const VISCOSITY: f64 = 0.01 / PI;
/// Steps between two measurements of the error.
pub const EVERY: usize = 50;
/// Points of the initial and the boundary term, and of the residual.
const POINTS: usize = 100;
/// Points of a stencil: the middle, later, earlier, right, left.
const STENCIL: usize = 5;
/// Inputs of the residual term.
const STACK: usize = POINTS * STENCIL;
/// Distance of the stencil's points.
const STEP: f64 = 1e-3;
/// Adam's step size.
const LEARNING_RATE: f64 = 1e-3;

type Layer<const I: usize> = (dfdx::nn::builders::Linear<I, 32>, Tanh);
type Network = (Layer<2>, Layer<32>, Layer<32>, dfdx::nn::builders::Linear<32, 1>);

/// A new rule for a run.
pub type NewRule = fn() -> Box<dyn Aggregator>;

/// The compared rules: the title, and what makes one.
pub const METHODS: [(&str, NewRule); 3] = [
    ("plain sum", || Box::new(Sum)),
    ("ConFIG", || Box::new(ConFig::default())),
    ("UPGrad", || Box::new(UpGrad::default())),
];

/// Trains with such a rule; gives the relative L2 error every [`EVERY`] steps, and calls `tick` then.
pub fn train(new_rule: NewRule, seed: u64, steps: usize, tick: impl Fn()) -> Result<Vec<f64>, TrainingError> {
    let dev = Cpu::seed_from_u64(seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut model = dev.build_module::<Network, f64>();
    let mut adam = Adam::new(&model, AdamConfig { lr: LEARNING_RATE, ..Default::default() });
    let mut rule = new_rule();
    let (grid, truth) = grid();
    let grid_size = truth.len();
    let grid = dev.tensor_from_vec(grid, (grid_size, Const::<2>));
    let at = dev.tensor([1.0, 0.0, 0.0, 0.0, 0.0]);
    let dt = dev.tensor([0.0, 0.5 / STEP, -0.5 / STEP, 0.0, 0.0]);
    let dx = dev.tensor([0.0, 0.0, 0.0, 0.5 / STEP, -0.5 / STEP]);
    let bend = STEP.powi(-2);
    let dxx = dev.tensor([-2.0 * bend, 0.0, 0.0, bend, bend]);
    let residual = Residual { nu: VISCOSITY };
    let mut curve = Vec::new();
    for step in 1..=steps {
        let places: Vec<f64> = (0..POINTS).map(|_| rng.gen_range(-1.0..1.0)).collect();
        let start = places.iter().flat_map(|&x| [0.0, x]).collect();
        let start: Tensor<Rank2<POINTS, 2>, f64, _> = dev.tensor_from_vec(start, Default::default());
        let first = places.iter().map(|x| -(PI * x).sin()).collect();
        let first: Tensor<Rank1<POINTS>, f64, _> = dev.tensor_from_vec(first, Default::default());
        let walls = (0..POINTS).flat_map(|i| [rng.gen_range(0.0..1.0), [-1.0, 1.0][i % 2]]).collect();
        let walls: Tensor<Rank2<POINTS, 2>, f64, _> = dev.tensor_from_vec(walls, Default::default());
        let inside = (0..POINTS).flat_map(|_| stencil(rng.gen_range(0.0..1.0), rng.gen_range(-1.0..1.0)));
        let inside: Tensor<Rank2<STACK, 2>, f64, _> =
            dev.tensor_from_vec(inside.collect(), Default::default());
        let step_taken = Separate::new(&mut model)
            .objective("initial", |model, tape| {
                let u = model.forward(start.trace(tape)).reshape::<Rank1<POINTS>>();
                Given.forward(u, first.clone())
            })
            .objective("boundary", |model, tape| {
                let u = model.forward(walls.trace(tape)).reshape::<Rank1<POINTS>>();
                Given.forward(u, dev.zeros())
            })
            .objective("residual", |model, tape| {
                let u = model.forward(inside.trace(tape)).reshape::<Rank2<POINTS, STENCIL>>();
                residual.forward(u, at.clone(), dt.clone(), dx.clone(), dxx.clone())
            })
            .aggregate(rule.as_mut())?;
        adam.update(&mut model, &step_taken.gradients).expect("every weight has a gradient");
        if step % EVERY == 0 {
            curve.push(error(&model.forward(grid.clone()).as_vec(), &truth));
            tick();
        }
    }
    Ok(curve)
}

/// Time and place of each point of a stencil.
fn stencil(t: f64, x: f64) -> [f64; 2 * STENCIL] {
    [t, x, t + STEP, x, t - STEP, x, t, x + STEP, t, x - STEP]
}

/// The points where the error is measured, and the exact solution there.
fn grid() -> (Vec<f64>, Vec<f64>) {
    let exact = Exact::new();
    let points = || (0..=20).flat_map(|i| (0..=100).map(move |j| (i as f64 / 20.0, j as f64 / 50.0 - 1.0)));
    (points().flat_map(|(t, x)| [t, x]).collect(), points().map(|(t, x)| exact.at(t, x)).collect())
}

/// Relative L2 error.
fn error(values: &[f64], truth: &[f64]) -> f64 {
    let gap: f64 = values.iter().zip(truth).map(|(u, v)| (u - v).powi(2)).sum();
    (gap / truth.iter().map(|v| v * v).sum::<f64>()).sqrt()
}
