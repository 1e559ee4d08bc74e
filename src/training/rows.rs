//! Gradients of objectives as the rows of a Jacobian, wherever they are stored.

use super::memory::Row;
use super::{ObjectiveReport, TrainingError, error::device, memory};
use crate::aggregate::{AggregateError, Aggregator, Jacobian, Update, mirror};
use dfdx::prelude::*;
use rayon::prelude::*;
use std::cell::{OnceCell, RefCell};

/// Columns that one thread works on at a time.
const RANGE: usize = 1 << 14;
/// Columns of a row that come from the device at a time.
const AHEAD: usize = 1 << 18;

/// One row an objective, each of several tensors.
pub(super) struct Rows<E: Dtype, D: Device<E>> {
    dev: D,
    rows: Vec<Row<E, D>>,
    /// The first column of each tensor, and the number of columns.
    starts: Vec<usize>,
    gramian: OnceCell<Vec<f64>>,
    /// What was last copied from the device of each row, and its first column.
    ahead: RefCell<Vec<(usize, Vec<E>)>>,
}

impl<E: Dtype, D: Device<E>> Rows<E, D> {
    pub fn new(dev: D, rows: Vec<Row<E, D>>) -> Self {
        let mut starts = vec![0];
        for tensor in rows.first().into_iter().flatten() {
            starts.push(starts.last().copied().unwrap_or(0) + memory::len::<E, D>(&dev, tensor));
        }
        let ahead = RefCell::new(vec![(0, Vec::new()); rows.len()]);
        Self { dev, rows, starts, gramian: OnceCell::new(), ahead }
    }

    /// The aggregated row, and what the report says of each objective.
    pub fn aggregate<A: Aggregator + ?Sized>(
        self,
        aggregator: &mut A,
        names: Vec<String>,
        losses: Vec<f64>,
    ) -> Result<(Row<E, D>, Vec<ObjectiveReport>), TrainingError> {
        let update = aggregator.aggregate(&self);
        // Before the update is looked at: what is wrong with it may be wrong with a row.
        let norms = self.norms(&names)?;
        let update = update.map_err(|error| named(error, &names))?;
        self.check(&update)?;
        let weight = |i: usize| match &update {
            Update::Weights(weights) => weights.get(i).copied(),
            Update::Direction(_) => None,
        };
        let report = |(i, ((name, loss), norm))| ObjectiveReport { name, loss, norm, weight: weight(i) };
        let reports = names.into_iter().zip(losses).zip(norms).enumerate().map(report).collect();
        Ok((self.combine(&update)?, reports))
    }

    /// The norms of all rows; a row that is not finite is an error.
    pub fn norms(&self, names: &[String]) -> Result<Vec<f64>, TrainingError> {
        let m = self.rows.len();
        let squares: Vec<f64> = match self.gramian.get() {
            Some(gramian) => (0..m).map(|i| gramian[i * m + i]).collect(),
            None => (0..m).map(|i| self.inner_products(&[i])[0]).collect(),
        };
        for (task, square) in squares.iter().enumerate() {
            if !square.is_finite()
                && let Some((entry, value)) = self.not_finite(task)
            {
                return Err(named(AggregateError::NotFinite { task, entry, value }, names));
            }
        }
        Ok(squares.into_iter().map(f64::sqrt).collect())
    }

    /// The first entry that is NaN or infinite.
    fn not_finite(&self, task: usize) -> Option<(usize, f64)> {
        let mut block = vec![0.0; AHEAD.min(self.parameters())];
        for from in (0..self.parameters()).step_by(AHEAD) {
            let block = &mut block[..AHEAD.min(self.parameters() - from)];
            self.read(task, from, block);
            if let Some(i) = block.iter().position(|x| !x.is_finite()) {
                return Some((from + i, block[i]));
            }
        }
        None
    }

    /// Whether the update has the right length and is finite.
    fn check(&self, update: &Update) -> Result<(), TrainingError> {
        let (what, numbers, expected) = match update {
            Update::Weights(weights) => ("weights", weights, self.tasks()),
            Update::Direction(direction) => ("direction", direction, self.parameters()),
        };
        if numbers.len() != expected {
            return Err(AggregateError::Length { what, length: numbers.len(), expected }.into());
        }
        match numbers.iter().position(|x| !x.is_finite()) {
            Some(entry) => Err(TrainingError::Update { entry, value: numbers[entry] }),
            None => Ok(()),
        }
    }

    /// The update in the tensors of a row. A weighted sum is left in the first row's.
    fn combine(self, update: &Update) -> Result<Row<E, D>, TrainingError> {
        match update {
            Update::Weights(weights) => {
                let mut rows = self.rows;
                for tensor in 0..self.starts.len() - 1 {
                    weighted_sum(&self.dev, &mut rows, tensor, weights)?;
                }
                Ok(rows.into_iter().next().unwrap_or_default())
            }
            Update::Direction(direction) => {
                let parts = self.starts.windows(2).map(|at| &direction[at[0]..at[1]]);
                parts.map(|part| memory::upload(&self.dev, part)).collect()
            }
        }
    }

    /// The rows in the memory of the host, if that is where they are.
    fn host(&self, tasks: &[usize]) -> Option<Host<'_, E>> {
        let row = |&task: &usize| self.rows[task].iter().map(|tensor| memory::host::<E, D>(tensor)).collect();
        let rows = tasks.iter().map(row).collect::<Option<_>>()?;
        Some(Host { rows, starts: &self.starts, from: 0, len: self.parameters() })
    }

    /// All inner products of these rows. What the device cannot compute is NaN.
    fn inner_products(&self, tasks: &[usize]) -> Vec<f64> {
        match self.host(tasks) {
            Some(host) => host.gramian_in_parallel(),
            None => self.on_device(tasks).unwrap_or_else(|_| vec![f64::NAN; tasks.len() * tasks.len()]),
        }
    }

    fn on_device(&self, tasks: &[usize]) -> Result<Vec<f64>, TrainingError> {
        let m = tasks.len();
        let mut gramian = vec![0.0; m * m];
        for k in 0..self.starts.len() - 1 {
            for (i, &task) in tasks.iter().enumerate() {
                let row = memory::tensor(&self.dev, &self.rows[task][k])?;
                for (j, &other) in tasks.iter().enumerate().skip(i) {
                    let other = memory::tensor(&self.dev, &self.rows[other][k])?;
                    gramian[i * m + j] += memory::dot(row.clone(), other)?;
                }
            }
        }
        mirror(&mut gramian, m);
        Ok(gramian)
    }

    /// Copies a range of one tensor of a row from the device.
    fn download(&self, task: usize, tensor: usize, from: usize, to: usize) -> Result<Vec<E>, TrainingError> {
        let tensor = memory::tensor(&self.dev, &self.rows[task][tensor])?;
        Ok(tensor.try_slice((from..to,)).map_err(device)?.as_vec())
    }

    /// An entry by way of what was copied ahead; NaN where the device fails.
    fn read_ahead(&self, task: usize, column: usize) -> f64 {
        let (start, numbers) = &mut self.ahead.borrow_mut()[task];
        if !(*start..*start + numbers.len()).contains(&column) {
            let tensor = self.starts.partition_point(|&s| s <= column) - 1;
            let (first, end) = (self.starts[tensor], self.starts[tensor + 1]);
            let to = end.min(column + AHEAD);
            *start = column;
            *numbers = self.download(task, tensor, column - first, to - first).unwrap_or_default();
        }
        numbers.get(column - *start).and_then(E::to_f64).unwrap_or(f64::NAN)
    }
}

impl<E: Dtype, D: Device<E>> Jacobian for Rows<E, D> {
    fn tasks(&self) -> usize {
        self.rows.len()
    }

    fn parameters(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    fn read(&self, task: usize, from: usize, into: &mut [f64]) {
        match self.host(&[task]) {
            Some(host) => host.read(0, from, into),
            None => into.iter_mut().enumerate().for_each(|(i, x)| *x = self.read_ahead(task, from + i)),
        }
    }

    fn gramian(&self) -> Vec<f64> {
        let tasks: Vec<usize> = (0..self.tasks()).collect();
        self.gramian.get_or_init(|| self.inner_products(&tasks)).clone()
    }
}

/// A range of columns of rows in the memory of the host.
struct Host<'a, E> {
    rows: Vec<Vec<&'a [E]>>,
    starts: &'a [usize],
    from: usize,
    len: usize,
}

impl<E: Dtype> Host<'_, E> {
    /// Ranges are summed in their order, so that the number of threads does not matter.
    fn gramian_in_parallel(&self) -> Vec<f64> {
        let ranges: Vec<usize> = (0..self.len).step_by(RANGE).collect();
        let range = |&from: &usize| {
            let len = RANGE.min(self.len - from);
            Host { rows: self.rows.clone(), starts: self.starts, from, len }.gramian()
        };
        let parts: Vec<Vec<f64>> = match ranges.len() {
            0 | 1 => ranges.iter().map(range).collect(),
            _ => ranges.par_iter().map(range).collect(),
        };
        let mut sum = vec![0.0; self.rows.len() * self.rows.len()];
        for part in parts {
            sum.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
        }
        sum
    }
}

impl<E: Dtype> Jacobian for Host<'_, E> {
    fn tasks(&self) -> usize {
        self.rows.len()
    }

    fn parameters(&self) -> usize {
        self.len
    }

    fn read(&self, task: usize, from: usize, mut into: &mut [f64]) {
        let mut column = self.from + from;
        let mut tensor = self.starts.partition_point(|&s| s <= column).max(1) - 1;
        while !into.is_empty() && tensor < self.rows[task].len() {
            let part = &self.rows[task][tensor][column - self.starts[tensor]..];
            let (now, later) = into.split_at_mut(part.len().min(into.len()));
            now.iter_mut().zip(part).for_each(|(x, g)| *x = g.to_f64().unwrap_or(f64::NAN));
            column += now.len();
            into = later;
            tensor += 1;
        }
    }
}

/// `Σ_i weights_i rows_i` of one tensor of the rows, left in that of the first.
fn weighted_sum<E: Dtype, D: Device<E>>(
    dev: &D,
    rows: &mut [Row<E, D>],
    tensor: usize,
    weights: &[f64],
) -> Result<(), TrainingError> {
    let Some((first, rest)) = rows.split_first_mut() else { return Ok(()) };
    let others: Option<Vec<&[E]>> = rest.iter().map(|row| memory::host::<E, D>(&row[tensor])).collect();
    if let (Some(into), Some(others)) = (memory::host_mut::<E, D>(&mut first[tensor]), others) {
        into.par_chunks_mut(RANGE).enumerate().for_each(|(i, into)| {
            let ranges: Vec<&[E]> = others.iter().map(|row| &row[i * RANGE..][..into.len()]).collect();
            combine_range(into, &ranges, weights);
        });
        return Ok(());
    }
    let mut sum = memory::zeros::<E, D>(dev, memory::len::<E, D>(dev, &first[tensor]))?;
    for (row, &weight) in rows.iter().zip(weights).filter(|&(_, &weight)| weight != 0.0) {
        memory::add(dev, &mut sum, weight, &row[tensor])?;
    }
    rows[0][tensor] = sum;
    Ok(())
}

/// Sums in `f64`, so that cancellation among rows costs `f32` nothing more.
fn combine_range<E: Dtype>(into: &mut [E], others: &[&[E]], weights: &[f64]) {
    let mut sums = [0.0; 256];
    for (i, into) in into.chunks_mut(sums.len()).enumerate() {
        let sums = &mut sums[..into.len()];
        let number = |x: &E| x.to_f64().unwrap_or(f64::NAN);
        sums.iter_mut().zip(into.iter()).for_each(|(sum, x)| *sum = weights[0] * number(x));
        for (row, &weight) in others.iter().zip(&weights[1..]) {
            sums.iter_mut().zip(&row[i * 256..]).for_each(|(sum, x)| *sum += weight * number(x));
        }
        into.iter_mut().zip(sums).for_each(|(x, sum)| *x = E::from_f64(*sum).unwrap_or_default());
    }
}

/// The aggregator's error with the objective's name.
fn named(error: AggregateError, names: &[String]) -> TrainingError {
    match error {
        AggregateError::NotFinite { task, entry, value } if task < names.len() => {
            TrainingError::NotFinite { objective: names[task].clone(), entry, value }
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The CPU with the operations that other devices get.
    #[test]
    fn the_device_computes_what_the_host_does() {
        let dev = Cpu::default();
        let row = |seed: f64| -> Result<Vec<_>, TrainingError> {
            let numbers = |len: usize| (0..len).map(|i| (seed * i as f64).sin()).collect::<Vec<_>>();
            Ok(vec![
                memory::upload_by_tape(&dev, &numbers(7))?,
                memory::upload::<f64, Cpu>(&dev, &numbers(300))?,
            ])
        };
        let rows = || -> Result<_, TrainingError> {
            Ok(Rows::<f64, Cpu>::new(dev.clone(), vec![row(0.3)?, row(1.7)?, row(-0.9)?]))
        };
        let rows_here = rows().expect("rows");
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(&rows_here.on_device(&[0, 1, 2]).expect("products"), &rows_here.gramian()));
        let mut read = vec![0.0; 300];
        rows_here.read(1, 4, &mut read);
        let ahead: Vec<f64> = (4..304).map(|column| rows_here.read_ahead(1, column)).collect();
        assert_eq!(read, ahead);
        let mut sum = memory::zeros::<f64, Cpu>(&dev, 300).expect("memory");
        for (row, weight) in rows_here.rows.iter().zip([0.5, -2.0, 3.0]) {
            memory::add_on_device::<f64, Cpu>(&dev, &mut sum, weight, &row[1]).expect("a sum");
        }
        let combined = rows().expect("rows").combine(&Update::Weights(vec![0.5, -2.0, 3.0])).expect("a sum");
        assert!(near(&sum, &combined[1]));
    }
}
