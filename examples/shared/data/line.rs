//! One line of the file: an image and its digit.

use super::{CLASSES, PIXELS};
use thiserror::Error;

/// Numbers on a line: the pixels and the digit.
pub const FIELDS: usize = PIXELS + 1;
/// The value of a fully inked pixel.
const INK: i64 = 16;

/// What is wrong with a line.
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

/// The pixels, in 0..=1, and the class.
pub fn parse(line: &str) -> Result<(Vec<f32>, usize), LineError> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    if fields.len() != FIELDS {
        return Err(LineError::Fields(fields.len()));
    }
    let numbers = (1..).zip(fields).map(|(field, text)| {
        text.parse().map_err(|_| LineError::NotANumber { field, text: text.to_string() })
    });
    let mut numbers = numbers.collect::<Result<Vec<i64>, _>>()?;
    let label = numbers.pop().unwrap_or_default();
    if !(0..CLASSES as i64).contains(&label) {
        return Err(LineError::Label(label));
    }
    let pixels = (1..).zip(numbers).map(|(field, value)| match value {
        0..=INK => Ok(value as f32 / INK as f32),
        _ => Err(LineError::Pixel { field, value }),
    });
    Ok((pixels.collect::<Result<_, _>>()?, label as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of `pixel`s with the given label.
    fn line(pixel: &str, label: &str) -> String {
        format!("{}{label}", format!("{pixel},").repeat(PIXELS))
    }

    #[test]
    fn reads_pixels_and_labels() {
        for (pixel, label, expected) in
            [("16", "9", (1.0, 9)), ("0", "0\r", (0.0, 0)), (" 4", " 1", (0.25, 1))]
        {
            assert_eq!(parse(&line(pixel, label)), Ok((vec![expected.0; PIXELS], expected.1)));
        }
    }

    #[test]
    fn names_the_field_and_the_problem() {
        for (bad, problem) in [
            (String::new(), "found 1 fields, expected 65 (64 pixels, then the digit)"),
            (line("x", "1"), "field 1 is `x`, not a whole number"),
            (line("0.5", "1"), "field 1 is `0.5`, not a whole number"),
            (line("17", "1"), "field 1 is 17, expected a pixel from 0 to 16"),
            (line("-1", "1"), "field 1 is -1, expected a pixel from 0 to 16"),
            (line("0", "10"), "field 65 is 10, expected a digit from 0 to 9"),
            (line("0", ""), "field 65 is ``, not a whole number"),
        ] {
            assert_eq!(parse(&bad).unwrap_err().to_string(), problem);
        }
    }
}
