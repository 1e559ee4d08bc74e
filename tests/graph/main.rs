//! The tests of the catalogue on graphs of dfdx operations, as other devices than the CPU run them.

#![allow(missing_docs)]

#[path = "../catalogue/cases.rs"]
mod cases;
#[path = "../catalogue/golden.rs"]
mod golden;
#[path = "../catalogue/numerics.rs"]
mod numerics;
#[path = "../catalogue/robust.rs"]
mod robust;

use dfdx_loss::__testing::Entry;

/// What is tested.
const BACKEND: &str = "graph";

mod graph {
    loss_macros::entries!(graph catalogue);
}

/// Every catalogue loss.
fn entries() -> impl Iterator<Item = &'static Entry> {
    graph::FAMILIES.iter().flat_map(|(_, entries)| *entries)
}

/// Every loss of a family.
fn family(name: &str) -> impl Iterator<Item = &'static Entry> {
    graph::FAMILIES.iter().filter(move |(family, _)| *family == name).flat_map(|(_, entries)| *entries)
}
