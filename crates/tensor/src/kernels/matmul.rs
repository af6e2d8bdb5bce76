//! Matrix products. Every result is a chain of multiply-adds in the order of the inner index
//! (`A B`, `Aᵀ B`) or a sixteen-lane dot product (`A Bᵀ`), however the work is tiled.

use super::Write;
use super::dispatch::Kernel;
use super::lanes::{Block, LANES, dots, mul_add};
use super::matvec::{put, row_dots};
use crate::Scalar;

/// Rows of C in a tile.
const ROWS: usize = 4;
/// Steps of the inner index whose coefficients are gathered at a time.
const DEPTH: usize = 128;

#[doc(hidden)]
pub struct MatMul<'a, T> {
    pub(crate) a: &'a [T],
    /// Distances in `a` between neighbours along m and along k; this is where `A` and `Aᵀ` differ.
    pub(crate) a_strides: (usize, usize),
    pub(crate) b: &'a [T],
    pub(crate) c: &'a mut [T],
    pub(crate) m: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
    pub(crate) write: Write,
}

impl<T: Scalar> Kernel for MatMul<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        if self.write == Write::Set {
            self.c.fill(T::ZERO);
        }
        if self.n == 0 {
            return;
        }
        let mut coefficients = [[T::ZERO; ROWS]; DEPTH];
        for from in (0..self.k).step_by(DEPTH) {
            let depth = DEPTH.min(self.k - from);
            let b = &self.b[from * self.n..][..depth * self.n];
            for i in (0..self.m).step_by(ROWS) {
                let height = ROWS.min(self.m - i);
                for (p, row) in coefficients[..depth].iter_mut().enumerate() {
                    for (r, a) in row[..height].iter_mut().enumerate() {
                        *a = self.a[(i + r) * self.a_strides.0 + (from + p) * self.a_strides.1];
                    }
                }
                let c = &mut self.c[i * self.n..][..height * self.n];
                let coefficients = &coefficients[..depth];
                match height {
                    ROWS => strip::<T, FMA, ROWS>(coefficients, b, c, self.n),
                    3 => strip::<T, FMA, 3>(coefficients, b, c, self.n),
                    2 => strip::<T, FMA, 2>(coefficients, b, c, self.n),
                    _ => strip::<T, FMA, 1>(coefficients, b, c, self.n),
                }
            }
        }
    }
}

/// `R` rows of C, all columns.
#[inline(always)]
fn strip<T: Scalar, const FMA: bool, const R: usize>(
    coefficients: &[[T; ROWS]],
    b: &[T],
    c: &mut [T],
    n: usize,
) {
    if n < LANES {
        for (a, b) in coefficients.iter().zip(b.chunks_exact(n)) {
            for (c, a) in c.chunks_exact_mut(n).zip(a) {
                for (c, &b) in c.iter_mut().zip(b) {
                    *c = mul_add::<T, FMA>(*a, b, *c);
                }
            }
        }
        return;
    }
    let full = n / LANES;
    let mut block = 0;
    while block + 2 <= full {
        tile::<T, FMA, R, 2>(coefficients, b, c, n, block * LANES, 0);
        block += 2;
    }
    if block < full {
        tile::<T, FMA, R, 1>(coefficients, b, c, n, block * LANES, 0);
    }
    if !n.is_multiple_of(LANES) {
        tile::<T, FMA, R, 1>(coefficients, b, c, n, n - LANES, LANES - n % LANES);
    }
}

/// `R` rows and `16 N` columns from `at` on, of which the first `skip` are left as they are.
#[inline(always)]
fn tile<T: Scalar, const FMA: bool, const R: usize, const N: usize>(
    coefficients: &[[T; ROWS]],
    b: &[T],
    c: &mut [T],
    n: usize,
    at: usize,
    skip: usize,
) {
    let width = N * LANES;
    let mut sums = [[[T::ZERO; LANES]; N]; R];
    for r in 0..R {
        sums[r].copy_from_slice(c[r * n + at..][..width].as_chunks::<LANES>().0);
    }
    for (a, row) in coefficients.iter().zip(b.chunks_exact(n)) {
        let blocks = row[at..at + width].as_chunks::<LANES>().0;
        for r in 0..R {
            for s in 0..N {
                multiply_block::<T, FMA>(a[r], &blocks[s], &mut sums[r][s]);
            }
        }
    }
    for r in 0..R {
        c[r * n + at + skip..][..width - skip].copy_from_slice(&sums[r].as_flattened()[skip..]);
    }
}

#[inline(always)]
fn multiply_block<T: Scalar, const FMA: bool>(a: T, block: &Block<T>, sums: &mut Block<T>) {
    for l in 0..LANES {
        sums[l] = mul_add::<T, FMA>(a, block[l], sums[l]);
    }
}

#[doc(hidden)]
pub struct MatMulNt<'a, T> {
    pub(crate) a: &'a [T],
    pub(crate) b: &'a [T],
    pub(crate) c: &'a mut [T],
    pub(crate) m: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
    pub(crate) write: Write,
}

impl<T: Scalar> Kernel for MatMulNt<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let Self { k, n, .. } = self;
        // Four rows of B stay in the first-level cache while all rows of A pass by.
        for j in (0..n).step_by(ROWS) {
            let width = ROWS.min(n - j);
            let b = &self.b[j * k..][..width * k];
            for i in 0..self.m {
                let a = &self.a[i * k..][..k];
                let c = &mut self.c[i * n + j..][..width];
                if let Some(c) = c.first_chunk_mut::<ROWS>() {
                    put(c, row_dots::<T, FMA>(b, a), self.write);
                } else {
                    for (s, c) in c.iter_mut().enumerate() {
                        let sum = dots::<T, FMA, 1>([&b[s * k..][..k]], a);
                        put(std::array::from_mut(c), sum, self.write);
                    }
                }
            }
        }
    }
}
