//! The training sets: the same digits, made harder in different ways.

use crate::shared::data::{CLASSES, Digits};
use crate::shared::noise::{Draw, Noise};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Images of the most frequent class of the long tail; the rarest class has one.
const HEAD: f64 = 100.0;
/// How many classes count as the tail.
const TAIL: usize = 3;

/// What is done to the training set. The test images stay as they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Setting {
    /// This share of the labels, in percent, is replaced by one of the other classes.
    Noise(u32),
    /// From the most frequent to the rarest class, the counts fall exponentially by a factor of 100. Which classes are
    /// rare is drawn with the seed.
    LongTail,
}

/// All training sets.
pub const SETTINGS: [Setting; 4] =
    [Setting::Noise(0), Setting::Noise(40), Setting::Noise(60), Setting::LongTail];

impl Setting {
    /// The head of the table and of the panel.
    pub fn title(self) -> String {
        match self {
            Self::Noise(0) => "right labels".to_string(),
            Self::Noise(percent) => format!("{percent} % wrong labels"),
            Self::LongTail => "long tail, 100:1".to_string(),
        }
    }

    /// The training set that is made of `digits`.
    pub fn prepare(self, digits: &Digits, rng: &mut StdRng) -> Digits {
        match self {
            Self::Noise(percent) => {
                let mut noisy = digits.clone();
                Noise { percent, draw: Draw::Others }.corrupt(&mut noisy, rng);
                noisy
            }
            Self::LongTail => long_tail(digits, rng),
        }
    }
}

/// A part of `digits` with exponentially falling class counts.
fn long_tail(digits: &Digits, rng: &mut StdRng) -> Digits {
    let mut classes: Vec<usize> = (0..CLASSES).collect();
    classes.shuffle(rng);
    let mut kept = Vec::new();
    for (place, class) in classes.into_iter().enumerate() {
        let count = HEAD.powf(1.0 - place as f64 / (CLASSES - 1) as f64).round() as usize;
        let mut own: Vec<usize> = (0..digits.len()).filter(|&i| digits.labels[i] == class).collect();
        kept.extend_from_slice(own.partial_shuffle(rng, count).0);
    }
    digits.pick(&kept)
}

/// How often each class occurs.
pub fn counts(digits: &Digits) -> [usize; CLASSES] {
    let mut counts = [0; CLASSES];
    digits.labels.iter().for_each(|&label| counts[label] += 1);
    counts
}

/// The classes that occur least.
pub fn rarest(counts: &[usize; CLASSES]) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..CLASSES).collect();
    classes.sort_by_key(|&class| counts[class]);
    classes.truncate(TAIL);
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::data::PIXELS;
    use rand::SeedableRng;

    fn balanced() -> Digits {
        Digits { pixels: vec![0.0; 1400 * PIXELS], labels: (0..1400).map(|i| i % CLASSES).collect() }
    }

    #[test]
    fn the_long_tail_falls_from_100_to_1() {
        let part = Setting::LongTail.prepare(&balanced(), &mut StdRng::seed_from_u64(1));
        let counts = counts(&part);
        let mut sorted = counts;
        sorted.sort_unstable();
        assert_eq!(sorted, [1, 2, 3, 5, 8, 13, 22, 36, 60, 100]);
        assert_eq!(rarest(&counts).iter().map(|&class| counts[class]).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(part, Setting::LongTail.prepare(&balanced(), &mut StdRng::seed_from_u64(1)));
    }

    #[test]
    fn noise_changes_the_stated_share() {
        let digits = balanced();
        for (percent, expected) in [(0, 0), (40, 560), (60, 840)] {
            let noisy = Setting::Noise(percent).prepare(&digits, &mut StdRng::seed_from_u64(1));
            let changed = noisy.labels.iter().zip(&digits.labels).filter(|(new, old)| new != old).count();
            assert_eq!(changed, expected);
        }
    }
}
