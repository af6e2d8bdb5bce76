//! Panel: a rectangle of a padded matrix, of which several threads may change one each.

use std::marker::PhantomData;
use std::ops::Range;

use super::matrix::{Aligned, PaddedMatrix};
use crate::Scalar;

/// Some rows of a matrix, each from one block of columns to another; at first all of it.
pub(in crate::kernels) struct Panel<'a, T> {
    /// The panel's first block in the matrix's first row.
    blocks: *mut Aligned<T>,
    rows: Range<usize>,
    /// Blocks in a row of the matrix, and of the panel.
    stride: usize,
    width: usize,
    matrix: PhantomData<&'a mut [Aligned<T>]>,
}

// SAFETY: a panel stands for a borrow of its part of the matrix, which no other panel meets.
unsafe impl<T: Send> Send for Panel<'_, T> {}

impl<'a, T: Scalar> Panel<'a, T> {
    /// The whole matrix.
    #[inline]
    pub(in crate::kernels) fn of(matrix: &'a mut PaddedMatrix<T>) -> Self {
        let (rows, width) = (matrix.rows(), matrix.width());
        let blocks = matrix.blocks_mut();
        assert!(blocks.len() == rows * width);
        Panel {
            blocks: blocks.as_mut_ptr(),
            rows: 0..rows,
            stride: width,
            width,
            matrix: PhantomData,
        }
    }

    /// The same panel, for a while.
    #[inline]
    pub(in crate::kernels) fn lend(&mut self) -> Panel<'_, T> {
        Panel {
            rows: self.rows.clone(),
            matrix: PhantomData,
            ..*self
        }
    }

    /// Blocks in a row of it.
    #[inline(always)]
    pub(in crate::kernels) fn width(&self) -> usize {
        self.width
    }

    /// Rows of a matrix that is whole.
    pub(super) fn height(&self) -> usize {
        self.rows.end
    }

    /// The rows before `row`, a row of the matrix, and those from it on.
    pub(super) fn split_rows(self, row: usize) -> [Self; 2] {
        let row = row.clamp(self.rows.start, self.rows.end);
        let part = |rows| Panel {
            rows,
            matrix: PhantomData,
            ..self
        };
        [part(self.rows.start..row), part(row..self.rows.end)]
    }

    /// The first so many blocks of each row, and the others.
    #[track_caller]
    pub(super) fn split_columns(self, width: usize) -> [Self; 2] {
        assert!(width <= self.width);
        let part = |first, width| Panel {
            // Wrapping, since a matrix without rows has no blocks to stay within.
            blocks: self.blocks.wrapping_add(first),
            rows: self.rows.clone(),
            width,
            matrix: PhantomData,
            ..self
        };
        [part(0, width), part(width, self.width - width)]
    }

    /// Some rows, by their numbers in the matrix, which differ.
    #[inline(always)]
    pub(in crate::kernels) fn rows_mut<const R: usize>(
        &mut self,
        rows: [usize; R],
    ) -> [&mut [Aligned<T>]; R] {
        let mut there = true;
        for r in 0..R {
            there &= self.rows.contains(&rows[r]);
        }
        assert!(
            there && (ascend(rows) || differ(rows)),
            "padded: a row is not there or comes twice"
        );
        rows.map(|row| {
            // SAFETY: the row is one of the panel's, whose blocks are in the matrix, which is borrowed as
            // long as the panel lives; other panels have other rows or other columns; and the rows
            // here differ.
            unsafe {
                std::slice::from_raw_parts_mut(self.blocks.add(row * self.stride), self.width)
            }
        })
    }
}

/// Whether each is greater than the one before it.
#[inline(always)]
fn ascend<const R: usize>(rows: [usize; R]) -> bool {
    let mut ascend = true;
    for r in 1..R {
        ascend &= rows[r - 1] < rows[r];
    }
    ascend
}

fn differ<const R: usize>(rows: [usize; R]) -> bool {
    (1..R).all(|r| !rows[..r].contains(&rows[r]))
}
