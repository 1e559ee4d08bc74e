//! What the command lines have in common.

use clap::builder::RangedU64ValueParser;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Reads a whole number in `range`.
pub fn count(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}

/// How many runs fit side by side: one a core, and no more than `--threads` takes.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(256)
}

/// Where a plot of this name goes: the target folder, which no repository keeps.
pub fn in_target(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    PathBuf::from(target).join(name)
}
