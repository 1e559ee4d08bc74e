//! Copies of matrices whose rows lie a large power of two apart.
//!
//! Such rows fall into the same few places of the cache and drive each other out: with vectors of 64 bytes, the library
//! is up to four times slower on them. (With shorter ones it is not, and a copy would be for nothing.)

use super::super::pool::Buffer;
use super::super::real::Real;
use super::At;

/// Rows a multiple of so many bytes apart get in each other's way.
const CLASH: usize = 1 << 10;
/// Elements between the rows of a copy.
const GAP: usize = 16;

/// Which of two sizes lies in rows, and in what order the strides of a copy are.
fn rows_of<F>([row, column]: [usize; 2], [rows, columns]: [usize; 2]) -> Option<(usize, [usize; 2])> {
    let clash = |stride: usize, lines: usize| {
        lines > 1 && stride > 0 && (stride * size_of::<F>()).is_multiple_of(CLASH)
    };
    if column == 1 && clash(row, rows) {
        Some((rows * (columns + GAP), [columns + GAP, 1]))
    } else if row == 1 && clash(column, columns) {
        Some((columns * (rows + GAP), [1, rows + GAP]))
    } else {
        None
    }
}

/// Room for a copy of a matrix with these strides, and its own strides; `None` if it needs no copy.
pub fn room<F: Real>(strides: [usize; 2], sizes: [usize; 2]) -> Option<(Buffer<F>, [usize; 2])> {
    let (len, strides) = rows_of::<F>(strides, sizes)?;
    Some((Buffer::any(len), strides))
}

/// A copy of a factor and its strides; `None` if it needs none.
///
/// # Safety
/// All positions of the matrix are elements, which nobody writes.
pub unsafe fn copy<F: Real>(
    (matrix, strides): At<*const F>,
    sizes: [usize; 2],
) -> Option<(Buffer<F>, [usize; 2])> {
    let (mut copy, apart) = room::<F>(strides, sizes)?;
    for [from, to, len] in lines(strides, apart, sizes) {
        // SAFETY: a line is consecutive elements of the matrix, as the caller says.
        let line = unsafe { std::slice::from_raw_parts(matrix.add(from), len) };
        copy[to..to + len].copy_from_slice(line);
    }
    Some((copy, apart))
}

/// `c = beta c + copy`; with `beta` 0 it does not matter what `c` was.
///
/// # Safety
/// All positions of `c` are elements that are nobody else's.
pub unsafe fn add<F: Real>(
    (copy, apart): (&[F], [usize; 2]),
    beta: F,
    (c, strides): At<*mut F>,
    sizes: [usize; 2],
) {
    for [to, from, len] in lines(strides, apart, sizes) {
        let line = &copy[from..from + len];
        // SAFETY: a line is consecutive elements of `c`, as the caller says.
        let target = unsafe { std::slice::from_raw_parts_mut(c.add(to), len) };
        if beta == F::zero() {
            target.copy_from_slice(line);
        } else {
            target.iter_mut().zip(line).for_each(|(c, x)| *c = beta * *c + *x);
        }
    }
}

/// Where each line of consecutive elements begins in a matrix and in its copy, and its length.
fn lines(
    [row, column]: [usize; 2],
    apart: [usize; 2],
    [rows, columns]: [usize; 2],
) -> impl Iterator<Item = [usize; 3]> {
    let (count, strides, len) =
        if column == 1 { (rows, [row, apart[0]], columns) } else { (columns, [column, apart[1]], rows) };
    (0..count).map(move |line| [line * strides[0], line * strides[1], len])
}
