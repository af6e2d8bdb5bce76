//! The inverse correlation matrix P of recursive least squares.
//!
//! After K updates by rates r₁ … r_K, P is (γ I + Σ r rᵀ)⁻¹. A learning step needs k = P r and then
//! changes P by a rank-one matrix, which would be two passes over half a million numbers. The
//! change waits for the next step's product instead, and both take one pass.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::SymmetricMatrix;

/// P, and a change of it that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct InverseCorrelation<T> {
    matrix: SymmetricMatrix<T>,
    /// s where P is the matrix less s sᵀ.
    due: Option<Vec<T>>,
}

impl<T: Scalar> InverseCorrelation<T> {
    /// The identity of `n` rows over γ.
    #[must_use]
    pub fn new(n: usize, regularisation: f64) -> Self {
        InverseCorrelation {
            matrix: SymmetricMatrix::scaled_identity(n, T::from_f64(1.0 / regularisation)),
            due: None,
        }
    }

    /// k ← P r
    ///
    /// # Panics
    /// When a vector has not n elements.
    #[track_caller]
    pub fn matvec(&mut self, r: &[T], k: &mut [T]) {
        match self.due.take() {
            Some(s) => self.matrix.subtract_outer_and_matvec(&s, r, k),
            None => self.matrix.matvec(r, k),
        }
    }

    /// P ← P − factor · k kᵀ, for a factor of at least 0.
    ///
    /// # Panics
    /// When `k` has not n elements.
    #[track_caller]
    pub fn subtract_outer(&mut self, factor: T, k: &[T]) {
        assert_eq!(k.len(), self.matrix.n(), "subtract_outer: elements of k");
        if let Some(s) = self.due.take() {
            // Two changes in a row, without a product between them.
            let mut unused = vec![T::ZERO; s.len()];
            self.matrix.subtract_outer_and_matvec(&s, k, &mut unused);
        }
        let root = factor.sqrt();
        self.due = Some(k.iter().map(|&k| root * k).collect());
    }

    /// The element in row i and column j.
    ///
    /// # Panics
    /// When i or j is not below n.
    #[must_use]
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> T {
        let value = self.matrix.get(i, j);
        self.due.as_ref().map_or(value, |s| value - s[i] * s[j])
    }

    /// The sum of the diagonal: how much is left to learn, of n/γ at first.
    #[must_use]
    pub fn trace(&self) -> T {
        (0..self.matrix.n()).fold(T::ZERO, |sum, i| sum + self.get(i, i))
    }
}
