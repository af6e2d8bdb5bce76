//! The inverse correlation matrix P of recursive least squares.
//!
//! After K updates by rates r₁ … r_K, P is (γ I + Σ r rᵀ)⁻¹. A learning step needs k = P r and then
//! changes P by a rank-one matrix: two passes over half a million numbers, of which a thousand units
//! can afford none. So changes wait. P is a matrix less a few outer products, whose part of k is a
//! few dot products; when there are as many as one pass can subtract, the next product's does.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{SymmetricMatrix, axpy, dot};

/// P, as a matrix and changes of it that wait.
///
/// ```
/// use metaplast_reservoir::InverseCorrelation;
///
/// let mut p = InverseCorrelation::<f64>::new(2, 10.0);
/// let mut k = [0.0; 2];
/// p.matvec(&[1.0, 0.0], &mut k);
/// assert_eq!(k, [0.1, 0.0]);
/// p.subtract_outer(1.0 / 1.1, &k);
/// assert!((p.get(0, 0) - 1.0 / 11.0).abs() < 1e-15);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InverseCorrelation<T> {
    matrix: SymmetricMatrix<T>,
    /// The vectors s where P is the matrix less Σ s sᵀ.
    due: Vec<Vec<T>>,
}

impl<T: Scalar> InverseCorrelation<T> {
    /// The identity of `n` rows over γ.
    #[must_use]
    pub fn new(n: usize, regularisation: f64) -> Self {
        InverseCorrelation {
            matrix: SymmetricMatrix::scaled_identity(n, T::from_f64(1.0 / regularisation)),
            due: Vec::new(),
        }
    }

    /// k ← P r
    ///
    /// # Panics
    /// When a vector has not n elements.
    #[track_caller]
    pub fn matvec(&mut self, r: &[T], k: &mut [T]) {
        if self.due.len() < SymmetricMatrix::<T>::OUTERS {
            self.matrix.matvec(r, k);
            for s in &self.due {
                axpy(-dot(s, r), s, k);
            }
        } else {
            let due: Vec<&[T]> = self.due.iter().map(Vec::as_slice).collect();
            self.matrix.subtract_outers_and_matvec(&due, r, k);
            self.due.clear();
        }
    }

    /// P ← P − factor · k kᵀ, for a factor of at least 0.
    ///
    /// # Panics
    /// When `k` has not n elements.
    #[track_caller]
    pub fn subtract_outer(&mut self, factor: T, k: &[T]) {
        assert_eq!(k.len(), self.matrix.n(), "subtract_outer: elements of k");
        if self.due.len() == SymmetricMatrix::<T>::OUTERS {
            // Changes without products between them: a product that nobody asked for.
            self.matvec(k, &mut vec![T::ZERO; k.len()]);
        }
        let root = factor.sqrt();
        self.due.push(k.iter().map(|&k| root * k).collect());
    }

    /// The element in row i and column j.
    ///
    /// # Panics
    /// When i or j is not below n.
    #[must_use]
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> T {
        let due = self.due.iter();
        due.fold(self.matrix.get(i, j), |value, s| value - s[i] * s[j])
    }

    /// Bytes that a product reads.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.matrix.bytes()
    }

    /// The sum of the diagonal: n/γ at first, less the more has been learned.
    #[must_use]
    pub fn trace(&self) -> T {
        (0..self.matrix.n()).fold(T::ZERO, |sum, i| sum + self.get(i, i))
    }
}
