//! A loss of two inputs, put on the tape by hand, against the same loss as a graph of dfdx operations.

use super::{Float, fits, input, is_single, record, settled, view};
use crate::runtime::kernel::arch::Arch;
use crate::runtime::kernel::pool::Buffer;
use crate::runtime::kernel::rows::{Out, Plan, Rows, run};
use crate::runtime::tape::Join;
use dfdx::prelude::*;
use std::ops::Range;

type Matrix<E, T = NoneTape> = Tensor<(usize, usize), E, Cpu, T>;
type Vector<E, D, T> = Tensor<(usize,), E, D, T>;

/// `squared[b] = sum[k]((x[b, k] - y[b, k]) ^ 2)`.
struct Squared<'a, F> {
    x: &'a [F],
    y: &'a [F],
    width: usize,
}

impl<F: Float> Rows<F, 1, 0> for Squared<'_, F> {
    fn scratch(&self) -> usize {
        0
    }

    #[inline(always)]
    fn rows<A: Arch>(&self, _: A, rows: Range<usize>, [out]: [&mut [F]; 1], _: &mut [F]) -> [f64; 0] {
        for (row, out) in rows.zip(out) {
            let at = row * self.width..(row + 1) * self.width;
            let squares = self.x[at.clone()].iter().zip(&self.y[at]).map(|(&x, &y)| (x - y) * (x - y));
            *out = squares.fold(F::zero(), |sum, square| sum + square);
        }
        []
    }
}

/// Its gradients.
struct Gradient<'a, F> {
    squared: Squared<'a, F>,
    upstream: &'a [F],
}

impl<F: Float> Rows<F, 2, 0> for Gradient<'_, F> {
    fn scratch(&self) -> usize {
        0
    }

    #[inline(always)]
    fn rows<A: Arch>(&self, _: A, rows: Range<usize>, [gx, gy]: [&mut [F]; 2], _: &mut [F]) -> [f64; 0] {
        let Squared { x, y, width } = self.squared;
        for (local, at) in (rows.start * width..rows.end * width).enumerate() {
            let slope = F::of(2.0) * (x[at] - y[at]) * self.upstream[at / width];
            if let Some(g) = gx.get_mut(local) {
                *g += slope;
            }
            if let Some(g) = gy.get_mut(local) {
                *g += -slope;
            }
        }
        []
    }
}

/// What the macro generates, by hand: the loss in the precision `F` of its inputs.
#[allow(clippy::type_complexity)]
fn fused<F, E, D, T, U>(
    x: Tensor<(usize, usize), E, D, T>,
    y: Tensor<(usize, usize), E, D, U>,
) -> Result<Vector<E, D, <(T, U) as Join<E, D>>::Output>, D::Err>
where
    F: Float,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
    U: Tape<E, D>,
    (T, U): Join<E, D>,
{
    let (rows, width) = *x.shape();
    let (x, gx, t) = input(x)?;
    let (y, gy, u) = input(y)?;
    let plan = Plan::new(rows, width, usize::MAX);
    let mut value = Buffer::any(rows);
    run(&Squared::<F> { x: &view(&x), y: &view(&y), width }, plan, [Out::rows(&mut value, 1)]);
    let device = x.device().clone();
    record((t, u).join(), &device, value.into_vec(), (rows,), [gx, gy], move |upstream: &[F], [gx, gy]| {
        let squared = Squared { x: &view(&x), y: &view(&y), width };
        run(&Gradient { squared, upstream }, plan, [Out::rows(gx, width), Out::rows(gy, width)]);
    })
}

/// The loss as dfdx's own operations.
fn graph<E: Dtype, T: Tape<E, Cpu> + Merge<U>, U: Tape<E, Cpu>>(
    x: Matrix<E, T>,
    y: Matrix<E, U>,
) -> Vector<E, Cpu, T>
where
    Cpu: Device<E>,
{
    (x - y).square().sum::<_, Axis<1>>()
}

fn matrix<F: Float>(dev: &Cpu, rows: usize, columns: usize, seed: usize) -> Matrix<F> {
    let value = |i: usize| F::of((((i + seed) * 7919) % 1013) as f64 / 500.0 - 1.0);
    dev.tensor_from_vec((0..rows * columns).map(value).collect(), (rows, columns))
}

#[track_caller]
fn near<F: Float>(a: &[F], b: &[F]) {
    assert_eq!(a.len(), b.len());
    let tolerance = F::of(64.0) * F::epsilon();
    for (&a, &b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance * (F::one() + a.abs()), "{a:?} {b:?}");
    }
}

/// The value and both gradients, when `$x` and `$y` are traced or not and the loss is used as `$end` says.
macro_rules! compare {
    ($F:ty, $x:expr, $y:expr, $end:expr, [$($wanted:expr),*]) => {{
        let (a, b) = (fused::<$F, _, _, _, _>($x, $y).unwrap(), graph($x, $y));
        near(&a.as_vec(), &b.as_vec());
        let (a, b) = ($end(a).backward(), $end(b).backward());
        $(near(&a.get($wanted).as_vec(), &b.get($wanted).as_vec());)*
    }};
}

/// Every test of one precision.
macro_rules! in_precision {
    ($module:ident, $F:ty) => {
        mod $module {
            use super::*;

            type Out<T = OwnedTape<$F, Cpu>> = Vector<$F, Cpu, T>;

            fn inputs() -> (Matrix<$F>, Matrix<$F>) {
                let dev = Cpu::default();
                (matrix(&dev, 5, 7, 1), matrix(&dev, 5, 7, 2))
            }

            #[test]
            fn each_traced_input_has_its_gradient() {
                let (x, y) = inputs();
                let mean = |loss: Out| loss.mean();
                compare!($F, x.leaky_trace(), y.leaky_trace(), mean, [&x, &y]);
                compare!($F, x.leaky_trace(), y.clone(), mean, [&x]);
                let loss = fused::<$F, _, _, _, _>(x.clone(), y.leaky_trace()).unwrap();
                let expected = graph(y.leaky_trace(), x.clone());
                near(&loss.mean().backward().get(&y).as_vec(), &expected.mean().backward().get(&y).as_vec());
                let untraced: Out<NoneTape> = fused::<$F, _, _, _, _>(x.clone(), y.clone()).unwrap();
                near(&untraced.as_vec(), &graph(x, y).as_vec());
            }

            #[test]
            #[should_panic]
            fn an_untraced_input_has_none() {
                let (x, y) = inputs();
                let loss = fused::<$F, _, _, _, _>(x.leaky_trace(), y.clone()).unwrap();
                loss.mean().backward().get(&y);
            }

            #[test]
            fn later_operations_pass_their_gradient_on() {
                let (x, y) = inputs();
                let weights = Cpu::default().tensor_from_vec(vec![1.0, -2.0, 0.0, 0.5, 3.0], (5,));
                let end = |loss: Out| (loss.sqrt() * weights.clone()).sum();
                compare!($F, x.leaky_trace(), y.leaky_trace(), end, [&x, &y]);
            }

            #[test]
            fn an_unused_result_adds_nothing() {
                let (x, y) = inputs();
                let end = |loss: Out| {
                    let (_, tape) = loss.split_tape();
                    x.clone().put_tape(tape).sum::<Rank0, _>()
                };
                compare!($F, x.leaky_trace(), y.leaky_trace(), end, [&x, &y]);
            }

            #[test]
            fn gradients_add_to_what_is_there() {
                let (x, y) = inputs();
                let twice = |first: Out, x: Matrix<$F>| {
                    let (first, tape) = first.split_tape();
                    let second = x.put_tape(tape).square().sum::<_, Axis<1>>();
                    (second * first).sum::<Rank0, _>().backward()
                };
                let a = twice(fused::<$F, _, _, _, _>(x.leaky_trace(), y.leaky_trace()).unwrap(), x.clone());
                let b = twice(graph(x.leaky_trace(), y.leaky_trace()), x.clone());
                near(&a.get(&x).as_vec(), &b.get(&x).as_vec());
                near(&a.get(&y).as_vec(), &b.get(&y).as_vec());
                let kept = x.leaky_trace().square().mean().backward();
                let more = fused::<$F, _, _, _, _>(x.trace(kept.clone()), y.clone()).unwrap();
                let expected = graph(x.trace(kept), y.clone());
                near(&more.mean().backward().get(&x).as_vec(), &expected.mean().backward().get(&x).as_vec());
            }

            #[test]
            fn strided_inputs_have_gradients_of_their_own_shape() {
                let dev = Cpu::default();
                let (x, y) = (matrix::<$F>(&dev, 7, 5, 3), dev.sample_normal_like(&(7,)));
                let permuted = || x.leaky_trace().permute::<_, Axes2<1, 0>>();
                let broadcast = || y.leaky_trace().broadcast_like::<_, Axis<0>>(&(5, 7));
                // dfdx is no oracle on strided inputs.
                let rowed = || (permuted().contiguous(), broadcast().contiguous());
                let a = fused::<$F, _, _, _, _>(permuted(), broadcast()).unwrap().mean().backward();
                let b = graph(rowed().0, rowed().1).mean().backward();
                near(&a.get(&x).as_vec(), &b.get(&x).as_vec());
                near(&a.get(&y).as_vec(), &b.get(&y).as_vec());
            }

            #[test]
            fn one_tensor_for_two_inputs() {
                let (x, y) = inputs();
                // Slopes of both inputs cancel: what remains is that of the other use.
                let loss = fused::<$F, _, _, _, _>(x.leaky_trace(), x.leaky_trace()).unwrap();
                let zero = loss.mean().backward().get(&x);
                near(&zero.as_vec(), &[0.0; 35]);
                let kept = x.leaky_trace().square().mean().backward();
                let loss = fused::<$F, _, _, _, _>(x.trace(kept.clone()), x.leaky_trace()).unwrap();
                near(&loss.mean().backward().get(&x).as_vec(), &kept.get(&x).as_vec());
                let (u, v) = (x.leaky_trace(), y.leaky_trace());
                let (sum, product) = two_slots(u, v, x.leaky_trace());
                near(&sum, &product);
            }

            /// The gradient of `x` in `x0 + 2 y0 + 4 x0` of one operation with three inputs, and what it is.
            fn two_slots<T: Tape<$F, Cpu> + Merge<T>>(
                x: Matrix<$F, T>,
                y: Matrix<$F, T>,
                z: Matrix<$F, T>,
            ) -> (Vec<$F>, Vec<$F>)
            where
                (T, T, T): Join<$F, Cpu, Output = OwnedTape<$F, Cpu>>,
            {
                let ((x, gx, t), (_, gy, u), (_, gz, v)) =
                    (input(x).unwrap(), input(y).unwrap(), input(z).unwrap());
                let backward = |upstream: &[$F], [gx, gy, gz]: [&mut [$F]; 3]| {
                    gx[0] += upstream[0];
                    gy[0] += 2.0 * upstream[0];
                    gz[0] += 4.0 * upstream[0];
                };
                let dev = Cpu::default();
                let loss = record((t, u, v).join(), &dev, vec![0.0], (), [gx, gy, gz], backward);
                let found = loss.unwrap().backward().get(&x).as_vec();
                (found, [vec![5.0], vec![0.0; 34]].concat())
            }

            #[test]
            fn the_cache_of_the_device_loses_nothing() {
                let dev = Cpu::default();
                dev.enable_cache();
                for seed in 0..4 {
                    let (x, y) = (matrix::<$F>(&dev, 5, 7, seed), matrix(&dev, 5, 7, seed + 9));
                    let mean = |loss: Out| loss.mean();
                    compare!($F, x.leaky_trace(), y.leaky_trace(), mean, [&x, &y]);
                }
            }

            #[test]
            fn large_inputs_are_shared_by_threads() {
                let dev = Cpu::default();
                let (x, y) = (matrix::<$F>(&dev, 3000, 500, 1), matrix(&dev, 3000, 500, 2));
                let mean = |loss: Out| loss.sum();
                compare!($F, x.leaky_trace(), y.leaky_trace(), mean, [&x, &y]);
                let gradient = |threads| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    pool.install(|| {
                        let loss = fused::<$F, _, _, _, _>(x.leaky_trace(), y.clone()).unwrap();
                        loss.mean().backward().get(&x).as_vec()
                    })
                };
                let one = gradient(1);
                assert!([2, 8].into_iter().all(|threads| gradient(threads) == one));
            }

            #[test]
            fn losses_run_on_several_threads_at_once() {
                let (x, y) = inputs();
                let expected = graph(x.leaky_trace(), y.clone()).mean().backward().get(&x).as_vec();
                std::thread::scope(|scope| {
                    for _ in 0..4 {
                        scope.spawn(|| {
                            let loss = fused::<$F, _, _, _, _>(x.leaky_trace(), y.clone()).unwrap();
                            near(&loss.mean().backward().get(&x).as_vec(), &expected);
                        });
                    }
                });
            }

            /// The sum of `w x`, whose gradient is made with it.
            fn at_once<T: Tape<$F, Cpu>>(x: Matrix<$F, T>, w: &Matrix<$F>) -> Tensor<Rank0, $F, Cpu, T> {
                let (tensor, slot, tape) = input(x).unwrap();
                let (mut made, w) = (slot.zeros::<$F>(), w.as_vec());
                assert_eq!(made.len(), if T::OWNS_TAPE { w.len() } else { 0 });
                made.iter_mut().zip(&w).for_each(|(made, w)| *made += *w);
                let value = tensor.as_vec().iter().zip(&w).map(|(x, w)| x * w).sum();
                settled(tape, &Cpu::default(), vec![value], (), [(slot, made)]).unwrap()
            }

            #[test]
            fn what_is_made_at_once_is_the_gradient() {
                let (x, w) = inputs();
                let scaled = |by: $F| w.as_vec().iter().map(|w| w * by).collect::<Vec<$F>>();
                for _ in 0..3 {
                    let loss = at_once(x.leaky_trace(), &w);
                    assert_eq!(loss.array(), at_once(x.clone(), &w).array());
                    assert_eq!(loss.backward().get(&x).as_vec(), w.as_vec());
                    near(&(at_once(x.leaky_trace(), &w) * -3.0).backward().get(&x).as_vec(), &scaled(-3.0));
                }
                let (_, tape) = at_once(x.leaky_trace(), &w).split_tape();
                let unused = x.clone().put_tape(tape).sum::<Rank0, _>().backward();
                near(&unused.get(&x).as_vec(), &[1.0; 35]);
            }

            #[test]
            fn what_is_made_at_once_adds_to_what_is_there() {
                let (x, w) = inputs();
                let sum: Vec<$F> = x.as_vec().iter().zip(w.as_vec()).map(|(x, w)| 2.0 * x + w).collect();
                let (first, tape) = at_once(x.leaky_trace(), &w).split_tape();
                let after = x.clone().put_tape(tape).square().sum::<Rank0, _>() + first;
                near(&after.backward().get(&x).as_vec(), &sum);
                let kept = x.leaky_trace().square().sum::<Rank0, _>().backward();
                let more = at_once(x.trace(kept), &w).backward();
                near(&more.get(&x).as_vec(), &sum);
                let (one, tape) = at_once(x.leaky_trace(), &w).split_tape();
                let two = (at_once(x.clone().put_tape(tape), &w) + one).backward();
                near(&two.get(&x).as_vec(), &w.as_vec().iter().map(|w| 2.0 * w).collect::<Vec<$F>>());
            }

            #[test]
            fn a_panic_keeps_the_gradients() {
                let (x, _) = inputs();
                let (tensor, slot, tape) = input(x.leaky_trace()).unwrap();
                let fails = |_: &[$F], [g]: [&mut [$F]; 1]| {
                    g[0] += 1.0;
                    panic!("as planned")
                };
                let loss = record(tape, &Cpu::default(), vec![1.0], (), [slot], fails).unwrap();
                let panics = std::panic::AssertUnwindSafe(|| loss.backward());
                assert!(std::panic::catch_unwind(panics).is_err());
                let again = fused::<$F, _, _, _, _>(x.leaky_trace(), tensor).unwrap().mean().backward();
                near(&again.get(&x).as_vec(), &[0.0; 35]);
            }
        }
    };
}

in_precision!(single, f32);
in_precision!(double, f64);

#[test]
fn kernels_are_for_floats_on_the_cpu() {
    assert!(fits!(f32, Cpu) && fits!(f64, Cpu) && super::is_on_cpu::<f32, Cpu>());
    assert!(!super::is_on_cpu::<u32, Cpu>() && !fits!(f32, ()));
    assert!(is_single::<f32>() && !is_single::<f64>());
}
