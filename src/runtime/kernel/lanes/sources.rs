//! All that a sweep reads.

use super::{LANES, Source};

/// A tuple of sources, of at most 16.
pub trait Sources: Copy {
    /// What one position gives.
    type Items;
    /// The memory of each.
    type Memory;
    /// A tile of each.
    type Views<'t>
    where
        Self: 't;

    /// Panics unless all have `n` elements.
    fn check(&self, n: usize);
    /// The tiles at that position are about to be read.
    fn prefetch(&self, at: usize);
    /// The memory of a sweep.
    fn memory(&self) -> Self::Memory;
    /// The tile of each source that begins at position `at`, of which `len` elements are wanted.
    fn views<'t>(&'t self, at: usize, len: usize, memory: &'t mut Self::Memory) -> Self::Views<'t>;
    /// What a lane of the tiles gives.
    fn items<'t>(views: &Self::Views<'t>, lane: usize) -> Self::Items
    where
        Self: 't;
}

macro_rules! sources {
    ($($source:ident $index:tt),*) => {
        #[allow(clippy::unused_unit)]
        impl<$($source: Source),*> Sources for ($($source,)*) {
            type Items = ($($source::Item,)*);
            type Memory = ($($source::Memory,)*);
            type Views<'t> = ($(&'t [$source::Item; LANES],)*) where Self: 't;

            #[cfg_attr(optimised, inline(always))]
            fn check(&self, _n: usize) {
                $(self.$index.check(_n);)*
            }

            #[cfg_attr(optimised, inline(always))]
            fn prefetch(&self, _at: usize) {
                $(self.$index.prefetch(_at);)*
            }

            #[cfg_attr(optimised, inline(always))]
            fn memory(&self) -> Self::Memory {
                ($(self.$index.memory(),)*)
            }

            #[cfg_attr(optimised, inline(always))]
            fn views<'t>(&'t self, _at: usize, _len: usize, _memory: &'t mut Self::Memory) -> Self::Views<'t> {
                ($(self.$index.view(_at, _len, &mut _memory.$index),)*)
            }

            #[cfg_attr(optimised, inline(always))]
            fn items<'t>(_views: &Self::Views<'t>, _lane: usize) -> Self::Items
            where
                Self: 't,
            {
                ($(_views.$index[_lane],)*)
            }
        }
    };
}

sources!();
sources!(A 0);
sources!(A 0, B 1);
sources!(A 0, B 1, C 2);
sources!(A 0, B 1, C 2, D 3);
sources!(A 0, B 1, C 2, D 3, E 4);
sources!(A 0, B 1, C 2, D 3, E 4, G 5);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, M 11);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, M 11, N 12);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, M 11, N 12, O 13);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, M 11, N 12, O 13, P 14);
sources!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, M 11, N 12, O 13, P 14, Q 15);
