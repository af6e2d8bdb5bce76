//! Columns of a padded matrix.

use super::matrix::PaddedMatrix;
use crate::Scalar;
use crate::kernels::lanes::LANES;

impl<T: Scalar> PaddedMatrix<T> {
    /// How many columns vectors should have that go with the first columns of this matrix, in whole blocks, or with
    /// all of them.
    pub(super) fn first_columns(&self, vectors: &Self) -> usize {
        let cols = vectors.cols();
        let narrow = cols < self.cols() && cols.is_multiple_of(LANES);
        if narrow { cols } else { self.cols() }
    }

    /// Replaces the elements of column `j` in the chosen rows; `elements` has one for each of them.
    ///
    /// ```
    /// use metaplast_tensor::kernels::padded::PaddedMatrix;
    ///
    /// let mut w = PaddedMatrix::new();
    /// w.assign_zeros(3, 2);
    /// w.assign_column(1, &[0, 2], &[5.0, 7.0]);
    /// assert_eq!(w.to_vec(), [0.0, 5.0, 0.0, 0.0, 0.0, 7.0]);
    /// ```
    ///
    /// # Panics
    /// When there is no such column or row, or not one element for each row.
    #[track_caller]
    pub fn assign_column(&mut self, j: usize, rows: &[u32], elements: &[T]) {
        assert!(
            j < self.cols() && rows.len() == elements.len(),
            "padded: {} rows and {} elements for column {j} of {}",
            rows.len(),
            elements.len(),
            self.cols()
        );
        let width = self.width();
        for (&row, &x) in rows.iter().zip(elements) {
            if const { T::BY_PARTS.is_some() } {
                let mut whole = self.joined_row(row as usize);
                whole[j] = x;
                self.assign_row(row as usize, &whole);
            } else {
                self.blocks_mut()[row as usize * width + j / LANES].0[j % LANES] = x;
            }
        }
    }
}
