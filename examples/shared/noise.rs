//! Wrong labels.

use super::data::{CLASSES, Digits};
use clap::ValueEnum;
use rand::{Rng, seq::SliceRandom};

/// Symmetric noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// The share of labels that are replaced.
    pub percent: u32,
    /// What replaces them.
    pub draw: Draw,
}

/// Which classes a label is drawn from, each equally likely. The literature uses both under the name of symmetric noise.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
pub enum Draw {
    /// The 9 other classes: every drawn label is wrong.
    Others,
    /// All classes: one in ten drawn labels is still right.
    All,
}

impl Noise {
    /// Replaces labels, drawn without replacement.
    pub fn corrupt(self, digits: &mut Digits, rng: &mut impl Rng) {
        let count = (digits.len() as f64 * f64::from(self.percent) / 100.0).round() as usize;
        let least = match self.draw {
            Draw::Others => 1,
            Draw::All => 0,
        };
        let mut order: Vec<usize> = (0..digits.len()).collect();
        for &mut index in order.partial_shuffle(rng, count).0 {
            digits.labels[index] = (digits.labels[index] + rng.gen_range(least..CLASSES)) % CLASSES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::PIXELS;
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn the_stated_share_is_replaced_by_every_class_alike() {
        let clean = Digits { pixels: vec![0.0; 9000 * PIXELS], labels: vec![4; 9000] };
        for (draw, percent) in
            [(Draw::Others, 0), (Draw::Others, 40), (Draw::Others, 100), (Draw::All, 0), (Draw::All, 80)]
        {
            let mut noisy = clean.clone();
            Noise { percent, draw }.corrupt(&mut noisy, &mut StdRng::seed_from_u64(1));
            let count = |class| noisy.labels.iter().filter(|&&label| label == class).count();
            let (kept, replaced) = (9000 - 90 * percent as usize, 90.0 * f64::from(percent));
            let share = replaced / if draw == Draw::All { 10.0 } else { 9.0 };
            for class in (0..CLASSES).filter(|&class| class != 4) {
                assert!((count(class) as f64 - share).abs() <= 0.15 * share, "{class}: {}", count(class));
            }
            match draw {
                Draw::Others => assert_eq!(count(4), kept),
                Draw::All => assert!(((count(4) - kept) as f64 - share).abs() <= 0.15 * share),
            }
        }
    }
}
