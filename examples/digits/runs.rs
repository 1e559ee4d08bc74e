//! All runs.

use crate::args::Args;
use crate::losses::Loss;
use crate::shared::data::Digits;
use crate::shared::noise::Noise;
use crate::shared::threads::{each_seed, progress_bar};
use crate::shared::training::Job;

/// Test accuracy after each epoch.
pub type Curve = Vec<f64>;

/// The curves of all runs.
#[derive(Debug)]
pub struct Results {
    /// The noise rates in percent.
    pub noise: Vec<u32>,
    /// The losses.
    pub losses: Vec<&'static Loss>,
    /// By noise rate and loss, the loss runs faster; then by seed.
    pub curves: Vec<Vec<Curve>>,
}

impl Results {
    /// The curves of one loss at one noise rate, both by place; one curve a seed.
    pub fn curves(&self, noise: usize, loss: usize) -> &[Curve] {
        &self.curves[noise * self.losses.len() + loss]
    }
}

/// Trains every loss at every noise rate with every seed.
pub fn run(args: &Args, digits: &Digits) -> Results {
    let (train, test) = digits.split();
    let pairs: Vec<_> =
        args.noise.iter().flat_map(|&noise| args.losses.iter().map(move |&loss| (noise, loss))).collect();
    let bar = progress_bar(pairs.len() * args.seeds * args.epochs);
    let curves = each_seed(&pairs, args.seeds, args.threads, |&(percent, loss), seed| {
        let noise = Noise { percent, draw: args.draw };
        let job = Job { criterion: |_, scores, labels| (loss.criterion)(scores, labels), noise, seed };
        job.train(&train, &test, args.epochs, || bar.inc(1))
    });
    bar.finish_and_clear();
    Results { noise: args.noise.clone(), losses: args.losses.clone(), curves }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn curves_are_found_by_noise_and_loss_whatever_the_threads() {
        let digits = Digits {
            pixels: (0..64 * 60).map(|i| (i % 17) as f32 / 16.0).collect(),
            labels: (0..60).map(|i| i % 10).collect(),
        };
        let words = "digits --epochs 2 --seeds 2 --noise 0,40 --losses ce,gce --threads 1";
        let mut args = Args::parse_from(words.split(' '));
        let alone = run(&args, &digits);
        args.threads = 3;
        assert_eq!(run(&args, &digits).curves, alone.curves);
        args.noise = vec![40];
        args.losses.truncate(1);
        assert_eq!(run(&args, &digits).curves(0, 0), alone.curves(1, 0));
    }
}
