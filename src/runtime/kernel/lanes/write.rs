//! Sinks that write to memory.

use super::super::prefetch;
use super::super::real::Real;
use super::{LANES, Sink};
use std::hint::select_unpredictable;

macro_rules! memory {
    ($(#[$doc:meta])* $name:ident, $old:ident, $item:ident => $new:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<'a, F>(pub &'a mut [F]);

        impl<F: Real> Sink for $name<'_, F> {
            type Item = F;
            type Lane = F;
            type Result = ();

            #[cfg_attr(optimised, inline(always))]
            fn check(&self, n: usize) {
                assert!(self.0.is_empty() || self.0.len() >= n, "a sink of a sweep is too short");
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
                if self.0.is_empty() {
                    return;
                }
                let data = &mut self.0[at..at + len];
                if let Some(data) = data.first_chunk_mut::<LANES>() {
                    for lane in 0..LANES {
                        let ($old, $item) = (data[lane], lanes[lane]);
                        data[lane] = $new;
                    }
                    return;
                }
                for (data, lane) in data.iter_mut().zip(lanes) {
                    let ($old, $item) = (*data, *lane);
                    *data = $new;
                }
            }

            #[cfg_attr(optimised, inline(always))]
            fn finish(self) {}
        }
    };
}

memory! {
    /// Writes. An empty array is skipped.
    Store, _old, item => item
}
memory! {
    /// Adds to what is there. An empty array is skipped.
    AddTo, old, item => old + item
}
memory! {
    /// Multiplies what is there. An empty array is skipped.
    MulTo, old, item => old * item
}
memory! {
    /// Keeps the larger of what is there and the item; NaN if one is. An empty array is skipped.
    MaxTo, old, item => select_unpredictable((item > old) | item.is_nan(), item, old)
}
memory! {
    /// Keeps the larger of what is there and the item, unless that is NaN. An empty array is skipped.
    PeakTo, old, item => select_unpredictable(item > old, item, old)
}
memory! {
    /// Keeps the smaller of what is there and the item; NaN if one is. An empty array is skipped.
    MinTo, old, item => select_unpredictable((item < old) | item.is_nan(), item, old)
}

macro_rules! strided {
    ($(#[$doc:meta])* $name:ident, $old:ident, $item:ident => $new:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<'a, F> {
            /// The array; if empty, it is skipped.
            pub data: &'a mut [F],
            /// Where position 0 is.
            pub start: usize,
            /// From one position to the next.
            pub step: usize,
        }

        impl<F: Real> Sink for $name<'_, F> {
            type Item = F;
            type Lane = F;
            type Result = ();

            #[cfg_attr(optimised, inline(always))]
            fn check(&self, n: usize) {
                let last = n.saturating_sub(1).saturating_mul(self.step).saturating_add(self.start);
                let inside = self.data.is_empty() || n == 0 || last < self.data.len();
                assert!(inside, "a sink of a sweep is too short");
            }

            #[cfg_attr(optimised, inline(always))]
            fn lane(item: F) -> F {
                item
            }

            #[cfg_attr(optimised, inline(always))]
            fn take(&mut self, at: usize, len: usize, lanes: &[F; LANES]) {
                if self.data.is_empty() {
                    return;
                }
                let rest = &mut self.data[self.start + at * self.step..];
                if self.step == 0 {
                    for $item in lanes[..len].iter().copied() {
                        let $old = rest[0];
                        rest[0] = $new;
                    }
                    return;
                }
                for (data, $item) in rest.iter_mut().step_by(self.step).zip(lanes[..len].iter().copied()) {
                    let $old = *data;
                    *data = $new;
                }
            }

            #[cfg_attr(optimised, inline(always))]
            fn finish(self) {}
        }
    };
}

strided! {
    /// Writes every `step`-th element.
    StoreStrided, _old, item => item
}
strided! {
    /// Adds to every `step`-th element; with `step` 0, everything to one.
    AddStrided, old, item => old + item
}

/// Adds to elements that the items name: an item is an index and a value, and position `i` is at
/// `start + i * step + index * stride`. An empty array is skipped.
#[derive(Debug)]
pub struct AddAt<'a, F> {
    /// The array.
    pub data: &'a mut [F],
    /// Where index 0 of position 0 is.
    pub start: usize,
    /// From one position to the next.
    pub step: usize,
    /// From one index to the next.
    pub stride: usize,
}

impl<F: Real> Sink for AddAt<'_, F> {
    type Item = (i32, F);
    type Lane = (i32, F);
    type Result = ();

    #[cfg_attr(optimised, inline(always))]
    fn lane(item: (i32, F)) -> (i32, F) {
        item
    }

    #[cfg_attr(optimised, inline(always))]
    fn take(&mut self, at: usize, len: usize, lanes: &[(i32, F); LANES]) {
        if self.data.is_empty() {
            return;
        }
        for (lane, (index, item)) in lanes[..len].iter().enumerate() {
            self.data[self.start + (at + lane) * self.step + *index as usize * self.stride] += *item;
        }
    }

    #[cfg_attr(optimised, inline(always))]
    fn finish(self) {}
}
