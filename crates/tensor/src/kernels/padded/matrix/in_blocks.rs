//! Copies in blocks of matrices that are kept by their parts, for kernels that know nothing of parts.

use super::{Aligned, PaddedMatrix};
use crate::Scalar;
use crate::kernels::lanes::LANES;

impl<T: Scalar> PaddedMatrix<T> {
    /// A copy in the memory that kernels work on which know nothing of parts.
    #[inline(never)]
    pub(in crate::kernels) fn in_blocks(&self) -> Self {
        let mut whole = PaddedMatrix {
            blocks: vec![Aligned([T::ZERO; LANES]); self.rows() * self.width()],
            parts: None,
            ..*self
        };
        for i in 0..self.rows() {
            let blocks = whole.row_blocks_mut(i).iter_mut();
            let places = blocks.flat_map(|block| &mut block.0);
            places
                .zip(self.joined_row(i))
                .for_each(|(place, x)| *place = x);
        }
        whole
    }

    /// Takes the elements of a matrix [in blocks](Self::in_blocks).
    #[inline(never)]
    pub(in crate::kernels) fn assign_blocks(&mut self, whole: &Self) {
        self.assign_zeros(whole.rows(), whole.cols());
        for i in 0..whole.rows() {
            let blocks = whole.row_blocks(i).iter().flat_map(|block| block.0);
            let row: Vec<T> = blocks.take(whole.cols()).collect();
            self.assign_row(i, &row);
        }
    }
}
