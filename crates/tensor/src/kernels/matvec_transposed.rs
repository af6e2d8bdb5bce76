//! Transposed matrix-vector product: multiples of the rows, added in the order of the rows.
//!
//! Blocks of 256 rows are added up apart, and beyond 8192 rows parts of that many in pairs, so that
//! |error| ≤ (290 + ⌈log₂(n/8192)⌉) u Σ|x a| for n rows, with u half a unit in the last place of one.
//!
//! A panel of columns keeps its sums in registers while it walks down the rows.

use super::check::check_matrix;
use super::dispatch::{Code, Kernel};
use super::lanes::{Block, LANES, mul_add};
use super::pairs::sum_parts;
use super::write::Write;
use crate::Scalar;

/// y ← Aᵀ x, or y ← y + Aᵀ x. A is `[x.len(), y.len()]`.
///
/// A row of A whose coefficient in `x` is zero is left out, whatever it holds.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matvec_transposed};
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let mut y = [100.0; 3];
/// matvec_transposed(&a, &[1.0, -1.0], &mut y, Write::Add);
/// assert_eq!(y, [97.0; 3]);
/// ```
#[track_caller]
pub fn matvec_transposed<T: Scalar>(a: &[T], x: &[T], y: &mut [T], write: Write) {
    check_matrix("matvec_transposed", "A", a, x.len(), y.len());
    if x.len() <= PART {
        return T::kernel_matvec_transposed(a, x, y, write);
    }
    let cols = y.len();
    sum_parts(x.len().div_ceil(PART), y, write, |k, sums| {
        let rows = k * PART..x.len().min((k + 1) * PART);
        let a = &a[rows.start * cols..rows.end * cols];
        T::kernel_matvec_transposed(a, &x[rows], sums, Write::Set);
    });
}

/// Rows whose indices are collected at a time, to step over zeros without a branch per panel.
const BLOCK: usize = 256;
/// So few rows have a list of their own.
const FEW_ROWS: usize = 16;
/// Rows of a part.
const PART: usize = 32 * BLOCK;

pub(crate) struct MatVecTransposed<'a, T> {
    pub(crate) a: &'a [T],
    pub(crate) x: &'a [T],
    pub(crate) y: &'a mut [T],
    pub(crate) write: Write,
}

impl<T: Scalar> Kernel for MatVecTransposed<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let cols = self.y.len();
        if self.write == Write::Set {
            self.y.fill(T::ZERO);
        }
        if cols == 0 {
            return;
        }
        if cols < LANES && self.x.len() <= BLOCK {
            return match cols {
                1 => add_short_rows::<T, C, 1>(self.a, self.x, self.y),
                2 => add_short_rows::<T, C, 2>(self.a, self.x, self.y),
                3 => add_short_rows::<T, C, 3>(self.a, self.x, self.y),
                4 => add_short_rows::<T, C, 4>(self.a, self.x, self.y),
                _ => add_short_rows::<T, C, LANES>(self.a, self.x, self.y),
            };
        }
        let mut few = [0_u32; FEW_ROWS];
        let mut many: [u32; BLOCK];
        // The long list is not made for a few rows.
        let used = match self.x.len() <= FEW_ROWS {
            true => &mut few[..],
            false => {
                many = [0; BLOCK];
                &mut many[..]
            }
        };
        for (x, a) in self.x.chunks(BLOCK).zip(self.a.chunks(BLOCK * cols)) {
            let mut count = 0;
            for (i, coefficient) in x.iter().enumerate() {
                used[count] = i as u32;
                count += usize::from(!coefficient.is_zero());
            }
            add_rows::<T, C>(a, x, &used[..count], self.y);
        }
    }
}

/// Adds the sum of `x[i]` times row i of `a` to `y`, where rows are shorter than a block: at most `N`
/// elements, which stay in registers where they are few. A list of those to be added would take longer than
/// the sum.
#[inline(always)]
fn add_short_rows<T: Scalar, C: Code, const N: usize>(a: &[T], x: &[T], y: &mut [T]) {
    let mut sums = [T::ZERO; N];
    for (&x, a) in x.iter().zip(a.chunks_exact(y.len())) {
        if !x.is_zero() {
            for (sum, &a) in sums.iter_mut().zip(a) {
                *sum = mul_add::<T, C>(x, a, *sum);
            }
        }
    }
    y.iter_mut().zip(sums).for_each(|(y, sum)| *y += sum);
}

/// Adds `x[i]` times row i of `a` to `y`, for every i in `used`.
#[inline(always)]
fn add_rows<T: Scalar, C: Code>(a: &[T], x: &[T], used: &[u32], y: &mut [T]) {
    let cols = y.len();
    if const { !C::UNROLLED } || cols < LANES {
        for (j, y) in y.chunks_mut(LANES).enumerate() {
            let (at, width) = (j * LANES, y.len());
            let mut sums = [T::ZERO; LANES];
            for &i in used {
                let i = i as usize;
                for (sum, &a) in sums.iter_mut().zip(&a[i * cols + at..][..width]) {
                    *sum = mul_add::<T, C>(x[i], a, *sum);
                }
            }
            y.iter_mut().zip(sums).for_each(|(y, sum)| *y += sum);
        }
        return;
    }

    // As many equal panels as it takes: a narrow last one would wait on its own additions. A tail is
    // never alone in its panel.
    let full = cols / LANES;
    let tail = usize::from(!cols.is_multiple_of(LANES));
    let widest = if size_of::<T>() <= 4 { 6 } else { 3 };
    let panels = (full + tail).div_ceil(widest);
    let mut first = 0;
    for panel in 0..panels {
        let blocks = (full + tail - first) / (panels - panel);
        let at = first * LANES;
        let whole = blocks.min(full - first);
        match (whole, blocks > whole) {
            (1, false) => panel_sums::<T, C, 1, false>(a, x, used, y, at),
            (1, true) => panel_sums::<T, C, 1, true>(a, x, used, y, at),
            (2, false) => panel_sums::<T, C, 2, false>(a, x, used, y, at),
            (2, true) => panel_sums::<T, C, 2, true>(a, x, used, y, at),
            (3, false) => panel_sums::<T, C, 3, false>(a, x, used, y, at),
            (3, true) => panel_sums::<T, C, 3, true>(a, x, used, y, at),
            (4, false) => panel_sums::<T, C, 4, false>(a, x, used, y, at),
            (4, true) => panel_sums::<T, C, 4, true>(a, x, used, y, at),
            (5, false) => panel_sums::<T, C, 5, false>(a, x, used, y, at),
            (5, true) => panel_sums::<T, C, 5, true>(a, x, used, y, at),
            _ => panel_sums::<T, C, 6, false>(a, x, used, y, at),
        }
        first += blocks;
    }
}

/// The columns `at..at + 16 N` and, with `TAIL`, the last incomplete block after them.
#[inline(always)]
fn panel_sums<T: Scalar, C: Code, const N: usize, const TAIL: bool>(
    a: &[T],
    x: &[T],
    used: &[u32],
    y: &mut [T],
    at: usize,
) {
    let cols = y.len();
    let wide = at..at + N * LANES;
    let mut sums = [[T::ZERO; LANES]; N];
    // Sixteen columns that end where the rows end; those before the tail are computed and dropped.
    let last = cols - LANES;
    let mut tail_sums = [T::ZERO; LANES];

    for &i in used {
        let i = i as usize;
        let coefficient = x[i];
        let row = &a[i * cols..][..cols];
        let blocks = row[wide.clone()].as_chunks::<LANES>().0;
        for n in 0..N {
            multiply_block::<T, C>(coefficient, &blocks[n], &mut sums[n]);
        }
        if TAIL && let Some(block) = row.last_chunk::<LANES>() {
            multiply_block::<T, C>(coefficient, block, &mut tail_sums);
        }
    }

    for (y, sums) in y[wide].as_chunks_mut::<LANES>().0.iter_mut().zip(&sums) {
        for l in 0..LANES {
            y[l] += sums[l];
        }
    }
    if TAIL {
        let skip = LANES - cols % LANES;
        let tail = y[last + skip..].iter_mut().zip(&tail_sums[skip..]);
        tail.for_each(|(y, &sum)| *y += sum);
    }
}

#[inline(always)]
fn multiply_block<T: Scalar, C: Code>(coefficient: T, block: &Block<T>, sums: &mut Block<T>) {
    for l in 0..LANES {
        sums[l] = mul_add::<T, C>(coefficient, block[l], sums[l]);
    }
}
