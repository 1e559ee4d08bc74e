//! Reports over steps, as a table and as a plot.

use super::Report;
use super::panel::{Line, panel};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Why a report could not be recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecorderError {
    /// The terms are not those of the first report.
    #[error("the report of step {step} has the terms {found:?}, but those before have {expected:?}")]
    Terms {
        /// The step.
        step: u64,
        /// The names in this report.
        found: Vec<&'static str>,
        /// The names in the first one.
        expected: Vec<&'static str>,
    },
}

/// Collects reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorder {
    reports: Vec<(u64, Report)>,
}

impl Recorder {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the report of a step. Its terms are those of the reports before, and have a sigma where those have one.
    pub fn record(&mut self, step: u64, report: &Report) -> Result<(), RecorderError> {
        let names = |report: &Report| -> Vec<&'static str> { report.terms.iter().map(|t| t.name).collect() };
        let columns = |report: &Report| -> Vec<_> {
            report.terms.iter().map(|t| (t.name, t.sigma.is_some())).collect()
        };
        if let Some((_, first)) = self.reports.first()
            && columns(first) != columns(report)
        {
            return Err(RecorderError::Terms { step, found: names(report), expected: names(first) });
        }
        self.reports.push((step, report.clone()));
        Ok(())
    }

    /// Everything recorded, in order.
    #[must_use]
    pub fn reports(&self) -> &[(u64, Report)] {
        &self.reports
    }

    /// One row a step: the total, then value, weight and, where there is one, sigma of each term.
    pub fn write_csv(&self, mut out: impl Write) -> io::Result<()> {
        let Some((_, first)) = self.reports.first() else { return writeln!(out, "step,total") };
        write!(out, "step,total")?;
        for term in &first.terms {
            write!(out, ",{0},{0}_weight", term.name)?;
            if term.sigma.is_some() {
                write!(out, ",{}_sigma", term.name)?;
            }
        }
        writeln!(out)?;
        for (step, report) in &self.reports {
            write!(out, "{step},{}", report.total)?;
            for term in &report.terms {
                write!(out, ",{},{}", term.value, term.weight)?;
                if let Some(sigma) = term.sigma {
                    write!(out, ",{sigma}")?;
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// [`write_csv`](Self::write_csv) into a file.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        self.write_csv(&mut file)?;
        file.flush()
    }

    /// A plot of the values of the terms, and below it of their weights, over the steps. A scale is logarithmic where all
    /// its numbers are above 0 and span more than two decades.
    pub fn write_svg(&self, mut out: impl Write) -> io::Result<()> {
        let (width, height) = (720.0, 300.0);
        writeln!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{0}" viewBox="0 0 {width} {0}">"#,
            2.0 * height
        )?;
        writeln!(out, r#"<rect width="100%" height="100%" fill="white"/>"#)?;
        let total = Line { name: "total", points: self.points(|report| report.total) };
        let values: Vec<Line> = std::iter::once(total).chain(self.lines(|term| term.value)).collect();
        panel(&mut out, "value", &values, (0.0, 0.0), (width, height))?;
        let weights: Vec<Line> = self.lines(|term| term.weight).collect();
        panel(&mut out, "weight", &weights, (0.0, height), (width, height))?;
        writeln!(out, "</svg>")
    }

    /// [`write_svg`](Self::write_svg) into a file.
    pub fn save_svg(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        self.write_svg(&mut file)?;
        file.flush()
    }

    fn points(&self, number: impl Fn(&Report) -> f64) -> Vec<(f64, f64)> {
        self.reports.iter().map(|(step, report)| (*step as f64, number(report))).collect()
    }

    fn lines(&self, number: impl Fn(&super::Term) -> f64 + Copy) -> impl Iterator<Item = Line> {
        let terms = self.reports.first().map_or(&[][..], |(_, first)| &first.terms);
        terms.iter().enumerate().map(move |(i, term)| Line {
            name: term.name,
            points: self.points(|report| number(&report.terms[i])),
        })
    }
}
