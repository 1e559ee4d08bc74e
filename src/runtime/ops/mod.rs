//! Tensor operations that dfdx lacks, or whose value or derivative it gets wrong at a special point.
//!
//! All work on any device through dfdx's public interface, on any tape, and give a tensor with an identity
//! of its own (see [`super::tape`]).

mod exp_log;
mod piecewise;
mod power;
mod reduce;
#[cfg(test)]
mod testing;

pub use exp_log::{
    acos, asin, atan, cosh, erf, expm1, log_sigmoid, log1mexp, log1p, log2, sinh, softplus, sqrt, tan, xlogx,
};
pub use piecewise::{choose_mask, clamp, clamp_each, floor, keep, pick, sign};
pub use power::{pow, pow_each};
pub use reduce::{all, any, cumsum, cumsum_backward, logsumexp_given, prod};

use dfdx::prelude::*;

/// A tensor or the device's error.
type Try<S, E, D, T = NoneTape> = Result<Tensor<S, E, D, T>, <D as HasErr>::Err>;

/// A number in the dtype of the tensors.
pub fn real<E: Dtype>(value: f64) -> E {
    E::from_f64(value).unwrap_or_default()
}

/// One number everywhere, in the shape of `like`: one element in memory, broadcast.
fn full<S, A, E, D, T>(like: &Tensor<S, A, D, T>, value: f64) -> Try<S, E, D>
where
    S: Shape,
    E: Dtype,
    D: Device<E> + Storage<A>,
{
    let one = like.device().try_tensor_from_vec(vec![real::<E>(value)], ())?;
    one.try_broadcast_like::<_, S::AllAxes>(like.shape())
}

/// `x - x0`, where `x0` are the values of `x`: 0 with the derivative 1. Infinite elements have 0 and no
/// derivative.
fn step<S, E, D, T>(x: Tensor<S, E, D, T>) -> Try<S, E, D, T>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let here = super::tape::unlinked::<T, _, _, _>(x.retaped::<NoneTape>())?;
    x.try_sub(here)?.try_nans_to(0.0)
}

/// `f(x0) + (x - x0) f'(x0)`: exactly `f(x0)`, with exactly the derivative `f'(x0)`.
fn linearise<S, E, D, T>(
    x: Tensor<S, E, D, T>,
    value: Tensor<S, E, D>,
    slope: Tensor<S, E, D>,
) -> Try<S, E, D, T>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    if !T::OWNS_TAPE {
        return Ok(value.put_tape(T::default()));
    }
    // An infinite slope times the step 0 would be NaN.
    let bound = largest::<E>();
    step(x)?.try_mul(slope.try_clamp(-bound, bound)?)?.try_add(value)
}

/// The largest finite number of a dtype.
fn largest<E: Dtype>() -> f64 {
    let fits = real::<E>(f64::MAX).to_f64().is_some_and(f64::is_finite);
    if fits { f64::MAX } else { f64::from(f32::MAX) }
}

/// A function that dfdx lacks, computed on the host in `f64`: `f` and its derivative.
fn mapped<S, E, D, T>(
    x: Tensor<S, E, D, T>,
    f: impl Fn(f64) -> f64,
    df: impl Fn(f64) -> f64,
) -> Try<S, E, D, T>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let at: Vec<f64> = on_host(&x);
    let value = from_host(&x, at.iter().map(|&v| f(v)))?;
    let slope = from_host(&x, at.iter().map(|&v| if T::OWNS_TAPE { df(v) } else { 0.0 }))?;
    linearise(x, value, slope)
}

fn on_host<S: Shape, E: Dtype, D: Storage<E>, T>(x: &Tensor<S, E, D, T>) -> Vec<f64> {
    x.as_vec().into_iter().map(|v| v.to_f64().unwrap_or(f64::NAN)).collect()
}

fn from_host<S, E, D, T>(like: &Tensor<S, E, D, T>, values: impl Iterator<Item = f64>) -> Try<S, E, D>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
{
    like.device().try_tensor_from_vec(values.map(real::<E>).collect(), *like.shape())
}
