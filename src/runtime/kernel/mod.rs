//! What fused kernels are made of: vector maths, sweeps over arrays, rows in parallel, memory, matrix products.
//! Nothing here knows of tensors, so that Miri can run all of it.

pub mod along;
pub mod arch;
pub mod element;
pub mod gemm;
pub mod lanes;
pub mod math;
pub mod merge;
pub mod pages;
pub mod pool;
mod prefetch;

pub mod real;
pub mod rounds;
pub mod rows;
pub mod running;
pub mod sort;
pub mod span;
pub mod whole;
