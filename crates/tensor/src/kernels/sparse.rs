//! Sparse matrices whose rows are multiplied sixteen at a time.
//!
//! Layout: SELL-16-σ (Kreutzer et al., SIAM J. Sci. Comput. 36(5):C401, 2014). Rows are sorted by
//! their number of entries and cut into slices of sixteen; a slice holds the first entries of its
//! rows side by side, then the second ones, and pads short rows with zeros. So a product has one
//! sum in each lane and no sum across lanes, and each element is the sum of its row's products in
//! the order of the columns. An entry costs the size of a number and two bytes.
//!
//! In `f32`, rows with several entries among neighbouring columns have most of them in
//! [windows](super::windows), which come first and have a sum for each of their four slots.

use super::check::check_vector;
use super::dispatch::{Code, Kernel};
use super::gather::one_by_one;
use super::lanes::{Block, LANES, multiply_lanes};
use super::windows::{SLOTS, WIDTH, Window, pick};
use crate::Scalar;

/// A matrix of which few elements are not zero, for products with vectors.
///
/// ```
/// use metaplast_tensor::kernels::SparseMatrix;
///
/// let matrix = SparseMatrix::new(2, 3, [(0, 2, 5.0), (1, 0, -1.0), (1, 1, 4.0)]);
/// let mut y = [0.0; 2];
/// matrix.matvec(&[1.0, 2.0, 3.0], &mut y);
/// assert_eq!(y, [15.0, 7.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseMatrix<T> {
    cols: usize,
    /// The rows in the order of the lanes.
    order: Vec<u32>,
    /// Windows of each slice, or none at all.
    windows: Vec<Window<T>>,
    /// Where each slice's blocks start, and where the last one's end.
    starts: Vec<usize>,
    values: Vec<Block<T>>,
    /// Every one is below `cols`.
    columns: Vec<Block<u16>>,
    /// How many entries each lane's row has in blocks, without the padding.
    lengths: Vec<u32>,
    entries: usize,
}

impl<T: Scalar> SparseMatrix<T> {
    /// A matrix of `rows` by `cols` from entries (row, column, value) in any order; entries at one
    /// place are added.
    ///
    /// # Panics
    /// When an entry lies outside, or a matrix with entries has more than 65,536 columns.
    #[must_use]
    #[track_caller]
    pub fn new(
        rows: usize,
        cols: usize,
        entries: impl IntoIterator<Item = (usize, usize, T)>,
    ) -> Self {
        assert!(
            cols <= 1 << 16,
            "sparse matrix: {cols} columns, more than 65536"
        );
        let mut by_row = vec![Vec::<(u16, T)>::new(); rows];
        for (row, col, value) in entries {
            assert!(
                row < rows && col < cols,
                "sparse matrix: entry at ({row}, {col}) of a matrix of [{rows}, {cols}]"
            );
            by_row[row].push((col as u16, value));
        }
        for row in &mut by_row {
            row.sort_by_key(|&(col, _)| col);
            row.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1 += next.1;
                }
                same
            });
        }
        let entries: usize = by_row.iter().map(Vec::len).sum();
        // A window costs as much as two entries of a row, and it is worth it where there are more.
        let windowed = const { T::SPARSE_WINDOWS } && entries >= 2 * rows * cols.div_ceil(WIDTH);
        let mut order: Vec<u32> = (0..rows as u32).collect();
        let mut windows = Vec::new();
        if windowed {
            order.sort_by_key(|&row| std::cmp::Reverse(overflow(&by_row[row as usize])));
            for lanes in order.chunks(LANES) {
                let first = windows.len();
                windows.resize(first + cols.div_ceil(WIDTH), Window::empty(T::ZERO));
                for (lane, &row) in lanes.iter().enumerate() {
                    let windows = &mut windows[first..];
                    by_row[row as usize].retain(|&(col, value)| {
                        let col = col as usize;
                        !windows[col / WIDTH].put(lane, col % WIDTH, value)
                    });
                }
            }
        } else {
            order.sort_by_key(|&row| std::cmp::Reverse(by_row[row as usize].len()));
        }

        let lengths = order.iter().map(|&row| by_row[row as usize].len() as u32);
        let lengths = lengths.collect();

        let (mut starts, mut values, mut columns) = (vec![0], Vec::new(), Vec::new());
        for lanes in order.chunks(LANES) {
            for place in 0..by_row[lanes[0] as usize].len() {
                let mut value = [T::ZERO; LANES];
                let mut column = [0; LANES];
                for (l, &row) in lanes.iter().enumerate() {
                    if let Some(entry) = by_row[row as usize].get(place) {
                        (column[l], value[l]) = *entry;
                    }
                }
                values.push(value);
                columns.push(column);
            }
            starts.push(values.len());
        }
        SparseMatrix {
            cols,
            order,
            windows,
            starts,
            values,
            columns,
            lengths,
            entries,
        }
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// Columns.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Entries that are stored.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// The entries (row, column, value), row by row and in a row by columns.
    #[must_use]
    pub fn to_entries(&self) -> Vec<(usize, usize, T)> {
        let mut entries = Vec::with_capacity(self.entries);
        let windows = self.cols.div_ceil(WIDTH);
        let slices = self.windows.chunks(windows.max(1));
        for (rows, slice) in self.order.chunks(LANES).zip(slices) {
            for (lane, &row) in rows.iter().enumerate() {
                for (window, start) in slice.iter().zip((0..).step_by(WIDTH)) {
                    let in_row = window.row(lane);
                    entries.extend(in_row.map(|(col, value)| (row as usize, start + col, value)));
                }
            }
        }
        for (lane, (&row, &length)) in self.order.iter().zip(&self.lengths).enumerate() {
            let (slice, lane) = (lane / LANES, lane % LANES);
            for block in self.starts[slice]..self.starts[slice] + length as usize {
                let col = self.columns[block][lane] as usize;
                entries.push((row as usize, col, self.values[block][lane]));
            }
        }
        entries.sort_by_key(|&(row, col, _)| (row, col));
        entries
    }

    /// Bytes that a product reads of the matrix, padding included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.values.len() * (size_of::<Block<T>>() + size_of::<Block<u16>>())
            + self.windows.len() * size_of::<Window<T>>()
    }

    /// y ← A x, for a finite x: an element that is not finite may reach rows without an entry there.
    ///
    /// # Panics
    /// When `x` has not as many elements as the matrix has columns, or `y` as it has rows.
    #[track_caller]
    pub fn matvec(&self, x: &[T], y: &mut [T]) {
        check_vector("sparse matvec", "x", x, self.cols);
        check_vector("sparse matvec", "y", y, self.rows());
        T::kernel_sparse_matvec(SparseMatVec { matrix: self, x, y });
    }
}

/// `y_i = Σ_j a_ij x_j`
#[doc(hidden)]
pub struct SparseMatVec<'a, T> {
    matrix: &'a SparseMatrix<T>,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Scalar> Kernel for SparseMatVec<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let matrix = self.matrix;
        assert!(self.x.len() == matrix.cols);
        let (tables, rest) = self.x.as_chunks::<WIDTH>();
        let mut last = [T::ZERO; WIDTH];
        last[..rest.len()].copy_from_slice(rest);
        let mut windows = matrix.windows.iter();
        let slices = matrix.starts.windows(2).zip(matrix.order.chunks(LANES));
        for (range, rows) in slices {
            let (start, end) = (range[0], range[1]);
            let mut sums = [T::ZERO; LANES];
            if !matrix.windows.is_empty() {
                let mut slots = [[T::ZERO; LANES]; SLOTS];
                for (table, window) in tables.iter().zip(&mut windows) {
                    add_window::<T, C>(table, window, &mut slots);
                }
                if !rest.is_empty()
                    && let Some(window) = windows.next()
                {
                    add_window::<T, C>(&last, window, &mut slots);
                }
                for l in 0..LANES {
                    sums[l] = (slots[0][l] + slots[1][l]) + (slots[2][l] + slots[3][l]);
                }
            }
            let blocks = matrix.values[start..end]
                .iter()
                .zip(&matrix.columns[start..end]);
            for (values, columns) in blocks {
                // SAFETY: `new` lets no column in that is not below `cols`; the padding's is 0 in a
                // matrix that has an entry, hence a column; and `x` has `cols` elements by the
                // assertion above. Code for large tiles runs on AVX-512 alone.
                let x = unsafe {
                    if const { C::LARGE_TILES } {
                        T::kernel_gather_avx512(self.x, columns)
                    } else {
                        one_by_one(self.x, columns)
                    }
                };
                multiply_lanes::<T, C>(values, &x, &mut sums);
            }
            for (&row, sum) in rows.iter().zip(sums) {
                self.y[row as usize] = sum;
            }
        }
    }
}

/// Adds a window's products to the sums of its slots.
#[inline(always)]
fn add_window<T: Scalar, C: Code>(
    table: &[T; WIDTH],
    window: &Window<T>,
    slots: &mut [Block<T>; SLOTS],
) {
    let x = if const { C::LARGE_TILES } {
        // SAFETY: code for large tiles runs on AVX-512 alone.
        unsafe { T::kernel_pick_avx512(table, window.places()) }
    } else {
        pick(table, window.places())
    };
    for slot in 0..SLOTS {
        multiply_lanes::<T, C>(&window.values[slot], &x[slot], &mut slots[slot]);
    }
}

/// How many entries of a row, in the order of their columns, find no slot in windows.
fn overflow<T>(row: &[(u16, T)]) -> usize {
    let windows = row.chunk_by(|a, b| a.0 as usize / WIDTH == b.0 as usize / WIDTH);
    windows
        .map(|window| window.len().saturating_sub(SLOTS))
        .sum()
}
