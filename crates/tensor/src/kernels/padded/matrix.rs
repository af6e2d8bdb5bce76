//! The padded matrix: its memory, and reading and writing its elements.

mod in_blocks;

use super::parts_matrix::PartsMatrix;
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
#[derive(Debug)]
pub struct PaddedMatrix<T> {
    /// None where numbers are kept by their parts.
    blocks: Vec<Aligned<T>>,
    /// The matrices of the parts; there are none before the matrix has a shape.
    // A thin pointer and short extents, since there are matrices by the thousand that hold little.
    parts: Option<Box<Parts<T>>>,
    rows: u32,
    cols: u32,
}

type Parts<T> = Box<dyn PartsMatrix<T>>;

impl<T: Scalar> Clone for PaddedMatrix<T> {
    fn clone(&self) -> Self {
        PaddedMatrix {
            blocks: self.blocks.clone(),
            parts: self.parts().map(|parts| Box::new(parts.boxed_clone())),
            ..*self
        }
    }
}

impl<T> Default for PaddedMatrix<T> {
    fn default() -> Self {
        PaddedMatrix {
            blocks: Vec::new(),
            parts: None,
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
        self.rows as usize
    }

    /// Number of columns, the padding not counted.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols as usize
    }

    /// Blocks in a row.
    #[inline(always)]
    pub(crate) fn width(&self) -> usize {
        self.cols().div_ceil(LANES)
    }

    /// Makes this a matrix of shape `[rows, cols]` whose elements are whatever was there; a row has
    /// to be [assigned](Self::assign_row) before it is read.
    pub fn set_shape(&mut self, rows: usize, cols: usize) {
        // Zeros take no time beside rows in parts, and a part that was used once would stay in use.
        if T::BY_PARTS.is_some() || (self.rows(), self.cols()) != (rows, cols) {
            self.assign_zeros(rows, cols);
        }
    }

    fn set_extents(&mut self, rows: usize, cols: usize) {
        let short = |extent| u32::try_from(extent).ok();
        match (short(rows), short(cols)) {
            (Some(rows), Some(cols)) => (self.rows, self.cols) = (rows, cols),
            _ => panic!(
                "padded: a matrix of shape [{rows}, {cols}] has more than 2³² rows or columns"
            ),
        }
    }

    /// Makes this a matrix of zeros and keeps its memory.
    pub fn assign_zeros(&mut self, rows: usize, cols: usize) {
        self.set_extents(rows, cols);
        if let Some(new) = T::BY_PARTS {
            let parts = self.parts.get_or_insert_with(|| Box::new(new()));
            return parts.assign_zeros(rows, cols);
        }
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
            elements.len() == self.cols(),
            "padded: {} elements for a row of {}",
            elements.len(),
            self.cols()
        );
        if let Some(parts) = self.parts_mut() {
            return parts.assign_row(i, elements);
        }
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
        if const { T::BY_PARTS.is_some() } {
            match (&mut self.parts, &other.parts) {
                (Some(ours), Some(theirs)) => ours.copy_from(theirs.as_ref().as_ref()),
                (ours, theirs) => {
                    *ours = theirs.as_ref().map(|parts| Box::new(parts.boxed_clone()));
                }
            }
            return;
        }
        self.blocks.clear();
        self.blocks.extend_from_slice(&other.blocks);
    }

    /// Makes row `i` a copy of row `from` of a matrix with as many columns.
    ///
    /// # Panics
    /// When one of the rows is not there or the numbers of columns differ.
    #[track_caller]
    pub(super) fn copy_row(&mut self, i: usize, other: &Self, from: usize) {
        if const { T::BY_PARTS.is_some() } {
            return self.assign_row(i, &other.joined_row(from));
        }
        let row = other.row_blocks(from);
        self.row_blocks_mut(i).copy_from_slice(row);
    }

    /// Whether every element of row `i` is zero, with all that it carries.
    pub(super) fn row_is_zero(&self, i: usize) -> bool {
        if const { T::BY_PARTS.is_some() } {
            return self.joined_row(i).into_iter().all(T::is_zero);
        }
        let mut blocks = self.row_blocks(i).iter();
        blocks.all(|block| block.0.into_iter().all(T::is_zero))
    }

    /// A copy whose numbers carry no derivatives.
    #[must_use]
    pub fn detached(&self) -> Self {
        if const { !T::CARRIES_TANGENTS } {
            return self.clone();
        }
        if const { T::BY_PARTS.is_none() } {
            return self.map(T::detach);
        }
        PaddedMatrix {
            blocks: Vec::new(),
            parts: self.parts().map(|parts| Box::new(parts.detached())),
            ..*self
        }
    }

    /// The same shape with `f` applied to each element.
    #[must_use]
    pub fn map(&self, f: impl Fn(T) -> T) -> Self {
        if const { T::BY_PARTS.is_some() } {
            let mut mapped = Self::new();
            mapped.assign_zeros(self.rows(), self.cols());
            for i in 0..self.rows() {
                let row: Vec<T> = self.joined_row(i).into_iter().map(&f).collect();
                mapped.assign_row(i, &row);
            }
            return mapped;
        }
        let mut mapped = self.clone();
        for block in &mut mapped.blocks {
            block.0 = block.0.map(&f);
        }
        // What was padding may not be zero any more.
        let tail = self.cols() % LANES;
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
        let (blocks, joined) = if const { T::BY_PARTS.is_some() } {
            (&[][..], self.joined_row(i))
        } else {
            (self.row_blocks(i), Vec::new())
        };
        let blocks = blocks.iter().flat_map(|block| block.0);
        blocks.take(self.cols()).chain(joined)
    }

    /// The elements of row `i` of numbers that are kept by their parts.
    pub(in crate::kernels) fn joined_row(&self, i: usize) -> Vec<T> {
        self.parts().map_or(Vec::new(), |parts| parts.row(i))
    }

    /// Adds row `i` to `into`, element by element.
    ///
    /// # Panics
    /// When there is no such row or it has another length.
    #[track_caller]
    pub fn add_row_to(&self, i: usize, into: &mut [T]) {
        assert!(
            into.len() == self.cols(),
            "padded: a row of {} elements added to {}",
            self.cols(),
            into.len()
        );
        if const { T::BY_PARTS.is_some() } {
            let elements = into.iter_mut().zip(self.joined_row(i));
            return elements.for_each(|(into, x)| *into += x);
        }
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
        elements.reserve_exact(self.rows() * self.cols());
        if const { T::BY_PARTS.is_some() } {
            return (0..self.rows()).for_each(|i| elements.extend(self.joined_row(i)));
        }
        for i in 0..self.rows() {
            let (blocks, rest) = (self.row_blocks(i), self.cols() % LANES);
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
        let parts = self.parts().map_or(0, |parts| parts.bytes());
        parts + self.blocks.capacity() * size_of::<Aligned<T>>()
    }

    /// The matrices of the parts, where numbers are kept by them.
    #[inline(always)]
    pub(super) fn parts(&self) -> Option<&dyn PartsMatrix<T>> {
        if const { T::BY_PARTS.is_some() } {
            self.parts.as_ref().map(|parts| parts.as_ref().as_ref())
        } else {
            None
        }
    }

    #[inline(always)]
    pub(super) fn parts_mut(&mut self) -> Option<&mut dyn PartsMatrix<T>> {
        if const { T::BY_PARTS.is_some() } {
            self.parts.as_mut().map(|parts| parts.as_mut().as_mut())
        } else {
            None
        }
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

    /// `columns` is how many the vectors have to have.
    #[track_caller]
    pub(super) fn check(
        &self,
        (op, columns): (&str, usize),
        vectors: &Self,
        count: usize,
        lens: impl ExactSizeIterator<Item = usize>,
    ) {
        assert!(
            vectors.cols() == columns,
            "padded {op}: matrix of shape [{}, {}], vectors of {} elements",
            self.rows(),
            self.cols(),
            vectors.cols()
        );
        assert!(
            lens.len() == count,
            "padded {op}: {count} vectors along the columns, {} along the rows",
            lens.len()
        );
        for len in lens {
            assert!(
                len == self.rows(),
                "padded {op}: matrix of shape [{}, {}], a vector of {len} elements along the rows",
                self.rows(),
                self.cols()
            );
        }
    }
}
