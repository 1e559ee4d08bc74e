//! One fused pass over arrays: what a nest of loops does along its innermost axis.
//!
//! [`sweep`] reads several [`Source`]s, applies a function to each position, and gives its results to several
//! [`Sink`]s. It goes by tiles of [`LANES`] positions. In a tile, one loop reads the sources in place and leaves
//! everything in local arrays of one number a lane: the compiler knows that these overlap with nothing, so that it
//! vectorises the loop without a check. The sinks then take what the lanes hold: they write it to memory or reduce it.

pub mod in_place;
pub mod reduce;
pub mod sink;
pub mod source;
pub mod sources;
#[cfg(test)]
mod tests;
pub mod write;

use super::arch::Arch;
use std::mem::MaybeUninit;

pub use in_place::InPlace;
pub use reduce::{All, Any, Max, Min, Peak, Prod, Sum, Total};
pub use sink::{Sink, Sinks};
pub use source::{Classes, Dense, Element, Fill, Indices, Mask, Maybe, Pick, Source, Strided, Truths};
pub use sources::Sources;
pub use write::{AddAt, AddStrided, AddTo, MaxTo, MinTo, MulTo, PeakTo, Store, StoreStrided};

/// Positions of a tile: several vectors, so that their latencies overlap, in memory that stays in the fastest cache.
pub const LANES: usize = 64;

/// Rows shorter than this are computed side by side: a sweep along one would leave most of its lanes idle.
pub const SHORT: usize = 20;

/// The lanes of a tile that are computed are a multiple of this: as many vectors as the compiler puts in one round.
const VECTORS: usize = 32;

/// Something that begins where a line of the cache does: no vector lies across two lines.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Aligned<T>(pub T);

/// Memory for what the lanes of a tile are read from, where it is not in an array as it is.
pub type Tile<T> = Aligned<MaybeUninit<[T; LANES]>>;

/// The position of each lane in a tile. Counted in the loop, it would be 64 bits wide and take twice the vectors.
static POSITION: Aligned<[i32; LANES]> = {
    let mut position = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        position[lane] = lane as i32;
        lane += 1;
    }
    Aligned(position)
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
#[cfg_attr(optimised, inline(always))]
pub fn sweep<A: Arch, I: Sources, O: Sinks>(
    _cpu: A,
    n: usize,
    sources: I,
    mut sinks: O,
    f: impl Fn(i32, I::Items) -> O::Items,
) -> O::Results {
    sources.check(n);
    sinks.check(n);
    let mut memory = sources.memory();
    let mut lanes = O::lanes();
    let mut at = 0;
    while at < n {
        let len = (n - at).min(LANES);
        // What the compiler knows of it: no lane is left over behind the last vector, and none is outside the tile.
        let width = (len + VECTORS - 1) & !(VECTORS - 1);
        assert!(width <= LANES);
        sources.prefetch(at + n);
        sinks.prefetch(at + n);
        let views = sources.views(at, len, &mut memory);
        tile::<I, O>(&mut lanes, &views, at as i32, width, &f);
        sinks.take(at, len, &lanes);
        at += LANES;
    }
    sinks.finish()
}

/// Fills lanes of a tile. A function of its own, whose argument tells the compiler that nothing else is where the lanes
/// are.
#[cfg_attr(optimised, inline(always))]
fn tile<'t, I: Sources + 't, O: Sinks>(
    lanes: &mut O::Lanes,
    views: &I::Views<'t>,
    first: i32,
    width: usize,
    f: &impl Fn(i32, I::Items) -> O::Items,
) {
    for (lane, position) in POSITION.0.iter().enumerate().take(width) {
        O::put(lanes, lane, f(first.wrapping_add(*position), I::items(views, lane)));
    }
}
