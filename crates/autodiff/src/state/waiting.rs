//! Contributions to a state's adjoint that wait for the next pass over it.

use std::ops::Range;

use metaplast_tensor::Scalar;
use metaplast_tensor::padded::{PaddedMatrix, Rows};
use smallvec::SmallVec;

use super::stretches::Split;
use crate::support::{EVERYWHERE, Supports};

/// So many contributions wait at most.
const MOST: usize = 4;

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

    /// Carries out what waits in the rows `stretch` of the adjoint.
    pub(super) fn apply(
        &self,
        adjoint: &mut PaddedMatrix<T>,
        stretch: Range<usize>,
        supports: &Supports,
        split: &mut Split,
    ) {
        let update = |adjoint: &mut PaddedMatrix<T>, rows: Rows<'_>, terms: &[usize]| {
            let left = |&k: &usize| &self.left[k * self.rows..][..self.rows];
            let lefts: SmallVec<[&[T]; MOST]> = terms.iter().map(left).collect();
            adjoint.update(rows, self.scale, &lefts, &self.right, terms);
        };
        let all: SmallVec<[usize; MOST]> = (0..self.supports.len()).collect();
        let sparse = self.supports.iter().find(|&&s| s != EVERYWHERE);
        let Some(&sparse) = sparse else {
            return update(adjoint, Rows::Range(stretch), &all);
        };
        let others = all.iter().copied().filter(|&k| self.supports[k] != sparse);
        let others: SmallVec<[usize; MOST]> = others.collect();
        split.divide(&stretch, supports.get(sparse));
        update(adjoint, Rows::List(&split.inside), &all);
        update(adjoint, Rows::List(&split.outside), &others);
    }

    pub(super) fn bytes(&self) -> usize {
        self.left.capacity() * size_of::<T>() + self.right.bytes()
    }
}
