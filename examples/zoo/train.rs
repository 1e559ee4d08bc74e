//! One training run: a perceptron, Adam, one loss.

use crate::losses::Criterion;
use crate::metrics::Scores;
use crate::settings::{Setting, counts, rarest};
use crate::shared::data::{CLASSES, Digits};
use crate::shared::network::{Perceptron, tensors};
use dfdx::{optim::Adam, prelude::*};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Images in a batch.
const BATCH: usize = 128;
/// Adam's step size.
const LEARNING_RATE: f64 = 1e-3;

/// A number for each class.
pub type PerClass = Tensor<Rank1<CLASSES>, f32, Cpu>;

/// What a loss may know besides the batch.
#[derive(Debug, Clone)]
pub struct Context {
    /// How often each class occurs among the training labels.
    pub counts: PerClass,
    /// 1 for each class.
    pub ones: PerClass,
    /// The part of the training that is done, from 0 to 1.
    pub progress: f64,
}

/// What one run is about.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// The loss to minimise.
    pub criterion: Criterion,
    /// The training set.
    pub setting: Setting,
    /// Decides the initial weights, the training set, and the order of the images.
    pub seed: u64,
}

/// Trains on what the setting makes of `train`, in as many steps for each setting; measures on `test`.
pub fn train(job: Job, train: &Digits, test: &Digits, epochs: usize) -> Scores {
    let device = Cpu::seed_from_u64(job.seed);
    let mut rng = StdRng::seed_from_u64(job.seed);
    let data = job.setting.prepare(train, &mut rng);
    let counts = counts(&data);
    let mut context = Context {
        counts: device.tensor(counts.map(|count| count as f32)),
        ones: device.ones(),
        progress: 0.0,
    };
    let mut model = device.build_module::<Perceptron<128>, f32>();
    let mut adam = Adam::new(&model, AdamConfig { lr: LEARNING_RATE, ..Default::default() });
    let mut grads = model.alloc_grads();
    let mut order = endless(data.len(), rng);
    let steps = epochs * train.len().div_ceil(BATCH);
    for step in 0..steps {
        context.progress = step as f64 / steps as f64;
        let indices: Vec<usize> = order.by_ref().take(BATCH).collect();
        let (images, labels) = tensors(&device, &data.pick(&indices));
        let logits = model.forward_mut(images.traced(grads));
        grads = (job.criterion)(logits, labels, &context).backward();
        adam.update(&mut model, &grads).expect("every weight takes part in the forward pass");
        model.zero_grads(&mut grads);
    }
    let logits = model.forward(tensors(&device, test).0).as_vec();
    Scores::of(&logits, &test.labels, &rarest(&counts))
}

/// The places of `len` images in a random order, then in another one, and so on.
fn endless(len: usize, mut rng: StdRng) -> impl Iterator<Item = usize> {
    let mut order: Vec<usize> = (0..len).collect();
    std::iter::repeat_with(move || {
        order.shuffle(&mut rng);
        order.clone()
    })
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LOSSES;
    use crate::shared::data::PIXELS;

    /// A class is where its pixels are bright.
    fn stripes() -> Digits {
        let labels: Vec<usize> = (0..400).map(|i| i % CLASSES).collect();
        let row = |label| (0..PIXELS).map(move |i| f32::from(u8::from(i % CLASSES == label)));
        Digits { pixels: labels.iter().flat_map(|&label| row(label)).collect(), labels }
    }

    #[test]
    fn every_loss_learns_and_a_seed_decides_the_run() {
        let data = stripes();
        for loss in LOSSES {
            let job = Job { criterion: loss.criterion, setting: Setting::Noise(0), seed: 3 };
            let scores = train(job, &data, &data, 15);
            assert!(scores.accuracy > 0.3 && scores.calibration.is_finite(), "{}: {scores:?}", loss.name);
        }
        let job = Job { criterion: LOSSES[0].criterion, setting: Setting::Noise(40), seed: 3 };
        assert_eq!(train(job, &data, &data, 2), train(job, &data, &data, 2));
    }

    #[test]
    fn the_order_goes_through_all_images_again_and_again() {
        let order: Vec<usize> = endless(5, StdRng::seed_from_u64(1)).take(15).collect();
        for pass in order.chunks(5) {
            let mut sorted = pass.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
        }
    }
}
