//! Infinity norm of rows.

use super::matrix::{Aligned, PaddedMatrix};
use crate::Scalar;
use crate::kernels::dispatch::{Code, Kernel};
use crate::kernels::lanes::LANES;
use crate::kernels::max_abs::{largest, raise_lanes};

impl<T: Scalar> PaddedMatrix<T> {
    /// `max_j |w_ij|` of row `i`, NaN passed over; zero of no columns.
    ///
    /// ```
    /// use metaplast_tensor::kernels::padded::PaddedMatrix;
    ///
    /// let mut w = PaddedMatrix::new();
    /// w.assign(2, 2, &[1.0, 2.0, 3.0, -4.0]);
    /// assert_eq!(w.row_max_abs(1), 4.0);
    /// ```
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    #[track_caller]
    pub fn row_max_abs(&self, i: usize) -> T {
        if const { T::BY_PARTS.is_some() } {
            return T::kernel_max_abs(&self.joined_row(i));
        }
        let blocks = self.row_blocks(i);
        T::kernel_padded_max_abs(MaxAbsBlocks { blocks })
    }
}

/// Blocks of a row, whose padding is zero.
#[doc(hidden)]
pub struct MaxAbsBlocks<'a, T> {
    pub(crate) blocks: &'a [Aligned<T>],
}

impl<T: Scalar> Kernel for MaxAbsBlocks<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<C: Code>(self) -> T {
        let mut lanes = [T::ZERO; LANES];
        for block in self.blocks {
            raise_lanes(&block.0, &mut lanes);
        }
        largest(&lanes)
    }
}
