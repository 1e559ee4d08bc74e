//! One training run on noisy labels.

use crate::data::{CLASSES, Digits, Draw, PIXELS};
use crate::losses::Criterion;
use dfdx::{optim::Adam, prelude::*};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// The share of wrong training labels, in percent.
pub const NOISE: u32 = 40;
/// Images in a batch; the last one of an epoch is smaller.
const BATCH: usize = 128;

type Linear<const I: usize, const O: usize> = dfdx::nn::builders::Linear<I, O>;
type Perceptron = ((Linear<PIXELS, 256>, ReLU), (Linear<256, 256>, ReLU), Linear<256, CLASSES>);

/// Class scores of a batch, on the model's tape.
pub type Logits = Tensor<(usize, Const<CLASSES>), f32, Cpu, OwnedTape<f32, Cpu>>;
/// Classes of a batch.
pub type Labels = Tensor<(usize,), usize, Cpu>;
/// The value that is minimised.
pub type Value = Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>;

/// The accuracy on `test` after each epoch; calls `tick` then.
pub fn train(
    criterion: Criterion,
    seed: u64,
    (train, test): (&Digits, &Digits),
    epochs: usize,
    tick: impl Fn(),
) -> Vec<f64> {
    let device = Cpu::seed_from_u64(seed);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut train = train.clone();
    train.corrupt(NOISE, Draw::Others, &mut rng);
    let mut model = device.build_module::<Perceptron, f32>();
    let mut adam = Adam::new(&model, AdamConfig::default());
    let mut order: Vec<usize> = (0..train.len()).collect();
    let tensors = |data: &Digits| -> (Tensor<(usize, Const<PIXELS>), f32, Cpu>, Labels) {
        let images = device.tensor_from_vec(data.pixels.clone(), (data.len(), Const));
        (images, device.tensor_from_vec(data.labels.clone(), (data.len(),)))
    };
    let mut accuracies = Vec::with_capacity(epochs);
    for epoch in 0..epochs {
        order.shuffle(&mut rng);
        let mut gradients = model.alloc_grads();
        for batch in order.chunks(BATCH) {
            let (images, labels) = tensors(&train.pick(batch));
            let logits = model.forward_mut(images.traced(gradients));
            gradients = criterion(epoch as f64, logits, labels).backward();
            adam.update(&mut model, &gradients).expect("every weight takes part in the forward pass");
            model.zero_grads(&mut gradients);
        }
        let scores = model.forward(tensors(test).0).as_vec();
        accuracies.push(accuracy(&scores, &test.labels));
        tick();
    }
    accuracies
}

/// The share of rows whose highest score is that of their label.
fn accuracy(scores: &[f32], labels: &[usize]) -> f64 {
    let highest = |row: &[f32]| (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j]));
    let right = scores.chunks(CLASSES).zip(labels).filter(|(row, label)| highest(row) == Some(**label));
    right.count() as f64 / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::WAYS;

    #[test]
    fn every_way_learns() {
        let labels: Vec<usize> = (0..200).map(|i| i % 2).collect();
        let pixels = labels.iter().flat_map(|&label| [label as f32; PIXELS]).collect();
        let data = Digits { pixels, labels };
        for (name, criterion) in WAYS {
            let curve = train(criterion, 3, (&data, &data), 12, || ());
            assert!(curve.contains(&1.0), "{name}: {curve:?}");
        }
    }
}
