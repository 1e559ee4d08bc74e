//! The digits: reading the file, splitting it.

mod line;

use line::LineError;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Pixels in an image.
pub const PIXELS: usize = 64;
/// Kinds of digit.
pub const CLASSES: usize = 10;
/// The seed of the split; the same test images for every run.
const SPLIT_SEED: u64 = 1998;
/// With fewer images than this, one of the two parts of the split would be empty.
const FEWEST: usize = 5;

/// Why a data file cannot be used.
#[derive(Debug, Error)]
pub enum DataError {
    #[error("cannot read `{path}`: {source}")]
    Read { path: String, source: std::io::Error },
    #[error(
        "`{path}` is empty\nhelp: expected {} numbers a line: {PIXELS} pixels, then the digit",
        line::FIELDS
    )]
    Empty { path: String },
    #[error("`{path}` holds {found} images; at least {FEWEST} are needed for training and test")]
    TooFew { path: String, found: usize },
    #[error("`{path}`, line {line}: {problem}")]
    Line { path: String, line: usize, problem: LineError },
}

/// Images and their labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digits {
    /// [`PIXELS`] numbers in 0..=1 an image.
    pub pixels: Vec<f32>,
    /// A class below [`CLASSES`] for each image.
    pub labels: Vec<usize>,
}

/// The file that comes with the examples.
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv")
}

impl Digits {
    /// Reads a file of one image a line.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, name),
            Err(source) => Err(DataError::Read { path: name, source }),
        }
    }

    fn parse(text: &str, path: String) -> Result<Self, DataError> {
        if text.trim().is_empty() {
            return Err(DataError::Empty { path });
        }
        let mut digits = Self::default();
        for (index, line) in text.lines().enumerate() {
            match line::parse(line) {
                Ok((pixels, label)) => {
                    digits.pixels.extend(pixels);
                    digits.labels.push(label);
                }
                Err(problem) => return Err(DataError::Line { path, line: index + 1, problem }),
            }
        }
        match digits.len() {
            found if found < FEWEST => Err(DataError::TooFew { path, found }),
            _ => Ok(digits),
        }
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The images at `indices`, in that order.
    pub fn pick(&self, indices: &[usize]) -> Self {
        let pixels = indices.iter().flat_map(|&i| &self.pixels[i * PIXELS..(i + 1) * PIXELS]);
        Self { pixels: pixels.copied().collect(), labels: indices.iter().map(|&i| self.labels[i]).collect() }
    }

    /// Four fifths for training and one fifth for test, drawn once and for all.
    pub fn split(&self) -> (Self, Self) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.shuffle(&mut StdRng::seed_from_u64(SPLIT_SEED));
        let (train, test) = order.split_at(self.len() * 4 / 5);
        (self.pick(train), self.pick(test))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of an image each.
    fn lines(count: usize) -> String {
        format!("{}3\n", "8,".repeat(PIXELS)).repeat(count)
    }

    fn message(text: &str) -> String {
        Digits::parse(text, "x.csv".to_string()).unwrap_err().to_string()
    }

    #[test]
    fn bad_files_are_named_with_the_line() {
        assert_eq!(
            message(&(lines(2) + "1,2,3\n" + &lines(2))),
            "`x.csv`, line 3: found 3 fields, expected 65 (64 pixels, then the digit)"
        );
        assert!(message("\n \n").starts_with("`x.csv` is empty\nhelp: expected 65 numbers"));
        assert!(message(&lines(4)).contains("holds 4 images"));
        let missing = Digits::read(Path::new("no/such/file.csv")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read `no/such/file.csv`: "), "{missing}");
    }

    #[test]
    fn the_shipped_file_splits_in_1437_and_360() {
        let digits = Digits::read(&shipped()).unwrap();
        let (train, test) = digits.split();
        assert_eq!((train.len(), test.len()), (1437, 360));
        assert_eq!((train.clone(), test.clone()), digits.split());
        let ink = |part: &Digits| part.pixels.iter().map(|&p| f64::from(p)).sum::<f64>();
        assert_eq!(ink(&train) + ink(&test), ink(&digits));
    }
}
