//! Linear algebra; the loops are in [`kernels`](crate::kernels).

use super::Tensor;
use crate::kernels::{self, Write};
use crate::{Scalar, Shape};

impl<T: Scalar> Tensor<T> {
    /// The sum of the products of corresponding elements of two tensors of one shape.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// assert_eq!(tensor![1.0, 2.0].dot(&tensor![3.0, 4.0]), 11.0);
    /// ```
    ///
    /// # Panics
    ///
    /// When the shapes differ.
    #[must_use]
    #[track_caller]
    pub fn dot(&self, other: &Self) -> T {
        if self.shape != other.shape {
            mismatch("dot", &self.shape, &other.shape, "");
        }
        kernels::dot(&self.data, &other.data)
    }

    /// The product of two matrices, `[m, k]` by `[k, n]`.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    /// let a = tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    /// assert_eq!(a.matmul(&Tensor::eye(2)), a);
    /// ```
    ///
    /// # Panics
    ///
    /// When the ranks are not 2 or the inner extents differ.
    #[must_use]
    #[track_caller]
    pub fn matmul(&self, other: &Self) -> Self {
        match (self.dims(), other.dims()) {
            (&[m, k], &[inner, n]) if k == inner => {
                let mut product = Self::filled("matmul", Shape::from([m, n]), T::ZERO);
                let c = &mut product.data;
                kernels::matmul(&self.data, &other.data, c, m, k, n, Write::Set);
                product
            }
            (&[_, k], &[inner]) if k == inner => {
                mismatch("matmul", &self.shape, &other.shape, "; use `matvec`")
            }
            _ => mismatch("matmul", &self.shape, &other.shape, ""),
        }
    }

    /// A matrix `[m, n]` times a vector `[n]`.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// let a = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(a.matvec(&tensor![1.0, 10.0]), tensor![21.0, 43.0]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn matvec(&self, vector: &Self) -> Self {
        match (self.dims(), vector.dims()) {
            (&[rows, cols], &[len]) if cols == len => {
                let mut product = Self::zeros(rows);
                kernels::matvec(&self.data, &vector.data, &mut product.data, Write::Set);
                product
            }
            (&[_, cols], &[rows, _]) if cols == rows => {
                mismatch("matvec", &self.shape, &vector.shape, "; use `matmul`")
            }
            _ => mismatch("matvec", &self.shape, &vector.shape, ""),
        }
    }

    /// The transpose of a matrix `[m, n]` times a vector `[m]`, without transposing.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// let a = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(a.matvec_transposed(&tensor![1.0, 10.0]), tensor![31.0, 42.0]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn matvec_transposed(&self, vector: &Self) -> Self {
        match (self.dims(), vector.dims()) {
            (&[rows, cols], &[len]) if rows == len => {
                let mut product = Self::zeros(cols);
                kernels::matvec_transposed(&self.data, &vector.data, &mut product.data, Write::Set);
                product
            }
            _ => mismatch("matvec_transposed", &self.shape, &vector.shape, ""),
        }
    }

    /// The matrix of all products of an element of this vector and one of `other`.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// let products = tensor![1.0, 2.0].outer(&tensor![3.0, 4.0, 5.0]);
    /// assert_eq!(products, tensor![[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When either is not a vector.
    #[must_use]
    #[track_caller]
    pub fn outer(&self, other: &Self) -> Self {
        match (self.dims(), other.dims()) {
            (&[rows], &[cols]) => {
                let shape = Shape::from([rows, cols]);
                let mut data = Vec::with_capacity(shape.len_in_memory::<T>("outer"));
                for &x in &self.data {
                    data.extend(other.data.iter().map(|&y| x * y));
                }
                Self { shape, data }
            }
            _ => mismatch("outer", &self.shape, &other.shape, ""),
        }
    }
}

#[cold]
#[track_caller]
fn mismatch(op: &str, left: &Shape, right: &Shape, way_out: &str) -> ! {
    panic!("{op}: shapes {left} and {right} do not fit{way_out}")
}
