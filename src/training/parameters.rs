//! Walks over the parameters of a model.

use super::memory::{self, Buffer};
use super::{TrainingError, error::device};
use dfdx::{nn::tensor_collection::*, prelude::*};

/// The name of a parameter says whether it is aggregated over.
pub(super) type Filter<'a> = Box<dyn Fn(&str) -> bool + 'a>;

/// The gradients of a model, out of their container, in the order of the walk.
pub(super) struct Parts<E: Dtype, D: Device<E>> {
    pub dev: Option<D>,
    /// Of parameters that the filter chose.
    pub chosen: Vec<Buffer<E, D>>,
    /// Of all others.
    pub others: Vec<Buffer<E, D>>,
}

impl<E: Dtype, D: Device<E>> Parts<E, D> {
    /// Empties `gradients`. A parameter without a gradient has zeros.
    pub fn take<M: TensorCollection<E, D>>(
        model: &M,
        gradients: &mut Gradients<E, D>,
        filter: &Filter,
    ) -> Result<Self, TrainingError> {
        let parts = Self { dev: None, chosen: Vec::new(), others: Vec::new() };
        let mut take = Take { parts, gradients, filter };
        M::iter_tensors(&mut RecursiveWalker { m: (model, String::new()), f: &mut take })?;
        Ok(take.parts)
    }

    /// Fills `gradients` again.
    pub fn put<M: TensorCollection<E, D>>(
        self,
        model: &M,
        gradients: &mut Gradients<E, D>,
        filter: &Filter,
    ) -> Result<(), TrainingError> {
        let (chosen, others) = (self.chosen.into_iter(), self.others.into_iter());
        let mut put = Put::<E, D> { chosen, others, gradients, filter };
        M::iter_tensors(&mut RecursiveWalker { m: (model, String::new()), f: &mut put })?;
        Ok(())
    }
}

struct Take<'a, 'f, E: Dtype, D: Device<E>> {
    parts: Parts<E, D>,
    gradients: &'a mut Gradients<E, D>,
    filter: &'a Filter<'f>,
}

impl<E: Dtype, D: Device<E>> TensorVisitor<E, D> for Take<'_, '_, E, D> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = TrainingError;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (parameter, name): (&Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, TrainingError> {
        if options.do_gradient_update {
            let dev = self.parts.dev.get_or_insert_with(|| parameter.device().clone());
            // Some devices cannot allocate nothing.
            let instead = memory::zeros::<E, D>(dev, 1)?;
            let gradient = self.gradients.get_or_alloc_mut(parameter).map_err(device)?;
            let part = std::mem::replace(gradient, instead);
            let chosen = (self.filter)(&name);
            if chosen { self.parts.chosen.push(part) } else { self.parts.others.push(part) }
        }
        Ok(None)
    }
}

struct Put<'a, 'f, E: Dtype, D: Device<E>> {
    chosen: std::vec::IntoIter<Buffer<E, D>>,
    others: std::vec::IntoIter<Buffer<E, D>>,
    gradients: &'a mut Gradients<E, D>,
    filter: &'a Filter<'f>,
}

impl<E: Dtype, D: Device<E>> TensorVisitor<E, D> for Put<'_, '_, E, D> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = TrainingError;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (parameter, name): (&Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, TrainingError> {
        if options.do_gradient_update {
            let chosen = (self.filter)(&name);
            if let Some(part) = if chosen { self.chosen.next() } else { self.others.next() } {
                *self.gradients.get_or_alloc_mut(parameter).map_err(device)? = part;
            }
        }
        Ok(None)
    }
}
