//! Reductions.

use super::Tensor;
use crate::broadcast::sum_middle;
use crate::{Scalar, kernels};

impl<T: Scalar> Tensor<T> {
    /// The sum of all elements, which keeps its digits however many there are
    /// ([`kernels::sum`]); zero when there are none.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].sum(), 10.0);
    /// ```
    #[must_use]
    pub fn sum(&self) -> T {
        kernels::sum(&self.data)
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
        sum_middle(&self.data, extent, inner, &mut sums.data);
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
