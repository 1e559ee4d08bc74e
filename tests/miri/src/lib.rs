//! The modules of the crate that know nothing of dfdx, with their unit tests, for Miri:
//!
//! ```text
//! rustup component add --toolchain nightly miri rust-src
//! MIRIFLAGS="-Zmiri-tree-borrows -Zmiri-permissive-provenance -Zmiri-ignore-leaks -Zmiri-deterministic-floats" \
//!     cargo +nightly miri test --locked --manifest-path tests/miri/Cargo.toml
//! ```
//!
//! - Tree Borrows is the model in which a shared reference may be followed past its own element (see
//!   `fused/dense.rs`). Rayon's queues need it, too: Stacked Borrows refuses them.
//! - Those queues (crossbeam-epoch) turn integers into pointers; permission keeps Miri from warning of it.
//! - Threads of rayon's pools may outlive the tests; that is what the leaks are.
//! - Functions of the standard library are as exact as they are on the machine, not less so at random.
//!
//! Miri has no more instructions than the compiler was told of. What is compiled for AVX2 and AVX-512 runs with
//! `RUSTFLAGS="-Ctarget-feature=+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx2,+fma"`.

/// Names and places of the modules are those of the crate, so that they find each other.
#[path = "../../../src/runtime"]
pub mod runtime {
    pub mod kernel;

    #[cfg(test)]
    mod fused {
        mod dense;

        /// As `fused/view.rs` reads a tensor: by references to two elements of a vector that an `Arc` holds.
        mod in_place {
            use super::dense::between;
            use std::sync::Arc;
            use std::thread;

            fn view<T>(data: &Arc<Vec<T>>, len: usize) -> Option<&[T]> {
                // SAFETY: both are elements of the vector, which is borrowed with its `Arc`: nobody writes to it.
                unsafe { between(&data[0], &data[data.len() - 1], len) }
            }

            #[test]
            fn all_elements_are_read() {
                let (one, few) = (Arc::new(vec![7u8]), Arc::new(vec![3usize, 1, 2]));
                assert_eq!((view(&one, 1), view(&few, 3)), (Some(&[7][..]), Some(&[3, 1, 2][..])));
                let many: Arc<Vec<f64>> = Arc::new((0..1000).map(f64::from).collect());
                assert_eq!(view(&many, 1000), Some(&many[..]));
            }

            #[test]
            fn what_has_other_ends_is_refused() {
                let data = Arc::new(vec![1f32, 2.0, 3.0]);
                assert!([0, 1, 2, 4, (1 << 62) + 3, usize::MAX].iter().all(|&len| view(&data, len).is_none()));
                // SAFETY: both are elements of one borrowed array.
                assert!(unsafe { between(&data[2], &data[0], 3) }.is_none());
            }

            #[test]
            fn clones_go_and_are_written_meanwhile() {
                let data = Arc::new(vec![1.5f32; 100]);
                let (dropped, mut written) = (data.clone(), data.clone());
                let elements = view(&data, 100).unwrap();
                thread::scope(|scope| {
                    scope.spawn(move || drop(dropped));
                    // A copy is written, as long as `data` holds the vector.
                    scope.spawn(move || Arc::make_mut(&mut written)[50] = 0.0);
                    scope.spawn(|| assert!(elements.iter().all(|x| *x == 1.5)));
                    assert!(elements.iter().all(|x| *x == 1.5));
                });
                assert_eq!(elements, [1.5; 100]);
            }

            #[test]
            fn the_last_owner_writes_in_place_afterwards() {
                let mut data = Arc::new(vec![1.0f64, 2.0, 3.0]);
                for round in 1..4 {
                    let clone = data.clone();
                    let sum: f64 = view(&data, 3).unwrap().iter().sum();
                    thread::spawn(move || drop(clone)).join().unwrap();
                    Arc::get_mut(&mut data).unwrap()[1] += sum;
                    assert_eq!(view(&data, 3).unwrap()[1], 6.0 * f64::from(1 << round) - 4.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::runtime::kernel::arch::{Arch, Level, Task, dispatch_at};
    use crate::runtime::kernel::lanes::{AddAt, Indices, Pick, Total, sweep};
    use crate::runtime::kernel::pool::Buffer;
    use std::thread;

    /// Elements that an index names, read and added to.
    struct Named<'a>(&'a [f32], &'a [f32], &'a mut [f32]);

    impl Task for Named<'_> {
        type Output = f64;

        #[inline(always)]
        fn run<A: Arch>(self, cpu: A) -> f64 {
            let Named(data, index, out) = self;
            let picked = Pick { data, start: 0, step: 3, index: Indices(index), stride: 1 };
            let sources = (picked, Indices(index));
            let add = AddAt { data: out, start: 0, step: 3, stride: 1 };
            let sinks = (Total::<f32>::new(), add);
            sweep(
                cpu,
                index.len(),
                sources,
                sinks,
                #[inline(always)]
                |_, (x, i)| (x, (i, x)),
            )
            .0
        }
    }

    #[test]
    fn elements_by_index() {
        for level in Level::all() {
            for rows in [0, 1, 31, 32, 33, 70] {
                let data: Vec<f32> = (0..3 * rows).map(|i| i as f32).collect();
                let index: Vec<f32> = (0..rows).map(|i| (i % 3) as f32).collect();
                let mut out = vec![0.0; data.len()];
                let sum = dispatch_at(level, Named(&data, &index, &mut out));
                let named = |i: usize| i % 3 == i / 3 % 3;
                assert!(out.iter().enumerate().all(|(i, &x)| x == if named(i) { i as f32 } else { 0.0 }));
                assert_eq!(sum, (0..3 * rows).filter(|&i| named(i)).sum::<usize>() as f64);
            }
        }
    }

    #[test]
    fn buffers_go_to_other_threads() {
        let mut buffer = Buffer::<f64>::filled(10, 1.0);
        for round in 1..4 {
            buffer = thread::spawn(move || {
                let mut next = Buffer::any(10);
                next.iter_mut().zip(&*buffer).for_each(|(new, old)| *new = old + 1.0);
                drop(buffer);
                assert_eq!(*Buffer::<f64>::zeroed(9), [0.0; 9]);
                next
            })
            .join()
            .unwrap();
            assert_eq!(*buffer, [f64::from(round) + 1.0; 10]);
        }
    }
}
