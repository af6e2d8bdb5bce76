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

    /// Replaces columns from `first` on, at most to the end of a block of sixteen; `elements` has them one after the
    /// other.
    ///
    /// ```
    /// use metaplast_tensor::kernels::padded::PaddedMatrix;
    ///
    /// let mut w = PaddedMatrix::new();
    /// w.assign_zeros(2, 3);
    /// w.assign_columns(1, &[1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(w.to_vec(), [0.0, 1.0, 3.0, 0.0, 2.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// When there are no such columns, they are in two blocks, or one has not an element for each row.
    #[track_caller]
    pub fn assign_columns(&mut self, first: usize, elements: &[T]) {
        let (rows, cols, width) = (self.rows(), self.cols(), self.width());
        let count = elements.len() / rows.max(1);
        let (block, lane) = (first / LANES, first % LANES);
        assert!(
            count * rows == elements.len() && first + count <= cols && lane + count <= LANES,
            "padded: {} elements for columns from {first} on of a matrix of shape [{rows}, {cols}]",
            elements.len()
        );
        for row in 0..rows {
            let columns = elements[row..].iter().step_by(rows);
            if const { T::BY_PARTS.is_some() } {
                let mut whole = self.joined_row(row);
                whole[first..]
                    .iter_mut()
                    .zip(columns)
                    .for_each(|(x, &new)| *x = new);
                self.assign_row(row, &whole);
            } else {
                let lanes = &mut self.blocks_mut()[row * width + block].0[lane..];
                lanes.iter_mut().zip(columns).for_each(|(x, &new)| *x = new);
            }
        }
    }
}
