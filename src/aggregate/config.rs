//! ConFIG: the direction that agrees equally with every task.

use super::compact::Compact;
use super::{AggregateError, Aggregator, Jacobian, Update, check_length, check_numbers};
use nalgebra::DVector;

/// How long the update is, given the norms of the gradients and the unit direction `c`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Length {
    /// The sum of the gradients' projections, `Σ g_i·c`.
    #[default]
    Projection,
    /// As if every gradient had the least norm among them.
    Minimum,
    /// As if every gradient had the greatest norm.
    Maximum,
    /// As if every gradient had the harmonic mean of the norms.
    HarmonicMean,
    /// As if every gradient had the arithmetic mean of the norms.
    ArithmeticMean,
    /// As if every gradient had the geometric mean of the norms.
    GeometricMean,
}

impl Length {
    /// `Σ n_i cos_i`, with one number in place of the norms unless they are projected themselves.
    fn of(self, norms: &DVector<f64>, cosines: &DVector<f64>) -> f64 {
        let m = norms.len() as f64;
        let one = match self {
            Self::Projection => return norms.dot(cosines),
            Self::Minimum => norms.min(),
            Self::Maximum => norms.max(),
            Self::HarmonicMean => m / norms.map(|n| 1.0 / n).sum(),
            Self::ArithmeticMean => norms.mean(),
            Self::GeometricMean => (norms.map(f64::ln).sum() / m).exp(),
        };
        one * cosines.sum()
    }
}

/// ConFIG (Liu, Chu and Thuerey, ICLR 2025): the unit direction `c` along `U⁺ d`, where the rows of `U` are the
/// gradients divided by their norms, times a [`Length`].
///
/// With `d` all ones, the default, the update has one and the same positive cosine with every gradient, provided that
/// they are linearly independent. If not, `U⁺` is the pseudo-inverse, and singular values below
/// `max(m, n) 2⁻⁵² σ_max` count as 0. A gradient of zeros is left out; a direction of zeros, as of two opposite
/// gradients, gives an update of zeros.
///
/// ```
/// use dfdx_loss::aggregate::{Aggregator, ConFig, Rows};
///
/// let gradients = [[1.0, 0.0], [-3.0, 4.0]];
/// let rows = Rows::new(&gradients)?;
/// let update = ConFig::default().aggregate(&rows)?.direction(&rows);
/// // Equal projections on both, although one is five times as long.
/// let (first, second) = (update[0], (-3.0 * update[0] + 4.0 * update[1]) / 5.0);
/// assert!((first - second).abs() < 1e-12 && first > 0.0);
/// # Ok::<(), dfdx_loss::aggregate::AggregateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConFig {
    length: Length,
    direction_weights: Option<Vec<f64>>,
}

impl ConFig {
    /// With another length.
    #[must_use]
    pub fn length(self, length: Length) -> Self {
        Self { length, ..self }
    }

    /// With cosines in these proportions, each above 0.
    pub fn direction_weights(self, weights: Vec<f64>) -> Result<Self, AggregateError> {
        let positive = |w: f64| w.is_finite() && w > 0.0;
        check_numbers("ConFig", "direction_weights", &weights, positive, "a finite number above 0")?;
        Ok(Self { direction_weights: Some(weights), ..self })
    }

    fn wanted(&self, m: usize) -> Result<DVector<f64>, AggregateError> {
        let Some(weights) = &self.direction_weights else { return Ok(DVector::from_element(m, 1.0)) };
        check_length("direction_weights", weights.len(), m)?;
        Ok(DVector::from_column_slice(weights))
    }

    /// The weights of the rows.
    pub(super) fn weights(
        &self,
        jacobian: &dyn Jacobian,
        rows: &Compact,
    ) -> Result<Vec<f64>, AggregateError> {
        let wanted = self.wanted(rows.tasks())?;
        if rows.tasks() == 0 {
            return Ok(vec![]);
        }
        let units = rows.units(jacobian);
        // `x = U⁺ d = Uᵀ y` with `y = W S⁻² Wᵀ d`.
        let svd = units.clone().svd(true, true);
        let (Some(w), Some(v)) = (&svd.u, &svd.v_t) else { return Ok(vec![0.0; rows.tasks()]) };
        let size = rows.tasks().max(rows.parameters) as f64;
        let least = size * f64::EPSILON * svd.singular_values.max();
        let inverse = svd.singular_values.map(|s| if s > least { 1.0 / s } else { 0.0 });
        let turned = (w.transpose() * wanted).component_mul(&inverse);
        let (x, y) = (v.transpose() * &turned, w * turned.component_mul(&inverse));
        let norm = x.norm();
        if norm == 0.0 {
            return Ok(vec![0.0; rows.tasks()]);
        }
        let cosines = &units * x / norm;
        let scale = self.length.of(&rows.norms, &cosines) / norm;
        let weight = |(y, n): (&f64, &f64)| if *n > 0.0 { scale * y / n } else { 0.0 };
        Ok(y.iter().zip(rows.norms.iter()).map(weight).collect())
    }
}

impl Aggregator for ConFig {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        self.weights(jacobian, &Compact::of(jacobian)?).map(Update::Weights)
    }
}

/// ConFIG of two tasks in closed form: `x = r o_1 + o_2` with `o_k` the unit vector along what one gradient has
/// orthogonal to the other.
///
/// The same as [`ConFig`] for independent gradients, to which it hands over where they are parallel or one is 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConFigTwoTask {
    general: ConFig,
}

impl ConFigTwoTask {
    /// The options of the general form.
    #[must_use]
    pub fn new(general: ConFig) -> Self {
        Self { general }
    }
}

impl Aggregator for ConFigTwoTask {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let rows = Compact::of(jacobian)?;
        if rows.tasks() != 2 {
            let allowed = "2".to_owned();
            return Err(AggregateError::Tasks { aggregator: "ConFigTwoTask", tasks: rows.tasks(), allowed });
        }
        let wanted = self.general.wanted(2)?;
        let units = rows.units(jacobian);
        let (u1, u2) = (units.row(0).transpose(), units.row(1).transpose());
        let cosine = u1.dot(&u2);
        // Of unit gradients both orthogonal parts have this norm.
        let sine = (&u2 - cosine * &u1).norm();
        if sine < 1e-12 || rows.norms.min() == 0.0 {
            return self.general.weights(jacobian, &rows).map(Update::Weights);
        }
        let (o1, o2) = ((&u2 - cosine * &u1) / sine, (&u1 - cosine * &u2) / sine);
        let ratio = o2.dot(&u1) / (wanted[0] / wanted[1] * o1.dot(&u2));
        let x = ratio * &o1 + &o2;
        let norm = x.norm();
        let scale = self.general.length.of(&rows.norms, &(&units * &x / norm)) / norm / sine;
        let (first, second) = (1.0 - ratio * cosine, ratio - cosine);
        Ok(Update::Weights(vec![scale * first / rows.norms[0], scale * second / rows.norms[1]]))
    }
}
