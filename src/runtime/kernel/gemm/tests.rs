//! Products against their definition, and blocks against each other.

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
            let product = Product {
                sizes,
                alpha: 2.0,
                a,
                b,
                beta: 0.0,
                c: Target(c.as_mut_ptr()),
                c_strides,
                spread: false,
            };
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

/// Rows that lie 1024 bytes apart, of each factor and of the result, whole and as part of a larger matrix.
#[test]
fn rows_are_spread_out_in_copies() {
    fn both<F: Real>(row: usize, [rows, inner, columns]: [usize; 3], transposed: [bool; 3], beta: f64) {
        let strides = |transposed: bool| if transposed { [0, 1, row] } else { [0, row, 1] };
        let [a_strides, b_strides, c_strides] = transposed.map(strides);
        let len = row * row.min(if cfg!(miri) { 5 } else { 130 });
        let (a, b, before) = (numbers::<F>(len, 1), numbers::<F>(len, 2), numbers::<F>(len, 3));
        let [apart, direct] = [true, false].map(|spread| {
            let mut c = before.clone();
            let target = Target(c.as_mut_ptr());
            let (a, b, sizes) = ((&a[..], a_strides), (&b[..], b_strides), sizes(1, rows, inner, columns));
            let (alpha, beta) = (F::of(0.5), F::of(beta));
            Product { sizes, alpha, a, b, beta, c: target, c_strides, spread }.block(0, 0..rows, 0..columns);
            c
        });
        let tolerance = 4.0 * inner as f64 * Real::to_f64(F::epsilon());
        for (x, y) in apart.iter().zip(&direct) {
            let [x, y] = [*x, *y].map(Real::to_f64);
            assert!((x - y).abs() <= tolerance * (1.0 + y.abs()), "{x} {y}");
        }
    }
    let large = if cfg!(miri) { [4, 3, 5] } else { [120, 100, 110] };
    for sizes in [[1, 1, 1], [2, 0, 3], [3, 2, 4], large] {
        for bits in 0..8 {
            let transposed = [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0];
            for beta in [0.0, -0.25] {
                both::<f32>(256, sizes, transposed, beta);
                both::<f64>(128, sizes, transposed, beta);
            }
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
