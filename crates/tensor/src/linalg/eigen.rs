//! Eigenvalues and eigenvectors of symmetric matrices.

use super::{extent, tridiagonal};
use crate::{Scalar, Tensor};

/// Each step doubles the order up to which derivatives are right: 1, 3.
const STEPS: usize = 2;

impl<T: Scalar> Tensor<T> {
    /// The eigenvalues of a symmetric matrix in ascending order, shape `[n]`, and its eigenvectors as
    /// the columns of a matrix `[n, n]`: `A V = V diag(λ)`. Of a matrix that is not symmetric,
    /// `(A + Aᵀ)/2` is taken. The largest component of each eigenvector is positive.
    ///
    /// It computes in `f64` and rounds, so `f32` results are as good as the type allows. On dual
    /// numbers the result carries derivatives; eigenvectors of equal eigenvalues, which may turn into each
    /// other, have none and get zeros. NaN for a matrix with NaN or infinities.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let (values, vectors) = tensor![[2.0, 1.0], [1.0, 2.0]].eigh();
    /// let half = 0.5_f64.sqrt();
    /// assert!((values - &tensor![1.0, 3.0]).norm() < 1e-15);
    /// assert!((vectors.transpose().row(1)[0] - half).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    ///
    /// When the matrix is not square.
    #[must_use]
    #[track_caller]
    pub fn eigh(&self) -> (Self, Self) {
        let n = extent("eigh", self.shape());
        let half = T::from_f64(0.5);
        let a = (self + &self.transpose()) * half;
        let mut plain: Vec<f64> = a.data().iter().map(|x| x.to_f64()).collect();
        let (values, rows) = tridiagonal::eigen(&mut plain, n);
        let values = Self::new([n], values.into_iter().map(T::from_f64).collect());
        let rows = Self::new([n, n], rows.into_iter().map(T::from_f64).collect());
        let mut pair = (values, rows.transpose());
        if T::CARRIES_TANGENTS {
            for _ in 0..STEPS {
                pair = refined(&a, &pair.0, &pair.1);
            }
        }
        pair
    }
}

/// A step of Ogita & Aishima, *Iterative refinement for symmetric eigenvalue decomposition*, 2018,
/// which converges quadratically; what is infinitesimal about `a` is an error that it removes.
fn refined<T: Scalar>(a: &Tensor<T>, values: &Tensor<T>, v: &Tensor<T>) -> (Tensor<T>, Tensor<T>) {
    let n = values.len();
    let transposed = v.transpose();
    let r = Tensor::eye(n) - &transposed.matmul(v);
    let s = transposed.matmul(&a.matmul(v));
    let quotient = |i: usize| s[[i, i]] / (T::ONE - r[[i, i]]);
    let new = Tensor::from_fn([n], |i| quotient(i[0]));
    let half = T::from_f64(0.5);
    let correction = Tensor::from_fn([n, n], |at| {
        let (i, j) = (at[0], at[1]);
        let gap = new.data()[j] - new.data()[i];
        if i == j || equal(values, i, j) {
            half * r[[i, j]]
        } else {
            (s[[i, j]] + new.data()[j] * r[[i, j]]) / gap
        }
    });
    (new, v + &v.matmul(&correction))
}

/// Whether two eigenvalues, of all in ascending order, cannot be told apart.
fn equal<T: Scalar>(values: &Tensor<T>, i: usize, j: usize) -> bool {
    let value = |i: usize| values.data()[i].to_f64();
    let largest = value(0).abs().max(value(values.len() - 1).abs());
    (value(i) - value(j)).abs() <= 8.0 * T::EPSILON * largest
}

/// `1/(λ_j − λ_i)` off the diagonal, and 0 on it and where two eigenvalues cannot be told apart:
/// how eigenvectors turn into each other.
///
/// ```
/// use metaplast_tensor::{linalg::inverse_gaps, tensor};
///
/// let gaps = inverse_gaps(&tensor![1.0, 3.0, 3.0]);
/// assert_eq!(gaps, tensor![[0.0, 0.5, 0.5], [-0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]]);
/// ```
#[must_use]
pub fn inverse_gaps<T: Scalar>(values: &Tensor<T>) -> Tensor<T> {
    let n = values.len();
    Tensor::from_fn([n, n], |at| {
        if at[0] == at[1] || equal(values, at[0], at[1]) {
            T::ZERO
        } else {
            T::ONE / (values.data()[at[1]] - values.data()[at[0]])
        }
    })
}
