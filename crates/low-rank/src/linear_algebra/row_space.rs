//! The space that the rows of a matrix span.

use metaplast_tensor::Tensor;

use super::{SingularValues, product_nt};

/// The space that the rows of a matrix span, by an orthonormal basis.
///
/// ```
/// use metaplast_low_rank::linear_algebra::RowSpace;
/// use metaplast_tensor::tensor;
///
/// let first = RowSpace::of(&tensor![[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]]);
/// assert_eq!(first.dimension(), 2);
/// assert_eq!(first.project(&tensor![[1.0, 2.0, 3.0]]), tensor![[1.0, 2.0, 0.0]]);
/// let second = RowSpace::of(&tensor![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
/// assert_eq!(first.overlap(&second), 0.5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RowSpace {
    /// Orthonormal rows, `[dimension, columns]`.
    basis: Tensor<f64>,
}

impl RowSpace {
    /// Of a matrix; rows that are combinations of others up to rounding add nothing.
    ///
    /// # Panics
    /// When it is no matrix.
    #[must_use]
    #[track_caller]
    pub fn of(matrix: &Tensor<f64>) -> Self {
        let decomposed = SingularValues::of(matrix);
        RowSpace {
            basis: decomposed.right_vectors(decomposed.rank()),
        }
    }

    /// Its dimension.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.basis.dims()[0]
    }

    /// `A P`, the projection of every row of `A` onto the space.
    ///
    /// # Panics
    /// When `A` has another number of columns.
    #[must_use]
    #[track_caller]
    pub fn project(&self, a: &Tensor<f64>) -> Tensor<f64> {
        product_nt(a, &self.basis).matmul(&self.basis)
    }

    /// The mean squared cosine of the principal angles between two spaces, `‖Q₁ Q₂ᵀ‖² / d` with d the
    /// smaller dimension: 1 where one holds the other, about d/n for random spaces among n columns.
    ///
    /// # Panics
    /// When the numbers of columns differ.
    #[must_use]
    #[track_caller]
    pub fn overlap(&self, other: &RowSpace) -> f64 {
        let cosines = product_nt(&self.basis, &other.basis);
        let dimension = self.dimension().min(other.dimension());
        cosines.dot(&cosines) / dimension as f64
    }
}
