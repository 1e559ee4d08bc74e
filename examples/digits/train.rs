//! One training run: a perceptron with two hidden layers, Adam, one loss.

use crate::data::{CLASSES, Digits, Draw, PIXELS};
use dfdx::{optim::Adam, prelude::*};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Units in each hidden layer.
const HIDDEN: usize = 256;
/// Images in a batch; the last one of an epoch is smaller.
const BATCH: usize = 128;
/// Adam's step size.
const LEARNING_RATE: f64 = 1e-3;

type Hidden<const I: usize> = (Linear<I, HIDDEN>, ReLU);
type Perceptron = (Hidden<PIXELS>, Hidden<HIDDEN>, Linear<HIDDEN, CLASSES>);
type Linear<const I: usize, const O: usize> = dfdx::nn::builders::Linear<I, O>;
type Model = <Perceptron as BuildOnDevice<Cpu, f32>>::Built;

/// Class scores of a batch, on the model's tape.
pub type Logits = Tensor<(usize, Const<CLASSES>), f32, Cpu, OwnedTape<f32, Cpu>>;
/// Classes of a batch.
pub type Labels = Tensor<(usize,), usize, Cpu>;
/// The value that is minimised.
pub type Value = Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>;
/// A loss of a batch.
pub type Criterion = fn(Logits, Labels) -> Value;

/// What one run is about.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// The loss to minimise.
    pub criterion: Criterion,
    /// The share of corrupted training labels, in percent.
    pub noise: u32,
    /// The classes that corrupted labels are drawn from.
    pub draw: Draw,
    /// Decides the initial weights, the corrupted labels, and the order of the batches.
    pub seed: u64,
}

/// Trains on a corrupted copy of `train`; gives the accuracy on `test` after each epoch, and calls `tick` then.
pub fn train(job: Job, train: &Digits, test: &Digits, epochs: usize, mut tick: impl FnMut()) -> Vec<f64> {
    let device = Cpu::seed_from_u64(job.seed);
    let mut rng = StdRng::seed_from_u64(job.seed);
    let mut train = train.clone();
    train.corrupt(job.noise, job.draw, &mut rng);
    let mut model = device.build_module::<Perceptron, f32>();
    let mut adam = Adam::new(&model, AdamConfig { lr: LEARNING_RATE, ..Default::default() });
    let mut order: Vec<usize> = (0..train.len()).collect();
    let mut epoch = || {
        order.shuffle(&mut rng);
        step_through(&train, &order, &mut model, &mut adam, job.criterion);
        tick();
        accuracy(&model, test)
    };
    (0..epochs).map(|_| epoch()).collect()
}

/// One epoch: a step of the optimiser for each batch of `order`.
fn step_through(
    data: &Digits,
    order: &[usize],
    model: &mut Model,
    adam: &mut Adam<Model, f32, Cpu>,
    criterion: Criterion,
) {
    let mut grads = model.alloc_grads();
    for indices in order.chunks(BATCH) {
        let batch = data.pick(indices);
        let (images, labels) = tensors(model, &batch);
        let logits = model.forward_mut(images.traced(grads));
        grads = criterion(logits, labels).backward();
        adam.update(model, &grads).expect("every weight takes part in the forward pass");
        model.zero_grads(&mut grads);
    }
}

/// The share of images whose highest score is that of their label.
fn accuracy(model: &Model, data: &Digits) -> f64 {
    let (images, _) = tensors(model, data);
    let scores = model.forward(images).as_vec();
    let right =
        scores.chunks(CLASSES).zip(&data.labels).filter(|&(row, &label)| highest(row) == label).count();
    right as f64 / data.len() as f64
}

/// The place of the largest number.
fn highest(row: &[f32]) -> usize {
    (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j])).unwrap_or(0)
}

/// Images and labels on the model's device.
fn tensors(model: &Model, data: &Digits) -> (Tensor<(usize, Const<PIXELS>), f32, Cpu>, Labels) {
    let device = model.2.weight.device();
    let images = device.tensor_from_vec(data.pixels.clone(), (data.len(), Const));
    (images, device.tensor_from_vec(data.labels.clone(), (data.len(),)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LOSSES;

    /// Two classes that any pixel tells apart.
    fn blobs() -> Digits {
        let labels: Vec<usize> = (0..200).map(|i| i % 2).collect();
        let pixels = labels.iter().flat_map(|&label| [label as f32; PIXELS]).collect();
        Digits { pixels, labels }
    }

    #[test]
    fn every_loss_learns_and_a_seed_decides_the_run() {
        let data = blobs();
        for loss in LOSSES {
            let job = Job { criterion: loss.criterion, noise: 20, draw: Draw::Others, seed: 3 };
            let mut ticks = 0;
            let curve = train(job, &data, &data, 12, || ticks += 1);
            assert_eq!((ticks, curve.len()), (12, 12));
            assert_eq!(curve.last(), Some(&1.0), "{}: {curve:?}", loss.name);
            assert_eq!(curve, train(job, &data, &data, 12, || ()), "{}", loss.name);
        }
    }

    #[test]
    fn the_highest_score_wins() {
        assert_eq!(highest(&[0.5, -1.0, 2.0, 1.0]), 2);
        assert_eq!(highest(&[-3.0, -1.0, -2.0]), 1);
    }
}
