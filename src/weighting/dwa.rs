//! Dynamic weight average.

use super::error::{Range, check_parameter, check_tasks};
use super::{WeightingError, softmax};

/// Dynamic weight average (Liu, Johns and Davison, CVPR 2019): `w = K softmax(r / T)`, where `r_k` is the mean of loss `k`
/// in the last epoch over that in the one before.
///
/// In the first two epochs every weight is 1. The weights of an epoch are constants of the gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct DynamicWeightAverage {
    temperature: f64,
    sums: Vec<f64>,
    batches: usize,
    means: [Option<Vec<f64>>; 2],
    weights: Vec<f64>,
}

impl DynamicWeightAverage {
    /// For so many losses; `temperature` is above 0 (the paper: 2): the greater, the more uniform.
    pub fn new(losses: usize, temperature: f64) -> Result<Self, WeightingError> {
        let holds = temperature.is_finite() && temperature > 0.0;
        let name = "DynamicWeightAverage";
        check_parameter(name, "temperature", temperature, holds, "a finite number above 0")?;
        let (sums, weights) = (vec![0.0; losses], vec![1.0; losses]);
        Ok(Self { temperature, sums, batches: 0, means: [None, None], weights })
    }

    /// The weights of this epoch.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Takes in the losses of a batch, each at least 0.
    pub fn record(&mut self, losses: &[f64]) -> Result<(), WeightingError> {
        check_tasks("loss", losses, self.sums.len(), Range::NotNegative)?;
        self.sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        self.batches += 1;
        Ok(())
    }

    /// Ends the epoch: the weights become those of the next one. An epoch without a batch changes nothing.
    pub fn end_epoch(&mut self) {
        if self.batches == 0 {
            return;
        }
        let means: Vec<f64> = self.sums.iter().map(|sum| sum / self.batches as f64).collect();
        self.sums.fill(0.0);
        self.batches = 0;
        self.means = [Some(means), self.means[0].take()];
        if let [Some(last), Some(before)] = &self.means {
            // A loss that has been 0 has no rate: it counts as one that stays. None is so great that it is infinite.
            let rate = |(last, before): (&f64, &f64)| if *before > 0.0 { last / before } else { 1.0 };
            let logit = |rate: f64| (rate / self.temperature).min(f64::MAX);
            let rates: Vec<f64> = last.iter().zip(before).map(rate).map(logit).collect();
            let count = rates.len() as f64;
            self.weights = softmax(&rates).iter().map(|w| count * w).collect();
        }
    }
}
