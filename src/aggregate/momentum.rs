//! M-ConFIG: ConFIG on running means of gradients, so that not every task needs a gradient in every step.

use super::compact::Compact;
use super::{
    AggregateError, Aggregator, ConFig, Jacobian, Rows, Update, check_length, check_numbers, jacobian,
};

/// Momentum ConFIG (Liu, Chu and Thuerey, ICLR 2025, algorithm 1).
///
/// Each task keeps a running mean `m_j` of its gradients with the rate `beta_1`. The update is `c / (√v̂ + 1e-8)`, where
/// `c` is [`ConFig`] of the bias-corrected means and `v̂` a running mean, with the rate `beta_2`, of the square of the
/// gradient that `c` would be the running mean of. Until every task has had a gradient the update is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentumConFig {
    beta_1: f64,
    beta_2: f64,
    first: Vec<Vec<f64>>,
    counts: Vec<i32>,
    second: Vec<f64>,
    pseudo: Vec<f64>,
    steps: i32,
}

impl MomentumConFig {
    /// For so many tasks. The rates lie between 0 and 1; the paper has 0.9 and 0.999.
    pub fn new(tasks: usize, beta_1: f64, beta_2: f64) -> Result<Self, AggregateError> {
        let rate = |b: f64| b > 0.0 && b < 1.0;
        check_numbers("MomentumConFig", "beta_1", &[beta_1], rate, "between 0 and 1")?;
        check_numbers("MomentumConFig", "beta_2", &[beta_2], rate, "between 0 and 1")?;
        let (first, counts) = (vec![vec![]; tasks], vec![0; tasks]);
        Ok(Self { beta_1, beta_2, first, counts, second: vec![], pseudo: vec![], steps: 0 })
    }

    /// Takes in the gradients of some tasks, named by their numbers, and gives the update.
    pub fn step(&mut self, fresh: &[(usize, &[f64])]) -> Result<Vec<f64>, AggregateError> {
        let given = fresh.first().map_or(0, |(_, gradient)| gradient.len());
        let n = if self.second.is_empty() { given } else { self.second.len() };
        // All are checked before any counts: a step that is refused changes no mean.
        fresh.iter().try_for_each(|&(task, gradient)| self.check(task, gradient, n))?;
        if self.second.is_empty() {
            (self.second, self.pseudo) = (vec![0.0; n], vec![0.0; n]);
            self.first.iter_mut().for_each(|mean| *mean = vec![0.0; n]);
        }
        fresh.iter().for_each(|&(task, gradient)| self.refresh(task, gradient));
        if self.counts.contains(&0) {
            return Ok(vec![0.0; n]);
        }
        self.advance()
    }

    fn check(&self, task: usize, gradient: &[f64], n: usize) -> Result<(), AggregateError> {
        if task >= self.first.len() {
            let allowed = format!("numbers below {}", self.first.len());
            return Err(AggregateError::Tasks { aggregator: "MomentumConFig", tasks: task, allowed });
        }
        check_length("gradient", gradient.len(), n)?;
        if let Some(entry) = gradient.iter().position(|g| !g.is_finite()) {
            return Err(AggregateError::NotFinite { task, entry, value: gradient[entry] });
        }
        let square: f64 = gradient.iter().map(|g| g * g).sum();
        if square.is_finite() { Ok(()) } else { Err(AggregateError::Overflow { task }) }
    }

    fn refresh(&mut self, task: usize, gradient: &[f64]) {
        self.counts[task] += 1;
        let beta = self.beta_1;
        self.first[task].iter_mut().zip(gradient).for_each(|(m, g)| *m = beta * *m + (1.0 - beta) * g);
    }

    fn advance(&mut self) -> Result<Vec<f64>, AggregateError> {
        self.steps += 1;
        let corrections = self.counts.iter().map(|&count| 1.0 - self.beta_1.powi(count));
        let corrected: Vec<Vec<f64>> = self
            .first
            .iter()
            .zip(corrections)
            .map(|(mean, correction)| mean.iter().map(|m| m / correction).collect())
            .collect();
        let rows = Rows::new(&corrected)?;
        let weights = ConFig::default().weights(&rows, &Compact::of(&rows)?)?;
        let direction = jacobian::combine(&rows, &weights);
        let (b1, b2) = (self.beta_1, self.beta_2);
        let first_correction = 1.0 - b1.powi(self.steps);
        let second_correction = 1.0 - b2.powi(self.steps);
        let entries = direction.iter().zip(&mut self.pseudo).zip(&mut self.second);
        let update = entries.map(|((&c, pseudo), second)| {
            let next = c * first_correction;
            let gradient = (next - b1 * *pseudo) / (1.0 - b1);
            *pseudo = next;
            *second = b2 * *second + (1.0 - b2) * gradient * gradient;
            c / ((*second / second_correction).sqrt() + 1e-8)
        });
        Ok(update.collect())
    }

    /// The running mean of each task's gradients.
    #[must_use]
    pub fn first_moment(&self) -> &[Vec<f64>] {
        &self.first
    }

    /// The running mean of squares.
    #[must_use]
    pub fn second_moment(&self) -> &[f64] {
        &self.second
    }

    /// The running mean whose bias-corrected value is the direction.
    #[must_use]
    pub fn pseudo_first_moment(&self) -> &[f64] {
        &self.pseudo
    }
}

impl Aggregator for MomentumConFig {
    /// With a gradient of every task.
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        check_length("rows", jacobian.tasks(), self.first.len())?;
        let mut rows = vec![vec![0.0; jacobian.parameters()]; jacobian.tasks()];
        rows.iter_mut().enumerate().for_each(|(task, row)| jacobian.read(task, 0, row));
        let fresh: Vec<(usize, &[f64])> = rows.iter().map(Vec::as_slice).enumerate().collect();
        self.step(&fresh).map(Update::Direction)
    }
}
