//! What becomes of the loss of each sample: it is kept, summed, or averaged.

use super::Float;
use crate::runtime::kernel::lanes::{Maybe, Strided};
use crate::runtime::kernel::pool::Buffer;
use dfdx::shapes::Shape;
use std::marker::PhantomData;

/// The loss in the precision `F`, reduced as `R` says.
#[derive(Debug)]
pub struct How<F, R>(PhantomData<(F, R)>);

impl<F, R> Clone for How<F, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, R> Copy for How<F, R> {}

/// The loss of each sample.
pub const fn each<F>() -> How<F, Each> {
    How(PhantomData)
}

/// The sum over the samples.
pub const fn sum<F>() -> How<F, Sum> {
    How(PhantomData)
}

/// The mean over the samples.
pub const fn mean<F>() -> How<F, Mean> {
    How(PhantomData)
}

/// What becomes of the loss of each sample.
pub trait Reduction: 'static {
    /// The shape of the result.
    type Shape<S: Shape>: Shape;
    /// Whether each sample has its own result.
    const EACH: bool;
    /// Whether the sum is divided by the number of samples.
    const MEAN: bool;
    /// The shape of the result.
    fn shape<S: Shape>(samples: S) -> Self::Shape<S>;
}

/// Kept.
#[derive(Clone, Copy, Debug)]
pub enum Each {}
/// Summed.
#[derive(Clone, Copy, Debug)]
pub enum Sum {}
/// Averaged.
#[derive(Clone, Copy, Debug)]
pub enum Mean {}

impl Reduction for Each {
    type Shape<S: Shape> = S;
    const EACH: bool = true;
    const MEAN: bool = false;
    fn shape<S: Shape>(samples: S) -> S {
        samples
    }
}

impl Reduction for Sum {
    type Shape<S: Shape> = ();
    const EACH: bool = false;
    const MEAN: bool = false;
    fn shape<S: Shape>(_: S) {}
}

impl Reduction for Mean {
    type Shape<S: Shape> = ();
    const EACH: bool = false;
    const MEAN: bool = true;
    fn shape<S: Shape>(_: S) {}
}

impl<F: Float, R: Reduction> How<F, R> {
    /// Memory for the loss of each sample, if it is wanted.
    pub fn memory(self, samples: usize) -> Buffer<F> {
        Buffer::any(if R::EACH { samples } else { 0 })
    }

    /// The result: of the loss of each sample or of its sum, which is in double precision.
    pub fn finish(self, each: Buffer<F>, sum: f64, samples: usize) -> Vec<F> {
        match (R::EACH, R::MEAN) {
            (true, _) => each.into_vec(),
            (false, true) => vec![F::of(sum / samples as f64)],
            (false, false) => vec![F::of(sum)],
        }
    }

    /// The shape of the result.
    pub fn shape<S: Shape>(self, samples: S) -> R::Shape<S> {
        R::shape(samples)
    }

    /// The gradient of each sample's loss, from that of the result.
    pub fn upstream(self, gradient: &[F], samples: usize) -> Arriving<'_, F> {
        let scale = if R::MEAN { 1.0 / samples as f64 } else { 1.0 };
        let one = gradient.first().map_or(F::zero(), |g| *g * F::of(scale));
        Arriving { each: if R::EACH { gradient } else { &[] }, one: [one] }
    }
}

/// The gradient of each sample's loss, or one number for all.
#[derive(Clone, Copy, Debug)]
pub struct Arriving<'a, F> {
    each: &'a [F],
    one: [F; 1],
}

impl<F: Float> Arriving<'_, F> {
    /// As an array over the samples.
    pub fn view(&self) -> Upstream<'_, F> {
        match self.each {
            [] => Upstream { data: &self.one, step: 0 },
            each => Upstream { data: each, step: 1 },
        }
    }
}

/// An array over the samples, whose elements may all be one.
#[derive(Clone, Copy, Debug)]
pub struct Upstream<'a, F> {
    data: &'a [F],
    step: usize,
}

impl<'a, F: Float> Upstream<'a, F> {
    /// An array with an element for each sample.
    pub fn each(data: &'a [F]) -> Self {
        Upstream { data, step: 1 }
    }

    /// An element.
    #[cfg_attr(optimised, inline(always))]
    pub fn at(self, i: usize) -> F {
        self.data[i * self.step]
    }

    /// The elements from `start` on.
    #[cfg_attr(optimised, inline(always))]
    pub fn dense(self, start: usize) -> Maybe<'a, F> {
        Maybe { data: &self.data[start * self.step..], step: self.step }
    }

    /// Every `step`-th element from `start` on.
    #[cfg_attr(optimised, inline(always))]
    pub fn strided(self, start: usize, step: usize) -> Strided<'a, F> {
        Strided { data: self.data, start: start * self.step, step: step * self.step }
    }

    /// All `len` elements.
    pub fn whole(self, len: usize) -> Buffer<F> {
        let mut whole = Buffer::any(len);
        whole.iter_mut().enumerate().for_each(|(i, x)| *x = self.at(i));
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_gradients_by_reduction() {
        let values = || Buffer::filled(4, 1.5f64);
        assert_eq!(each::<f64>().finish(values(), 6.0, 4), [1.5; 4]);
        assert_eq!(sum::<f64>().finish(Buffer::any(0), 6.0, 4), [6.0]);
        assert_eq!(mean::<f64>().finish(Buffer::any(0), 6.0, 4), [1.5]);
        assert_eq!((each::<f32>().memory(3).len(), mean::<f32>().memory(3).len()), (3, 0));
        assert_eq!(mean::<f64>().upstream(&[2.0], 4).view().at(3), 0.5);
        assert_eq!(sum::<f64>().upstream(&[2.0], 4).view().at(3), 2.0);
        let all = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(each::<f64>().upstream(&all, 4).view().at(3), 4.0);
        assert_eq!(*mean::<f64>().upstream(&[2.0], 4).view().whole(4), [0.5; 4]);
        assert_eq!(*each::<f64>().upstream(&all, 4).view().whole(4), all);
    }
}
