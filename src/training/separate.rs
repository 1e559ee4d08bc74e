//! One forward and one backward pass for each objective.

use super::memory::{Buffer, Row};
use super::objective::{IntoTensor, Objective, names};
use super::parameters::{Filter, Parts};
use super::rows::Rows;
use super::{Step, TrainingError, error::device, memory};
use crate::aggregate::Aggregator;
use dfdx::prelude::*;

/// A step whose rows are the gradients of the objectives with respect to the parameters.
///
/// Costs as many forward and backward passes as there are objectives, and as many gradients; the aggregated one
/// takes the place of the first. A parameter that an objective does not reach has zeros in its row. One that no
/// objective reaches has the gradient 0, so that the optimizer does not complain of it.
///
/// ```
/// use dfdx::{losses::mse_loss, optim::Sgd, prelude::*};
/// use dfdx_loss::aggregate::{AggregateError, Aggregator, Jacobian, Update};
/// use dfdx_loss::training::Separate;
///
/// struct Mean;
///
/// impl Aggregator for Mean {
///     fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
///         Ok(Update::Weights(vec![1.0 / jacobian.tasks() as f64; jacobian.tasks()]))
///     }
/// }
///
/// let dev = Cpu::default();
/// let mut model = dev.build_module::<dfdx::nn::builders::Linear<2, 1>, f32>();
/// let mut optimizer = Sgd::new(&model, Default::default());
/// let x: Tensor<Rank1<2>, f32, _> = dev.ones();
/// let step = Separate::new(&mut model)
///     .objective("one", |model, tape| mse_loss(model.forward(x.trace(tape)), dev.ones()))
///     .objective("zero", |model, tape| model.try_forward(x.trace(tape)).map(|y| y.square().mean()))
///     .aggregate(&mut Mean)?;
/// optimizer.update(&mut model, &step.gradients)?;
/// assert_eq!(step.objectives[1].weight, Some(0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Separate<'a, M, E: Dtype, D: Device<E>> {
    model: &'a mut M,
    objectives: Vec<Objective<'a, M, Gradients<E, D>, E, D>>,
    filter: Filter<'a>,
}

impl<'a, M: TensorCollection<E, D>, E: Dtype, D: Device<E>> Separate<'a, M, E, D> {
    /// A step of this model, so far without objectives.
    pub fn new(model: &'a mut M) -> Self {
        Self { model, objectives: Vec::new(), filter: Box::new(|_| true) }
    }

    /// One more objective: `forward` makes its loss of the model and of the gradients to trace the input with.
    pub fn objective<L: IntoTensor<Rank0, E, D>>(
        mut self,
        name: impl Into<String>,
        forward: impl FnOnce(&mut M, Gradients<E, D>) -> L + 'a,
    ) -> Self {
        self.objectives.push(Objective::new(name, forward));
        self
    }

    /// Aggregates only over parameters whose name passes. dfdx names them by their path in the model: `0.weight`
    /// is the weight of the first of a tuple's layers. For all others the gradient is the plain sum.
    pub fn only(mut self, filter: impl Fn(&str) -> bool + 'a) -> Self {
        self.filter = Box::new(filter);
        self
    }

    /// The aggregated gradients. The model is not updated.
    ///
    /// An error names the objective whose loss is NaN, whose gradient is not finite, or which failed.
    pub fn aggregate<A: Aggregator + ?Sized>(self, aggregator: &mut A) -> Result<Step<E, D>, TrainingError> {
        let names = names(&self.objectives)?;
        let (mut losses, mut rows) = (Vec::new(), Vec::new());
        let mut rest: Option<(Gradients<E, D>, Row<E, D>)> = None;
        let mut place = None;
        for objective in self.objectives {
            let gradients = self.model.try_alloc_grads().map_err(device)?;
            let (loss, mut gradients) = objective.backward(self.model, gradients)?;
            let parts = Parts::take(self.model, &mut gradients, &self.filter)?;
            let dev = parts.dev.ok_or(TrainingError::NoParameters)?;
            match &mut rest {
                None => rest = Some((gradients, parts.others)),
                Some((_, sums)) => add_all(&dev, sums, &parts.others)?,
            }
            losses.push(loss);
            rows.push(parts.chosen);
            place = Some(dev);
        }
        let (Some(dev), Some((mut gradients, others))) = (place, rest) else {
            return Err(TrainingError::NoObjectives);
        };
        if rows[0].is_empty() {
            return Err(TrainingError::NoParameters);
        }
        let (chosen, objectives) = Rows::new(dev, rows).aggregate(aggregator, names, losses)?;
        Parts { dev: None, chosen, others }.put(self.model, &mut gradients, &self.filter)?;
        Ok(Step { gradients, objectives })
    }

    /// The norm of each objective's gradient with respect to the parameters that pass the filter, as GradNorm
    /// (Chen et al., 2018) wants them of one layer. Keeps one gradient at a time.
    pub fn norms(self) -> Result<Vec<f64>, TrainingError> {
        let names = names(&self.objectives)?;
        let mut norms = Vec::new();
        for (objective, name) in self.objectives.into_iter().zip(names) {
            let gradients = self.model.try_alloc_grads().map_err(device)?;
            let (_, mut gradients) = objective.backward(self.model, gradients)?;
            let parts = Parts::take(self.model, &mut gradients, &self.filter)?;
            match parts.dev {
                Some(dev) if !parts.chosen.is_empty() => {
                    norms.extend(Rows::<E, D>::new(dev, vec![parts.chosen]).norms(&[name])?);
                }
                _ => return Err(TrainingError::NoParameters),
            }
        }
        Ok(norms)
    }

    /// The loss of each objective, with one forward pass for each and no backward pass. FAMO (Liu et al., 2023)
    /// wants them once more after the update.
    pub fn losses(self) -> Result<Vec<f64>, TrainingError> {
        names(&self.objectives)?;
        let mut losses = Vec::new();
        for objective in self.objectives {
            losses.push(objective.forward(self.model, Gradients::leaky())?.0);
        }
        Ok(losses)
    }
}

/// Adds each tensor to its sum.
pub(super) fn add_all<E: Dtype, D: Device<E>>(
    dev: &D,
    sums: &mut [Buffer<E, D>],
    parts: &[Buffer<E, D>],
) -> Result<(), TrainingError> {
    sums.iter_mut().zip(parts).try_for_each(|(sum, part)| memory::add(dev, sum, 1.0, part))
}
