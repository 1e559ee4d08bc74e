//! Sweeps against plain loops, for every length up to a few hundred.

use super::super::arch::{Arch, Level, Task, dispatch_at};
use super::super::real::Real;
use super::*;
use std::cell::Cell;

const LONGEST: usize = if cfg!(miri) { 70 } else { 300 };
const STEP: usize = if cfg!(miri) { 8 } else { 1 };

fn numbers<F: Real>(len: usize) -> Vec<F> {
    (0..len).map(|i| F::of(((i * 7919) % 1013) as f64 / 500.0 - 1.0)).collect()
}

/// Runs a test at each level, for both types.
macro_rules! sweeps {
    ($($(#[$doc:meta])* fn $name:ident<$real:ident>($cpu:ident) $body:block)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            struct Test<F>(F);
            impl<$real: Real> Task for Test<$real> {
                type Output = ();
                #[inline(always)]
                fn run<A: Arch>(self, $cpu: A) $body
            }
            for level in Level::all() {
                dispatch_at(level, Test(0f32));
                dispatch_at(level, Test(0f64));
            }
        }
    )*};
}

/// Whether two numbers are the same but for the order of additions.
fn close<F: Real>(a: f64, b: f64, n: usize) {
    let tolerance = F::epsilon().to_f64() * 8.0 * (n as f64 + 1.0);
    assert!(a == b || (a - b).abs() <= tolerance, "{a} {b}");
}

sweeps! {
    fn reductions<F>(cpu) {
        let x = numbers::<F>(LONGEST);
        for n in (0..LONGEST).step_by(STEP) {
            let sources = (Dense(&x[..n]), Dense(&x));
            let sinks = (Sum::new(), Total::new(), Prod::new(), Max::new(), Min::new(), Any::new(), All::new());
            let two = F::of(2.0);
            let (sum, total, prod, max, min, any, all) = sweep(
                cpu,
                n,
                sources,
                sinks,
                #[inline(always)]
                |i, (x, y)| {
                    let near = cpu.abs(x) + F::of(0.5);
                    (x, x * y, near, x, y, i == 40, (y < two) & (i != 50))
                },
            );
            let head: Vec<f64> = x[..n].iter().map(|&x| x.to_f64()).collect();
            close::<F>(sum.to_f64(), head.iter().sum(), n);
            close::<F>(total, head.iter().map(|x| x * x).sum(), n);
            let product: f64 = head.iter().map(|x| x.abs() + 0.5).product();
            assert!((prod.to_f64() / product - 1.0).abs() < 1e-4, "{prod:?} {product}");
            assert_eq!(max.to_f64(), head.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            assert_eq!(min.to_f64(), head.iter().copied().fold(f64::INFINITY, f64::min));
            assert_eq!((any, all), (n > 40, n <= 50));
        }
    }

    fn extrema_hand_nan_on<F>(cpu) {
        for n in (1..LONGEST).step_by(STEP) {
            for at in [0, 5, n / 2, n - 1] {
                // Behind the end, too, where it must not be seen.
                let mut x = numbers::<F>(LONGEST + LANES);
                x[n] = F::nan();
                let clean = x.clone();
                x[at.min(n - 1)] = F::nan();
                for (x, is_nan) in [(&x, true), (&clean, false)] {
                    let (mut above, mut below) = (vec![F::zero(); n], vec![F::nan(); n]);
                    let mut passed = above.clone();
                    let sinks =
                        (Max::new(), Min::new(), Peak::new(), MaxTo(&mut above), MinTo(&mut below), PeakTo(&mut passed));
                    let (max, min, peak, ..) = sweep(
                        cpu,
                        n,
                        (Dense(x),),
                        sinks,
                        #[inline(always)]
                        |_, (x,)| (x, x, x, x, x, x),
                    );
                    assert_eq!((max.is_nan(), min.is_nan()), (is_nan, is_nan), "{at} of {n}");
                    let numbers = x[..n].iter().copied().filter(|x| !x.is_nan());
                    assert_eq!(peak, numbers.fold(F::neg_infinity(), F::max));
                    assert!((0..n).all(|i| passed[i] == F::zero().max(x[i])));
                    assert!((0..n).all(|i| above[i].is_nan() == x[i].is_nan() && below[i].is_nan()));
                }
            }
        }
    }

    fn memory<F>(cpu) {
        let x = numbers::<F>(LONGEST);
        for n in (0..LONGEST).step_by(STEP) {
            let start: Vec<F> = (0..LONGEST + 1).map(|i| F::of((i % 5) as f64 - 2.0)).collect();
            let (mut set, mut add, mut mul, mut max, mut min) =
                (start.clone(), start.clone(), start.clone(), start.clone(), start.clone());
            let mut none: [F; 0] = [];
            let sinks = (
                Store(&mut set[..n]),
                AddTo(&mut add),
                MulTo(&mut mul),
                MaxTo(&mut max),
                MinTo(&mut min),
                AddTo(&mut none),
            );
            sweep(
                cpu,
                n,
                (Dense(&x[..n]),),
                sinks,
                #[inline(always)]
                |_, (x,)| (x, x, x, x, x, x),
            );
            for i in 0..LONGEST + 1 {
                let was = start[i];
                let x = if i < n { x[i] } else { was };
                let inside = i < n;
                assert_eq!(set[i], x);
                assert_eq!(add[i], if inside { was + x } else { was });
                assert_eq!(mul[i], if inside { was * x } else { was });
                assert_eq!(max[i], if inside && x > was { x } else { was });
                assert_eq!(min[i], if inside && x < was { x } else { was });
            }
        }
    }

    /// Each position is read before it is written, whichever tile it is in.
    fn in_place<F>(cpu) {
        for n in (0..LONGEST).step_by(STEP) {
            let mut x = numbers::<F>(LONGEST);
            let before = x.clone();
            let cells = Cell::from_mut(&mut x[..]).as_slice_of_cells();
            let (sum, _) = sweep(
                cpu,
                n,
                (InPlace(&cells[..n]), InPlace(cells)),
                (Sum::new(), InPlace(cells)),
                #[inline(always)]
                |i, (x, same)| (x, x + same + F::of_index(i)),
            );
            let expected = before[..n].iter().map(|&x| x.to_f64()).sum::<f64>();
            close::<F>(sum.to_f64(), expected, n);
            for (i, (x, before)) in x.iter().zip(&before).enumerate() {
                let expected = if i < n { *before + *before + F::of_index(i as i32) } else { *before };
                assert_eq!(*x, expected);
            }
        }
    }

    fn every_source<F>(cpu) {
        let len = LONGEST;
        let x = numbers::<F>(3 * len + 2);
        let class: Vec<usize> = (0..2 * len + 1).map(|i| (i * 31) % 17).collect();
        let mask: Vec<bool> = (0..2 * len + 1).map(|i| i % 3 == 0).collect();
        let index: Vec<F> = class.iter().map(|&i| F::of_index(i as i32)).collect();
        let truth: Vec<F> = mask.iter().map(|&holds| F::of_truth(holds)).collect();
        for n in (0..len).step_by(STEP) {
            let sources = (
                (Classes(&class[..n]), Mask(&mask[..n]), Indices(&index[..n]), Truths(&truth[..n])),
                (Classes(&class), Mask(&mask), Indices(&index), Truths(&truth)),
            );
            let mut out = vec![F::zero(); 3 * len];
            let ((a, b, c, d), (e, f, g, h)) = sources;
            let count = sweep(
                cpu,
                n,
                (
                    a, b, c, d, e, f, g, h,
                    Strided { data: &x, start: 2, step: 3 },
                    Strided { data: &class, start: 1, step: 2 },
                    Strided { data: &mask, start: 1, step: 1 },
                    Strided { data: &x[..n + 1], start: 1, step: 1 },
                    Strided { data: &x, start: 1, step: 0 },
                    Maybe { data: &x[1..], step: 0 },
                    Maybe { data: &x[1..], step: 1 },
                    Fill(F::of(7.0)),
                ),
                (Total::<F>::new(), StoreStrided { data: &mut out, start: 1, step: 2 }),
                #[inline(always)]
                |i, (a, b, c, d, e, f, g, h, s, t, u, v, w, p, q, seven)| {
                    let same = (a == c) & (c == e) & (e == g) & (b == d) & (d == f) & (f == h);
                    let reals = (v == q) & (w == p) & (seven == F::of(7.0));
                    (F::of_truth(same & reals), s + F::of_index(t + i) + F::of_truth(u))
                },
            );
            assert_eq!(count.0, n as f64);
            for i in 0..n {
                let (x, class) = (x[2 + 3 * i], class[1 + 2 * i] as i32);
                let expected = x + F::of_index(class + i as i32) + F::of_truth(mask[1 + i]);
                assert_eq!((out[1 + 2 * i], out[2 * i]), (expected, F::zero()));
            }
            assert!(out[2 * n..].iter().all(|x| *x == F::zero()));
        }
    }

    fn an_index_behind_those_that_are_wanted_may_be_anything<F>(cpu) {
        let x = numbers::<F>(40);
        let mut index = vec![F::of(-1.0); 40];
        index[0] = F::of(2.0);
        let pick = Pick { data: &x, start: 1, step: 1, index: Indices(&index), stride: 3 };
        let (sum,) = sweep(cpu, 1, (pick,), (Sum::new(),), #[inline(always)] |_, (x,)| (x,));
        assert_eq!(sum, x[7]);
    }

    fn strides_add<F>(cpu) {
        let mut out = vec![F::one(); 70];
        let add = AddStrided { data: &mut out, start: 1, step: 2 };
        sweep(cpu, 34, (), (add,), #[inline(always)] |i, ()| (F::of_index(i),));
        for (i, x) in out.iter().enumerate() {
            let added = if i % 2 == 1 && i < 68 { F::of_index(i as i32 / 2) } else { F::zero() };
            assert_eq!(*x, F::one() + added);
        }
        let one = AddStrided { data: &mut out, start: 0, step: 0 };
        sweep(cpu, 34, (Fill(F::one()),), (one,), #[inline(always)] |_, items| items);
        assert_eq!(out[0], F::of(35.0));
    }

    fn nan_and_infinity_pass_through_reductions<F>(cpu) {
        for (special, n) in [(F::nan(), 1), (F::infinity(), 31), (F::nan(), 300), (F::neg_infinity(), 299)] {
            let mut x = numbers::<F>(n);
            x[n / 2] = special;
            let sinks = (Sum::new(), Total::new(), Max::new(), Min::new());
            let (sum, total, max, min) =
                sweep(cpu, n, (Dense(&x),), sinks, #[inline(always)] |_, (x,)| (x, x, x, x));
            assert!(sum.is_nan() == special.is_nan() && total.is_nan() == special.is_nan());
            assert!(sum == special || special.is_nan());
            assert!(max.is_nan() == special.is_nan() && min.is_nan() == special.is_nan());
            assert_eq!((max == special, min == special), (special > F::zero(), special < F::zero()));
        }
    }

    fn nothing_gives_neutral_elements<F>(cpu) {
        let none: [F; 0] = [];
        let sinks = (Sum::new(), Total::new(), Prod::new(), Max::new(), Min::new(), Any::new(), All::new());
        let results = sweep(cpu, 0, (Dense(&none),), sinks, #[inline(always)] |_, (x,)| {
            (x, x, x, x, x, true, false)
        });
        assert_eq!(results, (F::zero(), 0.0, F::one(), F::neg_infinity(), F::infinity(), false, true));
    }
}

/// Added up one by one in single precision, this is off by 9 per cent.
#[test]
fn long_sums_lose_no_digits() {
    struct Long<'a>(&'a [f32]);
    impl Task for Long<'_> {
        type Output = (f64, f32);
        #[inline(always)]
        fn run<A: Arch>(self, cpu: A) -> (f64, f32) {
            let sinks = (Total::new(), Sum::new());
            sweep(
                cpu,
                self.0.len(),
                (Dense(self.0),),
                sinks,
                #[inline(always)]
                |_, (x,)| (x, x),
            )
        }
    }
    let x = vec![0.1f32; if cfg!(miri) { 10_000 } else { 10_000_000 }];
    let exact = f64::from(0.1f32) * x.len() as f64;
    for level in Level::all() {
        let (total, sum) = dispatch_at(level, Long(&x));
        println!("{:e} {:e}", total / exact - 1.0, f64::from(sum) / exact - 1.0);
        assert!((total / exact - 1.0).abs() < 2e-7 && (f64::from(sum) / exact - 1.0).abs() < 2e-7);
    }
}

#[test]
#[should_panic(expected = "a source of a sweep is too short")]
fn short_sources_are_refused() {
    let x = numbers::<f32>(10);
    sweep(
        super::super::arch::Portable,
        4,
        (Strided { data: &x, start: 1, step: 3 },),
        (Sum::new(),),
        |_, x| x,
    );
}

#[test]
#[should_panic(expected = "a sink of a sweep is too short")]
fn short_sinks_are_refused() {
    let mut x = numbers::<f32>(10);
    sweep(super::super::arch::Portable, 11, (Fill(1f32),), (AddTo(&mut x),), |_, x| x);
}
