//! Memory that kernels use over and over: each thread keeps the buffers it gave up, up to a bound, so that a
//! training loop allocates nothing after its first steps.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::thread::LocalKey;

/// At most so many buffers of one type wait on a thread, ..
const MOST_BUFFERS: usize = 32;
/// .. of so many bytes together, ..
const MOST_BYTES: usize = 64 << 20;
/// .. and none larger than this: what is larger goes back to the allocator at once.
const LARGEST: usize = 32 << 20;

/// The buffers of a thread, by type.
type Shelves = RefCell<(Shelf<f32>, Shelf<f64>)>;

thread_local! {
    static POOL: Shelves = const { RefCell::new((Shelf::new(), Shelf::new())) };
    /// Those that are known to hold zeros.
    static ZEROS: Shelves = const { RefCell::new((Shelf::new(), Shelf::new())) };
}

/// Buffers of one type that wait for their next use, oldest first.
struct Shelf<F> {
    waiting: Vec<Vec<F>>,
}

impl<F> Shelf<F> {
    const fn new() -> Self {
        Shelf { waiting: Vec::new() }
    }

    /// The smallest buffer that is long enough.
    fn take(&mut self, len: usize) -> Option<Vec<F>> {
        let fits = self.waiting.iter().enumerate().filter(|(_, data)| data.len() >= len);
        let (place, _) = fits.min_by_key(|(_, data)| data.len())?;
        Some(self.waiting.remove(place))
    }

    /// A buffer of that length.
    fn take_exactly(&mut self, len: usize) -> Option<Vec<F>> {
        let place = self.waiting.iter().rposition(|data| data.len() == len)?;
        Some(self.waiting.remove(place))
    }

    /// Keeps a buffer, in place of the oldest ones if need be.
    fn keep(&mut self, data: Vec<F>) {
        let bytes = |data: &Vec<F>| data.len() * size_of::<F>();
        if data.is_empty() || bytes(&data) > LARGEST {
            return;
        }
        let mut kept = bytes(&data) + self.waiting.iter().map(bytes).sum::<usize>();
        while kept > MOST_BYTES || self.waiting.len() >= MOST_BUFFERS {
            kept -= bytes(&self.waiting.remove(0));
        }
        self.waiting.push(data);
    }
}

/// This thread's shelf of that type. There is none for other types, while the thread ends, or inside `job`.
fn shelf<F: 'static, R>(job: impl FnOnce(&mut Shelf<F>) -> R) -> Option<R> {
    shelf_of(&POOL, job)
}

fn shelf_of<F: 'static, R>(
    pool: &'static LocalKey<Shelves>,
    job: impl FnOnce(&mut Shelf<F>) -> R,
) -> Option<R> {
    pool.try_with(|pool| {
        let (single, double) = &mut *pool.try_borrow_mut().ok()?;
        let shelf: &mut dyn Any = if TypeId::of::<F>() == TypeId::of::<f32>() { single } else { double };
        shelf.downcast_mut().map(job)
    })
    .ok()?
}

/// Zeros, in memory that another one may own afterwards.
pub fn zeros<F: Copy + Default + 'static>(len: usize) -> Vec<F> {
    // The allocator has large zeros without writing them.
    let kept = shelf_of(&ZEROS, |shelf| shelf.take_exactly(len)).flatten();
    kept.unwrap_or_else(|| vec![F::default(); len])
}

/// Takes memory for later [`zeros`]: it has to hold nothing else.
pub fn keep_zeros<F: 'static>(data: Vec<F>) {
    shelf_of(&ZEROS, |shelf| shelf.keep(data));
}

/// An array of a kernel's own. When it is dropped, its memory waits on that thread for the next one.
#[derive(Debug)]
pub struct Buffer<F: Copy + Default + 'static> {
    /// At least `len` elements.
    data: Vec<F>,
    len: usize,
}

impl<F: Copy + Default + 'static> Buffer<F> {
    /// Elements of unspecified value: what the last user of the memory left there.
    pub fn any(len: usize) -> Self {
        let kept = shelf(|shelf| shelf.take(len)).flatten();
        Buffer { data: kept.unwrap_or_else(|| vec![F::default(); len]), len }
    }

    /// Zeros.
    pub fn zeroed(len: usize) -> Self {
        match shelf(|shelf| shelf.take(len)).flatten() {
            Some(mut data) => {
                data[..len].fill(F::default());
                Buffer { data, len }
            }
            // The allocator has zeros without writing them.
            None => Buffer { data: vec![F::default(); len], len },
        }
    }

    /// One value everywhere.
    pub fn filled(len: usize, value: F) -> Self {
        let mut buffer = Self::any(len);
        buffer.fill(value);
        buffer
    }

    /// Keeps the first elements only.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// The elements as a vector without spare memory.
    pub fn into_vec(mut self) -> Vec<F> {
        if self.data.len() == self.len { std::mem::take(&mut self.data) } else { self.to_vec() }
    }
}

impl<F: Copy + Default + 'static> Drop for Buffer<F> {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        shelf(|shelf| shelf.keep(data));
    }
}

impl<F: Copy + Default + 'static> Deref for Buffer<F> {
    type Target = [F];
    fn deref(&self) -> &[F] {
        &self.data[..self.len]
    }
}

impl<F: Copy + Default + 'static> DerefMut for Buffer<F> {
    fn deref_mut(&mut self) -> &mut [F] {
        &mut self.data[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Vec<usize> {
        shelf(|shelf: &mut Shelf<f32>| shelf.waiting.iter().map(Vec::len).collect()).unwrap()
    }

    fn on_a_new_thread(test: impl FnOnce() + Send) {
        std::thread::scope(|scope| scope.spawn(test).join().unwrap());
    }

    #[test]
    fn memory_comes_back() {
        on_a_new_thread(|| {
            let first = Buffer::filled(100, 7.0f32);
            let at = first.as_ptr();
            drop(first);
            let second = Buffer::<f32>::any(60);
            assert_eq!((second.as_ptr(), second.len()), (at, 60));
            assert_eq!(second[59], 7.0);
            assert!(waiting().is_empty());
            drop(second);
            assert!(Buffer::<f32>::zeroed(80).iter().all(|x| *x == 0.0));
            assert_eq!(waiting(), [100]);
        });
    }

    #[test]
    fn the_smallest_that_fits_is_taken() {
        on_a_new_thread(|| {
            drop([Buffer::<f32>::any(300), Buffer::any(100), Buffer::any(200)]);
            assert_eq!(waiting(), [300, 100, 200]);
            let taken = Buffer::<f32>::any(150);
            assert_eq!(waiting(), [300, 100]);
            assert_eq!(taken.into_vec().len(), 150);
        });
    }

    #[test]
    fn what_waits_is_bounded() {
        on_a_new_thread(|| {
            let keep = |bytes: usize| {
                let data = vec![0.0; bytes / size_of::<f32>()];
                shelf(|shelf: &mut Shelf<f32>| shelf.keep(data));
            };
            keep(LARGEST + 4);
            assert!(waiting().is_empty());
            (1..=100).for_each(|k| keep(4 * k));
            assert_eq!(waiting(), (69..=100).collect::<Vec<usize>>());
            (0..3).for_each(|_| keep(LARGEST));
            assert_eq!(waiting(), [LARGEST / 4; MOST_BYTES / LARGEST]);
        });
    }

    #[test]
    fn a_buffer_may_end_on_another_thread() {
        on_a_new_thread(|| {
            let buffer = Buffer::<f32>::any(10);
            on_a_new_thread(move || {
                drop(buffer);
                assert_eq!(waiting(), [10]);
            });
            assert!(waiting().is_empty());
        });
    }

    #[test]
    fn a_panic_gives_memory_back() {
        on_a_new_thread(|| {
            let panics = std::panic::catch_unwind(|| {
                let _held = Buffer::<f32>::any(10);
                panic!("as planned");
            });
            assert!(panics.is_err());
            assert_eq!(waiting(), [10]);
        });
    }

    #[test]
    fn a_vector_is_made_without_spare_memory() {
        on_a_new_thread(|| {
            let at = Buffer::<f64>::any(9).as_ptr();
            let whole = Buffer::<f64>::filled(9, 1.0).into_vec();
            assert_eq!((whole.as_ptr(), whole.len()), (at, 9));
            drop(Buffer::<f64>::any(9));
            assert_eq!(Buffer::filled(3, 2.0).into_vec(), [2.0; 3]);
        });
    }

    #[test]
    fn other_types_are_not_kept() {
        drop(Buffer::<u8>::any(10));
        assert_eq!(Buffer::<u8>::filled(3, 2).into_vec(), [2; 3]);
    }
}
