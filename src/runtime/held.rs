//! The tensors that a loss learns or keeps as state, and the hyperparameters beside them.

use crate::draws::Draws;
use dfdx::nn::TensorOptions;
use dfdx::prelude::*;
use num_traits::NumCast;
use std::cell::Cell;
use std::marker::PhantomData;

/// Makes a tensor what it is at first.
type Reset<S, E, D> = fn(&mut Tensor<S, E, D>) -> Result<(), <D as HasErr>::Err>;

/// A tensor that is trained and that starts as `reset` makes it.
pub fn initially<S: ConstShape, E: Dtype, D: Device<E>>(reset: Reset<S, E, D>) -> TensorOptions<S, E, D> {
    TensorOptions::reset_with(reset)
}

/// A tensor that no optimizer changes and that starts as `reset` makes it.
pub fn carried<S: ConstShape, E: Dtype, D: Device<E>>(reset: Reset<S, E, D>) -> TensorOptions<S, E, D> {
    TensorOptions::detached(reset)
}

/// Gives every element this value.
pub fn fill<S: ConstShape, E: Dtype, D: Device<E>>(
    tensor: &mut Tensor<S, E, D>,
    value: f64,
) -> Result<(), D::Err> {
    write(tensor, || value);
    Ok(())
}

/// Draws every element from a normal distribution. What comes is decided by the device's seed.
pub fn normal<S: ConstShape, E: Dtype, D: Device<E>>(
    tensor: &mut Tensor<S, E, D>,
    mean: f64,
    deviation: f64,
) -> Result<(), D::Err> {
    let mut draws = Draws(tensor.device().random_u64());
    write(tensor, || mean + deviation * draws.normal());
    Ok(())
}

/// Draws every element evenly from `low` to `high`. What comes is decided by the device's seed.
pub fn uniform<S: ConstShape, E: Dtype, D: Device<E>>(
    tensor: &mut Tensor<S, E, D>,
    low: f64,
    high: f64,
) -> Result<(), D::Err> {
    let mut draws = Draws(tensor.device().random_u64());
    write(tensor, || low + (high - low) * draws.uniform());
    Ok(())
}

fn write<S: ConstShape, E: Dtype, D: Device<E>>(tensor: &mut Tensor<S, E, D>, mut next: impl FnMut() -> f64) {
    let count = tensor.shape().num_elements();
    let values: Vec<E> = (0..count).map(|_| super::ops::real(next())).collect();
    tensor.copy_from(&values);
}

/// A new state, dense in memory: dfdx loads a saved tensor into memory as it lies.
pub fn settled<S: Shape, E: Dtype, D: Device<E>>(state: Tensor<S, E, D>) -> Result<Tensor<S, E, D>, D::Err> {
    let shape = *state.shape();
    state.try_reshape_like(&shape)
}

/// The closure itself: only as an argument does it get a lifetime for each call.
fn getter<M, N, R: FnMut(&M) -> &N>(read: R) -> R {
    read
}

/// A number of a module. dfdx's own scalar fields fall back to their defaults when a module is converted; this one stays.
pub struct Number<'a, M, N, R, W> {
    name: &'a str,
    default: N,
    read: R,
    write: W,
    module: PhantomData<M>,
}

/// A field that is a number.
pub fn number<M, N, R, W>(name: &str, default: N, read: R, write: W) -> Number<'_, M, N, R, W>
where
    R: Fn(&M) -> &N,
    W: FnMut(&mut M) -> &mut N,
{
    Number { name, default, read, write, module: PhantomData }
}

impl<M, N, R, W, E, D> ModuleFields<M, E, D> for Number<'_, M, N, R, W>
where
    M: TensorCollection<E, D>,
    N: NumCast + Copy,
    R: Fn(&M) -> &N,
    W: FnMut(&mut M) -> &mut N,
    E: Dtype,
    D: Device<E>,
{
    type Options<E2: Dtype, D2: Device<E2>> = Option<N>;
    type Output<E2: Dtype, D2: Device<E2>> = N;

    fn visit_fields<V: ModuleVisitor<M, E, D>>(self, visitor: &mut V) -> Result<Option<N>, V::Err> {
        let Number { name, default, read, write, .. } = self;
        let seen = Cell::new(None);
        let seeing = getter(|module| {
            seen.set(Some(*read(module)));
            read(module)
        });
        let given = visitor.visit_scalar(name, seeing, write, ScalarOptions::from_default(default))?;
        Ok(seen.get().or(given))
    }

    fn handle_options<E2: Dtype, D2: Device<E2>>(number: Option<N>) -> Option<N> {
        number
    }
}

/// A field that is no number. It stays when a module is converted, and is not saved: dfdx saves tensors and numbers.
pub struct Setting<'a, M, N, R> {
    name: &'a str,
    default: N,
    read: R,
    module: PhantomData<M>,
}

/// A field that is no number.
pub fn setting<M, N, R: Fn(&M) -> N>(name: &str, default: N, read: R) -> Setting<'_, M, N, R> {
    Setting { name, default, read, module: PhantomData }
}

impl<M, N, R, E, D> ModuleFields<M, E, D> for Setting<'_, M, N, R>
where
    M: TensorCollection<E, D>,
    N: Copy,
    R: Fn(&M) -> N,
    E: Dtype,
    D: Device<E>,
{
    type Options<E2: Dtype, D2: Device<E2>> = Option<N>;
    type Output<E2: Dtype, D2: Device<E2>> = N;

    /// Visits a module without fields, to be shown the one that has this field.
    fn visit_fields<V: ModuleVisitor<M, E, D>>(self, visitor: &mut V) -> Result<Option<N>, V::Err> {
        let Setting { name, default, read, .. } = self;
        let seen = Cell::new(default);
        let seeing = getter(|module| {
            seen.set(read(module));
            &()
        });
        visitor.visit_module::<(), _, _>(name, seeing, |_| Box::leak(Box::new(())))?;
        Ok(Some(seen.get()))
    }

    fn handle_options<E2: Dtype, D2: Device<E2>>(setting: Option<N>) -> Option<N> {
        setting
    }
}
