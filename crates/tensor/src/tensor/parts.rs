//! Parts of tensors, and tensors made of parts: by index, by range, end to end, side by side.

use std::borrow::Borrow;
use std::ops::Range;

use smallvec::SmallVec;

use super::Tensor;
use crate::{Scalar, Shape};

impl<T: Scalar> Tensor<T> {
    /// The slices along axis `axis` that `indices` name, in their order; one may come several times.
    /// Along axis 0 these are rows: `index_select(0, &batch)`.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    /// assert_eq!(x.index_select(0, &[2, 0, 2]), tensor![[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]]);
    /// assert_eq!(x.index_select(1, &[1]), tensor![[2.0], [4.0], [6.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such axis, or an index is not below its extent.
    #[must_use]
    #[track_caller]
    pub fn index_select(&self, axis: usize, indices: &[usize]) -> Self {
        let [outer, extent, inner] = self.around("index_select", axis);
        if let Some(index) = indices.iter().find(|&&index| index >= extent) {
            panic!(
                "index_select: index {index} along axis {axis} of {}",
                self.shape
            );
        }
        let mut data = Vec::with_capacity(outer * indices.len() * inner);
        for block in 0..outer {
            for index in indices {
                let start = (block * extent + index) * inner;
                data.extend_from_slice(&self.data[start..start + inner]);
            }
        }
        Self {
            shape: self.with_extent(axis, indices.len()),
            data,
        }
    }

    /// The places `places` along axis `axis`.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.narrow(1, 1..3), tensor![[2.0, 3.0], [5.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such axis, or it is shorter.
    #[must_use]
    #[track_caller]
    pub fn narrow(&self, axis: usize, places: Range<usize>) -> Self {
        let [outer, extent, inner] = self.around("narrow", axis);
        assert!(
            places.start <= places.end && places.end <= extent,
            "narrow: places {places:?} along axis {axis} of {}",
            self.shape
        );
        let mut data = Vec::with_capacity(outer * places.len() * inner);
        for block in 0..outer {
            let start = block * extent;
            let (from, to) = (start + places.start, start + places.end);
            data.extend_from_slice(&self.data[from * inner..to * inner]);
        }
        Self {
            shape: self.with_extent(axis, places.len()),
            data,
        }
    }

    /// A range of places along each of the first axes; the others stay whole.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.slice(&[1..2, 0..2]), tensor![[4.0, 5.0]]);
    /// assert_eq!(x.slice(&[0..1]), tensor![[1.0, 2.0, 3.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are more ranges than axes, or an axis is shorter than its range.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, places: &[Range<usize>]) -> Self {
        assert!(
            places.len() <= self.rank(),
            "slice: {} ranges for {}",
            places.len(),
            self.shape
        );
        let mut part: Option<Self> = None;
        for (axis, places) in places.iter().enumerate() {
            part = Some(part.as_ref().unwrap_or(self).narrow(axis, places.clone()));
        }
        part.unwrap_or_else(|| self.clone())
    }

    /// Tensors end to end along axis `axis`.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// let (x, y) = (tensor![[1.0, 2.0]], tensor![[3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(Tensor::concat(&[&x, &y], 0), tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(Tensor::concat(&[x.clone(), x], 1), tensor![[1.0, 2.0, 1.0, 2.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are none, there is no such axis, or the shapes differ along another axis.
    #[must_use]
    #[track_caller]
    pub fn concat<P: Borrow<Self>>(parts: &[P], axis: usize) -> Self {
        let Some(first) = parts.first().map(Borrow::borrow) else {
            panic!("concat: nothing to concatenate");
        };
        let [outer, ..] = first.around("concat", axis);
        let mut extent = 0;
        for part in parts.iter().map(Borrow::borrow) {
            let fits = part.rank() == first.rank()
                && part.with_extent(axis, 0) == first.with_extent(axis, 0);
            assert!(
                fits,
                "concat: shapes {} and {} along axis {axis}",
                first.shape, part.shape
            );
            extent += part.dims()[axis];
        }
        let shape = first.with_extent(axis, extent);
        let mut data = Vec::with_capacity(shape.len());
        for block in 0..outer {
            for part in parts.iter().map(Borrow::borrow) {
                let width = part.len() / outer;
                data.extend_from_slice(&part.data[block * width..][..width]);
            }
        }
        Self { shape, data }
    }

    /// Tensors of one shape side by side along a new axis `axis`.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// let (x, y) = (tensor![1.0, 2.0], tensor![3.0, 4.0]);
    /// assert_eq!(Tensor::stack(&[&x, &y], 0), tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(Tensor::stack(&[x, y], 1), tensor![[1.0, 3.0], [2.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are none, their shapes differ, or the axis is above their rank.
    #[must_use]
    #[track_caller]
    pub fn stack<P: Borrow<Self>>(parts: &[P], axis: usize) -> Self {
        let widened: Vec<Self> = parts
            .iter()
            .map(|part| {
                let part = part.borrow();
                assert!(
                    axis <= part.rank(),
                    "stack: axis {axis} for shape {}",
                    part.shape
                );
                let (before, after) = part.dims().split_at(axis);
                let dims: SmallVec<[usize; 4]> =
                    before.iter().chain(&[1]).chain(after).copied().collect();
                part.clone().reshape(&dims[..])
            })
            .collect();
        Self::concat(&widened, axis)
    }

    /// Blocks before the axis, its extent, elements within.
    #[track_caller]
    pub(super) fn around(&self, op: &str, axis: usize) -> [usize; 3] {
        let dims = self.dims();
        assert!(axis < dims.len(), "{op}: no axis {axis} in {}", self.shape);
        let outer = dims[..axis].iter().product();
        [outer, dims[axis], dims[axis + 1..].iter().product()]
    }

    fn with_extent(&self, axis: usize, extent: usize) -> Shape {
        let mut dims: SmallVec<[usize; 4]> = SmallVec::from_slice(self.dims());
        dims[axis] = extent;
        Shape::from(&dims[..])
    }
}
