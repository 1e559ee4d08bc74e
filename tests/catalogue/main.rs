//! Tests that walk the whole catalogue on generated code.

#![allow(missing_docs)]

mod cases;
mod golden;
mod numerics;

use dfdx_loss::__testing::Entry;

/// The catalogue as its users have it: kernels on the CPU.
mod own {
    loss_macros::entries!(catalogue);
}

/// The catalogue as graphs of dfdx operations.
mod graph {
    loss_macros::entries!(graph catalogue);
}

/// Every catalogue loss.
fn entries() -> impl Iterator<Item = &'static Entry> {
    own::FAMILIES.iter().copied().flatten()
}

/// Every catalogue loss, on the graph backend.
fn graph_entries() -> impl Iterator<Item = &'static Entry> {
    graph::FAMILIES.iter().copied().flatten()
}
