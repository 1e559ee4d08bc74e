//! What a sweep makes.

use super::LANES;

/// Something that takes one item a position, through one lane of a tile each.
pub trait Sink: Sized {
    /// What it takes.
    type Item;
    /// What a lane holds.
    type Lane: Copy;
    /// What it gives in the end.
    type Result;

    /// What each lane holds at first.
    fn lane(&self) -> Self::Lane;
    /// Takes an item. This is what the vectorised loop does.
    fn put(lane: &mut Self::Lane, item: Self::Item);
    /// What it gives, after the last flush.
    fn finish(self) -> Self::Result;

    /// Panics unless there is room for `n` elements.
    #[inline(always)]
    fn check(&self, _n: usize) {}
    /// Takes the first `len` lanes of the tile that begins at position `at`.
    #[inline(always)]
    fn write(&mut self, _at: usize, _len: usize, _lanes: &[Self::Lane; LANES]) {}
    /// Takes what the first `len` lanes hold after some tiles, and resets the lanes. `width` is [`LANES`].
    #[inline(always)]
    fn flush(&mut self, _lanes: &mut [Self::Lane; LANES], _len: usize, _width: usize) {}
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
    /// What the lanes hold at first.
    fn lanes(&self) -> Self::Lanes;
    /// Takes the items of a lane.
    fn put(lanes: &mut Self::Lanes, lane: usize, items: Self::Items);
    /// Takes the first `len` lanes of the tile that begins at position `at`.
    fn write(&mut self, at: usize, len: usize, lanes: &Self::Lanes);
    /// Takes what the first `len` lanes hold after some tiles, and resets the lanes. `width` is [`LANES`].
    fn flush(&mut self, lanes: &mut Self::Lanes, len: usize, width: usize);
    /// What they give, after the last flush.
    fn finish(self) -> Self::Results;
}

macro_rules! sinks {
    ($($sink:ident $index:tt),*) => {
        #[allow(clippy::unused_unit)]
        impl<$($sink: Sink),*> Sinks for ($($sink,)*) {
            type Items = ($($sink::Item,)*);
            type Lanes = ($([$sink::Lane; LANES],)*);
            type Results = ($($sink::Result,)*);

            #[inline(always)]
            fn check(&self, _n: usize) {
                $(self.$index.check(_n);)*
            }

            #[inline(always)]
            fn lanes(&self) -> Self::Lanes {
                ($([self.$index.lane(); LANES],)*)
            }

            #[inline(always)]
            fn put(_lanes: &mut Self::Lanes, _lane: usize, _items: Self::Items) {
                $($sink::put(&mut _lanes.$index[_lane], _items.$index);)*
            }

            #[inline(always)]
            fn write(&mut self, _at: usize, _len: usize, _lanes: &Self::Lanes) {
                $(self.$index.write(_at, _len, &_lanes.$index);)*
            }

            #[inline(always)]
            fn flush(&mut self, _lanes: &mut Self::Lanes, _len: usize, _width: usize) {
                $(self.$index.flush(&mut _lanes.$index, _len, _width);)*
            }

            #[inline(always)]
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
