//! Pending contributions to a state's adjoint: outer products that the next pass over it adds.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;
use smallvec::SmallVec;

use super::row_sets::{Outside, RowSets};
use crate::nodes::DENSE;
use crate::sparsity::Patterns;

/// So many contributions are pending at most.
const MOST: usize = 4;

/// Left vectors of some contributions.
pub(super) type Lefts<'a, T> = SmallVec<[&'a [T]; MOST]>;
/// Places of their right vectors.
pub(super) type Places = SmallVec<[usize; MOST]>;

/// `W̄ = scale · adjoint + Σ left rightᵀ`, the sum still pending.
pub(super) struct Pending<T> {
    pub(super) scale: T,
    /// For each contribution the pattern of `left`.
    patterns: SmallVec<[u32; MOST]>,
    rows: usize,
    left: Vec<T>,
    right: PaddedMatrix<T>,
}

impl<T: Scalar> Pending<T> {
    pub(super) fn new() -> Self {
        Pending {
            scale: T::ONE,
            patterns: SmallVec::new(),
            rows: 0,
            left: Vec::new(),
            right: PaddedMatrix::new(),
        }
    }

    /// Makes this ready for a state `[rows, cols]`.
    pub(super) fn start(&mut self, rows: usize, cols: usize) {
        self.clear();
        self.rows = rows;
        self.left.reserve_exact(MOST * rows);
        self.right.assign_zeros(MOST, cols);
    }

    pub(super) fn clear(&mut self) {
        self.scale = T::ONE;
        self.patterns.clear();
        self.left.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.scale == T::ONE
    }

    pub(super) fn is_full(&self) -> bool {
        self.patterns.len() == MOST
    }

    /// Adds `left rightᵀ`; elements of `left` outside the pattern are not looked at.
    pub(super) fn add(&mut self, left: &[T], right: &[T], pattern: u32, patterns: &Patterns) {
        match patterns.get(pattern) {
            None => self.left.extend_from_slice(left),
            Some(rows) => {
                let start = self.left.len();
                self.left.resize(start + left.len(), T::ZERO);
                for &row in rows {
                    self.left[start + row as usize] = left[row as usize];
                }
            }
        }
        self.right.assign_row(self.patterns.len(), right);
        self.patterns.push(pattern);
    }

    /// Whether some of them concern rows outside the pattern.
    pub(super) fn is_dense(&self) -> bool {
        let sparse = self.sparse();
        self.scale != T::ONE || sparse == DENSE || self.patterns.iter().any(|&s| s != sparse)
    }

    /// The rows outside of which only what is dense concerns the adjoint.
    pub(super) fn pattern<'a>(&self, patterns: &'a Patterns) -> Option<&'a [u32]> {
        patterns.get(self.sparse())
    }

    fn sparse(&self) -> u32 {
        let sparse = self.patterns.iter().find(|&&s| s != DENSE);
        sparse.copied().unwrap_or(DENSE)
    }

    /// What concerns the rows of a set: left vectors, and the places of right ones among
    /// [`rights`](Self::rights).
    pub(super) fn outer(&self, all: bool) -> (Lefts<'_, T>, Places) {
        let sparse = self.sparse();
        let (mut lefts, mut places) = (Lefts::new(), Places::new());
        for (k, &pattern) in self.patterns.iter().enumerate() {
            if all || pattern != sparse {
                lefts.push(&self.left[k * self.rows..][..self.rows]);
                places.push(k);
            }
        }
        (lefts, places)
    }

    pub(super) fn rights(&self) -> &PaddedMatrix<T> {
        &self.right
    }

    /// Whether some of them concern this row or one after it.
    pub(super) fn reaches(&self, row: usize) -> bool {
        let mut lefts = self.left.chunks(self.rows.max(1));
        row < self.rows && lefts.any(|left| left[row..].iter().any(|x| !x.is_zero()))
    }

    /// Adds them to the adjoint, in those of the first `rows` that are active.
    pub(super) fn apply(
        &self,
        adjoint: &mut PaddedMatrix<T>,
        rows: usize,
        active: Option<&[bool]>,
        patterns: &Patterns,
        row_sets: &mut RowSets,
    ) {
        row_sets.divide(rows, active, self.pattern(patterns), Outside::All);
        for (within, rows) in row_sets.each() {
            let (lefts, places) = self.outer(within);
            adjoint.update(rows, self.scale, &lefts, &self.right, &places);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.left.capacity() * size_of::<T>() + self.right.bytes()
    }
}
