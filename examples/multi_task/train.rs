//! One training run: Adam, and one way to combine the gradients of the tasks.

use crate::network::{Batch, Model, Network, Scores, TRUNK};
use crate::norms::Norms;
use crate::shared::data::Digits;
use crate::shared::outcome::Failure;
use dfdx::{optim::Adam, prelude::*};
use dfdx_loss::aggregate::{Aggregator, ConFig, PcGrad, Sum, UpGrad};
use dfdx_loss::training::Separate;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::time::{Duration, Instant};

/// Images in a batch; the last one of an epoch is smaller.
const BATCH: usize = 128;

/// A way to combine the tasks.
pub enum Way {
    /// A rule for the gradients of the trunk. Each head has one task, whose gradient it gets.
    Rule(Box<dyn Aggregator>),
    /// Weights that follow from the norms of those gradients.
    Norms(Norms),
    /// One loss with weights that are trained, from one pass.
    Uncertain,
}

/// A method as the table and the plot know it.
pub struct Method {
    /// Its name.
    pub title: &'static str,
    /// What makes it, of the seed.
    pub way: fn(u64) -> Way,
}

/// The compared methods; the first is what the others are measured by.
pub const METHODS: [Method; 6] = [
    Method { title: "plain sum", way: |_| Way::Rule(Box::new(Sum)) },
    Method { title: "uncertainty", way: |_| Way::Uncertain },
    Method { title: "GradNorm", way: |_| Way::Norms(Norms::default()) },
    Method { title: "ConFIG", way: |_| Way::Rule(Box::new(ConFig::default())) },
    Method { title: "PCGrad", way: |seed| Way::Rule(Box::new(PcGrad::new(seed))) },
    Method { title: "UPGrad", way: |_| Way::Rule(Box::new(UpGrad::default())) },
];

/// What a run gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Test scores after each epoch.
    pub scores: Vec<Scores>,
    /// Time spent on the steps, without the tests.
    pub time: Duration,
}

/// Trains with a method; the seed decides the initial weights and the order of the images, the same for all
/// methods. Calls `tick` after each epoch.
pub fn train(
    method: &Method,
    seed: u64,
    (train, test): (&Digits, &Digits),
    epochs: usize,
    tick: impl Fn(),
) -> Result<Run, Failure> {
    let device = Cpu::seed_from_u64(seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut model = device.build_module::<Network, f32>();
    let mut adam = Adam::new(&model, AdamConfig::default());
    let mut way = (method.way)(seed);
    let test = Batch::new(&device, test);
    let mut order: Vec<usize> = (0..train.len()).collect();
    let mut run = Run { scores: Vec::with_capacity(epochs), time: Duration::ZERO };
    for _ in 0..epochs {
        order.shuffle(&mut rng);
        let start = Instant::now();
        for indices in order.chunks(BATCH) {
            let batch = Batch::new(&device, &train.pick(indices));
            let gradients = gradients(&mut way, &mut model, &batch)?;
            adam.update(&mut model, &gradients).map_err(|error| format!("{error:?}"))?;
        }
        run.time += start.elapsed();
        run.scores.push(test.scores(&model));
        tick();
    }
    Ok(run)
}

/// The gradients of a step.
fn gradients(way: &mut Way, model: &mut Model, batch: &Batch) -> Result<Gradients<f32, Cpu>, Failure> {
    let rule: &mut dyn Aggregator = match way {
        Way::Rule(rule) => rule,
        Way::Norms(norms) => norms,
        Way::Uncertain => {
            let features = model.0.forward(batch.images.trace(model.alloc_grads()));
            return Ok(batch.uncertain(model, features).backward());
        }
    };
    let step = Separate::new(model)
        .objective("digit", |model, tape| batch.digit(model, model.0.forward(batch.images.trace(tape))))
        .objective("ink", |model, tape| batch.ink(model, model.0.forward(batch.images.trace(tape))))
        .objective("image", |model, tape| batch.image(model, model.0.forward(batch.images.trace(tape))))
        .only(|name| name.starts_with(TRUNK))
        .aggregate(rule)?;
    if let Way::Norms(norms) = way {
        norms.learn(&step.objectives)?;
    }
    Ok(step.gradients)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::data::PIXELS;

    #[test]
    fn every_method_learns_and_a_seed_decides_the_run() {
        let labels: Vec<usize> = (0..200).map(|i| i % 2).collect();
        let pixels = labels.iter().flat_map(|&label| [label as f32; PIXELS]).collect();
        let data = Digits { pixels, labels };
        for method in METHODS {
            let run = train(&method, 3, (&data, &data), 40, || ()).unwrap();
            let (first, last) = (run.scores[0], run.scores[39]);
            assert_eq!(last.accuracy, 1.0, "{}", method.title);
            assert!((0..3).all(|task| last.losses[task] < 0.5 * first.losses[task]), "{}", method.title);
            let again = train(&method, 3, (&data, &data), 40, || ()).unwrap();
            assert_eq!(run.scores, again.scores, "{}", method.title);
        }
    }
}
