//! Tests that walk the whole catalogue on generated code, as its users have it: kernels on the CPU.

#![allow(missing_docs)]

mod cases;
mod golden;
mod numerics;
mod robust;

use dfdx_loss::__testing::Entry;

/// What is tested.
const BACKEND: &str = "kernels";

mod own {
    loss_macros::entries!(catalogue);
}

/// Every catalogue loss.
fn entries() -> impl Iterator<Item = &'static Entry> {
    own::FAMILIES.iter().copied().flatten()
}
