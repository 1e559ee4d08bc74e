//! Rules that invert the Gramian by its eigenvalues: IMTL-G and Aligned-MTL.

use super::compact::Compact;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use nalgebra::{DMatrix, DVector};

/// The eigenvectors of the Gramian, in columns, and the roots of its eigenvalues; those below `m 2⁻⁵² λ_max` are 0.
fn spectrum(jacobian: &dyn Jacobian, rows: &Compact) -> (DMatrix<f64>, DVector<f64>) {
    let svd = (DMatrix::from_diagonal(&rows.norms) * rows.units(jacobian)).svd(true, false);
    let m = rows.tasks();
    let vectors = svd.u.unwrap_or_else(|| DMatrix::zeros(m, m));
    let least = m as f64 * f64::EPSILON * svd.singular_values.iter().fold(0.0, |a: f64, s| a.max(s * s));
    (vectors, svd.singular_values.map(|s| if s * s > least { s } else { 0.0 }))
}

/// IMTL-G (Liu et al., ICLR 2021, Towards Impartial Multi-task Learning): weights that add up to 1 and give the update
/// equal projections on all gradients.
///
/// `v = G⁺ d` with `d` the norms, divided by their sum; all 0 where the sum is below 1e-12. A gradient of zeros has
/// weight 0. Weights may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ImtlG;

impl Aggregator for ImtlG {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        if rows.tasks() == 0 {
            return Ok(Update::Weights(vec![]));
        }
        let (vectors, roots) = spectrum(jacobian, &rows);
        let inverse = roots.map(|s| if s > 0.0 { 1.0 / s / s } else { 0.0 });
        let v = &vectors * (vectors.transpose() * &rows.norms).component_mul(&inverse);
        let sum = v.sum();
        let scale = if sum.abs() < 1e-12 { 0.0 } else { 1.0 / sum };
        Ok(Update::Weights(v.iter().map(|v| v * scale).collect()))
    }
}

/// What [`AlignedMtl`] makes all singular values equal to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleMode {
    /// The least one.
    #[default]
    Min,
    /// The lower median.
    Median,
    /// The root of the mean square.
    Rmse,
}

/// Aligned-MTL (Senushkin et al., CVPR 2023, algorithm 1): gradients are made orthogonal and of one length, with as
/// little change as possible, and then averaged.
///
/// `B = √σ Σ λ^{-1/2} v vᵀ` over the eigenvalues `λ` of the Gramian that are not 0, and the weights are `B c`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlignedMtl {
    scale_mode: ScaleMode,
    preference: Option<Vec<f64>>,
}

impl AlignedMtl {
    /// With another length of the aligned gradients.
    #[must_use]
    pub fn scale_mode(self, scale_mode: ScaleMode) -> Self {
        Self { scale_mode, ..self }
    }

    /// With these weights `c` of the tasks in place of `1 / m`. The authors sum: `c = 1`.
    pub fn preference(self, weights: Vec<f64>) -> Result<Self, AggregateError> {
        check_numbers("AlignedMtl", "preference", &weights, f64::is_finite, "a finite number")?;
        Ok(Self { preference: Some(weights), ..self })
    }
}

impl Aggregator for AlignedMtl {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        let m = rows.tasks();
        let preference = match &self.preference {
            Some(given) => {
                check_length("preference", given.len(), m)?;
                DVector::from_column_slice(given)
            }
            None => DVector::from_element(m, 1.0 / m as f64),
        };
        if m == 0 {
            return Ok(Update::Weights(vec![]));
        }
        let (vectors, roots) = spectrum(jacobian, &rows);
        let mut kept: Vec<f64> = roots.iter().filter(|&&s| s > 0.0).map(|s| s * s).collect();
        kept.sort_by(f64::total_cmp);
        let Some(&least) = kept.first() else {
            return Ok(Update::Weights(preference.iter().copied().collect()));
        };
        let scale = match self.scale_mode {
            ScaleMode::Min => least,
            ScaleMode::Median => kept[kept.len().div_ceil(2) - 1],
            ScaleMode::Rmse => kept.iter().sum::<f64>() / kept.len() as f64,
        };
        let inverse = roots.map(|s| if s > 0.0 { scale.sqrt() / s } else { 0.0 });
        let weights = &vectors * (vectors.transpose() * preference).component_mul(&inverse);
        Ok(Update::Weights(weights.iter().copied().collect()))
    }
}
