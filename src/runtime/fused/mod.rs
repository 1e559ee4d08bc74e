//! Fused kernels on dfdx tensors: which tensors they can take, their elements in place, and their place on the
//! tape as one operation.

mod arguments;
mod dense;
mod record;
mod reduction;
#[cfg(test)]
mod tests;
mod view;

pub use arguments::{classes, data, small};
pub use record::{Slot, input, plain, record, settled};
pub use reduction::{Each, How, Mean, Reduction, Sum, Upstream, each, mean, sum};
pub use view::view;

use super::kernel::real::Real;
use dfdx::shapes::Unit;
use dfdx::tensor::Cpu;
use std::any::TypeId;

/// A type that dfdx stores and kernels compute with.
pub trait Float: Real + Unit {}

impl Float for f32 {}
impl Float for f64 {}

/// Whether kernels can take tensors of `E` on the device `D`.
///
/// Without CUDA dfdx has one device and the answer is a constant, so that nothing is compiled for what is not used.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "cuda"))]
macro_rules! __fits {
    ($element:ty, $device:ty) => {
        const { $crate::__private::prelude::fused::is_cpu::<$element, $device>() }
    };
}

/// Whether kernels can take tensors of `E` on the device `D`.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "cuda")]
macro_rules! __fits {
    ($element:ty, $device:ty) => {
        $crate::__private::prelude::fused::is_on_cpu::<$element, $device>()
    };
}

pub use crate::__fits as fits;

/// Whether `D` is dfdx's only device, as far as its size tells, and `E` one of its two types of that size.
pub const fn is_cpu<E, D>() -> bool {
    let real = size_of::<E>() == size_of::<f32>() || size_of::<E>() == size_of::<f64>();
    real && size_of::<D>() == size_of::<Cpu>()
}

/// Whether `D` is the CPU and `E` is `f32` or `f64`.
#[inline(always)]
pub fn is_on_cpu<E: 'static, D: 'static>() -> bool {
    let element = TypeId::of::<E>();
    let real = element == TypeId::of::<f32>() || element == TypeId::of::<f64>();
    real && TypeId::of::<D>() == TypeId::of::<Cpu>()
}

/// Whether `E`, which kernels can take, is `f32`. Asked in a constant, so that nothing is compiled for the other one.
pub const fn is_single<E>() -> bool {
    size_of::<E>() == size_of::<f32>()
}

/// Whether numbers of type `E` count exactly up to `size`.
pub const fn counts<E>(size: usize) -> bool {
    !is_single::<E>() || size <= 1 << f32::MANTISSA_DIGITS
}
