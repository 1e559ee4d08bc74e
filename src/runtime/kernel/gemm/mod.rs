//! Products of matrices that lie in arrays with any strides. The blocks they are computed in follow from the sizes
//! alone, and one thread does a whole block: so the number of threads changes no bit of the result.

mod spread;
#[cfg(test)]
mod tests;

use super::arch::Level;
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
    let spread = Level::Avx512.available();
    let product = Product { sizes, alpha, a, b, beta, c: Target(c.0.as_mut_ptr()), c_strides: c.1, spread };
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
    /// Whether rows that get in each other's way are spread out first.
    spread: bool,
}

/// Where a matrix begins, and the elements from one row and from one column to the next.
type At<P> = (P, [usize; 2]);

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
        let strides = |strides: Strides| [strides[1], strides[2]];
        // SAFETY: `product` has checked that the last position of each array lies in it, so all of them do. The
        // factors are borrowed, and blocks are disjoint parts of the result: nobody else writes what this reads
        // or touches what this writes.
        unsafe {
            let a = (a.0.as_ptr().add(a_start), strides(a.1));
            let b = (b.0.as_ptr().add(b_start), strides(b.1));
            let c = (self.c.0.add(c_start), strides(*c_strides));
            if self.spread { self.apart(block, a, b, c) } else { self.multiply(block, a, b, self.beta, c) }
        }
    }

    /// A block by way of copies whose rows lie apart, where the rows of the left factor or the result do not.
    ///
    /// # Safety
    /// As for `multiply`.
    unsafe fn apart(&self, block: Sizes, a: At<*const F>, b: At<*const F>, c: At<*mut F>) {
        let Sizes { rows, inner, columns, .. } = block;
        // SAFETY: as the caller says; copies have room for all positions of the block, and nobody else has them.
        unsafe {
            // Only where each row has to be taken up element by element.
            let arranged = if a.1[1] == 1 { spread::copy(a, [rows, inner]) } else { None };
            let a = arranged.as_ref().map_or(a, |(copy, strides)| (copy.as_ptr(), *strides));
            let Some((mut result, strides)) = spread::room::<F>(c.1, [rows, columns]) else {
                return self.multiply(block, a, b, self.beta, c);
            };
            self.multiply(block, a, b, F::zero(), (result.as_mut_ptr(), strides));
            spread::add((&result, strides), self.beta, c, [rows, columns]);
        }
    }

    /// A block, by the matrix library or as it is defined.
    ///
    /// # Safety
    /// From each pointer on, all positions of the block are elements; those of `c` are nobody else's.
    unsafe fn multiply(&self, block: Sizes, a: At<*const F>, b: At<*const F>, beta: F, c: At<*mut F>) {
        // SAFETY: as the caller says.
        unsafe {
            match fast::<F>() {
                Some(fast) if block.inner > 0 => self.fast(fast, block, a, b, beta, c),
                _ => self.plain(block, a, b, beta, c),
            }
        }
    }

    /// A block by the matrix library.
    ///
    /// # Safety
    /// As for `multiply`.
    unsafe fn fast(
        &self,
        fast: Fast<F>,
        block: Sizes,
        (a, a_strides): At<*const F>,
        (b, b_strides): At<*const F>,
        beta: F,
        (c, c_strides): At<*mut F>,
    ) {
        let signed = |strides: [usize; 2]| strides.map(|stride| stride as isize);
        let ([a_row, a_column], [b_row, b_column]) = (signed(a_strides), signed(b_strides));
        let [c_row, c_column] = signed(c_strides);
        let Sizes { rows, inner, columns, .. } = block;
        let read = beta != F::zero();
        let serial = gemm_common::Parallelism::None;
        // SAFETY: the library asks for no more than the caller says.
        unsafe {
            fast(
                rows, columns, inner, c, c_column, c_row, read, a, a_column, a_row, b, b_column, b_row, beta,
                self.alpha, false, false, false, serial,
            );
        }
    }

    /// A block as it is defined: where there is no library, and under an interpreter.
    ///
    /// # Safety
    /// As for `multiply`.
    unsafe fn plain(
        &self,
        block: Sizes,
        (a, [a_row, a_column]): At<*const F>,
        (b, [b_row, b_column]): At<*const F>,
        beta: F,
        (c, [c_row, c_column]): At<*mut F>,
    ) {
        for row in 0..block.rows {
            for column in 0..block.columns {
                // SAFETY: as the caller says.
                unsafe {
                    let term = |k| *a.add(row * a_row + k * a_column) * *b.add(k * b_row + column * b_column);
                    let sum = (0..block.inner).map(term).fold(F::zero(), |sum, term| sum + term);
                    let c = c.add(row * c_row + column * c_column);
                    let old = if beta == F::zero() { F::zero() } else { beta * *c };
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
