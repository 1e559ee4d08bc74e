//! Calls of host functions: operands come from any device, every slice is handed over, what comes back is checked.

mod strided;

pub use strided::{give_gradients, give_indices, give_numbers, insist, taken};

use super::host::{Table, table};
use super::ops::real;
use crate::error::LossError;
use crate::host::Slice;
use dfdx::prelude::*;
use std::fmt::{Debug, Display};

/// A Rust function as it is called: of a slice of each operand.
type Call<V> = fn(&[Slice<'_>]) -> Result<Vec<V>, String>;

/// A declared function.
pub struct Function<V> {
    /// What specs call it.
    pub name: &'static str,
    /// The function.
    pub value: Call<V>,
    /// Its gradients by those of its inputs that have one; of the inputs, the value and the gradient by that.
    pub gradient: Option<Call<Vec<f64>>>,
    /// Which of its inputs have a gradient.
    pub by: &'static [bool],
}

/// An operand on the host: slices one after the other.
#[derive(Clone, Debug)]
pub struct Given {
    values: Vec<f64>,
    /// Of one slice.
    sizes: Vec<usize>,
}

impl Given {
    /// The slice of that number.
    fn slice(&self, at: usize) -> Slice<'_> {
        let length: usize = self.sizes.iter().product();
        Slice::new(&self.values[at * length..(at + 1) * length], &self.sizes)
    }
}

/// An array whose first `outer` axes count slices.
pub fn given<const N: usize>(values: Table<N, f64>, outer: usize) -> Given {
    let (values, sizes) = values.into_parts();
    Given { values, sizes: sizes[outer..].to_vec() }
}

/// What went wrong where.
#[derive(Debug)]
pub struct Wrong {
    function: &'static str,
    /// Whether it was its gradient.
    gradient: bool,
    slice: Vec<usize>,
    reason: String,
}

impl<Err: Debug + Display> From<Wrong> for LossError<Err> {
    fn from(wrong: Wrong) -> Self {
        let Wrong { function, gradient, slice, reason } = wrong;
        let reason = if gradient { format!("its gradient: {reason}") } else { reason };
        LossError::Host { function, slice, reason }
    }
}

impl Wrong {
    /// For who cannot take an error.
    fn panic(self) -> ! {
        let Wrong { function, gradient, slice, reason } = self;
        let what = if gradient { "the gradient of the host function" } else { "the host function" };
        panic!("{what} `{function}` failed at {slice:?}: {reason}")
    }
}

/// The position of a slice.
fn position(mut at: usize, outer: &[usize]) -> Vec<usize> {
    let mut place = vec![0; outer.len()];
    for (place, &size) in place.iter_mut().zip(outer).rev() {
        *place = at % size;
        at /= size;
    }
    place
}

/// Calls a function for every slice. Law: it gives as many elements as declared, all of them allowed.
fn values<V>(
    function: &Function<V>,
    outer: &[usize],
    operands: &[&Given],
    length: usize,
    check: impl Fn(usize, &V) -> Result<(), String>,
) -> Result<Vec<V>, Wrong> {
    let mut all = Vec::new();
    for at in 0..outer.iter().product() {
        let slices: Vec<Slice> = operands.iter().map(|operand| operand.slice(at)).collect();
        let found = (function.value)(&slices).and_then(|found| {
            check_count("the result", length, found.len())?;
            found.iter().enumerate().try_for_each(|(i, v)| check(i, v)).map(|()| found)
        });
        let wrong =
            |reason| Wrong { function: function.name, gradient: false, slice: position(at, outer), reason };
        all.extend(found.map_err(wrong)?);
    }
    Ok(all)
}

fn check_count(what: &str, wanted: usize, found: usize) -> Result<(), String> {
    if wanted == found { Ok(()) } else { Err(format!("{what} has {found} elements, but needs {wanted}")) }
}

/// The indices that a function gives, over the outer axes and those of its result.
///
/// # Errors
/// If the function has one, or gives too many or few indices, or one that the set does not have.
pub fn indices<const N: usize, Err: Debug + Display>(
    function: &Function<usize>,
    sizes: [usize; N],
    outer: usize,
    (set, size): (&'static str, usize),
    operands: &[Given],
) -> Result<Table<N, usize>, LossError<Err>> {
    let operands: Vec<&Given> = operands.iter().collect();
    let length = sizes[outer..].iter().product();
    let mut found = values(function, &sizes[..outer], &operands, length, within(set, size))?.into_iter();
    Ok(table(sizes, |_| found.next().unwrap_or_default()))
}

/// Law: an index is an element of its set.
fn within(set: &'static str, size: usize) -> impl Fn(usize, &usize) -> Result<(), String> {
    move |i, &index| {
        if index < size {
            return Ok(());
        }
        Err(format!("element {i} of the result is {index}, but `{set}` has the {size} elements 0..{size}"))
    }
}

/// An operand on a device.
pub struct Operand<E, D: Storage<E>, T> {
    tensor: Tensor<(usize,), E, D>,
    tape: T,
    given: Given,
    wanted: bool,
}

/// A tensor whose first `outer` axes count slices. `wanted`: whether it is to get a gradient.
///
/// # Errors
/// If the device fails.
pub fn operand<S, E, D, T>(
    tensor: Tensor<S, E, D, T>,
    outer: usize,
    wanted: bool,
) -> Result<Operand<E, D, T>, D::Err>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let sizes: Vec<usize> = tensor.shape().concrete().into_iter().skip(outer).collect();
    let count = tensor.shape().num_elements();
    let (tensor, tape) = tensor.try_reshape_like(&(count,))?.split_tape();
    let values = on_host(&tensor);
    Ok(Operand { tensor, tape, given: Given { values, sizes }, wanted })
}

fn on_host<S: Shape, E: Dtype, D: Storage<E>>(tensor: &Tensor<S, E, D>) -> Vec<f64> {
    tensor.as_vec().into_iter().map(|v| v.to_f64().unwrap_or(f64::NAN)).collect()
}

/// The numbers that a function gives, over the outer axes and those of its result; on the tape, if it is one.
///
/// # Errors
/// If the function has one, or gives too many or few numbers, or the device fails.
///
/// # Panics
/// On the way back, if the gradient of the function has an error: dfdx's own errors cannot tell it.
pub fn numbers<const N: usize, S, E, D, T>(
    function: &'static Function<f64>,
    outer: usize,
    shape: S,
    operands: [Operand<E, D, T>; N],
) -> Result<Tensor<S, E, D, T>, LossError<D::Err>>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let sizes: Vec<usize> = shape.concrete().into_iter().collect();
    let (outer, result) = sizes.split_at(outer);
    let given: Vec<&Given> = operands.iter().map(|operand| &operand.given).collect();
    let found = values(function, outer, &given, result.iter().product(), |_, _| Ok(()))?;
    let device = operands[0].tensor.device().clone();
    let out = device.try_tensor_from_vec(found.iter().map(|&v| real::<E>(v)).collect(), shape)?;
    let (mut tape, mut tensors, mut inputs) = (T::default(), Vec::new(), Vec::new());
    for operand in operands {
        tape = tape.merge(operand.tape);
        tensors.push(operand.wanted.then_some(operand.tensor));
        inputs.push(operand.given);
    }
    if T::OWNS_TAPE && tensors.iter().any(Option::is_some) {
        let value = Given { values: found, sizes: result.to_vec() };
        let back = Back { function, outer: outer.to_vec(), inputs, value };
        let result = out.ghost();
        tape.add_backward_op(move |gradients| {
            gradients.try_alloc_for(&result)?;
            let upstream = on_host(&gradients.get(&result));
            for (tensor, amount) in tensors.into_iter().zip(back.gradients(upstream)) {
                if let Some(tensor) = tensor {
                    accumulate(tensor, amount, gradients)?;
                }
            }
            Ok(())
        });
    }
    Ok(out.put_tape(tape))
}

/// What the way back needs.
struct Back {
    function: &'static Function<f64>,
    outer: Vec<usize>,
    inputs: Vec<Given>,
    value: Given,
}

impl Back {
    /// The gradient of each input; nothing for one that has none.
    fn gradients(&self, upstream: Vec<f64>) -> Vec<Vec<f64>> {
        let upstream = Given { values: upstream, sizes: self.value.sizes.clone() };
        let operands: Vec<&Given> = self.inputs.iter().chain([&self.value, &upstream]).collect();
        gradients(self.function, &self.outer, &operands).unwrap_or_else(|wrong| wrong.panic())
    }
}

/// The gradient of each input, slice by slice; nothing for one that has none. The operands end with the value and the
/// gradient that comes from upstream.
fn gradients(function: &Function<f64>, outer: &[usize], operands: &[&Given]) -> Result<Vec<Vec<f64>>, Wrong> {
    let mut all = vec![Vec::new(); operands.len() - 2];
    for at in 0..outer.iter().product() {
        let slices: Vec<Slice> = operands.iter().map(|operand| operand.slice(at)).collect();
        let wrong =
            |reason| Wrong { function: function.name, gradient: true, slice: position(at, outer), reason };
        let found = checked(function, &slices).map_err(wrong)?;
        all.iter_mut().zip(found).for_each(|(all, found)| all.extend(found));
    }
    Ok(all)
}

/// Law: one gradient for each input that has one, each with as many elements as its input.
fn checked(function: &Function<f64>, slices: &[Slice]) -> Result<Vec<Vec<f64>>, String> {
    let Some(gradient) = function.gradient else { return Err("it has none".to_owned()) };
    let found = gradient(slices)?;
    let wanted = function.by.iter().filter(|by| **by).count();
    if found.len() != wanted {
        return Err(format!("there are {} gradients, but {wanted} inputs are not `data`", found.len()));
    }
    let mut found = found.into_iter();
    let mut all = Vec::new();
    for (i, (slice, by)) in slices.iter().zip(function.by).enumerate() {
        let one = if *by { found.next().unwrap_or_default() } else { Vec::new() };
        if *by {
            check_count(&format!("that of input {i}"), slice.len(), one.len())?;
        }
        all.push(one);
    }
    Ok(all)
}

/// Steps back that are taken at once: dfdx's kernels add to gradients only from inside a tape.
struct Steps<E, D: Storage<E>>(Vec<Step<E, D>>);

type Step<E, D> = Box<dyn FnOnce(&mut Gradients<E, D>) -> Result<(), <D as HasErr>::Err>>;

impl<E, D: Storage<E>> Default for Steps<E, D> {
    fn default() -> Self {
        Steps(Vec::new())
    }
}

impl<E, D: Storage<E>> Merge<Steps<E, D>> for Steps<E, D> {
    fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl<E, D: Storage<E>> Merge<NoneTape> for Steps<E, D> {
    fn merge(self, _: NoneTape) -> Self {
        self
    }
}

impl<E, D: Storage<E>> Tape<E, D> for Steps<E, D> {
    const OWNS_TAPE: bool = true;
    fn add_backward_op<F>(&mut self, operation: F)
    where
        F: 'static + FnOnce(&mut Gradients<E, D>) -> Result<(), D::Err>,
    {
        self.0.push(Box::new(operation));
    }
}

/// Adds to the gradient of a tensor: that of `x * amount`, given 1 everywhere, is `amount`.
fn accumulate<E: Dtype, D: Device<E>>(
    x: Tensor<(usize,), E, D>,
    amount: Vec<f64>,
    gradients: &mut Gradients<E, D>,
) -> Result<(), D::Err> {
    let (device, shape) = (x.device().clone(), *x.shape());
    let amount = device.try_tensor_from_vec(amount.into_iter().map(real::<E>).collect(), shape)?;
    let (product, steps) = x.put_tape(Steps::default()).try_mul(amount)?.split_tape();
    device.try_fill_with_ones(gradients.get_or_alloc_mut(&product.ghost())?)?;
    steps.0.into_iter().rev().try_for_each(|step| step(gradients))
}
