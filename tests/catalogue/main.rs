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
    own::FAMILIES.iter().flat_map(|(_, entries)| *entries)
}

/// Every loss of a family.
fn family(name: &str) -> impl Iterator<Item = &'static Entry> {
    own::FAMILIES.iter().filter(move |(family, _)| *family == name).flat_map(|(_, entries)| *entries)
}
