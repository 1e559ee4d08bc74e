//! Storage of a gradient, whatever the device: in place on the CPU, with the device's own operations elsewhere.

use super::{TrainingError, error::device, objective::value};
use dfdx::{optim::SgdConfig, prelude::*};
use std::any::Any;

/// The storage of a tensor's elements.
pub(super) type Buffer<E, D> = <D as Storage<E>>::Vec;

/// The numbers, where the device is the CPU.
pub(super) fn host<E: Dtype, D: Device<E>>(storage: &Buffer<E, D>) -> Option<&[E]> {
    (storage as &dyn Any).downcast_ref::<<Cpu as Storage<E>>::Vec>().map(|vec| vec.as_slice())
}

/// The same, to be written.
pub(super) fn host_mut<E: Dtype, D: Device<E>>(storage: &mut Buffer<E, D>) -> Option<&mut [E]> {
    (storage as &mut dyn Any).downcast_mut::<<Cpu as Storage<E>>::Vec>().map(|vec| vec.as_mut_slice())
}

/// The storage of the tensors of a row.
pub(super) type Row<E, D> = Vec<Buffer<E, D>>;

/// The number of elements.
pub(super) fn len<E: Dtype, D: Device<E>>(dev: &D, storage: &Buffer<E, D>) -> usize {
    <D as Storage<E>>::len(dev, storage)
}

/// So many zeros.
pub(super) fn zeros<E: Dtype, D: Device<E>>(dev: &D, len: usize) -> Result<Buffer<E, D>, TrainingError> {
    <D as Storage<E>>::try_alloc_len(dev, len).map_err(device)
}

/// `into += weight * row`.
pub(super) fn add<E: Dtype, D: Device<E>>(
    dev: &D,
    into: &mut Buffer<E, D>,
    weight: f64,
    row: &Buffer<E, D>,
) -> Result<(), TrainingError> {
    if let (Some(into), Some(row)) = (host_mut::<E, D>(into), host::<E, D>(row)) {
        let weight: E = cast(&weight);
        into.iter_mut().zip(row).for_each(|(into, &x)| *into += weight * x);
        return Ok(());
    }
    add_on_device(dev, into, weight, row)
}

/// The same with the device's own operations.
pub(super) fn add_on_device<E: Dtype, D: Device<E>>(
    dev: &D,
    into: &mut Buffer<E, D>,
    weight: f64,
    row: &Buffer<E, D>,
) -> Result<(), TrainingError> {
    // A step of gradient descent, `p - lr g`, is the one operation on storage itself that dfdx lets others call.
    let cfg = SgdConfig { lr: -weight, momentum: None, weight_decay: None };
    let mut velocity = zeros::<E, D>(dev, len::<E, D>(dev, row))?;
    dev.sgd_kernel(&cfg, into, &mut velocity, row).map_err(device)
}

/// A copy as a tensor of one axis.
pub(super) fn tensor<E: Dtype, D: Device<E>>(
    dev: &D,
    storage: &Buffer<E, D>,
) -> Result<Tensor<(usize,), E, D>, TrainingError> {
    let key = dev.try_zeros_like(&(len::<E, D>(dev, storage),)).map_err(device)?;
    let mut gradients = Gradients::leaky();
    *gradients.get_or_alloc_mut(&key).map_err(device)? = storage.clone();
    Ok(gradients.get(&key))
}

/// Numbers of the host on the device.
pub(super) fn upload<E: Dtype, D: Device<E>>(
    dev: &D,
    numbers: &[f64],
) -> Result<Buffer<E, D>, TrainingError> {
    let mut storage = zeros::<E, D>(dev, numbers.len())?;
    if let Some(into) = host_mut::<E, D>(&mut storage) {
        into.iter_mut().zip(numbers).for_each(|(into, x)| *into = cast(x));
        return Ok(storage);
    }
    upload_by_tape(dev, numbers)
}

/// The gradient of `Σ k x` with respect to `k` is `x`, in storage that can be had.
pub(super) fn upload_by_tape<E: Dtype, D: Device<E>>(
    dev: &D,
    numbers: &[f64],
) -> Result<Buffer<E, D>, TrainingError> {
    let shape = (numbers.len(),);
    let numbers = numbers.iter().map(cast::<E>).collect::<Vec<E>>();
    let numbers = dev.try_tensor_from_vec(numbers, shape).map_err(device)?;
    let key: Tensor<(usize,), E, D> = dev.try_zeros_like(&shape).map_err(device)?;
    let product = key.leaky_trace().try_mul(numbers).map_err(device)?;
    let sum = product.try_sum::<Rank0, _>().map_err(device)?;
    let mut gradients: Gradients<E, D> = sum.try_backward().map_err(device)?;
    let instead = zeros::<E, D>(dev, 1)?;
    Ok(std::mem::replace(gradients.get_or_alloc_mut(&key).map_err(device)?, instead))
}

fn cast<E: Dtype>(x: &f64) -> E {
    E::from_f64(*x).unwrap_or_default()
}

/// The inner product, summed on the device in its type.
pub(super) fn dot<E: Dtype, D: Device<E>>(
    a: Tensor<(usize,), E, D>,
    b: Tensor<(usize,), E, D>,
) -> Result<f64, TrainingError> {
    let product = a.try_mul(b).map_err(device)?;
    Ok(value(&product.try_sum::<Rank0, _>().map_err(device)?))
}
