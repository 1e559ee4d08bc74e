//! Tests that walk the whole catalogue on generated code.

#![allow(missing_docs)]

mod cases;
mod golden;
mod numerics;

use dfdx_loss::__testing::Entry;

loss_macros::entries!(catalogue);

/// Every catalogue loss.
fn entries() -> impl Iterator<Item = &'static Entry> {
    [classification::ENTRIES, metric::ENTRIES, preference::ENTRIES, ranking::ENTRIES, regression::ENTRIES]
        .into_iter()
        .flatten()
}
