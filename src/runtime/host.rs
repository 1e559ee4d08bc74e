//! Work on the host: class indices, masks, sizes, orders. What depends on no real-valued input is computed
//! here once and uploaded, in `f64` whatever the dtype of the tensors.

use dfdx::prelude::*;
use std::marker::PhantomData;
use std::ops::Index;

/// An array on the host, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<const N: usize, V> {
    values: Vec<V>,
    sizes: [usize; N],
}

impl<const N: usize, V> Index<[usize; N]> for Table<N, V> {
    type Output = V;
    fn index(&self, index: [usize; N]) -> &V {
        &self.values[offset(index, self.sizes)]
    }
}

impl<const N: usize, V> Table<N, V> {
    /// The values, row-major, and the length of each axis.
    pub fn into_parts(self) -> (Vec<V>, [usize; N]) {
        (self.values, self.sizes)
    }
}

impl<const N: usize, V: Copy> Table<N, V> {
    /// The first value of that kind, and where it stands.
    pub fn find(&self, is: impl Fn(&V) -> bool) -> Option<([usize; N], V)> {
        let at = self.values.iter().position(is)?;
        Some((position(at, self.sizes), self.values[at]))
    }
}

impl<const N: usize> Table<N, f64> {
    /// Along an axis, ascending: which element stands at a position. Ties keep their order.
    pub fn argsort(&self, axis: usize) -> Table<N, usize> {
        self.along(axis, |order, out| {
            for (place, &element) in order.iter().enumerate() {
                out[place] = element;
            }
        })
    }

    /// Along an axis, ascending: at which position an element stands, from 0. Ties keep their order.
    pub fn rank(&self, axis: usize) -> Table<N, usize> {
        self.along(axis, |order, out| {
            for (place, &element) in order.iter().enumerate() {
                out[element] = place;
            }
        })
    }

    /// Sorts every line along an axis, and writes what `put` makes of its order.
    fn along(&self, axis: usize, put: impl Fn(&[usize], &mut [usize])) -> Table<N, usize> {
        let length = self.sizes[axis];
        let stride: usize = self.sizes[axis + 1..].iter().product();
        let mut values = vec![0; self.values.len()];
        let mut line = vec![0; length];
        for start in (0..self.values.len()).filter(|at| (at / stride).is_multiple_of(length)) {
            let mut order: Vec<usize> = (0..length).collect();
            let value = |i: usize| self.values[start + i * stride];
            // `total_cmp` places NaN; adding 0 makes both zeros equal, so that they keep their order.
            order.sort_by(|&i, &j| (value(i) + 0.0).total_cmp(&(value(j) + 0.0)));
            put(&order, &mut line);
            for (i, &v) in line.iter().enumerate() {
                values[start + i * stride] = v;
            }
        }
        Table { values, sizes: self.sizes }
    }
}

fn offset<const N: usize>(index: [usize; N], sizes: [usize; N]) -> usize {
    index.iter().zip(sizes).fold(0, |at, (&i, size)| {
        debug_assert!(i < size, "index {i} of {size}");
        at * size + i
    })
}

fn position<const N: usize>(mut at: usize, sizes: [usize; N]) -> [usize; N] {
    let mut index = [0; N];
    for (i, size) in index.iter_mut().zip(sizes).rev() {
        *i = at % size;
        at /= size;
    }
    index
}

/// Every index of an array of these sizes, in row-major order.
pub fn each<const N: usize>(sizes: [usize; N]) -> impl Iterator<Item = [usize; N]> {
    (0..sizes.iter().product()).map(move |at| position(at, sizes))
}

/// The elements of an array, one by one. Compiled once for all functions, of which a graph has many.
fn elements<const N: usize, V>(sizes: [usize; N], element: &mut dyn FnMut([usize; N]) -> V) -> Vec<V> {
    each(sizes).map(element).collect()
}

/// An array computed element by element.
pub fn table<const N: usize, V>(sizes: [usize; N], mut element: impl FnMut([usize; N]) -> V) -> Table<N, V> {
    Table { values: elements(sizes, &mut element), sizes }
}

/// The elements of a tensor, as they are.
pub fn read<const N: usize, S, V, D, T>(tensor: &Tensor<S, V, D, T>) -> Table<N, V>
where
    S: Shape<Concrete = [usize; N]>,
    D: Storage<V>,
{
    Table { values: tensor.as_vec(), sizes: tensor.shape().concrete() }
}

/// The elements of a real tensor, as `f64`.
pub fn read_real<const N: usize, S, E, D, T>(tensor: &Tensor<S, E, D, T>) -> Table<N, f64>
where
    S: Shape<Concrete = [usize; N]>,
    E: Dtype,
    D: Storage<E>,
{
    let real = |v: E| v.to_f64().unwrap_or(f64::NAN);
    Table { values: tensor.as_vec().into_iter().map(real).collect(), sizes: tensor.shape().concrete() }
}

/// Sum; 0 over none.
pub fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.sum()
}

/// Product; 1 over none.
pub fn prod(values: impl Iterator<Item = f64>) -> f64 {
    values.product()
}

/// Largest; minus infinity over none.
pub fn max(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NEG_INFINITY, f64::max)
}

/// Smallest; infinity over none.
pub fn min(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

/// `ln(sum(exp x))`, shifted by the largest; minus infinity over none.
pub fn logsumexp(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let largest = max(values.iter().copied());
    if largest.is_infinite() {
        return largest;
    }
    largest + values.iter().map(|v| (v - largest).exp()).sum::<f64>().ln()
}

/// Whether one of them holds; false over none.
pub fn any(mut values: impl Iterator<Item = bool>) -> bool {
    values.any(|holds| holds)
}

/// Whether all of them hold; true over none.
pub fn all(mut values: impl Iterator<Item = bool>) -> bool {
    values.all(|holds| holds)
}

/// Brings what was computed on the host to a device.
#[derive(Clone, Debug)]
pub struct Upload<E, D> {
    device: D,
    dtype: PhantomData<E>,
}

impl<E: Dtype, D: Device<E>> Upload<E, D> {
    /// To that device.
    pub fn to(device: &D) -> Self {
        Upload { device: device.clone(), dtype: PhantomData }
    }

    /// A real tensor, element by element.
    pub fn real<const N: usize, S: Shape<Concrete = [usize; N]>>(
        &self,
        shape: &S,
        mut element: impl FnMut([usize; N]) -> f64,
    ) -> Result<Tensor<S, E, D>, D::Err> {
        let values = elements(shape.concrete(), &mut |i| super::ops::real::<E>(element(i)));
        self.device.try_tensor_from_vec(values, *shape)
    }

    /// A tensor of conditions. Devices build them from numbers only.
    pub fn mask<const N: usize, S: Shape<Concrete = [usize; N]>>(
        &self,
        shape: &S,
        mut element: impl FnMut([usize; N]) -> bool,
    ) -> Result<Tensor<S, bool, D>, D::Err> {
        self.real(shape, |i| f64::from(u8::from(element(i))))?.try_ne(E::default())
    }

    /// A tensor of indices.
    pub fn index<const N: usize, S: Shape<Concrete = [usize; N]>>(
        &self,
        shape: &S,
        mut element: impl FnMut([usize; N]) -> usize,
    ) -> Result<Tensor<S, usize, D>, D::Err> {
        self.device.try_tensor_from_vec(elements(shape.concrete(), &mut element), *shape)
    }

    /// One number everywhere: one element in memory, broadcast.
    pub fn full<S: Shape>(&self, shape: &S, value: f64) -> Result<Tensor<S, E, D>, D::Err> {
        let one = self.device.try_tensor_from_vec(vec![super::ops::real::<E>(value)], ())?;
        one.try_broadcast_like::<_, S::AllAxes>(shape)
    }

    /// Ones where the second of two equally long axes does not pass the first: a running sum is a product
    /// with it.
    pub fn triangle<A: Dim, B: Dim>(&self, shape: &(A, B)) -> Result<Tensor<(A, B), E, D>, D::Err> {
        self.real(shape, |[i, j]| f64::from(u8::from(j <= i)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_row_major() {
        let t = table([2, 3], |[i, j]| 10 * i + j);
        assert_eq!(t[[1, 2]], 12);
        assert_eq!(t.find(|&v| v == 11), Some(([1, 1], 11)));
        assert_eq!(each([2, 2]).collect::<Vec<_>>(), [[0, 0], [0, 1], [1, 0], [1, 1]]);
        assert_eq!(each([]).count(), 1);
        assert_eq!(each([2, 0]).count(), 0);
    }

    #[test]
    fn sorting_is_stable_along_either_axis() {
        let x = table([2, 3], |[i, j]| [[2.0, 1.0, 2.0], [1.0, 3.0, 0.0]][i][j]);
        let order = x.argsort(1);
        assert_eq!([order[[0, 0]], order[[0, 1]], order[[0, 2]]], [1, 0, 2]);
        let rank = x.rank(1);
        assert_eq!([rank[[0, 0]], rank[[0, 1]], rank[[0, 2]]], [1, 0, 2]);
        assert_eq!([rank[[1, 0]], rank[[1, 1]], rank[[1, 2]]], [1, 2, 0]);
        let down = x.argsort(0);
        assert_eq!([down[[0, 0]], down[[0, 1]], down[[0, 2]]], [1, 0, 1]);
        let zeros = table([2], |[i]| [0.0, -0.0][i]);
        assert_eq!(zeros.argsort(0)[[0]], 0);
    }

    #[test]
    fn reductions_over_none_are_neutral() {
        let none = || std::iter::empty::<f64>();
        assert_eq!((sum(none()), prod(none())), (0.0, 1.0));
        assert_eq!((max(none()), min(none())), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!(logsumexp(none()), f64::NEG_INFINITY);
        assert!(!any(std::iter::empty()) && all(std::iter::empty()));
        assert_eq!(logsumexp([1e4, 1e4].into_iter()), 1e4 + 2f64.ln());
    }

    #[test]
    fn uploads_have_the_values_of_the_closure() {
        let on = Upload::<f32, Cpu>::to(&Cpu::default());
        let real = on.real(&(2, 3), |[i, j]| (i * 3 + j) as f64).unwrap();
        assert_eq!(real.as_vec(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let mask = on.mask(&(Const::<2>, Const::<2>), |[i, j]| i == j).unwrap();
        assert_eq!(mask.array(), [[true, false], [false, true]]);
        assert_eq!(on.index(&(3,), |[i]| 2 - i).unwrap().as_vec(), [2, 1, 0]);
        assert_eq!(on.full(&(2, 2), 0.5).unwrap().as_vec(), [0.5; 4]);
        assert_eq!(on.full(&(), 0.5).unwrap().array(), 0.5);
        assert_eq!(on.triangle(&(2, 2)).unwrap().as_vec(), [1.0, 0.0, 1.0, 1.0]);
        assert_eq!(read_real(&real)[[1, 0]], 3.0);
        assert!(read(&mask)[[1, 1]]);
    }
}
