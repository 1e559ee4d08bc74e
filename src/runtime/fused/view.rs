//! Tensors as slices.
//!
//! dfdx shows single elements of a tensor by reference, but not the array that holds them. Here is why the array
//! may be read from the first element on. The tensor holds an `Arc` of a `Vec`. While the tensor is borrowed,
//! - the `Vec` is not freed: this tensor holds a count;
//! - it is not written: dfdx writes through `Arc::get_mut` or `Arc::make_mut` only, which want `&mut` of a tensor.
//!   This tensor's is impossible while it is borrowed, and those of its clones and views find a count above one, so
//!   that they write into a copy;
//! - it does not move: `Vec` has no interior mutability.
//!
//! The same holds for readers on other threads. Gradients live in buffers of their own, never in the `Arc`.

use dfdx::prelude::*;
use std::any::Any;
use std::borrow::Cow;

/// The elements of a CPU tensor in row-major order: in place where they lie that way, else a copy.
///
/// # Panics
/// When the tensor is of another element type or on another device: `precision` tells.
pub fn view<F: Unit, S: Shape, E: Unit, D: Storage<E>>(tensor: &Tensor<S, E, D>) -> Cow<'_, [F]> {
    let Some(tensor) = (tensor as &dyn Any).downcast_ref::<Tensor<S, F, Cpu>>() else {
        unreachable!("a kernel for CPU tensors was given something else")
    };
    borrow(tensor).map_or_else(|| Cow::Owned(tensor.as_vec()), Cow::Borrowed)
}

/// The elements in place, if they are one row-major array.
#[cfg(not(feature = "copy-inputs"))]
fn borrow<S: Shape, F: Unit>(tensor: &Tensor<S, F, Cpu>) -> Option<&[F]> {
    let sizes = tensor.shape().concrete();
    let len = tensor.shape().num_elements();
    if len == 0 {
        return Some(&[]);
    }
    if !is_row_major(tensor, sizes) {
        return None;
    }
    let mut end = sizes;
    (0..S::NUM_DIMS).for_each(|axis| end[axis] -= 1);
    // SAFETY: dfdx finds both elements by indexing the one `Vec` of this tensor, which nobody writes to or frees
    // while `tensor` is borrowed (see above).
    unsafe { super::dense::between(&tensor[S::Concrete::default()], &tensor[end], len) }
}

/// Copies are always right.
#[cfg(feature = "copy-inputs")]
fn borrow<S: Shape, F: Unit>(tensor: &Tensor<S, F, Cpu>) -> Option<&[F]> {
    (tensor.shape().num_elements() == 0).then_some(&[])
}

/// Whether a step along each axis is a step over all elements of the later axes.
#[cfg(not(feature = "copy-inputs"))]
fn is_row_major<S: Shape, F: Unit>(tensor: &Tensor<S, F, Cpu>, sizes: S::Concrete) -> bool {
    let address = |at: S::Concrete| (&raw const tensor[at]).addr();
    let first = address(S::Concrete::default());
    let mut step = size_of::<F>();
    (0..S::NUM_DIMS).rev().all(|axis| {
        let expected = first + step;
        step *= sizes[axis];
        let mut next = S::Concrete::default();
        next[axis] = 1;
        sizes[axis] == 1 || address(next) == expected
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_place<S: Shape, F: Unit>(tensor: &Tensor<S, F, Cpu>) -> bool {
        matches!(view::<F, _, _, _>(tensor), Cow::Borrowed(_))
    }

    /// The right elements, and borrowed if they may be.
    fn check<S: Shape, F: Unit>(tensor: &Tensor<S, F, Cpu>, dense: bool) {
        assert_eq!(*view::<F, _, _, _>(tensor), tensor.as_vec());
        assert_eq!(in_place(tensor), dense && !cfg!(feature = "copy-inputs"));
    }

    #[test]
    fn dense_tensors_are_read_in_place() {
        let dev = Cpu::default();
        check(&dev.tensor(1.5f64), true);
        check(&dev.tensor([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]), true);
        check(&dev.tensor([[1.0f32], [4.0]]), true);
        check(&dev.tensor([3usize, 1, 2]), true);
        check(&dev.tensor([[true, false], [false, true]]), true);
        let batch = dev.sample_normal_like(&(4, Const::<3>, 2));
        check::<_, f32>(&batch, true);
        check(&batch.reshape_like(&(Const::<6>, 4)), true);
    }

    #[test]
    fn others_are_copied() {
        let dev = Cpu::default();
        let x: Tensor<Rank2<2, 3>, f32, _> = dev.sample_normal();
        check(&x.clone().permute::<Rank2<3, 2>, _>(), false);
        check(&x.clone().broadcast::<Rank3<4, 2, 3>, _>(), false);
        check(&x.clone().broadcast::<Rank3<2, 3, 4>, _>(), false);
        check(&x.permute::<Rank2<3, 2>, _>().contiguous(), true);
        check(&dev.tensor([1usize, 2]).broadcast::<Rank2<2, 3>, Axis<1>>(), false);
    }

    #[test]
    fn axes_of_one_element_have_no_stride() {
        let dev = Cpu::default();
        let x: Tensor<Rank1<3>, f64, _> = dev.sample_normal();
        check(&x.clone().broadcast::<Rank2<1, 3>, Axis<0>>(), true);
        check(&x.broadcast::<Rank2<3, 1>, Axis<1>>().permute::<Rank2<1, 3>, _>(), true);
    }

    #[test]
    fn empty_tensors_are_empty() {
        let empty: Tensor<(usize, usize), f32, _> = Cpu::default().zeros_like(&(0, 3));
        assert!(view::<f32, _, _, _>(&empty).is_empty());
    }

    #[test]
    fn a_clone_is_written_elsewhere() {
        let x = Cpu::default().tensor([1.0f64, 2.0, 3.0]);
        let mut clone = x.clone();
        let elements = view::<f64, _, _, _>(&x);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(*elements, [1.0, 2.0, 3.0]));
            clone[[1]] = 7.0;
            clone.copy_from(&[9.0; 3]);
        });
        assert_eq!(*elements, [1.0, 2.0, 3.0]);
        drop(clone);
        assert_eq!(*elements, x.array());
    }
}
