//! One fused pass over arrays: what a nest of loops does along its innermost axis.
//!
//! [`sweep`] reads several [`Source`]s, applies a function to each position, and gives its results to several
//! [`Sink`]s. It goes by tiles of [`LANES`] positions. In a tile, one loop reads the sources in place and leaves
//! everything in local arrays of one number a lane: the compiler knows that these overlap with nothing, so that it
//! vectorises the loop without a check. Sinks that write to memory then take their lanes there.

pub mod reduce;
pub mod sink;
pub mod source;
#[cfg(test)]
mod tests;
pub mod write;

use super::arch::Arch;
pub use reduce::{All, Any, Max, Min, Peak, Prod, Sum, Total};
pub use sink::{Sink, Sinks};
pub use source::{
    Classes, Dense, Element, Fill, Indices, Mask, Maybe, Pick, Source, Sources, Strided, Truths,
};
pub use write::{AddAt, AddStrided, AddTo, MaxTo, MinTo, MulTo, PeakTo, Store, StoreStrided};

/// Positions of a tile: several vectors, so that their latencies overlap.
pub const LANES: usize = 32;

/// Rows shorter than this are computed side by side: a sweep along one would leave most of its lanes idle.
pub const SHORT: usize = 20;

/// Tiles after which the sums of the lanes are moved to double precision.
const TILES: usize = 8;

/// The position of each lane in a tile. Counted in the loop, it would be 64 bits wide and take twice the vectors.
static POSITION: [i32; LANES] = {
    let mut position = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        position[lane] = lane as i32;
        lane += 1;
    }
    position
};

/// Calls `f(position, items)` for the positions `0..n` and gives the results to the sinks.
///
/// Items, results and outcomes are tuples, one element for each source or sink, in order. `f` is called for some
/// positions from `n` on, too, to fill the last tile; what it gives there is dropped. The order of floating-point
/// additions depends on `n` alone.
///
/// `f` has to be inlined, or it is compiled without the instructions of `A`: write
/// `sweep(cpu, n, sources, sinks, #[inline(always)] |i, (x, y)| (..,))`.
///
/// # Panics
/// If a source or a sink has fewer than `n` elements.
#[inline(always)]
pub fn sweep<A: Arch, I: Sources, O: Sinks>(
    _cpu: A,
    n: usize,
    sources: I,
    mut sinks: O,
    f: impl Fn(i32, I::Items) -> O::Items,
) -> O::Results {
    sources.check(n);
    sinks.check(n);
    let mut tiles = I::tiles();
    let mut lanes = sinks.lanes();
    let mut at = 0;
    // `LANES`, which the compiler is kept from knowing (but not that it is a multiple of that and not more): it would
    // unroll short loops altogether and then make worse vectors of what it gets.
    let width = std::hint::black_box(LANES) & LANES;
    while at < n {
        // The last, partial tile is a block of its own.
        let left = n - at;
        let block = at + if left < LANES { left } else { (left - left % LANES).min(TILES * LANES) };
        while at < block {
            let len = left.min(LANES);
            let views = sources.views(at, len, &mut tiles);
            let first = at as i32;
            for (lane, position) in POSITION.iter().enumerate().take(width) {
                O::put(&mut lanes, lane, f(first.wrapping_add(*position), I::items(&views, lane)));
            }
            sinks.write(at, len, &lanes);
            at += LANES;
        }
        sinks.flush(&mut lanes, left.min(LANES), width);
    }
    sinks.finish()
}
