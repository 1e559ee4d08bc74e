//! What a sweep both reads and writes.

use super::super::prefetch;
use super::super::real::Real;
use super::source::{check, converted, tile};
use super::{Aligned, LANES, Sink, Source, Tile};
use std::cell::Cell;
use std::mem::MaybeUninit;

/// An array that a sweep reads and, as a sink, writes: it reads a tile before it writes there. Passing more than is wanted
/// does no harm, as for [`Dense`](super::Dense).
#[derive(Clone, Copy, Debug)]
pub struct InPlace<'a, F: Copy>(pub &'a [Cell<F>]);

impl<F: Real> Source for InPlace<'_, F> {
    type Item = F;
    tile!(F);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        check(self.0.len(), n, 0, 1);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [F; LANES] {
        converted(self.0, at, len, tile, Cell::get)
    }
}

impl<F: Real> Sink for InPlace<'_, F> {
    type Item = F;
    type Lane = F;
    type Result = ();

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        assert!(self.0.len() >= n, "a sink of a sweep is too short");
    }

    #[cfg_attr(optimised, inline(always))]
    fn prefetch(&self, at: usize) {
        prefetch::tile(self.0, at);
    }

    #[cfg_attr(optimised, inline(always))]
    fn lane(item: F) -> F {
        item
    }

    #[cfg_attr(optimised, inline(always))]
    fn take(&mut self, at: usize, len: usize, lanes: &[F; LANES]) {
        let data = &self.0[at..at + len];
        if let Some(data) = data.first_chunk::<LANES>() {
            for lane in 0..LANES {
                data[lane].set(lanes[lane]);
            }
            return;
        }
        for (data, lane) in data.iter().zip(lanes) {
            data.set(*lane);
        }
    }

    #[cfg_attr(optimised, inline(always))]
    fn finish(self) {}
}
