//! All runs.

use crate::args::Args;
use crate::losses::Entry;
use crate::metrics::Scores;
use crate::settings::SETTINGS;
use crate::shared::data::Digits;
use crate::shared::flags::cores;
use crate::shared::threads::{each_seed, progress_bar};
use crate::train::{Job, train};

/// The scores of all runs.
#[derive(Debug)]
pub struct Results {
    /// The losses.
    pub losses: Vec<&'static Entry>,
    /// By setting and loss, the loss runs faster; then by seed.
    pub scores: Vec<Vec<Scores>>,
}

impl Results {
    /// The scores of one loss in one setting, both by place; one a seed.
    pub fn of(&self, setting: usize, loss: usize) -> &[Scores] {
        &self.scores[setting * self.losses.len() + loss]
    }
}

/// Trains with every loss in every setting with every seed.
pub fn run(args: &Args, digits: &Digits) -> Results {
    let (training, test) = digits.split();
    let pairs: Vec<_> =
        SETTINGS.iter().flat_map(|&setting| args.losses.iter().map(move |&loss| (setting, loss))).collect();
    let bar = progress_bar(pairs.len() * args.seeds);
    let scores = each_seed(&pairs, args.seeds, cores(), |&(setting, loss), seed| {
        let scores = train(Job { criterion: loss.criterion, setting, seed }, &training, &test, args.epochs);
        bar.inc(1);
        scores
    });
    bar.finish_and_clear();
    Results { losses: args.losses.clone(), scores }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_found_by_setting_and_loss() {
        let scores = |accuracy| vec![Scores { accuracy, tail: 0.0, calibration: 0.0 }];
        let losses = crate::losses::LOSSES.iter().take(2).collect();
        let results = Results { losses, scores: (0..8).map(|i| scores(f64::from(i))).collect() };
        assert_eq!((results.of(1, 0), results.of(3, 1)), (&scores(2.0)[..], &scores(7.0)[..]));
    }
}
