//! Reductions.

use super::Tensor;
use crate::{Scalar, kernels};

/// Partial sums that run side by side, so that a long sum loses less and vectorises.
const LANES: usize = 16;

impl<T: Scalar> Tensor<T> {
    /// The sum of all elements; zero when there are none.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].sum(), 10.0);
    /// ```
    #[must_use]
    pub fn sum(&self) -> T {
        sum(&self.data)
    }

    /// The arithmetic mean of all elements; 0/0 when there are none.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 6.0]].mean(), 3.0);
    /// ```
    #[must_use]
    pub fn mean(&self) -> T {
        self.sum() / T::from_f64(self.len() as f64)
    }

    /// The largest element. NaN counts as larger than everything, so that it is not overlooked.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![1.0, 7.0, 3.0].max(), 7.0);
    /// assert!(tensor![1.0, f64::NAN, 3.0].max().is_nan());
    /// ```
    ///
    /// # Panics
    ///
    /// When there are no elements.
    #[must_use]
    #[track_caller]
    pub fn max(&self) -> T {
        self.data[self.position_of_max("max")]
    }

    /// Where the largest element is in row-major order, the first one of several. NaN counts as
    /// larger than everything.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// assert_eq!(tensor![1.0, 7.0, 3.0, 7.0].argmax(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are no elements.
    #[must_use]
    #[track_caller]
    pub fn argmax(&self) -> usize {
        self.position_of_max("argmax")
    }

    /// The sums along one axis, which goes away or stays with extent 1.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// let a = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(a.sum_axis(0, false), tensor![4.0, 6.0]);
    /// assert_eq!(a.sum_axis(1, true), tensor![[3.0], [7.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn sum_axis(&self, axis: usize, keepdims: bool) -> Self {
        let dims = self.dims();
        assert!(
            axis < dims.len(),
            "sum_axis: no axis {axis} in {}",
            self.shape
        );
        let extent = dims[axis];
        let inner: usize = dims[axis + 1..].iter().product();
        let mut sums = Self::zeros(self.shape.without_axis(axis, keepdims));
        if self.is_empty() {
            return sums;
        }
        let planes = self.data.chunks_exact(extent * inner);
        for (plane, sums) in planes.zip(sums.data.chunks_exact_mut(inner)) {
            if let [total] = sums {
                *total = sum(plane);
                continue;
            }
            for row in plane.chunks_exact(inner) {
                for (sum, &x) in sums.iter_mut().zip(row) {
                    *sum += x;
                }
            }
        }
        sums
    }

    /// The Euclidean (Frobenius) norm of all elements.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![[3.0, 0.0], [0.0, 4.0]].norm(), 5.0);
    /// ```
    #[must_use]
    pub fn norm(&self) -> T {
        kernels::dot(&self.data, &self.data).sqrt()
    }

    #[track_caller]
    fn position_of_max(&self, op: &str) -> usize {
        assert!(
            !self.is_empty(),
            "{op}: shape {} has no elements",
            self.shape
        );
        let mut best = 0;
        for (i, x) in self.data.iter().enumerate() {
            let is_nan = x.partial_cmp(x).is_none();
            if is_nan {
                return i;
            }
            if *x > self.data[best] {
                best = i;
            }
        }
        best
    }
}

fn sum<T: Scalar>(data: &[T]) -> T {
    let (blocks, rest) = data.as_chunks::<LANES>();
    let mut lanes = [T::ZERO; LANES];
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += x;
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    kernels::lanes::tree(lanes)
}
