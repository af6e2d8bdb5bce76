//! Reshaping and permuting: the same numbers in another arrangement.

use smallvec::SmallVec;

use super::Tensor;
use crate::{Scalar, Shape, kernels};

impl<T: Scalar> Tensor<T> {
    /// The same elements in the same order under another shape, without a copy.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    /// let a: Tensor<f64> = Tensor::arange(4).reshape([2, 2]);
    /// assert_eq!(a, tensor![[0.0, 1.0], [2.0, 3.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the numbers of elements differ.
    #[must_use]
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        assert!(
            shape.checked_len() == Some(self.len()),
            "reshape: shapes {} and {shape} differ in their number of elements",
            self.shape
        );
        Self {
            shape,
            data: self.data,
        }
    }

    /// The transpose of a matrix.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![[1.0, 2.0]].transpose(), tensor![[1.0], [2.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the rank is not 2.
    #[must_use]
    #[track_caller]
    pub fn transpose(&self) -> Self {
        let &[rows, cols] = self.dims() else {
            panic!("transpose: shape {} is not that of a matrix", self.shape);
        };
        let mut data = vec![T::ZERO; self.len()];
        kernels::transpose(&self.data, rows, cols, &mut data);
        Self {
            shape: Shape::from([cols, rows]),
            data,
        }
    }

    /// The axes in another order: axis i of the result is axis `axes[i]` of this tensor.
    ///
    /// ```
    /// use metaplast_tensor::Tensor;
    /// let a = Tensor::<f64>::zeros([2, 3, 4]).permute(&[2, 0, 1]);
    /// assert_eq!(a.dims(), [4, 2, 3]);
    /// ```
    ///
    /// # Panics
    ///
    /// When `axes` does not name every axis once.
    #[must_use]
    #[track_caller]
    pub fn permute(&self, axes: &[usize]) -> Self {
        let rank = self.rank();
        let complete = axes.len() == rank && (0..rank).all(|axis| axes.contains(&axis));
        assert!(
            complete,
            "permute: {axes:?} does not reorder the axes of {}",
            self.shape
        );
        let strides = self.shape.strides();
        let dims: SmallVec<[usize; 4]> = axes.iter().map(|&axis| self.dims()[axis]).collect();
        Self::from_fn(&dims[..], |index| {
            let offsets = index.iter().zip(axes).map(|(i, &axis)| i * strides[axis]);
            self.data[offsets.sum::<usize>()]
        })
    }
}
