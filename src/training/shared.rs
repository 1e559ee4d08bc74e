//! One pass through a trunk that objectives share.

use super::memory::{self, Buffer, Row};
use super::objective::{IntoTensor, Objective, names};
use super::parameters::{Filter, Parts};
use super::rows::Rows;
use super::separate::add_all;
use super::{Step, TrainingError, error::device};
use crate::aggregate::Aggregator;
use dfdx::{optim::UnusedTensors, prelude::*};

type Traced<S, E, D> = Tensor<S, E, D, OwnedTape<E, D>>;
type Head<'a, M, S, E, D> = Objective<'a, M, Traced<S, E, D>, E, D>;

/// A step whose rows are the gradients of the objectives with respect to the features that a shared trunk makes.
///
/// The trunk runs forward once and backward once, each head as often as it is used: with an expensive trunk, about
/// the cost of a step with one loss. The rows are as long as the features of a batch; the memory is that of three
/// gradients and the rows.
///
/// With the Jacobian `T` of the features with respect to the trunk's parameters, the rows are `z_i`, and `z_i T`
/// those of [`Separate`](super::Separate). The trunk gets `d T` for the aggregated `d`: the same for constant
/// weights, and, if `T Tᵀ` is a multiple of the identity, for weights that depend on the Gramian but not on its
/// scale. Otherwise `‖d T‖ ≤ ‖T‖ ‖d‖`, the bound that MGDA-UB minimises (Sener & Koltun, 2018).
///
/// Parameters of heads get the unweighted sum of what the objectives give them, as in that paper's algorithm: a head
/// mostly has one objective, and to weigh its gradient is to change that head's learning rate.
/// What a head does with parameters of the trunk is added in the same way.
///
/// ```
/// use dfdx::{losses::mse_loss, nn::builders::*, prelude::*};
/// use dfdx_loss::aggregate::{AggregateError, Aggregator, Jacobian, Update};
/// use dfdx_loss::training::Shared;
///
/// struct Sum;
///
/// impl Aggregator for Sum {
///     fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
///         Ok(Update::Weights(vec![1.0; jacobian.tasks()]))
///     }
/// }
///
/// let dev = Cpu::default();
/// let mut model = dev.build_module::<(Linear<2, 3>, (Linear<3, 1>, Linear<3, 1>)), f32>();
/// let x: Tensor<Rank2<8, 2>, f32, _> = dev.sample_normal();
/// let step = Shared::new(&mut model, |model, tape| model.0.forward(x.trace(tape)).tanh())?
///     .objective("one", |model, features| mse_loss(model.1.0.forward(features), dev.ones()))
///     .objective("zero", |model, features| mse_loss(model.1.1.forward(features), dev.zeros()))
///     .aggregate(&mut Sum)?;
/// assert_eq!(step.objectives.len(), 2);
/// # Ok::<(), dfdx_loss::training::TrainingError>(())
/// ```
pub struct Shared<'a, M, S: Shape, E: Dtype, D: Device<E>> {
    model: &'a mut M,
    features: Traced<S, E, D>,
    objectives: Vec<Head<'a, M, S, E, D>>,
}

impl<'a, M: TensorCollection<E, D>, S: Shape, E: Dtype, D: Device<E>> Shared<'a, M, S, E, D> {
    /// Runs the trunk: `trunk` makes the features of the model and of the gradients to trace the input with.
    pub fn new<F: IntoTensor<S, E, D>>(
        model: &'a mut M,
        trunk: impl FnOnce(&mut M, Gradients<E, D>) -> F,
    ) -> Result<Self, TrainingError> {
        let gradients = model.try_alloc_grads().map_err(device)?;
        let features =
            trunk(model, gradients).into_tensor().map_err(|reason| TrainingError::Forward { reason })?;
        Ok(Self { model, features, objectives: Vec::new() })
    }

    /// One more objective: `forward` makes its loss of the model and of the traced features.
    pub fn objective<L: IntoTensor<Rank0, E, D>>(
        mut self,
        name: impl Into<String>,
        forward: impl FnOnce(&mut M, Traced<S, E, D>) -> L + 'a,
    ) -> Self {
        self.objectives.push(Objective::new(name, forward));
        self
    }

    /// The aggregated gradients. The model is not updated.
    ///
    /// An error names the objective whose loss is NaN, whose gradient is not finite, or which failed.
    pub fn aggregate<A: Aggregator + ?Sized>(self, aggregator: &mut A) -> Result<Step<E, D>, TrainingError> {
        let names = names(&self.objectives)?;
        let (features, tape) = self.features.split_tape();
        let dev = features.device().clone();
        let everything: Filter = Box::new(|_| true);
        let (mut losses, mut rows) = (Vec::new(), Vec::new());
        let mut heads: Option<Row<E, D>> = None;
        for objective in self.objectives {
            let gradients = traced_with(self.model, &features)?;
            let (loss, mut gradients) = objective.backward(self.model, features.trace(gradients))?;
            rows.push(vec![take(&mut gradients, &features)?]);
            let head = Parts::take(self.model, &mut gradients, &everything)?.chosen;
            match &mut heads {
                None => heads = Some(head),
                Some(sums) => add_all(&dev, sums, &head)?,
            }
            losses.push(loss);
        }
        let (row, objectives) = Rows::new(dev.clone(), rows).aggregate(aggregator, names, losses)?;
        let mut gradients = push_back(features, tape, row)?;
        let mut parts = Parts::take(self.model, &mut gradients, &everything)?;
        add_all(&dev, &mut parts.chosen, &heads.unwrap_or_default())?;
        parts.put(self.model, &mut gradients, &everything)?;
        Ok(Step { gradients, objectives })
    }
}

/// Gradients that keep those of the model and of the features.
fn traced_with<M: TensorCollection<E, D>, S: Shape, E: Dtype, D: Device<E>>(
    model: &M,
    features: &Tensor<S, E, D>,
) -> Result<Gradients<E, D>, TrainingError> {
    let mut gradients = model.try_alloc_grads().map_err(device)?;
    gradients.try_alloc_for(features).map_err(device)?;
    // Nothing else tells a tensor's id.
    let mut kept = UnusedTensors::default();
    kept.add(features);
    gradients.retain_leafs(&kept.ids);
    Ok(gradients)
}

/// Takes the gradient of the features, and leaves zeros for it.
fn take<S: Shape, E: Dtype, D: Device<E>>(
    gradients: &mut Gradients<E, D>,
    features: &Tensor<S, E, D>,
) -> Result<Buffer<E, D>, TrainingError> {
    let gradient = gradients.get_or_alloc_mut(features).map_err(device)?;
    let dev = features.device();
    let zeros = memory::zeros::<E, D>(dev, memory::len::<E, D>(dev, gradient))?;
    Ok(std::mem::replace(gradient, zeros))
}

/// Runs the trunk's tape from this gradient of its features.
fn push_back<S: Shape, E: Dtype, D: Device<E>>(
    features: Tensor<S, E, D>,
    mut tape: OwnedTape<E, D>,
    row: Row<E, D>,
) -> Result<Gradients<E, D>, TrainingError> {
    let start: Tensor<Rank0, E, D> = features.device().try_zeros().map_err(device)?;
    // In place of the last operation, so that features of any layout get exactly this gradient.
    tape.add_backward_op(move |gradients| {
        if let Some(gradient) = row.into_iter().next() {
            *gradients.get_or_alloc_mut(&features)? = gradient;
        }
        Ok(())
    });
    start.put_tape(tape).try_backward().map_err(device)
}
