//! Products of matrices that lie in arrays with any strides. The blocks they are computed in follow from the sizes
//! alone, and one thread does a whole block: so the number of threads changes no bit of the result.

use super::real::Real;
use super::rows;
use std::ops::Range;

/// Multiplications from which on other threads pay for being woken.
const PARALLEL: usize = 1 << 21;
/// A product is cut into about so many blocks, ..
const BLOCKS: usize = 16;
/// .. whose longer side is a multiple of this, which fits the register tiles of all instruction sets, ..
const TILE: usize = 48;
/// .. and at least this: each block arranges its operands anew.
const SHORTEST: usize = 96;

/// Elements from one matrix, row or column to the next.
pub type Strides = [usize; 3];

/// How many products, and of which sizes: `rows x inner` times `inner x columns` each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// How many products.
    pub batch: usize,
    /// Rows of the result.
    pub rows: usize,
    /// Columns of the left factor, rows of the right one.
    pub inner: usize,
    /// Columns of the result.
    pub columns: usize,
}

/// `c = beta c + alpha a b`, for each matrix of a batch. With `beta` 0 it does not matter what `c` was, NaN included.
/// Factors may overlap themselves (strides of 0); the elements of `c` must be distinct.
///
/// # Panics
/// When an array is too short for its strides, or elements of `c` are not distinct.
pub fn product<F: Real>(
    sizes: Sizes,
    alpha: F,
    a: (&[F], Strides),
    b: (&[F], Strides),
    beta: F,
    c: (&mut [F], Strides),
) {
    let Sizes { batch, rows, inner, columns } = sizes;
    assert!(covers(a.0.len(), [batch, rows, inner], a.1), "the left factor is too short");
    assert!(covers(b.0.len(), [batch, inner, columns], b.1), "the right factor is too short");
    assert!(covers(c.0.len(), [batch, rows, columns], c.1), "the result is too short");
    assert!(distinct([batch, rows, columns], c.1), "elements of the result overlap");
    let product = Product { sizes, alpha, a, b, beta, c: Target(c.0.as_mut_ptr()), c_strides: c.1 };
    let work = [batch, rows, inner, columns].into_iter().fold(1usize, usize::saturating_mul);
    let cut = Cut::new(rows.max(columns));
    rows::each(0..batch * cut.blocks(), work >= PARALLEL, &|part| {
        let (matrix, block) = (part / cut.blocks(), cut.block(part % cut.blocks()));
        if rows >= columns {
            product.block(matrix, block, 0..columns);
        } else {
            product.block(matrix, 0..rows, block);
        }
    });
}

/// Whether the last element lies in an array of that length.
fn covers(len: usize, sizes: [usize; 3], strides: Strides) -> bool {
    if sizes.contains(&0) {
        return true;
    }
    let reach =
        |last: usize, (size, stride): (usize, usize)| last.checked_add((size - 1).checked_mul(stride)?);
    sizes.into_iter().zip(strides).try_fold(0, reach).is_some_and(|last| last < len)
}

/// Whether no two positions are one element: each stride passes over all that the smaller ones reach.
fn distinct(sizes: [usize; 3], strides: Strides) -> bool {
    let mut axes = [0, 1, 2].map(|axis| (strides[axis], sizes[axis]));
    axes.sort_unstable();
    let mut reached = 0;
    sizes.contains(&0)
        || axes.into_iter().filter(|axis| axis.1 > 1).all(|(stride, size)| {
            let passes = stride > reached;
            reached += (size - 1) * stride;
            passes
        })
}

/// How the longer side of the result is cut.
#[derive(Clone, Copy)]
struct Cut {
    length: usize,
    block: usize,
}

impl Cut {
    fn new(length: usize) -> Self {
        Cut { length, block: length.div_ceil(BLOCKS).next_multiple_of(TILE).max(SHORTEST) }
    }

    fn blocks(&self) -> usize {
        self.length.div_ceil(self.block)
    }

    fn block(&self, index: usize) -> Range<usize> {
        let start = index * self.block;
        start..self.length.min(start + self.block)
    }
}

/// Where results go: an array that several threads write, no two of them the same element.
struct Target<F>(*mut F);

// SAFETY: the pointer comes from a `&mut [F]` that is borrowed until all threads are done. They use it in
// `Product::block` only, each for positions of its own, and different positions are different elements.
unsafe impl<F: Send> Sync for Target<F> {}

/// What there is to compute. Both factors cover their sizes, and so does the result, whose elements are distinct.
struct Product<'a, F> {
    sizes: Sizes,
    alpha: F,
    a: (&'a [F], Strides),
    b: (&'a [F], Strides),
    beta: F,
    c: Target<F>,
    c_strides: Strides,
}

impl<F: Real> Product<'_, F> {
    /// One block of one matrix.
    fn block(&self, matrix: usize, rows: Range<usize>, columns: Range<usize>) {
        let Product { sizes, a, b, c_strides, .. } = self;
        let a_start = matrix * a.1[0] + rows.start * a.1[1];
        let b_start = matrix * b.1[0] + columns.start * b.1[2];
        let c_start = matrix * c_strides[0] + rows.start * c_strides[1] + columns.start * c_strides[2];
        let block = Sizes { batch: 1, rows: rows.len(), columns: columns.len(), ..*sizes };
        if block.rows == 0 || block.columns == 0 {
            return;
        }
        // With an inner length of 0 the factors are empty, and no position in them is used.
        let [a_start, b_start] = [a_start, b_start].map(|start| if sizes.inner == 0 { 0 } else { start });
        // SAFETY: `product` has checked that the last position of each array lies in it, so all of them do. The
        // factors are borrowed, and blocks are disjoint parts of the result: nobody else writes what this reads
        // or touches what this writes.
        unsafe {
            let (a_at, b_at) = (a.0.as_ptr().add(a_start), b.0.as_ptr().add(b_start));
            let c_at = self.c.0.add(c_start);
            match fast::<F>() {
                Some(fast) if sizes.inner > 0 => self.fast(fast, block, a_at, b_at, c_at),
                _ => self.plain(block, a_at, b_at, c_at),
            }
        }
    }

    /// One product by the matrix library.
    ///
    /// # Safety
    /// From each pointer on, all positions of the block are elements; those of `c` are nobody else's.
    unsafe fn fast(&self, fast: Fast<F>, block: Sizes, a: *const F, b: *const F, c: *mut F) {
        let signed = |strides: Strides| strides.map(|stride| stride as isize);
        let ([_, a_row, a_column], [_, b_row, b_column]) = (signed(self.a.1), signed(self.b.1));
        let [_, c_row, c_column] = signed(self.c_strides);
        let Sizes { rows, inner, columns, .. } = block;
        let read = self.beta != F::zero();
        let serial = gemm_common::Parallelism::None;
        // SAFETY: as above; the library asks for no more.
        unsafe {
            fast(
                rows, columns, inner, c, c_column, c_row, read, a, a_column, a_row, b, b_column, b_row,
                self.beta, self.alpha, false, false, false, serial,
            );
        }
    }

    /// One product as it is defined: where there is no library, and under an interpreter.
    ///
    /// # Safety
    /// As for `fast`.
    unsafe fn plain(&self, block: Sizes, a: *const F, b: *const F, c: *mut F) {
        let ([_, a_row, a_column], [_, b_row, b_column]) = (self.a.1, self.b.1);
        let [_, c_row, c_column] = self.c_strides;
        for row in 0..block.rows {
            for column in 0..block.columns {
                // SAFETY: as above.
                unsafe {
                    let term = |k| *a.add(row * a_row + k * a_column) * *b.add(k * b_row + column * b_column);
                    let sum = (0..block.inner).map(term).fold(F::zero(), |sum, term| sum + term);
                    let c = c.add(row * c_row + column * c_column);
                    let old = if self.beta == F::zero() { F::zero() } else { self.beta * *c };
                    *c = old + self.alpha * sum;
                }
            }
        }
    }
}

/// The library's function: sizes, `c` and its strides (column first), whether to read it, `a`, `b`, factors of `c`
/// and of the product, three conjugations, threads.
type Fast<F> = unsafe fn(
    usize,
    usize,
    usize,
    *mut F,
    isize,
    isize,
    bool,
    *const F,
    isize,
    isize,
    *const F,
    isize,
    isize,
    F,
    F,
    bool,
    bool,
    bool,
    gemm_common::Parallelism,
);

/// The library's function for `F`, with the best instructions this processor has.
#[cfg(not(miri))]
fn fast<F: Real>() -> Option<Fast<F>> {
    let single: Fast<f32> = gemm_f32::gemm::f32::get_gemm_fn();
    let double: Fast<f64> = gemm_f64::gemm::f64::get_gemm_fn();
    let any: [&dyn std::any::Any; 2] = [&single, &double];
    any.into_iter().find_map(|function| function.downcast_ref().copied())
}

/// The library uses instructions that the interpreter does not know.
#[cfg(miri)]
fn fast<F: Real>() -> Option<Fast<F>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<F: Real>(len: usize, seed: usize) -> Vec<F> {
        (0..len).map(|i| F::of((((i + seed) * 7919) % 1013) as f64 / 500.0 - 1.0)).collect()
    }

    /// Row-major strides, or those of the transpose.
    fn dense(rows: usize, columns: usize, transposed: bool) -> Strides {
        if transposed { [rows * columns, 1, rows] } else { [rows * columns, columns, 1] }
    }

    fn check<F: Real>(sizes: Sizes, transposed: [bool; 3], alpha: f64, beta: f64) {
        let Sizes { batch, rows, inner, columns } = sizes;
        let a_strides = dense(rows, inner, transposed[0]);
        let b_strides = dense(inner, columns, transposed[1]);
        let c_strides = dense(rows, columns, transposed[2]);
        let (a, b) = (numbers::<F>(batch * rows * inner, 1), numbers::<F>(batch * inner * columns, 2));
        let before = numbers::<F>(batch * rows * columns, 3);
        let mut c = before.clone();
        let factors = ((&a[..], a_strides), (&b[..], b_strides));
        product(sizes, F::of(alpha), factors.0, factors.1, F::of(beta), (&mut c, c_strides));
        let at = |strides: Strides, i: [usize; 3]| (0..3).map(|axis| strides[axis] * i[axis]).sum::<usize>();
        for (n, i, j) in
            (0..batch * rows * columns).map(|x| (x / rows / columns, x / columns % rows, x % columns))
        {
            let real = |x: F| x.to_f64();
            let term = |k| real(a[at(a_strides, [n, i, k])]) * real(b[at(b_strides, [n, k, j])]);
            let place = at(c_strides, [n, i, j]);
            let expected = alpha * (0..inner).map(term).sum::<f64>() + beta * real(before[place]);
            let tolerance = 4.0 * (inner as f64 + 2.0) * real(F::epsilon()) * (1.0 + expected.abs());
            assert!((real(c[place]) - expected).abs() <= tolerance, "{sizes:?} {transposed:?}");
        }
    }

    fn sizes(batch: usize, rows: usize, inner: usize, columns: usize) -> Sizes {
        Sizes { batch, rows, inner, columns }
    }

    #[test]
    fn products_are_right() {
        let large = [sizes(1, 250, 33, 7), sizes(2, 5, 40, 300), sizes(1, 130, 600, 20)];
        let small =
            [sizes(1, 1, 1, 1), sizes(3, 2, 5, 4), sizes(1, 3, 0, 2), sizes(0, 3, 1, 2), sizes(2, 0, 3, 4)];
        for sizes in small.into_iter().chain(if cfg!(miri) { vec![] } else { large.to_vec() }) {
            for bits in 0..8 {
                let transposed = [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0];
                check::<f32>(sizes, transposed, 1.0, 0.0);
                check::<f64>(sizes, transposed, -0.5, 1.0);
                check::<f64>(sizes, transposed, 2.0, 0.25);
            }
        }
    }

    #[test]
    fn what_is_overwritten_is_not_read() {
        for inner in [0, 3] {
            let mut c = [f32::NAN; 4];
            let ones = vec![1.0; 2 * inner];
            let factors = ((&ones[..], [0, inner, 1]), (&ones[..], [0, 2, 1]));
            product(sizes(1, 2, inner, 2), 1.0, factors.0, factors.1, 0.0, (&mut c, [0, 2, 1]));
            assert_eq!(c, [inner as f32; 4]);
        }
    }

    #[test]
    fn factors_may_be_broadcast() {
        let mut c = [0.0f64; 12];
        let factors = ((&[2.0][..], [0, 0, 0]), (&[1.0, 10.0, 100.0][..], [0, 0, 1]));
        product(sizes(2, 2, 5, 3), 1.0, factors.0, factors.1, 0.0, (&mut c, [3, 6, 1]));
        assert_eq!(c, [10.0, 100.0, 1000.0].repeat(4)[..]);
    }

    /// What an interpreter can check of threads: nothing that one writes is another's.
    #[test]
    fn blocks_are_written_by_several_threads() {
        let whole = |len: usize| (0..len).map(|i| (i % 7) as f64).collect::<Vec<_>>();
        let (a, b, sizes) = (whole(24), whole(36), sizes(2, 4, 3, 6));
        let (a, b) = ((&a[..], dense(4, 3, false)), (&b[..], dense(3, 6, true)));
        for transposed in [false, true] {
            let c_strides = dense(4, 6, transposed);
            let (mut c, mut expected) = ([f64::NAN; 48], [f64::NAN; 48]);
            product(sizes, 2.0, a, b, 0.0, (&mut expected, c_strides));
            for by_rows in [false, true] {
                c.fill(f64::NAN);
                let product =
                    Product { sizes, alpha: 2.0, a, b, beta: 0.0, c: Target(c.as_mut_ptr()), c_strides };
                rows::on_threads(3, || {
                    rows::each(0..4, true, &|part| {
                        let (matrix, half) = (part / 2, part % 2);
                        if by_rows {
                            product.block(matrix, 2 * half..2 * half + 2, 0..6);
                        } else {
                            product.block(matrix, 0..4, 3 * half..3 * half + 3);
                        }
                    });
                });
                assert_eq!(c, expected);
            }
        }
    }

    #[test]
    #[cfg(not(miri))]
    fn the_number_of_threads_changes_no_bit() {
        fn on<F: Real>(threads: usize, sizes: Sizes, transposed: bool) -> Vec<F> {
            let Sizes { batch, rows, inner, columns } = sizes;
            let (a, b) = (numbers::<F>(batch * rows * inner, 1), numbers::<F>(batch * inner * columns, 2));
            let mut c = vec![F::zero(); batch * rows * columns];
            let strides = [dense(rows, inner, false), dense(inner, columns, transposed)];
            let c_strides = dense(rows, columns, false);
            rows::on_threads(threads, || {
                product(sizes, F::one(), (&a, strides[0]), (&b, strides[1]), F::zero(), (&mut c, c_strides));
            });
            c
        }
        for sizes in [sizes(1, 520, 130, 500), sizes(1, 40, 900, 1000), sizes(40, 50, 60, 70)] {
            for transposed in [false, true] {
                for threads in [2, 8] {
                    assert_eq!(on::<f32>(threads, sizes, transposed), on::<f32>(1, sizes, transposed));
                    assert_eq!(on::<f64>(threads, sizes, transposed), on::<f64>(1, sizes, transposed));
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "the left factor is too short")]
    fn factors_are_long_enough() {
        let factors = ((&[0.0f32; 5][..], [0, 3, 1]), (&[0.0; 6][..], [0, 2, 1]));
        product(sizes(1, 2, 3, 2), 1.0, factors.0, factors.1, 0.0, (&mut [0.0; 4], [0, 2, 1]));
    }

    #[test]
    #[should_panic(expected = "elements of the result overlap")]
    fn results_are_distinct() {
        let factors = ((&[0.0f32; 6][..], [0, 3, 1]), (&[0.0; 6][..], [0, 2, 1]));
        product(sizes(1, 2, 3, 2), 1.0, factors.0, factors.1, 0.0, (&mut [0.0; 4], [0, 1, 1]));
    }

    #[test]
    fn reach_is_computed_without_overflow() {
        assert!(!covers(10, [1, usize::MAX, 2], [0, usize::MAX, 1]));
        assert!(covers(0, [1, 0, 2], [0, 9, 9]) && !covers(0, [1, 1, 1], [0, 0, 0]));
        assert!(covers(6, [1, 2, 3], [100, 3, 1]) && !covers(5, [1, 2, 3], [100, 3, 1]));
    }
}
