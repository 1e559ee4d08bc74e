//! What a sweep reads.

use super::super::prefetch;
use super::super::real::Real;
use super::{Aligned, LANES, Tile};
use std::mem::MaybeUninit;

/// An array, read one tile at a time.
pub trait Source: Copy {
    /// What one position gives.
    type Item: Copy + Default;
    /// Memory for a tile that is not in an array as it is.
    type Memory;

    /// Panics unless there are `n` elements.
    fn check(&self, n: usize);

    /// The memory of a sweep.
    fn memory(&self) -> Self::Memory;

    /// The tile that begins at position `at`, of which the first `len` elements, at least one, are wanted.
    fn view<'t>(&'t self, at: usize, len: usize, memory: &'t mut Self::Memory) -> &'t [Self::Item; LANES];

    /// The tile at that position, if there is one, is about to be read.
    #[cfg_attr(optimised, inline(always))]
    fn prefetch(&self, _at: usize) {}
}

/// A type of array elements, with what it becomes in a kernel. Class indices become 32 bits wide, as the numbers
/// are: a loop has as many lanes as its widest type allows.
pub trait Element: Copy {
    /// What it becomes.
    type Item: Copy + Default;
    /// The element as that.
    fn item(self) -> Self::Item;
}

macro_rules! element {
    ($($type:ty as $item:ty: $element:ident => $value:expr;)*) => {$(
        impl Element for $type {
            type Item = $item;
            #[cfg_attr(optimised, inline(always))]
            fn item(self) -> $item {
                let $element = self;
                $value
            }
        }
    )*};
}

element! {
    f32 as f32: x => x;
    f64 as f64: x => x;
    usize as i32: class => class as i32;
    bool as bool: holds => holds;
}

/// A real array. If the array goes on behind the elements that are wanted, pass what follows, too: the last tile
/// is then read in place, not copied.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a, F>(pub &'a [F]);

/// Class indices; passing more than is wanted does no harm, as for [`Dense`].
#[derive(Clone, Copy, Debug)]
pub struct Classes<'a>(pub &'a [usize]);

/// Conditions; passing more than is wanted saves a copy, as for [`Dense`].
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a>(pub &'a [bool]);

/// Indices that are kept in a real array.
#[derive(Clone, Copy, Debug)]
pub struct Indices<'a, F>(pub &'a [F]);

/// Conditions that are kept in a real array: anything but 0 holds.
#[derive(Clone, Copy, Debug)]
pub struct Truths<'a, F>(pub &'a [F]);

/// Every `step`-th element of an array of reals, class indices or conditions, from `start`; `step` may be 0.
#[derive(Clone, Copy, Debug)]
pub struct Strided<'a, T> {
    /// The array.
    pub data: &'a [T],
    /// Where position 0 is.
    pub start: usize,
    /// From one position to the next.
    pub step: usize,
}

/// Elements of an array that another source picks: position `i` is at `start + i * step + index * stride`. What lies
/// outside the array is the type's default.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'a, T, I> {
    /// The array.
    pub data: &'a [T],
    /// Where index 0 of position 0 is.
    pub start: usize,
    /// From one position to the next.
    pub step: usize,
    /// The index.
    pub index: I,
    /// From one index to the next.
    pub stride: usize,
}

/// A real array, or (`step` 0) its first element at every position.
#[derive(Clone, Copy, Debug)]
pub struct Maybe<'a, F> {
    /// The array.
    pub data: &'a [F],
    /// 0 or 1.
    pub step: usize,
}

/// The same number at every position.
#[derive(Clone, Copy, Debug)]
pub struct Fill<F>(pub F);

/// Memory for items, not written yet.
macro_rules! tile {
    ($item:ty) => {
        type Memory = Tile<$item>;

        #[cfg_attr(optimised, inline(always))]
        fn memory(&self) -> Self::Memory {
            Aligned(MaybeUninit::uninit())
        }
    };
}
pub(super) use tile;

/// Where position `n - 1` is has to be inside.
#[cfg_attr(optimised, inline(always))]
pub(super) fn check(len: usize, n: usize, start: usize, step: usize) {
    let inside =
        n == 0 || (n - 1).checked_mul(step).and_then(|i| i.checked_add(start)).is_some_and(|i| i < len);
    assert!(inside, "a source of a sweep is too short");
}

/// A tile where it lies or, if less than a tile is left, copied; the rest of the copy is harmless numbers.
#[cfg_attr(optimised, inline(always))]
fn in_place<'t, T: Copy>(data: &'t [T], at: usize, len: usize, tile: &'t mut Tile<T>) -> &'t [T; LANES] {
    let rest = &data[at..];
    if let Some(whole) = rest.first_chunk() {
        return whole;
    }
    let tile = tile.0.write([rest[0]; LANES]);
    tile[..len].copy_from_slice(&rest[..len]);
    tile
}

/// A tile, each element converted; the rest of the tile is harmless values.
#[cfg_attr(optimised, inline(always))]
pub(super) fn converted<'t, T, I: Copy>(
    data: &[T],
    at: usize,
    len: usize,
    tile: &'t mut Tile<I>,
    item: impl Fn(&T) -> I,
) -> &'t [I; LANES] {
    let rest = &data[at..];
    let tile = tile.0.write([item(&rest[0]); LANES]);
    if let Some(whole) = rest.first_chunk::<LANES>() {
        for lane in 0..LANES {
            tile[lane] = item(&whole[lane]);
        }
        return tile;
    }
    for (to, from) in tile.iter_mut().zip(&rest[..len]) {
        *to = item(from);
    }
    tile
}

impl<F: Real> Source for Dense<'_, F> {
    type Item = F;
    tile!(F);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        check(self.0.len(), n, 0, 1);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [F; LANES] {
        in_place(self.0, at, len, tile)
    }

    #[cfg_attr(optimised, inline(always))]
    fn prefetch(&self, at: usize) {
        prefetch::tile(self.0, at);
    }
}

impl Source for Mask<'_> {
    type Item = bool;
    tile!(bool);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        check(self.0.len(), n, 0, 1);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [bool; LANES] {
        in_place(self.0, at, len, tile)
    }
}

impl Source for Classes<'_> {
    type Item = i32;
    tile!(i32);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        check(self.0.len(), n, 0, 1);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [i32; LANES] {
        converted(self.0, at, len, tile, |class| class.item())
    }
}

impl<F: Real> Source for Indices<'_, F> {
    type Item = i32;
    tile!(i32);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        check(self.0.len(), n, 0, 1);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [i32; LANES] {
        converted(self.0, at, len, tile, |x| x.to_index())
    }
}

impl<F: Real> Source for Truths<'_, F> {
    type Item = bool;
    tile!(bool);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        check(self.0.len(), n, 0, 1);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [bool; LANES] {
        converted(self.0, at, len, tile, |x| x.to_truth())
    }
}

impl<T: Element> Source for Strided<'_, T> {
    type Item = T::Item;
    tile!(T::Item);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        check(self.data.len(), n, self.start, self.step);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [T::Item; LANES] {
        if self.step == 1 {
            return converted(self.data, self.start + at, len, tile, |x| x.item());
        }
        let rest = &self.data[self.start + at * self.step..];
        let tile = tile.0.write([rest[0].item(); LANES]);
        // With a step of 0 that was all.
        if self.step > 0 {
            for (to, from) in tile[..len].iter_mut().zip(rest.iter().step_by(self.step)) {
                *to = from.item();
            }
        }
        tile
    }
}

impl<T: Element, I: Source<Item = i32>> Source for Pick<'_, T, I> {
    type Item = T::Item;
    tile!(T::Item);

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        self.index.check(n);
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [T::Item; LANES] {
        let mut indices = self.index.memory();
        let indices = self.index.view(at, len, &mut indices);
        let tile = tile.0.write([T::Item::default(); LANES]);
        for (lane, (to, index)) in tile.iter_mut().zip(indices).enumerate() {
            // Behind the elements that are wanted, an index is any number, a negative one, too.
            let picked = (*index as usize).wrapping_mul(self.stride);
            let place = (self.start + (at + lane) * self.step).wrapping_add(picked);
            *to = self.data.get(place).copied().map(T::item).unwrap_or_default();
        }
        tile
    }
}

impl<F: Real> Source for Maybe<'_, F> {
    type Item = F;
    type Memory = Aligned<[F; LANES]>;

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, n: usize) {
        assert!(self.step <= 1, "a source of a sweep has a step other than 0 and 1");
        check(self.data.len(), n, 0, self.step);
    }

    #[cfg_attr(optimised, inline(always))]
    fn memory(&self) -> Self::Memory {
        Aligned([self.data.first().copied().unwrap_or_else(F::zero); LANES])
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, at: usize, len: usize, tile: &'t mut Self::Memory) -> &'t [F; LANES] {
        if self.step == 1 {
            let rest = &self.data[at..];
            if let Some(whole) = rest.first_chunk() {
                return whole;
            }
            tile.0[..len].copy_from_slice(&rest[..len]);
        }
        &tile.0
    }
}

impl<F: Real> Source for Fill<F> {
    type Item = F;
    type Memory = Aligned<[F; LANES]>;

    #[cfg_attr(optimised, inline(always))]
    fn check(&self, _n: usize) {}

    #[cfg_attr(optimised, inline(always))]
    fn memory(&self) -> Self::Memory {
        Aligned([self.0; LANES])
    }

    #[cfg_attr(optimised, inline(always))]
    fn view<'t>(&'t self, _at: usize, _len: usize, tile: &'t mut Self::Memory) -> &'t [F; LANES] {
        &tile.0
    }
}
