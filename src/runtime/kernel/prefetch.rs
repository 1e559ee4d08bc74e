//! Advice to the processor about memory that is soon needed.
//!
//! It fetches by itself what follows on a page, but a row is short, and the next one is needed when the last pass over
//! this one is done.

use super::lanes::LANES;

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// Asks for the tile of an array that begins at `at`, if it is there.
#[cfg_attr(optimised, inline(always))]
pub fn tile<T>(data: &[T], at: usize) {
    if at < data.len() {
        let first = data.as_ptr().wrapping_add(at);
        for line in 0..LANES * size_of::<T>() / LINE {
            fetch(first.cast::<i8>().wrapping_add(line * LINE));
        }
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[cfg_attr(optimised, inline(always))]
fn fetch(address: *const i8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: the instruction is part of the baseline, reads nothing as far as the program can tell, and does not
    // fault at any address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
#[cfg_attr(optimised, inline(always))]
fn fetch(_address: *const i8) {}
