//! Several things done to a matrix in one pass, as learning and its reverse need them.
//!
//! A weight matrix is larger than the first-level cache, and bringing it near costs more than
//! computing with it. So the update of a projection's rule, `W ← (1 − d) W + Σ u vᵀ + s (W x) wᵀ`,
//! computes each row's product with x and changes the row while it is near ([`project`]); and
//! going back over an update ([`reverse`]) carries out what waits to be added to a row of the
//! adjoint, takes all products with it, undoes the row of the weights and takes the product with
//! it, before it turns to the next rows.

use crate::Scalar;
use crate::kernels::back::Back;
use crate::kernels::project::Project;
use crate::padded::{PaddedMatrix, Rows};

/// `Σ_k u_k v_kᵀ`
#[derive(Clone, Copy, Debug)]
pub struct Outer<'a, T> {
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
pub struct Through<T> {
    /// s
    pub scale: T,
    /// k, its place in [`Outer::us`].
    pub term: usize,
}

/// `W ← keep W + Σ_k u_k v_kᵀ + s (W x) v_jᵀ` for some rows, where `x` is row `x` of the terms'
/// vectors and j the term that the projection shares. Writes `W x` to `projected`.
///
/// ```
/// use metaplast_tensor::padded::{PaddedMatrix, Rows};
/// use metaplast_tensor::passes::{Outer, Through, project};
///
/// let (mut w, mut vectors) = (PaddedMatrix::<f64>::new(), PaddedMatrix::new());
/// w.assign(2, 2, &[1.0, 2.0, 3.0, 4.0]);
/// vectors.assign(2, 2, &[1.0, 0.0, 0.0, 1.0]);
/// let terms = Outer { us: &[&[10.0, 20.0]], vectors: &vectors, vs: &[0] };
/// let mut projected = [0.0; 2];
/// let through = Through { scale: 0.5, term: 0 };
/// project(&mut w, Rows::Range(0..2), 1.0, terms, through, 1, &mut projected);
/// assert_eq!(projected, [2.0, 4.0]);
/// assert_eq!(w.to_vec(), [1.0 + 10.0 + 1.0, 2.0, 3.0 + 20.0 + 2.0, 4.0]);
/// ```
///
/// # Panics
/// When shapes do not fit, or a row, a vector or the shared term is not there.
#[track_caller]
pub fn project<T: Scalar>(
    matrix: &mut PaddedMatrix<T>,
    rows: Rows<'_>,
    keep: T,
    terms: Outer<'_, T>,
    through: Through<T>,
    x: usize,
    projected: &mut [T],
) {
    terms.check("project", matrix);
    assert!(
        projected.len() == matrix.rows() && through.term < terms.us.len(),
        "passes project: matrix of shape [{}, {}], {} projected elements; term {} of {}",
        matrix.rows(),
        matrix.cols(),
        projected.len(),
        through.term,
        terms.us.len()
    );
    T::kernel_project(Project {
        matrix,
        rows,
        keep,
        terms,
        through,
        x,
        projected,
    });
}

/// An update `W ← keep W + Σ_k u_k v_kᵀ`, some of whose rows are passed in reverse.
#[derive(Clone, Debug)]
pub struct Reverse<'a, T> {
    /// The rows.
    pub rows: Rows<'a>,
    /// `W̄ ← scale W̄ + waiting` comes first.
    pub scale: T,
    /// What waits to be added to the adjoint.
    pub waiting: Outer<'a, T>,
    /// The update's outer products, `s (W x)` of a projection added to the left vector it shares.
    pub terms: Outer<'a, T>,
    /// Of so many terms, the first ones, `W̄ᵀ u_k` is wanted.
    pub wanted: usize,
    /// The share of the weights that the update kept.
    pub keep: T,
    /// Whether `W` has to be undone; otherwise it is what it was before the update.
    pub undo: bool,
    /// Which term a projection shares.
    pub through: Option<Through<T>>,
    /// Whether `⟨W, W̄⟩` is wanted.
    pub inner: bool,
}

/// Where [`reverse`] puts what it computes; the rows it does not pass are left alone.
#[derive(Debug)]
pub struct Found<'a, T> {
    /// `W̄ v_k`, at the place `vs[k]` of several vectors of one element for each row.
    pub lefts: &'a mut [T],
    /// `W̄ᵀ u_k`, where it is wanted, is added to row `vs[k]`, and `Wᵀ c` to the last row. Rows `vs[k]`
    /// of terms for which it is not wanted may be added to as well.
    pub rights: &'a mut PaddedMatrix<T>,
    /// `c = s W̄ v_j`, the adjoint of `W x`, for the projection's term j.
    pub projected: &'a mut [T],
}

/// Goes back over an update in some rows: in each of them `W̄ ← scale W̄ + Σ w rᵀ`; the products of
/// `W̄` with the vectors of each term, and the adjoint `c` of `W x`; `W ← (W − Σ_k u_k v_kᵀ) / keep`;
/// and the product `Wᵀ c`. Returns `⟨W, W̄⟩` over the rows if that is wanted, zero otherwise.
///
/// ```
/// use metaplast_tensor::padded::{PaddedMatrix, Rows};
/// use metaplast_tensor::passes::{Found, Outer, Reverse, reverse};
///
/// let matrix = |elements: &[f64]| {
///     let mut matrix = PaddedMatrix::<f64>::new();
///     matrix.assign(elements.len() / 2, 2, elements);
///     matrix
/// };
/// let (mut w, mut adjoint) = (matrix(&[3.0, 1.0, 5.0, 1.0]), matrix(&[1.0, 0.0, 0.0, 1.0]));
/// let (right, nothing) = (matrix(&[1.0, 2.0]), matrix(&[]));
/// let mut found = (vec![0.0; 2], matrix(&[0.0; 4]), vec![0.0; 2]);
/// let step = Reverse {
///     rows: Rows::Range(0..2),
///     scale: 1.0,
///     waiting: Outer { us: &[], vectors: &nothing, vs: &[] },
///     terms: Outer { us: &[&[3.0, 5.0]], vectors: &right, vs: &[0] },
///     wanted: 1,
///     keep: 1.0,
///     undo: true,
///     through: None,
///     inner: false,
/// };
/// let into = Found { lefts: &mut found.0, rights: &mut found.1, projected: &mut found.2 };
/// reverse(&mut w, &mut adjoint, &step, into);
/// assert_eq!(w.to_vec(), [0.0, -5.0, 0.0, -9.0]);
/// assert_eq!(found.0, [1.0, 2.0]);                     // W̄ v
/// assert_eq!(found.1.to_vec(), [3.0, 5.0, 0.0, 0.0]);  // W̄ᵀ u
/// ```
///
/// # Panics
/// When shapes do not fit, or a row or a vector is not there.
#[track_caller]
pub fn reverse<T: Scalar>(
    value: &mut PaddedMatrix<T>,
    adjoint: &mut PaddedMatrix<T>,
    step: &Reverse<'_, T>,
    found: Found<'_, T>,
) -> T {
    let (rows, cols) = (value.rows(), value.cols());
    assert!(
        (adjoint.rows(), adjoint.cols()) == (rows, cols),
        "passes reverse: matrix of shape [{rows}, {cols}], adjoint of shape [{}, {}]",
        adjoint.rows(),
        adjoint.cols()
    );
    if !step.waiting.us.is_empty() {
        step.waiting.check("reverse", adjoint);
    }
    step.terms.check("reverse", value);
    assert!(
        found.projected.len() == rows && found.rights.cols() == cols && found.rights.rows() > 0,
        "passes reverse: matrix of shape [{rows}, {cols}], {} projected elements, sums of shape [{}, {}]",
        found.projected.len(),
        found.rights.rows(),
        found.rights.cols()
    );
    T::kernel_back(Back {
        value,
        adjoint,
        step,
        found,
    })
}

impl<T: Scalar> Outer<'_, T> {
    #[track_caller]
    fn check(&self, op: &str, matrix: &PaddedMatrix<T>) {
        let (rows, cols) = (matrix.rows(), matrix.cols());
        assert!(
            self.us.len() == self.vs.len() && (self.us.is_empty() || self.vectors.cols() == cols),
            "passes {op}: matrix of shape [{rows}, {cols}], {} left vectors, {} right ones of {} elements",
            self.us.len(),
            self.vs.len(),
            self.vectors.cols()
        );
        for u in self.us {
            assert!(
                u.len() == rows || u.is_empty(),
                "passes {op}: matrix of shape [{rows}, {cols}], a left vector of {} elements",
                u.len()
            );
        }
    }
}
