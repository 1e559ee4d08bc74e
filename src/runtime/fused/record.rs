//! One operation on the tape for a whole kernel.

use super::Float;
use crate::runtime::kernel::pool::{self, Buffer};
use crate::runtime::kernel::{pages, whole};
use dfdx::prelude::*;
use std::any::Any;

/// Where the gradient of an input goes: nowhere, if the input is not traced.
pub struct Slot<E, D: Storage<E>>(Option<Place<E, D>>);

/// Finds the gradient of one tensor, whatever its shape; zeros if there has been none.
type Find<E, D> =
    dyn for<'a> Fn(&'a mut Gradients<E, D>) -> Result<&'a mut <D as Storage<E>>::Vec, <D as HasErr>::Err>;

impl<E: 'static, D: Storage<E>> Slot<E, D> {
    /// Memory for the gradient: zeros; none if it is not wanted.
    pub fn zeros<F: Float>(&self) -> Vec<F> {
        let mut zeros = pool::zeros(self.0.as_ref().map_or(0, |place| place.len));
        pages::expect_writes(&mut zeros);
        zeros
    }
}

/// The identity and the size of a tensor.
struct Place<E, D: Storage<E>> {
    len: usize,
    find: Box<Find<E, D>>,
}

impl<E: 'static, D: Storage<E>> Place<E, D> {
    /// Holds no reference to the data of the tensor.
    fn of<S: Shape>(tensor: &Tensor<S, E, D>) -> Self {
        let ghost = tensor.ghost();
        let find: Box<Find<E, D>> = Box::new(move |gradients| gradients.get_or_alloc_mut(&ghost));
        Place { len: tensor.shape().num_elements(), find }
    }

    /// Its elements, in the memory that dfdx keeps them in.
    fn elements<'a, F: Float>(&self, gradients: &'a mut Gradients<E, D>) -> Result<&'a mut Vec<F>, D::Err> {
        Ok(cast::<_, <Cpu as Storage<F>>::Vec>((self.find)(gradients)?))
    }
}

/// Makes an argument ready for a kernel: row-major, its tape apart, and where its gradient goes.
#[allow(clippy::type_complexity)]
pub fn input<S, E, D, T>(argument: Tensor<S, E, D, T>) -> Result<(Tensor<S, E, D>, Slot<E, D>, T), D::Err>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let (tensor, tape) = argument.try_contiguous()?.split_tape();
    let slot = Slot(T::OWNS_TAPE.then(|| Place::of(&tensor)));
    Ok((tensor, slot, tape))
}

fn result<F, O, E, D>(device: &D, value: Vec<F>, shape: O) -> Result<Tensor<O, E, D>, D::Err>
where
    F: Float,
    O: Shape,
    E: Dtype,
    D: Device<E>,
{
    let mut value = Some(value);
    let value = cast::<_, Option<Vec<E>>>(&mut value).take().unwrap_or_default();
    device.try_tensor_from_vec(value, shape)
}

/// The result of a kernel that no gradient goes through.
pub fn plain<F, O, E, D, T>(
    tape: T,
    device: &D,
    value: Vec<F>,
    shape: O,
) -> Result<Tensor<O, E, D, T>, D::Err>
where
    F: Float,
    O: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    Ok(result(device, value, shape)?.put_tape(tape))
}

/// The result of a kernel as a tensor on the tape. `backward` is given the gradient of the result and the gradient
/// of each input, which it adds to; that of an input without one is empty.
pub fn record<F, O, E, D, T, const N: usize>(
    mut tape: T,
    device: &D,
    value: Vec<F>,
    shape: O,
    slots: [Slot<E, D>; N],
    backward: impl FnOnce(&[F], [&mut [F]; N]) + 'static,
) -> Result<Tensor<O, E, D, T>, D::Err>
where
    F: Float,
    O: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let out = result(device, value, shape)?;
    if T::OWNS_TAPE {
        let result = Place::of(&out);
        tape.add_backward_op(move |gradients| {
            let mut held = Held::<F, E, D, N>::take(gradients, &result, &slots)?;
            let (upstream, wanted) = held.parts();
            backward(upstream, wanted);
            held.finish()
        });
    }
    Ok(out.put_tape(tape))
}

/// The result of a kernel that has made the gradients, too, as a tensor on the tape. It is one number, so that the way
/// back multiplies the gradients by one number, and often not even that.
pub fn settled<F, O, E, D, T, const N: usize>(
    mut tape: T,
    device: &D,
    value: Vec<F>,
    shape: O,
    made: [(Slot<E, D>, Vec<F>); N],
) -> Result<Tensor<O, E, D, T>, D::Err>
where
    F: Float,
    O: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let out = result(device, value, shape)?;
    let result = Place::of(&out);
    tape.add_backward_op(move |gradients| {
        let upstream = result.elements::<F>(gradients)?.first().copied().unwrap_or_else(F::zero);
        for (Slot(slot), made) in made {
            if let Some(place) = slot {
                deliver(place.elements(gradients)?, made, upstream);
            }
        }
        Ok(())
    });
    Ok(out.put_tape(tape))
}

/// Adds a multiple of a gradient to what there is: if that is nothing, in place of it.
fn deliver<F: Float>(gradient: &mut Vec<F>, mut made: Vec<F>, upstream: F) {
    pages::expect_writes(gradient);
    if !whole::is_zero(gradient) {
        return whole::add(gradient, &made, upstream);
    }
    if upstream != F::one() {
        whole::scale(&mut made, upstream);
    }
    pool::keep_zeros(std::mem::replace(gradient, made));
}

/// Gradients that are out on loan to a kernel. They come back when this is dropped, after a panic too.
struct Held<'a, F: Float, E: 'static, D: Storage<E>, const N: usize> {
    gradients: &'a mut Gradients<E, D>,
    result: &'a Place<E, D>,
    slots: &'a [Slot<E, D>; N],
    upstream: Taken<F>,
    taken: [Taken<F>; N],
}

/// What a kernel is given as a gradient.
enum Taken<F: Float> {
    Nothing,
    /// The memory that dfdx keeps the gradient in.
    Whole(Vec<F>),
    /// Zeros, because another input with the same gradient has the memory.
    Again(Buffer<F>),
}

impl<F: Float> Taken<F> {
    fn new<E: 'static, D: Storage<E>>(
        from: &Place<E, D>,
        gradients: &mut Gradients<E, D>,
    ) -> Result<Self, D::Err> {
        let mut data = std::mem::take(from.elements(gradients)?);
        pages::expect_writes(&mut data);
        Ok(if data.is_empty() { Taken::Again(Buffer::zeroed(from.len)) } else { Taken::Whole(data) })
    }

    fn elements(&mut self) -> &mut [F] {
        match self {
            Taken::Nothing => &mut [],
            Taken::Whole(data) => data,
            Taken::Again(data) => data,
        }
    }

    /// Puts dfdx's memory back where it was.
    fn give_back<E: 'static, D: Storage<E>>(&mut self, to: &Place<E, D>, gradients: &mut Gradients<E, D>) {
        if let Taken::Whole(data) = self {
            // It is there: `new` found it.
            if let Ok(place) = to.elements(gradients) {
                *place = std::mem::take(data);
            }
            *self = Taken::Nothing;
        }
    }
}

impl<'a, F: Float, E: 'static, D: Storage<E>, const N: usize> Held<'a, F, E, D, N> {
    fn take(
        gradients: &'a mut Gradients<E, D>,
        result: &'a Place<E, D>,
        slots: &'a [Slot<E, D>; N],
    ) -> Result<Self, D::Err> {
        let taken = [const { Taken::Nothing }; N];
        let mut held = Held { gradients, result, slots, upstream: Taken::Nothing, taken };
        held.upstream = Taken::new(result, held.gradients)?;
        for (Slot(slot), taken) in slots.iter().zip(&mut held.taken) {
            if let Some(place) = slot {
                *taken = Taken::new(place, held.gradients)?;
            }
        }
        Ok(held)
    }

    /// The gradient of the result and those of the inputs.
    fn parts(&mut self) -> (&[F], [&mut [F]; N]) {
        (self.upstream.elements(), self.taken.each_mut().map(Taken::elements))
    }

    fn give_back(&mut self) {
        self.upstream.give_back(self.result, self.gradients);
        for (Slot(slot), taken) in self.slots.iter().zip(&mut self.taken) {
            if let Some(place) = slot {
                taken.give_back(place, self.gradients);
            }
        }
    }

    /// Ends the loan, and adds up what belongs to one gradient.
    fn finish(mut self) -> Result<(), D::Err> {
        self.give_back();
        for (Slot(slot), taken) in self.slots.iter().zip(&self.taken) {
            if let (Some(place), Taken::Again(more)) = (slot, taken) {
                let sum = place.elements::<F>(self.gradients)?;
                sum.iter_mut().zip(more.iter()).for_each(|(sum, more)| *sum += *more);
            }
        }
        Ok(())
    }
}

impl<F: Float, E: 'static, D: Storage<E>, const N: usize> Drop for Held<'_, F, E, D, N> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// The same thing under the type that it has.
///
/// # Panics
/// When it is of another type: `precision` tells.
fn cast<A: 'static, B: 'static>(thing: &mut A) -> &mut B {
    match (thing as &mut dyn Any).downcast_mut() {
        Some(thing) => thing,
        None => unreachable!("a kernel for CPU tensors was given something else"),
    }
}
