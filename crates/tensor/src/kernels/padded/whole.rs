//! Sums and inner products of whole matrices.

use super::matrix::PaddedMatrix;
use super::rows::Rows;
use crate::Scalar;
use crate::kernels::lanes::{Block, LANES, tree};
use crate::kernels::pairs::Pairs;

impl<T: Scalar> PaddedMatrix<T> {
    /// Adds `scale` times another matrix of the same shape.
    ///
    /// ```
    /// use metaplast_tensor::kernels::padded::PaddedMatrix;
    ///
    /// let (mut w, mut e) = (PaddedMatrix::new(), PaddedMatrix::new());
    /// w.assign(1, 2, &[1.0, 2.0]);
    /// e.assign(1, 2, &[10.0, 20.0]);
    /// w.add_scaled(0.5, &e);
    /// assert_eq!(w.to_vec(), [6.0, 12.0]);
    /// assert_eq!(w.inner(&e), 300.0);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn add_scaled(&mut self, scale: T, other: &Self) {
        self.check_same_shape("add_scaled", other);
        self.add_scaled_rows(&Rows::Range(0..other.rows()), scale, other);
    }

    /// Adds `scale` times rows of another matrix of the same shape to these rows.
    pub(super) fn add_scaled_rows(&mut self, rows: &Rows<'_>, scale: T, other: &Self) {
        rows.for_each(|i| {
            if const { T::BY_PARTS.is_some() } {
                let elements = self.joined_row(i).into_iter().zip(other.joined_row(i));
                let row: Vec<T> = elements.map(|(w, x)| w + scale * x).collect();
                return self.assign_row(i, &row);
            }
            let row = self.row_blocks_mut(i).iter_mut();
            for (block, other) in row.zip(other.row_blocks(i)) {
                for (w, &x) in block.0.iter_mut().zip(&other.0) {
                    *w += scale * x;
                }
            }
        });
    }

    /// Adds `scale` times these elements, row-major, one to each of the matrix.
    ///
    /// # Panics
    /// When their number is not that of the matrix.
    #[track_caller]
    pub fn add_scaled_elements(&mut self, scale: T, elements: &[T]) {
        self.check_elements("added to", elements);
        for (i, elements) in elements.chunks(self.cols().max(1)).enumerate() {
            if const { T::BY_PARTS.is_some() } {
                let elements = self.joined_row(i).into_iter().zip(elements);
                let row: Vec<T> = elements.map(|(w, &x)| w + scale * x).collect();
                self.assign_row(i, &row);
                continue;
            }
            let row = self.row_blocks_mut(i).iter_mut();
            for (block, elements) in row.zip(elements.chunks(LANES)) {
                for (w, &x) in block.0.iter_mut().zip(elements) {
                    *w += scale * x;
                }
            }
        }
    }

    /// The sum of the products of the elements with those of another matrix of the same shape: sixteen
    /// lanes and one tree within a row, rows in pairs.
    ///
    /// # Panics
    /// When the shapes differ.
    #[must_use]
    #[track_caller]
    pub fn inner(&self, other: &Self) -> T {
        self.check_same_shape("inner", other);
        let mut rows = Pairs::<T, 1>::new();
        for i in 0..self.rows() {
            if const { T::BY_PARTS.is_some() } {
                rows.push([tree(lanes_of(self.joined_row(i), &other.joined_row(i)))]);
                continue;
            }
            let mut lanes = [T::ZERO; LANES];
            for (a, b) in self.row_blocks(i).iter().zip(other.row_blocks(i)) {
                for ((lane, &a), &b) in lanes.iter_mut().zip(&a.0).zip(&b.0) {
                    *lane += a * b;
                }
            }
            rows.push([tree(lanes)]);
        }
        rows.finish()[0]
    }

    /// [`inner`](Self::inner) with a matrix of these elements, row-major, bit for bit.
    ///
    /// # Panics
    /// When their number is not that of the matrix.
    #[must_use]
    #[track_caller]
    pub fn inner_elements(&self, elements: &[T]) -> T {
        self.check_elements("multiplied by", elements);
        let mut rows = Pairs::<T, 1>::new();
        for (i, elements) in elements.chunks(self.cols().max(1)).enumerate() {
            if const { T::BY_PARTS.is_some() } {
                rows.push([tree(lanes_of(self.joined_row(i), elements))]);
                continue;
            }
            let mut lanes = [T::ZERO; LANES];
            for (a, b) in self.row_blocks(i).iter().zip(elements.chunks(LANES)) {
                for ((lane, &a), &b) in lanes.iter_mut().zip(&a.0).zip(b) {
                    *lane += a * b;
                }
            }
            rows.push([tree(lanes)]);
        }
        rows.finish()[0]
    }

    /// Adds `scale` times the matrix to these elements, row-major.
    ///
    /// # Panics
    /// When their number is not that of the matrix.
    #[track_caller]
    pub fn add_scaled_to(&self, scale: T, elements: &mut [T]) {
        self.check_elements("that get", elements);
        for (i, elements) in elements.chunks_mut(self.cols().max(1)).enumerate() {
            if const { T::BY_PARTS.is_some() } {
                let elements = elements.iter_mut().zip(self.joined_row(i));
                elements.for_each(|(into, w)| *into += scale * w);
                continue;
            }
            for (elements, block) in elements.chunks_mut(LANES).zip(self.row_blocks(i)) {
                for (into, &w) in elements.iter_mut().zip(&block.0) {
                    *into += scale * w;
                }
            }
        }
    }

    #[track_caller]
    pub(super) fn check_same_shape(&self, op: &str, other: &Self) {
        let (ours, theirs) = ([self.rows(), self.cols()], [other.rows(), other.cols()]);
        assert!(
            ours == theirs,
            "padded.{op}: matrices of shapes {ours:?} and {theirs:?}"
        );
    }

    #[track_caller]
    fn check_elements(&self, relation: &str, elements: &[T]) {
        assert!(
            elements.len() == self.rows() * self.cols(),
            "padded: {} elements {relation} a matrix of shape [{}, {}]",
            elements.len(),
            self.rows(),
            self.cols()
        );
    }
}

/// The products of two rows of numbers that are kept by their parts, added in lanes.
fn lanes_of<T: Scalar>(a: Vec<T>, b: &[T]) -> Block<T> {
    let mut lanes = [T::ZERO; LANES];
    for (at, (a, &b)) in a.into_iter().zip(b).enumerate() {
        lanes[at % LANES] += a * b;
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::PaddedMatrix;

    fn matrix(rows: usize, cols: usize, step: f64) -> (PaddedMatrix<f64>, Vec<f64>) {
        let elements: Vec<f64> = (0..rows * cols).map(|k| (k as f64 * step).sin()).collect();
        let mut matrix = PaddedMatrix::new();
        matrix.assign(rows, cols, &elements);
        (matrix, elements)
    }

    #[test]
    fn matrices_and_elements_give_the_same_bits_as_plain_loops() {
        for (rows, cols) in [(0, 3), (1, 1), (3, 16), (5, 17), (7, 40)] {
            let (mut a, elements) = matrix(rows, cols, 0.7);
            let (b, others) = matrix(rows, cols, 1.3);
            let plain: f64 = elements.iter().zip(&others).map(|(a, b)| a * b).sum();
            assert!((a.inner(&b) - plain).abs() < 1e-12);
            assert_eq!(a.inner(&b).to_bits(), a.inner_elements(&others).to_bits());
            let mut into = elements.clone();
            b.add_scaled_to(0.3, &mut into);
            let mut copy = a.clone();
            a.add_scaled(0.3, &b);
            copy.add_scaled_elements(0.3, &others);
            assert_eq!(a.to_vec(), into);
            assert_eq!(copy.to_vec(), into);
        }
    }
}
