//! The padded matrix: its memory, and reading and writing its elements.

use crate::Scalar;
use crate::kernels::lanes::{Block, LANES};

/// Sixteen neighbours that start at a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Aligned<T>(pub(crate) Block<T>);

/// A matrix `[rows, cols]` with padded, aligned rows.
///
/// ```
/// use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
///
/// let mut w = PaddedMatrix::new();
/// w.assign(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// let mut x = PaddedMatrix::new();
/// x.assign(1, 3, &[1.0, 0.0, 1.0]);
/// let mut y = [0.0; 2];
/// w.dots(Rows::Range(0..2), &x, &[0], &mut [&mut y]);
/// assert_eq!(y, [4.0, 10.0]);
/// w.update(Rows::List(&[1]), 0.5, &[&[0.0, 1.0]], &x, &[0]);
/// assert_eq!(w.to_vec(), [1.0, 2.0, 3.0, 3.0, 2.5, 4.0]);
/// ```
#[derive(Clone, Debug)]
pub struct PaddedMatrix<T> {
    blocks: Vec<Aligned<T>>,
    rows: usize,
    cols: usize,
}

impl<T> Default for PaddedMatrix<T> {
    fn default() -> Self {
        PaddedMatrix {
            blocks: Vec::new(),
            rows: 0,
            cols: 0,
        }
    }
}

impl<T: Scalar> PaddedMatrix<T> {
    /// A matrix without elements, to be [assigned](Self::assign).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, the padding not counted.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Blocks in a row.
    #[inline(always)]
    pub(crate) fn width(&self) -> usize {
        self.cols.div_ceil(LANES)
    }

    /// Makes this a matrix of shape `[rows, cols]` whose elements are whatever was there; a row has
    /// to be [assigned](Self::assign_row) before it is read.
    pub fn set_shape(&mut self, rows: usize, cols: usize) {
        if (self.rows, self.cols) != (rows, cols) {
            self.assign_zeros(rows, cols);
        }
    }

    /// Makes this a matrix of zeros and keeps its memory.
    pub fn assign_zeros(&mut self, rows: usize, cols: usize) {
        (self.rows, self.cols) = (rows, cols);
        self.blocks.clear();
        self.blocks
            .resize(rows * self.width(), Aligned([T::ZERO; LANES]));
    }

    /// Makes this the matrix with these elements, row-major, and keeps its memory.
    ///
    /// # Panics
    /// When their number is not `rows · cols`.
    #[track_caller]
    pub fn assign(&mut self, rows: usize, cols: usize, elements: &[T]) {
        assert!(
            elements.len() == rows * cols,
            "padded: {} elements for shape [{rows}, {cols}]",
            elements.len()
        );
        self.assign_zeros(rows, cols);
        for i in 0..rows {
            self.assign_row(i, &elements[i * cols..][..cols]);
        }
    }

    /// Replaces row `i`.
    ///
    /// # Panics
    /// When there is no such row or the number of elements is not `cols`.
    #[track_caller]
    pub fn assign_row(&mut self, i: usize, elements: &[T]) {
        assert!(
            elements.len() == self.cols,
            "padded: {} elements for a row of {}",
            elements.len(),
            self.cols
        );
        let width = self.width();
        let row = &mut self.blocks[i * width..][..width];
        let (whole, rest) = elements.as_chunks::<LANES>();
        for (block, elements) in row.iter_mut().zip(whole) {
            block.0 = *elements;
        }
        if let Some(last) = row.last_mut().filter(|_| !rest.is_empty()) {
            last.0 = [T::ZERO; LANES];
            last.0[..rest.len()].copy_from_slice(rest);
        }
    }

    /// Makes this a copy of `other` and keeps its memory.
    pub fn copy_from(&mut self, other: &Self) {
        (self.rows, self.cols) = (other.rows, other.cols);
        self.blocks.clear();
        self.blocks.extend_from_slice(&other.blocks);
    }

    /// The same shape with `f` applied to each element.
    #[must_use]
    pub fn map(&self, f: impl Fn(T) -> T) -> Self {
        let mut mapped = self.clone();
        for block in &mut mapped.blocks {
            block.0 = block.0.map(&f);
        }
        // What was padding may not be zero any more.
        let tail = self.cols % LANES;
        if tail > 0 {
            for row in mapped.blocks.chunks_mut(self.width()) {
                if let Some(last) = row.last_mut() {
                    last.0[tail..].fill(T::ZERO);
                }
            }
        }
        mapped
    }

    /// The elements of row `i`.
    ///
    /// # Panics
    /// When there is no such row.
    #[track_caller]
    pub fn row(&self, i: usize) -> impl Iterator<Item = T> + '_ {
        let blocks = self.row_blocks(i).iter().flat_map(|block| block.0);
        blocks.take(self.cols)
    }

    /// Adds row `i` to `into`, element by element.
    ///
    /// # Panics
    /// When there is no such row or it has another length.
    #[track_caller]
    pub fn add_row_to(&self, i: usize, into: &mut [T]) {
        assert!(
            into.len() == self.cols,
            "padded: a row of {} elements added to {}",
            self.cols,
            into.len()
        );
        let blocks = self.row_blocks(i);
        for (into, block) in into.chunks_mut(LANES).zip(blocks) {
            for (into, &x) in into.iter_mut().zip(&block.0) {
                *into += x;
            }
        }
    }

    /// The elements, row-major, without padding.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T> {
        let mut elements = Vec::new();
        self.write_to(&mut elements);
        elements
    }

    /// Replaces what is in `elements` by the matrix's, row-major, without padding.
    pub fn write_to(&self, elements: &mut Vec<T>) {
        elements.clear();
        elements.reserve_exact(self.rows * self.cols);
        for i in 0..self.rows {
            let (blocks, rest) = (self.row_blocks(i), self.cols % LANES);
            for (b, block) in blocks.iter().enumerate() {
                let last = b + 1 == blocks.len() && rest > 0;
                elements.extend_from_slice(&block.0[..if last { rest } else { LANES }]);
            }
        }
    }

    /// Bytes that a matrix `[rows, cols]` takes.
    ///
    /// ```
    /// use metaplast_tensor::kernels::padded::PaddedMatrix;
    /// assert_eq!(PaddedMatrix::<f32>::bytes_of(3, 17), 3 * 32 * 4);
    /// ```
    #[must_use]
    pub fn bytes_of(rows: usize, cols: usize) -> usize {
        rows * cols.div_ceil(LANES) * size_of::<Aligned<T>>()
    }

    /// Bytes allocated.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.blocks.capacity() * size_of::<Aligned<T>>()
    }

    #[inline(always)]
    pub(crate) fn row_blocks(&self, i: usize) -> &[Aligned<T>] {
        let width = self.width();
        &self.blocks[i * width..][..width]
    }

    pub(super) fn row_blocks_mut(&mut self, i: usize) -> &mut [Aligned<T>] {
        let width = self.width();
        &mut self.blocks[i * width..][..width]
    }

    #[inline(always)]
    pub(crate) fn blocks_mut(&mut self) -> &mut [Aligned<T>] {
        &mut self.blocks
    }

    #[track_caller]
    pub(super) fn check(
        &self,
        op: &str,
        vectors: &Self,
        count: usize,
        lens: impl ExactSizeIterator<Item = usize>,
    ) {
        assert!(
            vectors.cols == self.cols,
            "padded {op}: matrix of shape [{}, {}], vectors of {} elements",
            self.rows,
            self.cols,
            vectors.cols
        );
        assert!(
            lens.len() == count,
            "padded {op}: {count} vectors along the columns, {} along the rows",
            lens.len()
        );
        for len in lens {
            assert!(
                len == self.rows,
                "padded {op}: matrix of shape [{}, {}], a vector of {len} elements along the rows",
                self.rows,
                self.cols
            );
        }
    }
}
