//! Rules that leave out gradients that do not fit: trimmed mean and Krum.

use super::compact::{Compact, check_finite};
use super::jacobian::for_blocks;
use super::{AggregateError, Aggregator, Jacobian, Update};

/// The mean of each parameter's entries without the `k` least and the `k` greatest.
///
/// Byzantine-Robust Distributed Learning (Yin et al., ICML 2018). Needs at least `2 k + 1` tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrimmedMean {
    trim: usize,
}

impl TrimmedMean {
    /// Leaves out `trim` entries at each end.
    #[must_use]
    pub fn new(trim: usize) -> Self {
        Self { trim }
    }
}

impl Aggregator for TrimmedMean {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let (m, trim) = (jacobian.tasks(), self.trim);
        let least = trim.saturating_mul(2).saturating_add(1);
        if m < least {
            let allowed = format!("at least {least}");
            return Err(AggregateError::Tasks { aggregator: "TrimmedMean", tasks: m, allowed });
        }
        let mut squares = vec![0.0; m];
        let mut update = Vec::with_capacity(jacobian.parameters());
        let mut column = Vec::with_capacity(m);
        for_blocks(jacobian, |_, rows| {
            for (square, row) in squares.iter_mut().zip(rows) {
                // Not finite if an entry is not, and not for their size alone.
                *square += row.iter().map(|entry| entry * 0.0).sum::<f64>();
            }
            for k in 0..rows[0].len() {
                column.clear();
                column.extend(rows.iter().map(|row| row[k]));
                column.sort_by(f64::total_cmp);
                update.push(column[trim..m - trim].iter().sum::<f64>() / (m - 2 * trim) as f64);
            }
        });
        check_finite(jacobian, &squares)?;
        Ok(Update::Direction(update))
    }
}

/// Multi-Krum (Blanchard et al., NeurIPS 2017): the mean of the `s` gradients that lie nearest to their neighbours.
///
/// A gradient's score is the sum of its `m - f - 2` least distances to others; the paper has squared distances, the
/// code of torchjd, followed here, has plain ones. Ties go to the earlier task. Needs at least `f + 3` and `s` tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Krum {
    byzantine: usize,
    selected: usize,
}

impl Krum {
    /// `byzantine` gradients, `f`, may be arbitrary; the best `selected`, `s`, at least 1, are averaged.
    pub fn new(byzantine: usize, selected: usize) -> Result<Self, AggregateError> {
        super::check_numbers("Krum", "selected", &[selected as f64], |s| s >= 1.0, "at least 1")?;
        Ok(Self { byzantine, selected })
    }
}

impl Aggregator for Krum {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        let g = Compact::of(jacobian)?.gramian;
        let (m, least) = (g.nrows(), self.byzantine.saturating_add(3).max(self.selected));
        if m < least {
            let allowed = format!("at least {least}");
            return Err(AggregateError::Tasks { aggregator: "Krum", tasks: m, allowed });
        }
        let score = |i: usize| {
            let distance = |j: usize| (g[(i, i)] + g[(j, j)] - 2.0 * g[(i, j)]).max(0.0).sqrt();
            let mut distances: Vec<f64> = (0..m).filter(|&j| j != i).map(distance).collect();
            distances.sort_by(f64::total_cmp);
            distances[..m - self.byzantine - 2].iter().sum::<f64>()
        };
        let scores: Vec<f64> = (0..m).map(score).collect();
        let mut order: Vec<usize> = (0..m).collect();
        order.sort_by(|&i, &j| scores[i].total_cmp(&scores[j]));
        let mut weights = vec![0.0; m];
        order[..self.selected].iter().for_each(|&i| weights[i] = 1.0 / self.selected as f64);
        Ok(Update::Weights(weights))
    }
}
