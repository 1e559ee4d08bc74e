//! Sharpness-aware minimisation.

use super::objective::{IntoTensor, value};
use super::{TrainingError, error::device};
use dfdx::{nn::tensor_collection::*, prelude::*};
use std::any::Any;

/// Sharpness-aware minimisation (Foret et al., 2021): descends along the gradient at the worst point nearby.
///
/// With `a = |w|` in the adaptive form (Kwon et al., 2021) and `a = 1` otherwise, `g = ∇L(w)` and norms over all
/// parameters together,
///
/// `w' = w + ρ a² g / (‖a g‖ + 1e-12)`,
///
/// and the optimizer gets `∇L(w')` at `w`. Costs two forward and backward passes, and a copy of the parameters
/// while they are moved. They come back bit by bit, also where the second pass fails. What is no parameter, such
/// as the running means of a batch normalisation, sees both passes.
///
/// ```
/// use dfdx::{optim::Sgd, prelude::*};
/// use dfdx_loss::training::Sam;
///
/// let dev = Cpu::default();
/// let mut model = dev.build_module::<dfdx::nn::builders::Linear<2, 1>, f32>();
/// let mut optimizer = Sgd::new(&model, Default::default());
/// let x: Tensor<Rank2<4, 2>, f32, _> = dev.sample_normal();
/// let mut sam = Sam::new(0.05)?;
/// let report = sam.step(&mut model, &mut optimizer, |model, tape| model.forward(x.trace(tape)).square().mean())?;
/// assert!(report.perturbed > report.loss);
/// sam.rho = 0.1;
/// # Ok::<(), dfdx_loss::training::TrainingError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sam {
    /// How far away to look, a finite number of at least 0, which is plain descent. May change between steps.
    pub rho: f64,
    /// Whether distances are relative to each parameter's magnitude.
    pub adaptive: bool,
}

/// What a step of [`Sam`] saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamReport<R = f64> {
    /// At the parameters: the loss, or what the closure of [`Sam::step_with`] returned.
    pub loss: R,
    /// The same at the perturbed parameters.
    pub perturbed: R,
    /// `‖a g‖`.
    pub norm: f64,
}

impl Sam {
    /// Looks as far as `rho`, a finite number of at least 0.
    pub fn new(rho: f64) -> Result<Self, TrainingError> {
        let sam = Self { rho, adaptive: false };
        sam.check().map(|()| sam)
    }

    /// The adaptive form.
    pub fn adaptive(self) -> Self {
        Self { adaptive: true, ..self }
    }

    /// A step on a loss: `forward` makes it of the model and of the gradients to trace the input with.
    ///
    /// Where it fails, the model is as it was.
    pub fn step<M, O, E, D, L>(
        &self,
        model: &mut M,
        optimizer: &mut O,
        mut forward: impl FnMut(&mut M, Gradients<E, D>) -> L,
    ) -> Result<SamReport, TrainingError>
    where
        M: TensorCollection<E, D>,
        O: Optimizer<M, D, E>,
        E: Dtype,
        D: Device<E>,
        L: IntoTensor<Rank0, E, D>,
    {
        self.step_with(model, optimizer, |model| {
            let gradients = model.try_alloc_grads().map_err(device)?;
            let loss = forward(model, gradients).into_tensor();
            let loss = loss.map_err(|reason| TrainingError::Forward { reason })?;
            let value = value(&loss);
            if value.is_nan() {
                return Err(TrainingError::Nan { objective: "loss".to_owned() });
            }
            Ok((loss.try_backward().map_err(device)?, value))
        })
    }

    /// A step on gradients from anywhere, such as a [`Step`](super::Step) of several objectives; `gradients`
    /// returns them with what the report is to say.
    pub fn step_with<M, O, E, D, R>(
        &self,
        model: &mut M,
        optimizer: &mut O,
        mut gradients: impl FnMut(&mut M) -> Result<(Gradients<E, D>, R), TrainingError>,
    ) -> Result<SamReport<R>, TrainingError>
    where
        M: TensorCollection<E, D>,
        O: Optimizer<M, D, E>,
        E: Dtype,
        D: Device<E>,
    {
        self.check()?;
        let (mut first, loss) = gradients(model)?;
        let norm = self.norm(model, &mut first)?;
        let mut copies = Copies { copies: Vec::new() };
        M::iter_tensors(&mut RecursiveWalker { m: &*model, f: &mut copies })?;
        let second = self.perturb(model, first, norm).and_then(|()| gradients(model));
        let mut restore = Restore { copies: copies.copies.into_iter() };
        M::iter_tensors(&mut RecursiveWalker { m: &mut *model, f: &mut restore })?;
        let (second, perturbed) = second?;
        optimizer
            .update(model, &second)
            .map_err(|error| TrainingError::Optimizer { reason: error.to_string() })?;
        Ok(SamReport { loss, perturbed, norm })
    }

    fn check(&self) -> Result<(), TrainingError> {
        let allowed = "a finite number of at least 0";
        match self.rho.is_finite() && self.rho >= 0.0 {
            true => Ok(()),
            false => Err(TrainingError::Parameter { parameter: "rho", value: self.rho, allowed }),
        }
    }

    /// `‖a g‖`; a gradient that is not finite is an error.
    fn norm<M: TensorCollection<E, D>, E: Dtype, D: Device<E>>(
        &self,
        model: &M,
        gradients: &mut Gradients<E, D>,
    ) -> Result<f64, TrainingError> {
        let mut visitor = SquaredNorm { adaptive: self.adaptive, gradients, sum: 0.0 };
        M::iter_tensors(&mut RecursiveWalker { m: model, f: &mut visitor })?;
        let norm = visitor.sum.sqrt();
        if norm.is_finite() { Ok(norm) } else { Err(TrainingError::Norm { value: norm }) }
    }

    fn perturb<M: TensorCollection<E, D>, E: Dtype, D: Device<E>>(
        &self,
        model: &mut M,
        gradients: Gradients<E, D>,
        norm: f64,
    ) -> Result<(), TrainingError> {
        let mut move_by = Perturb { adaptive: self.adaptive, gradients, scale: self.rho / (norm + 1e-12) };
        M::iter_tensors(&mut RecursiveWalker { m: model, f: &mut move_by }).map(|_| ())
    }
}

struct SquaredNorm<'a, E: Dtype, D: Device<E>> {
    adaptive: bool,
    gradients: &'a mut Gradients<E, D>,
    sum: f64,
}

impl<E: Dtype, D: Device<E>> TensorVisitor<E, D> for SquaredNorm<'_, E, D> {
    type Viewer = ViewTensorRef;
    type Err = TrainingError;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        parameter: &Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, TrainingError> {
        if options.do_gradient_update {
            self.gradients.try_alloc_for(parameter).map_err(device)?;
            let mut gradient = self.gradients.get(parameter);
            if self.adaptive {
                gradient = gradient.try_mul(parameter.clone()).map_err(device)?;
            }
            let squares = gradient.as_vec().into_iter().map(|g| g.to_f64().unwrap_or(f64::NAN).powi(2));
            self.sum += squares.sum::<f64>();
        }
        Ok(None)
    }
}

/// Shares the memory of the parameters; what is then written gets memory of its own.
struct Copies {
    copies: Vec<Box<dyn Any>>,
}

impl<E: Dtype, D: Device<E>> TensorVisitor<E, D> for Copies {
    type Viewer = ViewTensorRef;
    type Err = TrainingError;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        parameter: &Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, TrainingError> {
        if options.do_gradient_update {
            self.copies.push(Box::new(parameter.clone()));
        }
        Ok(None)
    }
}

struct Perturb<E: Dtype, D: Device<E>> {
    adaptive: bool,
    gradients: Gradients<E, D>,
    scale: f64,
}

impl<E: Dtype, D: Device<E>> TensorVisitor<E, D> for Perturb<E, D> {
    type Viewer = ViewTensorMut;
    type Err = TrainingError;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        parameter: &mut Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, TrainingError> {
        if options.do_gradient_update {
            let mut gradient = self.gradients.get(parameter);
            if self.adaptive {
                let squares = parameter.clone().try_square().map_err(device)?;
                gradient = gradient.try_mul(squares).map_err(device)?;
            }
            parameter.try_axpy(1.0, &gradient, self.scale).map_err(device)?;
        }
        Ok(None)
    }
}

struct Restore {
    copies: std::vec::IntoIter<Box<dyn Any>>,
}

impl<E: Dtype, D: Device<E>> TensorVisitor<E, D> for Restore {
    type Viewer = ViewTensorMut;
    type Err = TrainingError;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        parameter: &mut Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, TrainingError> {
        if options.do_gradient_update
            && let Some(Ok(copy)) = self.copies.next().map(|copy| copy.downcast::<Tensor<S, E, D>>())
        {
            *parameter = *copy;
        }
        Ok(None)
    }
}
