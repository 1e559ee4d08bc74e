//! What a sweep makes.

use super::{Aligned, LANES};

/// Something that takes one item a position, through one lane of a tile each.
pub trait Sink: Sized {
    /// What it takes.
    type Item;
    /// What a lane holds.
    type Lane: Copy + Default;
    /// What it gives in the end.
    type Result;

    /// What a lane holds of an item. This is what the vectorised loop does.
    fn lane(item: Self::Item) -> Self::Lane;
    /// Takes the first `len` lanes of the tile that begins at position `at`.
    fn take(&mut self, at: usize, len: usize, lanes: &[Self::Lane; LANES]);
    /// What it gives, after the last tile.
    fn finish(self) -> Self::Result;

    /// Panics unless there is room for `n` elements.
    #[cfg_attr(optimised, inline(always))]
    fn check(&self, _n: usize) {}
    /// The tile at that position, if there is one, is about to be written.
    #[cfg_attr(optimised, inline(always))]
    fn prefetch(&self, _at: usize) {}
}

/// A tuple of sinks, of at most 12.
pub trait Sinks: Sized {
    /// What one position takes.
    type Items;
    /// The lanes of each.
    type Lanes: Copy;
    /// What they give in the end.
    type Results;

    /// Panics unless all have room for `n` elements.
    fn check(&self, n: usize);
    /// The tiles at that position are about to be written.
    fn prefetch(&self, at: usize);
    /// Lanes of each.
    fn lanes() -> Self::Lanes;
    /// Puts the items of a position in a lane.
    fn put(lanes: &mut Self::Lanes, lane: usize, items: Self::Items);
    /// Takes the first `len` lanes of the tile that begins at position `at`.
    fn take(&mut self, at: usize, len: usize, lanes: &Self::Lanes);
    /// What they give, after the last tile.
    fn finish(self) -> Self::Results;
}

macro_rules! sinks {
    ($($sink:ident $index:tt),*) => {
        #[allow(clippy::unused_unit)]
        impl<$($sink: Sink),*> Sinks for ($($sink,)*) {
            type Items = ($($sink::Item,)*);
            type Lanes = ($(Aligned<[$sink::Lane; LANES]>,)*);
            type Results = ($($sink::Result,)*);

            #[cfg_attr(optimised, inline(always))]
            fn check(&self, _n: usize) {
                $(self.$index.check(_n);)*
            }

            #[cfg_attr(optimised, inline(always))]
            fn prefetch(&self, _at: usize) {
                $(self.$index.prefetch(_at);)*
            }

            #[cfg_attr(optimised, inline(always))]
            fn lanes() -> Self::Lanes {
                ($(Aligned([$sink::Lane::default(); LANES]),)*)
            }

            #[cfg_attr(optimised, inline(always))]
            fn put(_lanes: &mut Self::Lanes, _lane: usize, _items: Self::Items) {
                $(_lanes.$index.0[_lane] = $sink::lane(_items.$index);)*
            }

            #[cfg_attr(optimised, inline(always))]
            fn take(&mut self, _at: usize, _len: usize, _lanes: &Self::Lanes) {
                $(self.$index.take(_at, _len, &_lanes.$index.0);)*
            }

            #[cfg_attr(optimised, inline(always))]
            fn finish(self) -> Self::Results {
                ($(self.$index.finish(),)*)
            }
        }
    };
}

sinks!();
sinks!(A 0);
sinks!(A 0, B 1);
sinks!(A 0, B 1, C 2);
sinks!(A 0, B 1, C 2, D 3);
sinks!(A 0, B 1, C 2, D 3, E 4);
sinks!(A 0, B 1, C 2, D 3, E 4, G 5);
sinks!(A 0, B 1, C 2, D 3, E 4, G 5, H 6);
sinks!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7);
sinks!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8);
sinks!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9);
sinks!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10);
sinks!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, M 11);
