//! Index spaces: walking over them, and reading arrays at their points.

use crate::ir::Axis;

/// All combinations of indices over some axes, row-major.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub axes: Vec<Axis>,
    pub sizes: Vec<usize>,
}

impl Space {
    pub fn len(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Every point in order.
    pub fn points(&self) -> impl Iterator<Item = Point<'_>> {
        let mut next = (self.len() > 0).then(|| vec![0; self.sizes.len()]);
        std::iter::from_fn(move || {
            let now = next.take()?;
            let mut after = now.clone();
            for (coordinate, &size) in after.iter_mut().zip(&self.sizes).rev() {
                *coordinate += 1;
                if *coordinate < size {
                    next = Some(after);
                    break;
                }
                *coordinate = 0;
            }
            Some(Point { axes: &self.axes, coordinates: now })
        })
    }

    /// The same space without some axes.
    pub fn without(&self, removed: &[Axis]) -> Space {
        let kept = self.axes.iter().zip(&self.sizes).filter(|(a, _)| !removed.contains(a));
        let (axes, sizes) = kept.map(|(&a, &n)| (a, n)).unzip();
        Space { axes, sizes }
    }
}

/// A point of a space.
#[derive(Clone, Debug)]
pub(super) struct Point<'a> {
    axes: &'a [Axis],
    coordinates: Vec<usize>,
}

impl Point<'_> {
    /// Its coordinate along an axis, if it has that axis.
    pub fn find(&self, axis: Axis) -> Option<usize> {
        self.axes.iter().position(|a| *a == axis).map(|i| self.coordinates[i])
    }

    /// Its coordinate along an axis of its space.
    pub fn at(&self, axis: Axis) -> usize {
        self.find(axis).expect("a node's axes include those of its operands")
    }
}

/// The value of a node.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub space: Space,
    pub data: Vec<f64>,
}

impl Tensor {
    /// The tensor whose element at each point is given.
    pub fn from_fn(space: Space, mut element: impl FnMut(&Point) -> f64) -> Tensor {
        let data = space.points().map(|p| element(&p)).collect();
        Tensor { space, data }
    }

    /// The element whose coordinate along each axis is given.
    pub fn get(&self, coordinate: impl Fn(Axis) -> usize) -> f64 {
        self.data[self.offset(coordinate)]
    }

    /// The position of the element whose coordinate along each axis is given.
    pub fn offset(&self, coordinate: impl Fn(Axis) -> usize) -> usize {
        let axes = self.space.axes.iter().zip(&self.space.sizes);
        axes.fold(0, |offset, (&axis, &size)| offset * size + coordinate(axis))
    }
}
