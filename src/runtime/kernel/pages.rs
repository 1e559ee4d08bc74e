//! Advice to the operating system about large arrays.
//!
//! A gradient is fresh memory in each step. With pages of 4 KiB a step then spends most of its time in page faults,
//! one for each page and from all threads at once; with huge pages there are 512 times fewer.

/// Bytes from which on the advice pays.
const LARGE: usize = 4 << 20;

/// Asks for huge pages for an array that is about to be written for the first time. Contents do not change, and
/// nothing happens where there are no huge pages.
pub fn expect_writes<F>(data: &mut [F]) {
    if size_of_val(data) >= LARGE {
        advise(data);
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
fn advise<F>(data: &mut [F]) {
    /// Advice has to begin at a page; this is the largest usual size of small ones.
    const PAGE: usize = 64 << 10;
    let start = data.as_mut_ptr().cast::<u8>();
    let skipped = start.align_offset(PAGE);
    let len = (size_of_val(data) - skipped) & !(PAGE - 1);
    // SAFETY: the range lies inside `data` (which is larger than a page), and the advice leaves what is in it alone.
    unsafe { libc::madvise(start.add(skipped).cast(), len, libc::MADV_HUGEPAGE) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise<F>(_data: &mut [F]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_stay() {
        // An interpreter takes minutes for more, and no advice.
        let large = if cfg!(miri) { 1000 } else { 1 << 20 };
        for len in [0, 10, large, large + large / 80] {
            let mut data: Vec<f32> = (0..len).map(|i| i as f32).collect();
            expect_writes(&mut data);
            assert!(data.iter().enumerate().all(|(i, &x)| x == i as f32));
        }
    }
}
