//! The one place where memory that belongs to dfdx is read through a pointer. It names nothing of dfdx, so that it
//! can be tested by itself under an interpreter of Rust's memory model.

/// The elements from `first` to `last`, when that is so many.
///
/// # Safety
///
/// Both references must point into one array `[T]` that is borrowed, in whole, for at least `'a`: nobody may write
/// to it or free it before.
#[cfg(not(feature = "copy-inputs"))]
pub(super) unsafe fn between<'a, T>(first: &'a T, last: &'a T, len: usize) -> Option<&'a [T]> {
    const { assert!(size_of::<T>() > 0) };
    let bytes = (&raw const *last).addr().checked_sub((&raw const *first).addr())?;
    let whole = bytes.is_multiple_of(size_of::<T>());
    if !whole || Some(bytes / size_of::<T>()) != len.checked_sub(1) {
        return None;
    }
    // SAFETY: the two ends lie in one array, and `last` is `len - 1` elements after `first`: so all `len` elements
    // are part of it, initialised, aligned, in one allocation, and shared with nobody who writes (see above). The
    // pointer comes from a reference to the first element alone. Rust's Tree Borrows model lets a shared reference
    // be followed past its own element as long as nobody has written there, which nobody has; the older Stacked
    // Borrows model does not, but no compiler relies on that, and the standard library itself is checked under both.
    Some(unsafe { std::slice::from_raw_parts(first, len) })
}
