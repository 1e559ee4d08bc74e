//! The rows in an orthonormal basis of their span: as many numbers as there are pairs of tasks, however many
//! parameters there are.

use super::jacobian::for_blocks;
use super::{AggregateError, Jacobian, check_length};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// With a Gramian better conditioned than this, its root has the digits that the rows have.
const WELL_CONDITIONED: f64 = 1e-6;

/// Gradients shorter than this count as 0: their squares would have lost digits, and weights relative to them would
/// overflow.
const SHORTEST: f64 = 1e-140;

/// The inner products of the rows, and on request rows `L` with `L Lᵀ = J Jᵀ`.
pub(super) struct Compact {
    /// `J Jᵀ`.
    pub gramian: DMatrix<f64>,
    /// The norm of each row.
    pub norms: DVector<f64>,
    /// The number of parameters.
    pub parameters: usize,
}

impl Compact {
    /// Law: every entry is finite, and so is its square.
    pub fn of(jacobian: &dyn Jacobian) -> Result<Self, AggregateError> {
        let m = jacobian.tasks();
        let products = jacobian.gramian();
        check_length("gramian", products.len(), m * m)?;
        let mut gramian = DMatrix::from_row_slice(m, m, &products);
        check_finite(jacobian, gramian.diagonal().as_slice())?;
        for i in (0..m).filter(|&i| gramian[(i, i)] < SHORTEST * SHORTEST).collect::<Vec<_>>() {
            gramian.row_mut(i).fill(0.0);
            gramian.column_mut(i).fill(0.0);
        }
        let norms = gramian.diagonal().map(f64::sqrt);
        Ok(Compact { gramian, norms, parameters: jacobian.parameters() })
    }

    /// Each row of `L` divided by its norm, 0 for a row of zeros. These are the rows of the same Jacobian.
    pub fn units(&self, jacobian: &dyn Jacobian) -> DMatrix<f64> {
        let m = self.tasks();
        let scales = self.norms.map(|norm| if norm > 0.0 { 1.0 / norm } else { 0.0 });
        // A row of zeros stands aside as one orthogonal to all, so that it does not spoil the condition.
        let product = |i, j| scales[i] * self.gramian[(i, j)] * scales[j];
        let scaled = DMatrix::from_fn(m, m, |i, j| if i == j { 1.0 } else { product(i, j) });
        let Some(mut units) = well_conditioned_root(scaled) else {
            return triangular_root(jacobian, &scales);
        };
        (0..m).filter(|&i| scales[i] == 0.0).for_each(|i| units.row_mut(i).fill(0.0));
        units
    }

    /// The number of tasks.
    pub fn tasks(&self) -> usize {
        self.norms.len()
    }
}

/// A row that is not finite shows in its inner product with itself.
pub(super) fn check_finite(jacobian: &dyn Jacobian, squares: &[f64]) -> Result<(), AggregateError> {
    let Some(task) = squares.iter().position(|square| !square.is_finite()) else { return Ok(()) };
    let mut found = None;
    for_blocks(jacobian, |from, rows| {
        let odd = rows[task].iter().position(|entry| !entry.is_finite());
        found = found.or(odd.map(|at| (from + at, rows[task][at])));
    });
    match found {
        Some((entry, value)) => Err(AggregateError::NotFinite { task, entry, value }),
        None => Err(AggregateError::Overflow { task }),
    }
}

/// A root by eigenvalues, if they are not far apart.
fn well_conditioned_root(scaled: DMatrix<f64>) -> Option<DMatrix<f64>> {
    if scaled.nrows() == 0 {
        return Some(scaled);
    }
    let eigen = SymmetricEigen::new(scaled);
    let (low, high) = (eigen.eigenvalues.min(), eigen.eigenvalues.max());
    let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
    (low > WELL_CONDITIONED * high).then(|| eigen.eigenvectors * DMatrix::from_diagonal(&roots))
}

/// A root by orthogonal transformations of the rows themselves, a block of columns at a time: the Gramian has lost
/// half of the digits where rows are almost dependent.
fn triangular_root(jacobian: &dyn Jacobian, scales: &DVector<f64>) -> DMatrix<f64> {
    let m = scales.len();
    let mut upper = DMatrix::zeros(m, m);
    for_blocks(jacobian, |_, rows| {
        let columns = rows[0].len();
        let stacked =
            DMatrix::from_fn(
                m + columns,
                m,
                |i, j| {
                    if i < m { upper[(i, j)] } else { rows[j][i - m] * scales[j] }
                },
            );
        upper = stacked.qr().r();
    });
    upper.transpose()
}
