//! What is measured on the test images.

use crate::shared::data::CLASSES;
use crate::shared::statistics::mean;

/// Bins of the calibration error.
const BINS: usize = 15;

/// The measures of one trained network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The share of right predictions.
    pub accuracy: f64,
    /// The mean accuracy of the rarest classes.
    pub tail: f64,
    /// How far confidence and accuracy are apart.
    pub calibration: f64,
}

impl Scores {
    /// Of rows of logits; `rarest` are the classes of the tail.
    pub fn of(logits: &[f32], labels: &[usize], rarest: &[usize]) -> Self {
        let guesses: Vec<Guess> =
            logits.chunks(CLASSES).zip(labels).map(|(row, &label)| Guess::of(row, label)).collect();
        let accuracies = by_class(&guesses);
        let tail: Vec<f64> = rarest.iter().filter_map(|&class| accuracies[class]).collect();
        Self {
            accuracy: accuracy(&guesses),
            tail: mean(&tail),
            calibration: calibration_error(&guesses, BINS),
        }
    }
}

/// A prediction for one image.
#[derive(Debug, Clone, Copy)]
struct Guess {
    /// The class of the image.
    label: usize,
    /// Whether the highest score is that of the label.
    right: bool,
    /// The softmax probability of the highest score.
    confidence: f64,
}

impl Guess {
    fn of(row: &[f32], label: usize) -> Self {
        let best = (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j])).unwrap_or(0);
        let total: f64 = row.iter().map(|&score| f64::from(score - row[best]).exp()).sum();
        Self { label, right: best == label, confidence: total.recip() }
    }
}

/// The share of right guesses.
fn accuracy(guesses: &[Guess]) -> f64 {
    guesses.iter().filter(|guess| guess.right).count() as f64 / guesses.len() as f64
}

/// The accuracy on each class; `None` for a class without images.
fn by_class(guesses: &[Guess]) -> [Option<f64>; CLASSES] {
    std::array::from_fn(|class| {
        let own: Vec<Guess> = guesses.iter().filter(|guess| guess.label == class).copied().collect();
        (!own.is_empty()).then(|| accuracy(&own))
    })
}

/// Expected calibration error (Guo et al. 2017): the guesses are sorted into bins of equal width by their confidence; the
/// gap between mean confidence and accuracy of a bin, averaged over the guesses. NaN where a confidence is.
fn calibration_error(guesses: &[Guess], bins: usize) -> f64 {
    let mut gaps = vec![0.0; bins];
    for guess in guesses {
        let bin = ((guess.confidence * bins as f64) as usize).min(bins - 1);
        gaps[bin] += guess.confidence - f64::from(u8::from(guess.right));
    }
    gaps.iter().map(|gap: &f64| gap.abs()).sum::<f64>() / guesses.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(label: usize, right: bool, confidence: f64) -> Guess {
        Guess { label, right, confidence }
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    #[test]
    fn a_known_calibration_error() {
        // 0.9 and 0.8 share no bin of ten with 0.45; in the bin of 0.45 the two gaps cancel in part.
        let guesses =
            [guess(0, true, 0.95), guess(0, false, 0.85), guess(1, true, 0.45), guess(1, false, 0.45)];
        close(calibration_error(&guesses, 10), (0.05 + 0.85 + 0.1) / 4.0);
    }

    #[test]
    fn a_calibrated_bin_has_no_error_and_full_confidence_has_a_bin() {
        let half: Vec<Guess> = (0..8).map(|i| guess(0, i % 2 == 0, 0.5)).collect();
        close(calibration_error(&half, 15), 0.0);
        close(calibration_error(&[guess(3, true, 1.0), guess(3, false, 1.0)], 15), 0.5);
        assert!(calibration_error(&[guess(0, true, f64::NAN)], 15).is_nan());
    }

    #[test]
    fn accuracy_is_counted_by_class() {
        let guesses = [guess(0, true, 1.0), guess(0, false, 1.0), guess(9, true, 1.0)];
        let found = by_class(&guesses);
        assert_eq!((found[0], found[1], found[9]), (Some(0.5), None, Some(1.0)));
        close(accuracy(&guesses), 2.0 / 3.0);
    }

    #[test]
    fn scores_come_from_rows_of_logits() {
        let mut logits = vec![0.0; 3 * CLASSES];
        (logits[2], logits[CLASSES + 2], logits[2 * CLASSES + 7]) = (100.0, 100.0, 100.0);
        let scores = Scores::of(&logits, &[2, 4, 7], &[2, 4]);
        close(scores.accuracy, 2.0 / 3.0);
        close(scores.tail, 0.5);
        close(scores.calibration, 1.0 / 3.0);
    }

    #[test]
    fn confidence_is_the_softmax_of_the_best() {
        let found = Guess::of(&[0.0, 3f32.ln(), -1e30], 1);
        assert!(found.right && (found.confidence - 0.75).abs() < 1e-6, "{found:?}");
    }
}
