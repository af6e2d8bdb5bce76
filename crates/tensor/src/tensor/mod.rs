//! Tensors: owned arrays, and access to their parts.

mod create;
mod elementwise;
mod format;
mod layout;
mod linear;
mod operators;
mod parts;
mod reduce;
mod statistics;

use std::ops::{Index, IndexMut};

use crate::{Scalar, Shape};

/// An owned, row-major array of any rank.
///
/// Rank 0 holds one number; an extent of zero makes an empty array. Operations that take two
/// tensors expand them to one shape by NumPy's rules where that makes sense ([`Shape::broadcast`])
/// and panic, naming both shapes, where they do not fit.
///
/// ```
/// use metaplast_tensor::{Tensor, tensor};
///
/// let a = Tensor::from_fn([2, 3], |index| (index[0] * 3 + index[1]) as f64);
/// let centred = &a - &a.sum_axis(1, true) / 3.0;
/// assert_eq!(centred, tensor![[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]);
/// assert_eq!(a[[1, 2]], 5.0);
/// ```
#[derive(Clone, PartialEq)]
pub struct Tensor<T> {
    shape: Shape,
    data: Vec<T>,
}

impl<T: Scalar> Tensor<T> {
    /// The extents as a [`Shape`].
    ///
    /// ```
    /// use metaplast_tensor::{Shape, Tensor};
    ///
    /// let x = Tensor::<f32>::zeros([2, 3]);
    /// assert_eq!(x.shape(), &Shape::from([2, 3]));
    /// assert_eq!((x.dims(), x.rank(), x.len()), (&[2, 3][..], 2, 6));
    /// assert!(!x.is_empty() && Tensor::<f32>::zeros([2, 0]).is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The extents, outermost first.
    ///
    /// See [`shape`](Tensor::shape) for an example.
    #[inline]
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        self.shape.dims()
    }

    /// The number of axes.
    ///
    /// See [`shape`](Tensor::shape) for an example.
    #[inline]
    #[must_use]
    pub fn rank(&self) -> usize {
        self.shape.rank()
    }

    /// The number of elements.
    ///
    /// See [`shape`](Tensor::shape) for an example.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no elements, which takes an extent of zero.
    ///
    /// See [`shape`](Tensor::shape) for an example.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The elements in row-major order.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let mut x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// x.data_mut()[1] = 20.0;
    /// assert_eq!(x.data(), [1.0, 20.0, 3.0, 4.0]);
    /// assert_eq!(x.into_data().len(), 4);
    /// ```
    #[inline]
    #[must_use]
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The elements in row-major order, to be changed in place.
    ///
    /// See [`data`](Tensor::data) for an example.
    #[inline]
    #[must_use]
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The elements in row-major order, without a copy.
    ///
    /// See [`data`](Tensor::data) for an example.
    #[inline]
    #[must_use]
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// The only element of a tensor of any rank that has just one.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// assert_eq!(tensor![[3.0]].item(), 3.0);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is not exactly one element.
    #[must_use]
    #[track_caller]
    pub fn item(&self) -> T {
        match self.data[..] {
            [item] => item,
            _ => panic!("item: shape {} does not hold one number", self.shape),
        }
    }

    /// The `i`-th slice along the first axis: a row of a matrix.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].row(1), [3.0, 4.0]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the rank is 0 or `i` is out of range.
    #[must_use]
    #[track_caller]
    pub fn row(&self, i: usize) -> &[T] {
        let width = self.row_len("row", i);
        &self.data[i * width..][..width]
    }

    /// The `i`-th slice along the first axis, to be changed in place.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let mut x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// x.row_mut(1)[0] = 30.0;
    /// assert_eq!(x, tensor![[1.0, 2.0], [30.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the rank is 0 or `i` is out of range.
    #[must_use]
    #[track_caller]
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        let width = self.row_len("row_mut", i);
        &mut self.data[i * width..][..width]
    }

    /// All slices along the first axis in order.
    ///
    /// ```
    /// use metaplast_tensor::{kernels::dot, tensor};
    /// let a = tensor![[3.0, 4.0], [6.0, 8.0]];
    /// let squares: Vec<f64> = a.rows().map(|row| dot(row, row)).collect();
    /// assert_eq!(squares, [25.0, 100.0]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the rank is 0.
    #[track_caller]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[T]> + DoubleEndedIterator {
        let Some((&count, rest)) = self.dims().split_first() else {
            panic!("rows: a single number has no rows");
        };
        let width: usize = rest.iter().product();
        (0..count).map(move |i| &self.data[i * width..][..width])
    }

    #[track_caller]
    fn row_len(&self, op: &str, i: usize) -> usize {
        match self.dims().split_first() {
            Some((&count, rest)) if i < count => rest.iter().product(),
            _ => panic!("{op}: no row {i} in shape {}", self.shape),
        }
    }

    #[track_caller]
    fn position(&self, index: &[usize]) -> usize {
        let dims = self.dims();
        let inside = index.len() == dims.len() && index.iter().zip(dims).all(|(i, dim)| i < dim);
        assert!(inside, "index {index:?} is outside of shape {}", self.shape);
        index.iter().zip(dims).fold(0, |at, (i, dim)| at * dim + i)
    }
}

impl<T: Scalar, const N: usize> Index<[usize; N]> for Tensor<T> {
    type Output = T;

    #[inline]
    #[track_caller]
    fn index(&self, index: [usize; N]) -> &T {
        &self.data[self.position(&index)]
    }
}

impl<T: Scalar, const N: usize> IndexMut<[usize; N]> for Tensor<T> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, index: [usize; N]) -> &mut T {
        let at = self.position(&index);
        &mut self.data[at]
    }
}
