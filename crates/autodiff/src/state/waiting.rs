//! Contributions to a state's adjoint that wait for the next pass over it.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;
use smallvec::SmallVec;

use super::classes::{Classes, Outside};
use crate::support::{EVERYWHERE, Supports};

/// So many contributions wait at most.
const MOST: usize = 4;

/// Left vectors of some contributions.
pub(super) type Lefts<'a, T> = SmallVec<[&'a [T]; MOST]>;
/// Places of their right vectors.
pub(super) type Places = SmallVec<[usize; MOST]>;

/// `W̄ = scale · adjoint + Σ left rightᵀ`, the sum not yet carried out.
pub(super) struct Waiting<T> {
    pub(super) scale: T,
    /// For each contribution the rows outside of which `left` is zero.
    supports: SmallVec<[u32; MOST]>,
    rows: usize,
    left: Vec<T>,
    right: PaddedMatrix<T>,
}

impl<T: Scalar> Waiting<T> {
    pub(super) fn new() -> Self {
        Waiting {
            scale: T::ONE,
            supports: SmallVec::new(),
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
        self.supports.clear();
        self.left.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.supports.is_empty() && self.scale == T::ONE
    }

    pub(super) fn is_full(&self) -> bool {
        self.supports.len() == MOST
    }

    /// Adds `left rightᵀ`; elements of `left` outside the support are not looked at.
    pub(super) fn add(&mut self, left: &[T], right: &[T], support: u32, supports: &Supports) {
        match supports.get(support) {
            None => self.left.extend_from_slice(left),
            Some(rows) => {
                let start = self.left.len();
                self.left.resize(start + left.len(), T::ZERO);
                for &row in rows {
                    self.left[start + row as usize] = left[row as usize];
                }
            }
        }
        self.right.assign_row(self.supports.len(), right);
        self.supports.push(support);
    }

    /// Whether some of what waits concerns rows outside its support.
    pub(super) fn is_dense(&self) -> bool {
        let sparse = self.sparse();
        self.scale != T::ONE || sparse == EVERYWHERE || self.supports.iter().any(|&s| s != sparse)
    }

    /// The rows outside of which only what is dense concerns the adjoint.
    pub(super) fn support<'a>(&self, supports: &'a Supports) -> Option<&'a [u32]> {
        supports.get(self.sparse())
    }

    fn sparse(&self) -> u32 {
        let sparse = self.supports.iter().find(|&&s| s != EVERYWHERE);
        sparse.copied().unwrap_or(EVERYWHERE)
    }

    /// What concerns the rows of a class: left vectors, and the places of right ones among
    /// [`rights`](Self::rights).
    pub(super) fn outer(&self, all: bool) -> (Lefts<'_, T>, Places) {
        let sparse = self.sparse();
        let (mut lefts, mut places) = (Lefts::new(), Places::new());
        for (k, &support) in self.supports.iter().enumerate() {
            if all || support != sparse {
                lefts.push(&self.left[k * self.rows..][..self.rows]);
                places.push(k);
            }
        }
        (lefts, places)
    }

    pub(super) fn rights(&self) -> &PaddedMatrix<T> {
        &self.right
    }

    /// Carries out what waits.
    pub(super) fn apply(
        &self,
        adjoint: &mut PaddedMatrix<T>,
        awake: Option<&[bool]>,
        supports: &Supports,
        classes: &mut Classes,
    ) {
        classes.divide(self.rows, awake, self.support(supports), Outside::All);
        for (within, rows) in classes.each() {
            let (lefts, places) = self.outer(within);
            adjoint.update(rows, self.scale, &lefts, &self.right, &places);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.left.capacity() * size_of::<T>() + self.right.bytes()
    }
}
