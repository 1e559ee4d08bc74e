//! The digits: reading the file, splitting it, corrupting labels.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::path::Path;
use thiserror::Error;

/// Pixels in an image.
pub const PIXELS: usize = 64;
/// Numbers on a line: the pixels and the digit.
const FIELDS: usize = PIXELS + 1;
/// Kinds of digit.
pub const CLASSES: usize = 10;
/// The value of a fully inked pixel.
const INK: i64 = 16;
/// The seed of the split; the same test images for every run.
const SPLIT_SEED: u64 = 1998;
/// With fewer images than this, one of the two parts of the split would be empty.
const FEWEST: usize = 5;

/// Why a data file cannot be used.
#[derive(Debug, Error)]
pub enum DataError {
    #[error("cannot read `{path}`: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("`{path}` is empty\nhelp: expected {FIELDS} numbers a line: {PIXELS} pixels, then the digit")]
    Empty { path: String },
    #[error("`{path}` holds {found} images; at least {FEWEST} are needed for training and test")]
    TooFew { path: String, found: usize },
    #[error("`{path}`, line {line}: {problem}")]
    Line { path: String, line: usize, problem: LineError },
}

/// What is wrong with one line.
#[derive(Debug, PartialEq, Error)]
pub enum LineError {
    #[error("found {0} fields, expected {FIELDS} ({PIXELS} pixels, then the digit)")]
    Fields(usize),
    #[error("field {field} is `{text}`, not a whole number")]
    NotANumber { field: usize, text: String },
    #[error("field {field} is {value}, expected a pixel from 0 to {INK}")]
    Pixel { field: usize, value: i64 },
    #[error("field {FIELDS} is {0}, expected a digit from 0 to 9")]
    Label(i64),
}

/// Which classes a corrupted label is drawn from, each equally likely. The literature uses both under the name of symmetric
/// noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Draw {
    /// The other classes: every corrupted label is wrong.
    Others,
    /// All classes: one in ten corrupted labels is still right.
    All,
}

/// Images and their labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digits {
    /// [`PIXELS`] numbers in 0..=1 an image.
    pub pixels: Vec<f32>,
    /// A class below [`CLASSES`] for each image.
    pub labels: Vec<usize>,
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
            if let Err(problem) = digits.push_line(line) {
                return Err(DataError::Line { path, line: index + 1, problem });
            }
        }
        match digits.len() {
            found if found < FEWEST => Err(DataError::TooFew { path, found }),
            _ => Ok(digits),
        }
    }

    fn push_line(&mut self, line: &str) -> Result<(), LineError> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != FIELDS {
            return Err(LineError::Fields(fields.len()));
        }
        for (index, text) in fields.into_iter().enumerate() {
            let field = index + 1;
            let value: i64 =
                text.parse().map_err(|_| LineError::NotANumber { field, text: text.to_string() })?;
            match index {
                PIXELS if (0..CLASSES as i64).contains(&value) => self.labels.push(value as usize),
                PIXELS => return Err(LineError::Label(value)),
                _ if (0..=INK).contains(&value) => self.pixels.push(value as f32 / INK as f32),
                _ => return Err(LineError::Pixel { field, value }),
            }
        }
        Ok(())
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

    /// Symmetric noise: `percent` % of the labels, drawn without replacement, are replaced as `draw` says.
    pub fn corrupt(&mut self, percent: u32, draw: Draw, rng: &mut impl Rng) {
        let count = (self.len() as f64 * f64::from(percent) / 100.0).round() as usize;
        let mut order: Vec<usize> = (0..self.len()).collect();
        let least = match draw {
            Draw::Others => 1,
            Draw::All => 0,
        };
        for &mut index in order.partial_shuffle(rng, count).0 {
            self.labels[index] = (self.labels[index] + rng.gen_range(least..CLASSES)) % CLASSES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of `pixel`s with the given label.
    fn line(pixel: &str, label: &str) -> String {
        format!("{}{label}\n", format!("{pixel},").repeat(PIXELS))
    }

    fn parse(text: &str) -> Result<Digits, DataError> {
        Digits::parse(text, "x.csv".to_string())
    }

    /// The message for five lines, the third of which is `bad`.
    fn message(bad: &str) -> String {
        let good = line("8", "3");
        parse(&format!("{good}{good}{bad}{good}{good}")).unwrap_err().to_string()
    }

    #[test]
    fn reads_pixels_and_labels() {
        let text = line("16", "9") + &line("0", "0").replace('\n', "\r\n") + &line(" 4", " 1").repeat(3);
        let digits = parse(&text).unwrap();
        assert_eq!(digits.labels, [9, 0, 1, 1, 1]);
        assert_eq!(digits.pixels.len(), 5 * PIXELS);
        assert_eq!((digits.pixels[0], digits.pixels[PIXELS], digits.pixels[2 * PIXELS]), (1.0, 0.0, 0.25));
    }

    #[test]
    fn names_the_line_and_the_problem() {
        assert_eq!(
            message("1,2,3\n"),
            "`x.csv`, line 3: found 3 fields, expected 65 (64 pixels, then the digit)"
        );
        assert_eq!(message("\n"), "`x.csv`, line 3: found 1 fields, expected 65 (64 pixels, then the digit)");
        assert_eq!(message(&line("x", "1")), "`x.csv`, line 3: field 1 is `x`, not a whole number");
        assert_eq!(message(&line("0.5", "1")), "`x.csv`, line 3: field 1 is `0.5`, not a whole number");
        assert_eq!(
            message(&line("17", "1")),
            "`x.csv`, line 3: field 1 is 17, expected a pixel from 0 to 16"
        );
        assert_eq!(
            message(&line("-1", "1")),
            "`x.csv`, line 3: field 1 is -1, expected a pixel from 0 to 16"
        );
        assert_eq!(
            message(&line("0", "10")),
            "`x.csv`, line 3: field 65 is 10, expected a digit from 0 to 9"
        );
        assert_eq!(message(&line("0", "")), "`x.csv`, line 3: field 65 is ``, not a whole number");
    }

    #[test]
    fn rejects_empty_short_and_missing_files() {
        assert!(parse("").unwrap_err().to_string().starts_with("`x.csv` is empty"));
        assert!(parse("\n \n").unwrap_err().to_string().starts_with("`x.csv` is empty"));
        assert!(parse(&line("1", "1")).unwrap_err().to_string().contains("holds 1 images"));
        let missing = Digits::read(Path::new("no/such/file.csv")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read `no/such/file.csv`: "), "{missing}");
    }

    #[test]
    fn the_shipped_file_splits_in_1437_and_360() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv");
        let digits = Digits::read(&path).unwrap();
        let (train, test) = digits.split();
        assert_eq!((train.len(), test.len()), (1437, 360));
        assert_eq!((train.clone(), test.clone()), digits.split());
        let ink = |part: &Digits| part.pixels.iter().map(|&p| f64::from(p)).sum::<f64>();
        assert_eq!(ink(&train) + ink(&test), ink(&digits));
    }

    #[test]
    fn noise_replaces_the_stated_share_by_every_class_alike() {
        let clean = Digits { pixels: vec![0.0; 9000 * PIXELS], labels: vec![4; 9000] };
        for (draw, percent) in
            [(Draw::Others, 0), (Draw::Others, 40), (Draw::Others, 100), (Draw::All, 0), (Draw::All, 80)]
        {
            let mut noisy = clean.clone();
            noisy.corrupt(percent, draw, &mut StdRng::seed_from_u64(1));
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
