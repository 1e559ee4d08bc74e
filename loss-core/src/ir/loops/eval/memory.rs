//! Arrays that know who wrote what, and points of index spaces.

use super::Numbers;
use crate::ir::Axis;
use crate::ir::loops::How;
use crate::ir::loops::check::Fault;

pub(super) fn fault<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault(text.into()))
}

/// Who has written an element: a row of a stage. No row: all together, before or after the stage's rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Writer {
    pub stage: Option<usize>,
    pub row: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub shape: Vec<usize>,
    /// The elements; those not written are `None`.
    pub cells: Vec<Option<(f64, Writer)>>,
}

impl Memory {
    pub fn numbers(&self) -> Result<Numbers, Fault> {
        let data: Option<Vec<f64>> = self.cells.iter().map(|c| c.map(|c| c.0)).collect();
        match data {
            Some(data) => Ok(Numbers { shape: self.shape.clone(), data }),
            None => fault("a result has an element that was never written"),
        }
    }

    /// As seen by another kernel.
    pub fn settled(mut self) -> Memory {
        let writer = Writer { stage: None, row: None };
        self.cells.iter_mut().flatten().for_each(|cell| cell.1 = writer);
        self
    }

    pub fn offset(&self, at: &[usize]) -> Result<usize, Fault> {
        let inside = at.len() == self.shape.len() && at.iter().zip(&self.shape).all(|(i, n)| i < n);
        if !inside {
            return fault(format!("index {at:?} into an array of shape {:?}", self.shape));
        }
        Ok(at.iter().zip(&self.shape).fold(0, |offset, (i, n)| offset * n + i))
    }
}

pub(super) fn neutral(how: How) -> f64 {
    match how {
        How::Set | How::Add => 0.0,
        How::Reduce(op) => op.neutral,
    }
}

pub(super) fn combined(how: How, old: f64, value: f64) -> f64 {
    match how {
        How::Set => value,
        How::Add => old + value,
        How::Reduce(op) => (op.eval)(&[old, value]),
    }
}

/// Every point of a space, row-major.
pub(super) fn points(sizes: &[usize]) -> Vec<Vec<usize>> {
    sizes.iter().fold(vec![vec![]], |points, &size| {
        points.iter().flat_map(|p| (0..size).map(|i| p.iter().copied().chain([i]).collect())).collect()
    })
}

pub(super) fn coordinate(axis: Axis, at: &[(Axis, usize)]) -> Result<usize, Fault> {
    let found = at.iter().find(|a| a.0 == axis);
    found.map_or_else(|| fault(format!("there is no loop over {axis:?}")), |a| Ok(a.1))
}

pub(super) fn coordinates(axes: &[Axis], at: &[(Axis, usize)]) -> Result<Vec<usize>, Fault> {
    axes.iter().map(|&a| coordinate(a, at)).collect()
}
