//! Products of a state's weights with the operands of reads, and of their adjoints.

use std::borrow::Cow;

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use metaplast_tensor::kernels::{self, Write};
use smallvec::SmallVec;

use super::buffer::Buffer;
use super::ops::Direction;
use super::row_sets::row_blocks;
use super::workspace::Workspace;

/// Samples of a batch taken together.
const TERMS: usize = 3;

/// The weights as a read sees them: detached ones carry no tangents, neither in the product nor in
/// its derivative.
pub(super) fn seen<T: Scalar>(buffer: &Buffer<T>, detached: bool) -> Cow<'_, PaddedMatrix<T>> {
    if detached && T::CARRIES_TANGENTS {
        Cow::Owned(buffer.value.detached())
    } else {
        Cow::Borrowed(&buffer.value)
    }
}

impl<T: Scalar> Workspace<T> {
    /// Writes the product `W x` or `Wᵀ x` with the chosen rows of `weights`, all of them where none
    /// are named, to `output`, which holds zeros.
    pub(super) fn product(
        &mut self,
        weights: &PaddedMatrix<T>,
        direction: Direction,
        chosen: Option<&[u32]>,
        x: &[T],
        output: &mut [T],
    ) {
        if direction == Direction::Transposed {
            return self.multiply(weights, direction, chosen, x, output);
        }
        let rows = chosen.map_or(Rows::Range(0..weights.rows()), Rows::List);
        self.vectors.set_shape(1, x.len());
        self.vectors.assign_row(0, x);
        weights.dots(rows, &self.vectors, &[0], &mut [output]);
    }

    /// Adds to `output` the product `W x` or `Wᵀ x` with the chosen rows of `weights`, all of them
    /// where none are named.
    pub(super) fn multiply(
        &mut self,
        weights: &PaddedMatrix<T>,
        direction: Direction,
        chosen: Option<&[u32]>,
        x: &[T],
        output: &mut [T],
    ) {
        let all = 0..weights.rows();
        let rows = chosen.map_or(Rows::Range(all), Rows::List);
        match direction {
            Direction::Forward => {
                self.vectors.assign(1, x.len(), x);
                self.product.clear();
                self.product.resize(output.len(), T::ZERO);
                weights.dots(rows, &self.vectors, &[0], &mut [&mut self.product]);
                kernels::axpy(T::ONE, &self.product, output);
            }
            Direction::Transposed => {
                self.vectors.assign_zeros(1, output.len());
                weights.add_rows(rows, &[x], &mut self.vectors, &[0]);
                self.vectors.add_row_to(0, output);
            }
        }
    }

    /// `W x` or `Wᵀ x` for every row `x` of a matrix.
    pub(super) fn multiply_batch(
        &mut self,
        weights: &PaddedMatrix<T>,
        direction: Direction,
        x: &[T],
        output: &mut [T],
        write: Write,
    ) {
        let (rows, cols) = (weights.rows(), weights.cols());
        weights.write_to(&mut self.elements);
        let elements = &self.elements;
        match direction {
            Direction::Forward => {
                let n = x.len().checked_div(cols);
                let n = n.unwrap_or(output.len() / rows.max(1));
                kernels::matmul_nt(x, elements, output, n, cols, rows, write);
            }
            Direction::Transposed => {
                let n = x.len().checked_div(rows);
                let n = n.unwrap_or(output.len() / cols.max(1));
                kernels::matmul(x, elements, output, n, rows, cols, write);
            }
        }
    }

    /// `matrix += Xᵀ Z` for `X` `[n, rows]` and `Z` `[n, cols]`.
    pub(super) fn add_products(
        &mut self,
        matrix: &mut PaddedMatrix<T>,
        x: &[T],
        z: &[T],
        n: usize,
    ) {
        let (rows, cols) = (matrix.rows(), matrix.cols());
        self.vectors.assign(n, cols, z);
        for block in row_blocks(rows, cols, size_of::<T>()) {
            for first in (0..n).step_by(TERMS) {
                let terms: SmallVec<[usize; TERMS]> = (first..n.min(first + TERMS)).collect();
                let left = |&k: &usize| &x[k * rows..][..rows];
                let lefts: SmallVec<[&[T]; TERMS]> = terms.iter().map(left).collect();
                let rows = Rows::Range(block.clone());
                matrix.update(rows, T::ONE, &lefts, &self.vectors, &terms);
            }
        }
    }
}
