//! One training run on noisy labels: a perceptron, Adam, one loss.

use super::data::{CLASSES, Digits};
use super::network::{Labels, Logits, Perceptron, Value, tensors};
use super::noise::Noise;
use dfdx::{optim::Adam, prelude::*};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Images in a batch; the last one of an epoch is smaller.
const BATCH: usize = 128;

/// What one run is about.
#[derive(Debug, Clone, Copy)]
pub struct Job<C> {
    /// The loss to minimise, of the epoch, the class scores and the labels.
    pub criterion: C,
    /// What is done to the training labels.
    pub noise: Noise,
    /// Decides the initial weights, the wrong labels, and the order of the batches.
    pub seed: u64,
}

impl<C: Fn(f64, Logits, Labels) -> Value> Job<C> {
    /// Trains on a noisy copy of `train`; gives the accuracy on `test` after each epoch, and calls `tick` then.
    pub fn train(&self, train: &Digits, test: &Digits, epochs: usize, tick: impl Fn()) -> Vec<f64> {
        let device = Cpu::seed_from_u64(self.seed);
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut train = train.clone();
        self.noise.corrupt(&mut train, &mut rng);
        let mut model = device.build_module::<Perceptron<256>, f32>();
        let mut adam = Adam::new(&model, AdamConfig::default());
        let mut order: Vec<usize> = (0..train.len()).collect();
        let epoch = |epoch| {
            order.shuffle(&mut rng);
            let mut grads = model.alloc_grads();
            for indices in order.chunks(BATCH) {
                let (images, labels) = tensors(&device, &train.pick(indices));
                let logits = model.forward_mut(images.traced(grads));
                grads = (self.criterion)(epoch as f64, logits, labels).backward();
                adam.update(&mut model, &grads).expect("every weight takes part in the forward pass");
                model.zero_grads(&mut grads);
            }
            tick();
            accuracy(&model.forward(tensors(&device, test).0).as_vec(), &test.labels)
        };
        (0..epochs).map(epoch).collect()
    }
}

/// The share of rows whose highest score is that of their label.
fn accuracy(scores: &[f32], labels: &[usize]) -> f64 {
    let highest = |row: &[f32]| (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j]));
    let right = scores.chunks(CLASSES).zip(labels).filter(|(row, label)| highest(row) == Some(**label));
    right.count() as f64 / labels.len() as f64
}
