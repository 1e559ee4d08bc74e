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

macro_rules! all {
    ($from:ident) => {{
        use $from::*;
        [classification::ENTRIES, metric::ENTRIES, preference::ENTRIES, ranking::ENTRIES, regression::ENTRIES]
            .into_iter()
            .flatten()
    }};
}

/// Every catalogue loss.
fn entries() -> impl Iterator<Item = &'static Entry> {
    all!(own)
}

/// Every catalogue loss, on the graph backend.
fn graph_entries() -> impl Iterator<Item = &'static Entry> {
    all!(graph)
}
