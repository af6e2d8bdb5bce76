//! Matrix products with the second factor transposed, `A Bᵀ`: sixteen-lane dot products of rows.
//!
//! Errors, and what is done with rows shorter than sixteen numbers: see [`super::matmul`].

use std::ops::Range;

use super::check::check_matrix;
use super::dispatch::{Code, Kernel};
use super::lanes::{Block, CHAIN, LANES, dots, dots_with, tree_of_blocks};
use super::matmul::multiply_block;
use super::matvec::put;
use super::pairs::sum_parts;
use super::write::Write;
use crate::Scalar;

/// C ← A Bᵀ, or C ← C + A Bᵀ. A is `[m, k]`, B `[n, k]`, C `[m, n]`.
///
/// Each element is the [`dot`](crate::kernels::dot) of a row of A and a row of B.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matmul_nt};
///
/// let mut c = [0.0; 2];
/// matmul_nt(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0], &mut c, 1, 2, 2, Write::Set);
/// assert_eq!(c, [11.0, 17.0]);
/// ```
#[track_caller]
pub fn matmul_nt<T: Scalar>(
    a: &[T],
    b: &[T],
    c: &mut [T],
    m: usize,
    k: usize,
    n: usize,
    write: Write,
) {
    check_matrix("matmul_nt", "A", a, m, k);
    check_matrix("matmul_nt", "B", b, n, k);
    check_matrix("matmul_nt", "C", c, m, n);
    let part = |from: usize, len: usize, c: &mut [T], write| {
        T::kernel_matmul_nt(MatMulNt {
            a: &a[from..],
            b: &b[from..],
            c,
            m,
            k: len,
            n,
            stride: k,
            write,
        });
    };
    if k <= CHAIN || c.is_empty() {
        return part(0, k, c, write);
    }
    sum_parts(k.div_ceil(CHAIN), c, write, |p, sums| {
        let from = p * CHAIN;
        part(from, CHAIN.min(k - from), sums, Write::Set);
    });
}

/// Rows of B that are multiplied at a time.
const ROWS: usize = 4;
/// Bytes of A that are multiplied with all of B at a time.
const NEAR: usize = 1 << 18;

/// Rows of A from which it pays to turn columns of C into blocks,
const MANY: usize = 12;
/// and most elements of a row, so that sixteen rows of B stay in the first-level cache.
const NARROW: usize = 384;
/// Rows of A that are multiplied with a block of columns at a time, by one half of the lanes after the other.
const HIGH: usize = 3;
const HALF: usize = LANES / 2;

#[doc(hidden)]
pub struct MatMulNt<'a, T> {
    pub(crate) a: &'a [T],
    pub(crate) b: &'a [T],
    pub(crate) c: &'a mut [T],
    pub(crate) m: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
    /// Distance between rows, of A as of B.
    pub(crate) stride: usize,
    pub(crate) write: Write,
}

impl<T: Scalar> Kernel for MatMulNt<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(mut self) {
        let Self { k, n, .. } = self;
        if const { C::UNROLLED } && (1..LANES).contains(&k) {
            return self.short::<C>();
        }
        if const { !C::UNROLLED } {
            self.columns::<C>(0..self.m, 0..n);
            return;
        }
        let mut columns = 0..n;
        if const { C::LARGE_TILES && size_of::<T>() <= 4 } && self.m >= MANY && k <= NARROW {
            columns.start = n - n % LANES;
            self.panels::<C>(columns.start);
        }
        // As many rows of A as fit into part of a second-level cache meet four rows of B after the other,
        // which stay in the first-level cache meanwhile.
        let high = (NEAR / (k.max(1) * size_of::<T>())).max(LANES);
        for top in (0..self.m).step_by(high) {
            let bottom = self.m.min(top + high);
            for j in columns.clone().step_by(ROWS) {
                if n - j < ROWS {
                    self.columns::<C>(top..bottom, j..n);
                    continue;
                }
                let whole = match (const { C::LARGE_TILES }, size_of::<T>() <= 4) {
                    (true, true) => self.four_columns::<C, 4>(top..bottom, j),
                    (true, false) => self.four_columns::<C, 3>(top..bottom, j),
                    (false, _) => top,
                };
                self.four_columns::<C, 1>(whole..bottom, j);
            }
        }
    }
}

impl<T: Scalar> MatMulNt<'_, T> {
    /// These columns of these rows of C, one element after the other.
    #[inline(always)]
    fn columns<C: Code>(&mut self, rows: Range<usize>, columns: Range<usize>) {
        for j in columns {
            let b = &self.b[j * self.stride..][..self.k];
            for i in rows.clone() {
                let a = &self.a[i * self.stride..][..self.k];
                let c = &mut self.c[i * self.n + j];
                put(std::array::from_mut(c), dots::<T, C, 1>([b], a), self.write);
            }
        }
    }

    /// Four columns from `j` on of these rows of C, `S` rows at a time; the first row that is left.
    #[inline(always)]
    fn four_columns<C: Code, const S: usize>(&mut self, rows: Range<usize>, j: usize) -> usize {
        let Self { k, n, stride, .. } = *self;
        let b: [&[T]; ROWS] = std::array::from_fn(|r| &self.b[(j + r) * stride..][..k]);
        let mut i = rows.start;
        while i + S <= rows.end {
            let mut a: [&[T]; S] = [&[]; S];
            for s in 0..S {
                a[s] = &self.a[(i + s) * stride..][..k];
            }
            let sums = dots_with::<T, C, ROWS, S>(b, a);
            for (c, sums) in self.c[i * n..].chunks_mut(n).zip(sums) {
                if let Some(c) = c[j..].first_chunk_mut::<ROWS>() {
                    put(c, sums, self.write);
                }
            }
            i += S;
        }
        i
    }

    /// The first columns of C, in blocks of sixteen: the rows of B stand side by side, so that the lanes of sixteen
    /// dot products are sixteen registers, which are added up without taking one apart.
    #[inline(always)]
    fn panels<C: Code>(&mut self, columns: usize) {
        let mut block = [[T::ZERO; LANES]; NARROW];
        for j in (0..columns).step_by(LANES) {
            for s in 0..LANES {
                let row = &self.b[(j + s) * self.stride..][..self.k];
                for (column, &b) in block.iter_mut().zip(row) {
                    column[s] = b;
                }
            }
            let block = &block[..self.k];
            let whole = self.m - self.m % HIGH;
            for i in (0..whole).step_by(HIGH) {
                self.block_of_columns::<C, HIGH>(i, j, block);
            }
            for i in whole..self.m {
                self.block_of_columns::<C, 1>(i, j, block);
            }
        }
    }

    /// `S` rows from `i` on of sixteen columns from `j` on, whose rows of B stand side by side in `block`.
    #[inline(always)]
    fn block_of_columns<C: Code, const S: usize>(
        &mut self,
        i: usize,
        j: usize,
        block: &[Block<T>],
    ) {
        let Self { k, n, stride, .. } = *self;
        let mut a: [&[T]; S] = [&[]; S];
        for s in 0..S {
            a[s] = &self.a[(i + s) * stride..][..k];
        }
        let (full, tail) = (k / LANES, k % LANES);
        let mut sums = [[[T::ZERO; LANES]; HALF]; S];
        let mut lower = sums;
        for half in [0, HALF] {
            lower = sums;
            sums = [[[T::ZERO; LANES]; HALF]; S];
            for first in (0..full).map(|b| b * LANES + half) {
                let columns = &block[first..][..HALF];
                let mut numbers: [&[T]; S] = [&[]; S];
                for s in 0..S {
                    numbers[s] = &a[s][first..][..HALF];
                }
                // Keeps sums in registers; see `combine`.
                std::hint::black_box(());
                for p in 0..HALF {
                    for s in 0..S {
                        multiply_block::<T, C>(numbers[s][p], &columns[p], &mut sums[s][p]);
                    }
                }
            }
            if tail != 0 {
                // The last elements belong to the last lanes, and the others get zeros, as in `dots`.
                for p in 0..HALF {
                    let at = (full * LANES + half + p).wrapping_sub(LANES - tail);
                    let inside = half + p >= LANES - tail;
                    let column = if inside { block[at] } else { [T::ZERO; LANES] };
                    for s in 0..S {
                        let number = if inside { a[s][at] } else { T::ZERO };
                        multiply_block::<T, C>(number, &column, &mut sums[s][p]);
                    }
                }
            }
        }
        for s in 0..S {
            let mut total = [T::ZERO; LANES];
            for c in 0..LANES {
                let mut four = [T::ZERO; 4];
                for l in 0..4 {
                    let (low, high) = (lower[s][l][c] + sums[s][l][c], l + 4);
                    four[l] = low + (lower[s][high][c] + sums[s][high][c]);
                }
                total[c] = (four[0] + four[2]) + (four[1] + four[3]);
            }
            if let Some(c) = self.c[(i + s) * n + j..].first_chunk_mut::<LANES>() {
                put(c, total, self.write);
            }
        }
    }

    /// Rows of fewer than sixteen numbers, each of which has a lane of its own: the last ones, as in
    /// [`dots`]. Sixteen rows of B go through lanes and tree side by side.
    #[inline(always)]
    fn short<C: Code>(self) {
        let Self { k, n, stride, .. } = self;
        let first = LANES - k;
        let mut columns = [[T::ZERO; LANES]; LANES];
        for j in (0..n).step_by(LANES) {
            let width = LANES.min(n - j);
            for s in 0..width {
                for (p, &b) in self.b[(j + s) * stride..][..k].iter().enumerate() {
                    columns[first + p][s] = b;
                }
            }
            for (i, c) in self.c.chunks_exact_mut(n).enumerate() {
                let a = &self.a[i * stride..][..k];
                let mut lanes = [[T::ZERO; LANES]; LANES];
                for (p, &a) in a.iter().enumerate() {
                    multiply_block::<T, C>(a, &columns[first + p], &mut lanes[first + p]);
                }
                let sums = tree_of_blocks(&lanes);
                for (c, &sum) in c[j..j + width].iter_mut().zip(&sums) {
                    put(std::array::from_mut(c), [sum], self.write);
                }
            }
        }
    }
}
