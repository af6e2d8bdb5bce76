//! Sums that keep their digits however long they are: lanes in short blocks, blocks in pairs.
//!
//! A number is added to a partial sum eight or sixteen times at most before that sum is paired with
//! another of equal length, as in the pairwise summation of Higham (*Accuracy and Stability of
//! Numerical Algorithms*, 2nd ed., §4.2). So the error grows with the logarithm of the length:
//!
//! ```text
//! sum of n numbers        |error| ≤ (11 + ⌈log₂(n/128)⌉) u Σ|x|
//! column of n rows        |error| ≤ (15 + ⌈log₂(n/16)⌉) u Σ|x|
//! ```
//!
//! with `u` half a unit in the last place of one, in practice two or three units for ten million
//! numbers. Every sum of the crate over many numbers is one of these two, in this order, so that
//! its bits depend neither on the instruction set nor on how the work was cut up. Nothing is
//! multiplied, so that they are the same on machines without fused multiply-add as well.

use super::dispatch::{Code, Kernel};
use super::lanes::{Block, LANES, tree};
use super::pairs::Pairs;
use crate::Scalar;

/// The sum of all elements; zero when there are none.
///
/// ```
/// use metaplast_tensor::kernels::sum;
///
/// // The numbers next to a million are a sixteenth away from it.
/// assert!((sum(&vec![0.1_f32; 10_000_000]) - 1_000_000.0).abs() <= 0.125);
/// ```
#[must_use]
pub fn sum<T: Scalar>(x: &[T]) -> T {
    let mut total = T::ZERO;
    if !x.is_empty() {
        T::kernel_sums(Sums {
            x,
            len: x.len(),
            into: std::slice::from_mut(&mut total),
        });
    }
    total
}

/// Adds the sum of each row of a matrix `[into.len(), len]` to its element of `into`.
///
/// ```
/// use metaplast_tensor::kernels::sum_rows;
///
/// let mut sums = [100.0, 0.0];
/// sum_rows(&[1.0, 2.0, 3.0, 4.0], &mut sums);
/// assert_eq!(sums, [103.0, 7.0]);
/// ```
///
/// # Panics
/// When the number of elements is not a multiple of the number of rows.
#[track_caller]
pub fn sum_rows<T: Scalar>(x: &[T], into: &mut [T]) {
    let len = other_extent("sum_rows", x, into);
    if len > 0 {
        T::kernel_sums(Sums { x, len, into });
    }
}

/// Adds the sum of each column of a matrix `[rows, into.len()]` to its element of `into`.
///
/// ```
/// use metaplast_tensor::kernels::sum_columns;
///
/// let mut sums = [100.0, 0.0];
/// sum_columns(&[1.0, 2.0, 3.0, 4.0], &mut sums);
/// assert_eq!(sums, [104.0, 6.0]);
/// ```
///
/// # Panics
/// When the number of elements is not a multiple of the number of columns.
#[track_caller]
pub fn sum_columns<T: Scalar>(x: &[T], into: &mut [T]) {
    if other_extent("sum_columns", x, into) > 0 {
        T::kernel_column_sums(ColumnSums { x, into });
    }
}

#[track_caller]
fn other_extent<T>(op: &str, x: &[T], into: &[T]) -> usize {
    let (len, of) = (x.len(), into.len());
    assert!(
        if of == 0 {
            len == 0
        } else {
            len.is_multiple_of(of)
        },
        "{op}: {len} numbers do not make {of} sums"
    );
    len.checked_div(of).unwrap_or(0)
}

/// Numbers that share the additions of sixteen lanes.
const BLOCK: usize = 128;
/// Rows that are added up one after the other.
const ROWS: usize = 16;
/// Columns that are added up side by side.
const WIDE: usize = 4 * LANES;

/// `into_i += Σ_j x_ij`, each row of `len` numbers.
#[doc(hidden)]
pub struct Sums<'a, T> {
    x: &'a [T],
    len: usize,
    into: &'a mut [T],
}

impl<T: Scalar> Kernel for Sums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let rows = self.x.chunks_exact(self.len).zip(self.into);
        if self.len <= BLOCK {
            for (row, into) in rows {
                *into += tree(lanes_of(row));
            }
            return;
        }
        let mut pairs = Pairs::<T, LANES>::new();
        for (row, into) in rows {
            let (blocks, rest) = row.as_chunks::<BLOCK>();
            for block in blocks {
                pairs.push(lanes_of(block));
            }
            if !rest.is_empty() {
                pairs.push(lanes_of(rest));
            }
            *into += tree(pairs.finish());
        }
    }
}

/// At most [`BLOCK`] numbers in sixteen lanes.
#[inline(always)]
fn lanes_of<T: Scalar>(x: &[T]) -> Block<T> {
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [T::ZERO; LANES];
    for block in blocks {
        add(&mut lanes, block);
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    lanes
}

#[inline(always)]
fn add<T: Scalar, const W: usize>(sums: &mut [T; W], x: &[T; W]) {
    for l in 0..W {
        sums[l] += x[l];
    }
}

/// `into_j += Σ_i x_ij`
#[doc(hidden)]
pub struct ColumnSums<'a, T> {
    x: &'a [T],
    into: &'a mut [T],
}

impl<T: Scalar> Kernel for ColumnSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let (x, into) = (self.x, self.into);
        let cols = into.len();
        let mut at = 0;
        if const { C::UNROLLED } {
            let mut pairs = Pairs::<T, WIDE>::new();
            while at + WIDE <= cols {
                panel(&mut pairs, x, into, at, 0);
                at += WIDE;
            }
        }
        if cols >= LANES {
            let mut pairs = Pairs::<T, LANES>::new();
            while at + LANES <= cols {
                panel(&mut pairs, x, into, at, 0);
                at += LANES;
            }
            if at < cols {
                // The last sixteen columns, of which the first have their sums already.
                panel(&mut pairs, x, into, cols - LANES, at + LANES - cols);
            }
            return;
        }
        let mut pairs = Pairs::<T, 1>::new();
        while at < cols {
            panel(&mut pairs, x, into, at, 0);
            at += 1;
        }
    }
}

/// The columns from `at` on, as many as `pairs` is wide; the first `skip` of them are left alone.
#[inline(always)]
fn panel<T: Scalar, const W: usize>(
    pairs: &mut Pairs<T, W>,
    x: &[T],
    into: &mut [T],
    at: usize,
    skip: usize,
) {
    let cols = into.len();
    for rows in x.chunks(ROWS * cols) {
        let mut sums = [T::ZERO; W];
        for row in rows.chunks_exact(cols) {
            if let Some(row) = row[at..].first_chunk::<W>() {
                add(&mut sums, row);
            }
        }
        pairs.push(sums);
    }
    let sums = pairs.finish();
    for (into, &sum) in into[at + skip..].iter_mut().zip(&sums[skip..]) {
        *into += sum;
    }
}
