//! Fused kernels on dfdx tensors: which tensors they can take, their elements in place, and their place on the
//! tape as one operation.

mod dense;
mod record;
#[cfg(test)]
mod tests;
mod view;

pub use record::{Slot, input, record};
pub use view::view;

use super::kernel::real::Real;
use dfdx::shapes::Unit;
use dfdx::tensor::Cpu;
use std::any::TypeId;

/// A type that dfdx stores and kernels compute with.
pub trait Float: Real + Unit {}

impl Float for f32 {}
impl Float for f64 {}

/// What a kernel computes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
}

/// The precision of a kernel for tensors of `E` on the device `D`, if there is one. Compiled code knows the answer.
#[inline(always)]
pub fn precision<E: 'static, D: 'static>() -> Option<Precision> {
    let element = TypeId::of::<E>();
    if TypeId::of::<D>() != TypeId::of::<Cpu>() {
        None
    } else if element == TypeId::of::<f32>() {
        Some(Precision::F32)
    } else if element == TypeId::of::<f64>() {
        Some(Precision::F64)
    } else {
        None
    }
}
