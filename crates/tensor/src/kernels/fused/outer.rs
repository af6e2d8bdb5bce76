//! Outer products and projections, as updates take them.

use crate::Scalar;
use crate::kernels::padded::PaddedMatrix;

/// Outer products that one pass takes care of.
pub(super) const AT_ONCE: usize = 3;

/// `Σ_k u_k v_kᵀ`
#[derive(Clone, Copy, Debug)]
pub struct OuterProducts<'a, T> {
    /// Left vectors, one element for each row of the matrix. That of a projection with a term of
    /// its own may be empty.
    pub us: &'a [&'a [T]],
    /// Its rows are right vectors.
    pub vectors: &'a PaddedMatrix<T>,
    /// Which of them belongs to which left vector; all differ.
    pub vs: &'a [usize],
}

/// A projection `s (W x) v_kᵀ`, which shares the right vector of term k.
#[derive(Clone, Copy, Debug)]
pub struct Projection<T> {
    /// s
    pub scale: T,
    /// k, its place in [`OuterProducts::us`].
    pub term: usize,
}

impl<T: Scalar> OuterProducts<'_, T> {
    #[track_caller]
    pub(super) fn check(&self, op: &str, matrix: &PaddedMatrix<T>) {
        let (rows, cols) = (matrix.rows(), matrix.cols());
        assert!(
            self.us.len() == self.vs.len() && (self.us.is_empty() || self.vectors.cols() == cols),
            "{op}: matrix of shape [{rows}, {cols}], {} left vectors, {} right ones of {} elements",
            self.us.len(),
            self.vs.len(),
            self.vectors.cols()
        );
        for u in self.us {
            assert!(
                u.len() == rows || u.is_empty(),
                "{op}: matrix of shape [{rows}, {cols}], a left vector of {} elements",
                u.len()
            );
        }
    }
}
