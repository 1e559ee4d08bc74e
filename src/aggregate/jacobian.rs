//! Gradients of several tasks, one row a task.

use super::AggregateError;
use crate::runtime::kernel::arch::{Arch, Task, dispatch};

/// The number of columns that are looked at together: as many rows as there are tasks then fit a core's cache.
const BLOCK: usize = 1024;

/// The gradients `g_i` of several tasks with respect to the same parameters: row `i` is that of task `i`.
pub trait Jacobian {
    /// The number of rows.
    fn tasks(&self) -> usize;

    /// The number of columns.
    fn parameters(&self) -> usize;

    /// Copies the entries from column `from` on of one row. `from + into.len()` is at most the number of columns.
    fn read(&self, task: usize, from: usize, into: &mut [f64]);

    /// All inner products of rows, `G = J Jᵀ`, row by row; an entry that is not finite in `J` leaves one here.
    fn gramian(&self) -> Vec<f64> {
        let m = self.tasks();
        let mut gramian = vec![0.0; m * m];
        for_blocks(self, |_, rows| dispatch(Products { rows, sums: &mut gramian }));
        mirror(&mut gramian, m);
        gramian
    }
}

/// Fills what is below the diagonal.
pub(crate) fn mirror(gramian: &mut [f64], m: usize) {
    for i in 0..m {
        for j in 0..i {
            gramian[i * m + j] = gramian[j * m + i];
        }
    }
}

/// Calls `visit` with the first column of each block of columns and the rows' entries there.
pub(super) fn for_blocks<J: Jacobian + ?Sized>(jacobian: &J, mut visit: impl FnMut(usize, &[Vec<f64>])) {
    let mut rows = vec![Vec::new(); jacobian.tasks()];
    for from in (0..jacobian.parameters()).step_by(BLOCK) {
        let len = BLOCK.min(jacobian.parameters() - from);
        for (task, row) in rows.iter_mut().enumerate() {
            row.resize(len, 0.0);
            jacobian.read(task, from, row);
        }
        visit(from, &rows);
    }
}

/// `Σ_i weights_i g_i`.
pub(super) fn combine(jacobian: &dyn Jacobian, weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; jacobian.parameters()];
    for_blocks(jacobian, |from, rows| {
        for (row, &weight) in rows.iter().zip(weights) {
            // A weight of 0 leaves a row out.
            if weight != 0.0 {
                sum[from..].iter_mut().zip(row).for_each(|(s, &g)| *s += weight * g);
            }
        }
    });
    sum
}

/// Adds the inner products of rows, on and above the diagonal.
struct Products<'a> {
    rows: &'a [Vec<f64>],
    sums: &'a mut [f64],
}

impl Task for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arch>(self, cpu: A) {
        let m = self.rows.len();
        for i in 0..m {
            for j in i..m {
                self.sums[i * m + j] += dot(cpu, &self.rows[i], &self.rows[j]);
            }
        }
    }
}

/// With several sums side by side, so that the compiler may use vectors.
#[inline(always)]
fn dot<A: Arch>(cpu: A, a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (a_parts, b_parts) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_parts.zip(b_parts) {
        for k in 0..LANES {
            sums[k] = cpu.mul_add(x[k], y[k], sums[k]);
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Rows in memory.
///
/// ```
/// use dfdx_loss::aggregate::{Jacobian, Rows};
///
/// let rows = Rows::new(&[[1.0, 0.0], [1.0, 2.0]])?;
/// assert_eq!(rows.gramian(), [1.0, 1.0, 1.0, 5.0]);
/// # Ok::<(), dfdx_loss::aggregate::AggregateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    rows: Vec<&'a [f64]>,
}

impl<'a> Rows<'a> {
    /// Rows of one length.
    pub fn new<R: AsRef<[f64]>>(rows: &'a [R]) -> Result<Self, AggregateError> {
        let rows: Vec<&[f64]> = rows.iter().map(AsRef::as_ref).collect();
        let expected = rows.first().map_or(0, |row| row.len());
        match rows.iter().find(|row| row.len() != expected) {
            Some(row) => Err(AggregateError::Length { what: "row", length: row.len(), expected }),
            None => Ok(Self { rows }),
        }
    }
}

impl Jacobian for Rows<'_> {
    fn tasks(&self) -> usize {
        self.rows.len()
    }

    fn parameters(&self) -> usize {
        self.rows.first().map_or(0, |row| row.len())
    }

    fn read(&self, task: usize, from: usize, into: &mut [f64]) {
        into.copy_from_slice(&self.rows[task][from..from + into.len()]);
    }
}
