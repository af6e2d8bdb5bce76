//! Matrix products.
//!
//! Every result of `A B` and `Aᵀ B` is a sum of blocks of 128 products, each a chain of multiply-adds
//! in the order of the inner index; of `A Bᵀ` it is a sixteen-lane dot product; however the work is
//! tiled. Beyond 4096 (`A Bᵀ`: 1024) inner indices, parts of that many are added in pairs:
//!
//! ```text
//! A B, Aᵀ B    |error| ≤ (160 + ⌈log₂(k/4096)⌉) u Σ|a b|
//! A Bᵀ         |error| ≤ (68 + ⌈log₂(k/1024)⌉) u Σ|a b|
//! ```
//!
//! with u half a unit in the last place of one.
//!
//! `A B` and `Aᵀ B` keep a tile of C in registers, four or eight rows of up to 32 columns; of large
//! matrices, panels of B are copied together first, since rows far apart get into each other's way
//! in the cache. Where C has fewer than sixteen columns (the classes of a small classifier, say),
//! rows of B are copied to blocks of sixteen on the stack, so that these few are one vector too.
//! `A Bᵀ` with rows shorter than sixteen numbers works on sixteen rows of B side by side, instead of
//! one sixteen-lane sum after another. Code that is not unrolled does without tiles.

use super::check::check_matrix;
use super::dispatch::{Code, Kernel};
use super::lanes::{Block, LANES, mul_add};
use super::pairs::sum_parts;
use super::write::Write;
use crate::Scalar;

/// C ← A B, or C ← C + A B. A is `[m, k]`, B `[k, n]`, C `[m, n]`.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matmul};
/// let mut c = [0.0; 2];
/// matmul(&[1.0, 2.0], &[3.0, 4.0, 5.0, 6.0], &mut c, 1, 2, 2, Write::Set);
/// assert_eq!(c, [13.0, 16.0]);
/// ```
#[track_caller]
pub fn matmul<T: Scalar>(
    a: &[T],
    b: &[T],
    c: &mut [T],
    m: usize,
    k: usize,
    n: usize,
    write: Write,
) {
    check_matrix("matmul", "A", a, m, k);
    check_matrix("matmul", "B", b, k, n);
    check_matrix("matmul", "C", c, m, n);
    product((a, (k, 1)), b, c, [m, k, n], write);
}

/// C ← Aᵀ B, or C ← C + Aᵀ B. A is `[k, m]`, B `[k, n]`, C `[m, n]`.
///
/// The result has the bits of [`matmul`] with A transposed beforehand.
///
/// ```
/// use metaplast_tensor::kernels::{Write, matmul_tn};
///
/// let mut c = [0.0; 4];
/// matmul_tn(&[1.0, 2.0], &[3.0, 4.0], &mut c, 2, 1, 2, Write::Set);
/// assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
/// ```
#[track_caller]
pub fn matmul_tn<T: Scalar>(
    a: &[T],
    b: &[T],
    c: &mut [T],
    m: usize,
    k: usize,
    n: usize,
    write: Write,
) {
    check_matrix("matmul_tn", "A", a, k, m);
    check_matrix("matmul_tn", "B", b, k, n);
    check_matrix("matmul_tn", "C", c, m, n);
    product((a, (1, m)), b, c, [m, k, n], write);
}

/// The product of B with A, whose neighbours along m and along k are `a_strides` apart.
fn product<T: Scalar>(
    (a, a_strides): (&[T], (usize, usize)),
    b: &[T],
    c: &mut [T],
    [m, k, n]: [usize; 3],
    write: Write,
) {
    let part = |from: usize, k: usize, c: &mut [T], write| {
        T::kernel_matmul(MatMul {
            a: &a[from * a_strides.1..],
            a_strides,
            b: &b[from * n..],
            c,
            m,
            k,
            n,
            write,
        });
    };
    if k <= PART || c.is_empty() {
        return part(0, k, c, write);
    }
    sum_parts(k.div_ceil(PART), c, write, |p, sums| {
        let from = p * PART;
        part(from, PART.min(k - from), sums, Write::Set);
    });
}

/// Rows of C in a tile of a small matrix.
const ROWS: usize = 4;
/// Steps of the inner index that are one chain, and whose coefficients are gathered at a time.
const DEPTH: usize = 128;
/// Steps of the inner index whose chains are added in their order.
const PART: usize = 32 * DEPTH;
/// Tiles below each other whose coefficients are gathered at a time, in a large product.
const STRIPS: usize = 16;
/// Multiply-adds from which on a product is large, and from which on one is whose rows of B are so
/// long that those of a tile fall into the same places of the cache.
const LARGE: [usize; 2] = [1 << 26, 1 << 20];
/// Columns of such rows.
const LONG: usize = 512;

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
    fn run<C: Code>(self) {
        if self.write == Write::Set {
            self.c.fill(T::ZERO);
        }
        if self.n == 0 {
            return;
        }
        if const { !C::UNROLLED } {
            return self.untiled::<C>();
        }
        if self.n < LANES {
            return self.narrow::<C>();
        }
        let large = LARGE[usize::from(self.n >= LONG)];
        if self.n >= 2 * LANES && self.m * self.k >= large / self.n {
            return match (const { C::LARGE_TILES }, size_of::<T>() <= 4) {
                (true, true) => self.large::<C, 2, 2>(),
                (true, false) => self.large::<C, 2, 1>(),
                (false, _) => self.large::<C, 1, 1>(),
            };
        }
        let mut coefficients = [[T::ZERO; ROWS]; DEPTH];
        for from in (0..self.k).step_by(DEPTH) {
            let depth = DEPTH.min(self.k - from);
            let b = &self.b[from * self.n..][..depth * self.n];
            for i in (0..self.m).step_by(ROWS) {
                let height = ROWS.min(self.m - i);
                let coefficients = &mut coefficients[..depth];
                self.gather(coefficients, i, height, from);
                let c = &mut self.c[i * self.n..][..height * self.n];
                match height {
                    ROWS => strip::<T, C, ROWS>(coefficients, b, c, self.n),
                    3 => strip::<T, C, 3>(coefficients, b, c, self.n),
                    2 => strip::<T, C, 2>(coefficients, b, c, self.n),
                    _ => strip::<T, C, 1>(coefficients, b, c, self.n),
                }
            }
        }
    }
}

impl<T: Scalar> MatMul<'_, T> {
    /// Collects elements of A: `height` rows from `i` on, inner indices from `from` on.
    #[inline(always)]
    fn gather<const R: usize>(&self, into: &mut [[T; R]], i: usize, height: usize, from: usize) {
        for (p, row) in into.iter_mut().enumerate() {
            for (r, a) in row[..height].iter_mut().enumerate() {
                *a = self.a[(i + r) * self.a_strides.0 + (from + p) * self.a_strides.1];
            }
        }
    }

    /// Tiles of `4 G` rows and `16 N` columns: the coefficients of many rows, then the panels of B
    /// one after the other, each copied together.
    #[inline(always)]
    fn large<C: Code, const G: usize, const N: usize>(self) {
        let (m, n, height) = (self.m, self.n, G * ROWS);
        let mut strips = [[[[T::ZERO; ROWS]; DEPTH]; G]; STRIPS];
        let mut panel = [[[T::ZERO; LANES]; N]; DEPTH];
        let mut sums = [[[[T::ZERO; LANES]; N]; ROWS]; G];
        for from in (0..self.k).step_by(DEPTH) {
            let depth = DEPTH.min(self.k - from);
            let b = &self.b[from * n..][..depth * n];
            let panel = &mut panel[..depth];
            for top in (0..m).step_by(STRIPS * height) {
                let high = (STRIPS * height).min(m - top);
                let strips = &mut strips[..high.div_ceil(height)];
                for (g, group) in strips.as_flattened_mut().iter_mut().enumerate() {
                    let height = ROWS.min(high.saturating_sub(g * ROWS));
                    self.gather(&mut group[..depth], top + g * ROWS, height, from);
                }
                let mut at = 0;
                while at < n {
                    // The last panel ends where the rows end; it may overlap the one before it.
                    let first = at.min(n - N * LANES);
                    for (panel, row) in panel.iter_mut().zip(b.chunks_exact(n)) {
                        panel.copy_from_slice(&row[first..].as_chunks::<LANES>().0[..N]);
                    }
                    for (s, strip) in strips.iter().enumerate() {
                        tile_sums::<T, C, G, N>(strip, panel, &mut sums);
                        let skip = at - first;
                        let rows = self.c[(top + s * height) * n..].chunks_exact_mut(n);
                        let rows = rows.take(high - s * height);
                        for (c, sums) in rows.zip(sums.as_flattened()) {
                            let sums = &sums.as_flattened()[skip..];
                            let c = &mut c[at..first + N * LANES];
                            c.iter_mut().zip(sums).for_each(|(c, &sum)| *c += sum);
                        }
                    }
                    at = first + N * LANES;
                }
            }
        }
    }

    /// Row by row of C, with a few rows of B at a time that stay in cache.
    #[inline(always)]
    fn untiled<C: Code>(self) {
        let (n, (along_m, along_k)) = (self.n, self.a_strides);
        for from in (0..self.k).step_by(DEPTH) {
            let b = &self.b[from * n..self.k.min(from + DEPTH) * n];
            for (i, c) in self.c.chunks_exact_mut(n).enumerate() {
                for (j, c) in c.chunks_mut(LANES).enumerate() {
                    let mut sums = [T::ZERO; LANES];
                    for (p, row) in (from..).zip(b.chunks_exact(n)) {
                        let a = self.a[i * along_m + p * along_k];
                        for (sum, &b) in sums.iter_mut().zip(&row[j * LANES..][..c.len()]) {
                            *sum = mul_add::<T, C>(a, b, *sum);
                        }
                    }
                    c.iter_mut().zip(&sums).for_each(|(c, &sum)| *c += sum);
                }
            }
        }
    }

    /// Fewer than sixteen columns.
    #[inline(always)]
    fn narrow<C: Code>(self) {
        let mut coefficients = [[T::ZERO; ROWS]; DEPTH];
        let mut blocks = [[T::ZERO; LANES]; DEPTH];
        for from in (0..self.k).step_by(DEPTH) {
            let depth = DEPTH.min(self.k - from);
            let b = &self.b[from * self.n..][..depth * self.n];
            let blocks = &mut blocks[..depth];
            for (block, row) in blocks.iter_mut().zip(b.chunks_exact(self.n)) {
                block.iter_mut().zip(row).for_each(|(x, &b)| *x = b);
            }
            for i in (0..self.m).step_by(ROWS) {
                let height = ROWS.min(self.m - i);
                let coefficients = &mut coefficients[..depth];
                self.gather(coefficients, i, height, from);
                // Rows of a strip that C does not have are computed with what was there before.
                let mut sums = [[T::ZERO; LANES]; ROWS];
                let c = &mut self.c[i * self.n..][..height * self.n];
                for (a, block) in coefficients.iter().zip(&*blocks) {
                    for r in 0..ROWS {
                        multiply_block::<T, C>(a[r], block, &mut sums[r]);
                    }
                }
                for (sums, c) in sums.iter().zip(c.chunks_exact_mut(self.n)) {
                    c.iter_mut().zip(sums).for_each(|(c, &sum)| *c += sum);
                }
            }
        }
    }
}

/// `R` rows of C, all columns, at least sixteen.
#[inline(always)]
fn strip<T: Scalar, C: Code, const R: usize>(
    coefficients: &[[T; ROWS]],
    b: &[T],
    c: &mut [T],
    n: usize,
) {
    let full = n / LANES;
    let mut block = 0;
    while block + 2 <= full {
        tile::<T, C, R, 2>(coefficients, b, c, n, block * LANES, 0);
        block += 2;
    }
    if block < full {
        tile::<T, C, R, 1>(coefficients, b, c, n, block * LANES, 0);
    }
    if !n.is_multiple_of(LANES) {
        tile::<T, C, R, 1>(coefficients, b, c, n, n - LANES, LANES - n % LANES);
    }
}

/// `R` rows and `16 N` columns from `at` on, of which the first `skip` are left as they are.
#[inline(always)]
fn tile<T: Scalar, C: Code, const R: usize, const N: usize>(
    coefficients: &[[T; ROWS]],
    b: &[T],
    c: &mut [T],
    n: usize,
    at: usize,
    skip: usize,
) {
    let width = N * LANES;
    let mut sums = [[[T::ZERO; LANES]; N]; R];
    for (a, row) in coefficients.iter().zip(b.chunks_exact(n)) {
        let blocks = row[at..at + width].as_chunks::<LANES>().0;
        for r in 0..R {
            for s in 0..N {
                multiply_block::<T, C>(a[r], &blocks[s], &mut sums[r][s]);
            }
        }
    }
    // Only this copy has places that are known at run time alone; the sums stay in registers.
    let mut out = [[[T::ZERO; LANES]; N]; R];
    for r in 0..R {
        for s in 0..N {
            out[r][s] = sums[r][s];
        }
    }
    for (r, sums) in out.iter().enumerate() {
        let c = &mut c[r * n + at + skip..][..width - skip];
        let sums = &sums.as_flattened()[skip..];
        c.iter_mut().zip(sums).for_each(|(c, &sum)| *c += sum);
    }
}

/// A tile's share of C, of a panel that was copied together.
///
/// Rows go by fours: of as many as a register has lanes, the compiler would make a vector and gather
/// them, ten times slower. As in [`tile`], the sums stay in registers.
#[inline(always)]
fn tile_sums<T: Scalar, C: Code, const G: usize, const N: usize>(
    coefficients: &[[[T; ROWS]; DEPTH]; G],
    panel: &[[Block<T>; N]],
    out: &mut [[[Block<T>; N]; ROWS]; G],
) {
    let mut sums = [[[[T::ZERO; LANES]; N]; ROWS]; G];
    for (p, blocks) in panel.iter().enumerate().take(DEPTH) {
        std::hint::black_box(());
        for g in 0..G {
            for r in 0..ROWS {
                for s in 0..N {
                    let a = coefficients[g][p][r];
                    multiply_block::<T, C>(a, &blocks[s], &mut sums[g][r][s]);
                }
            }
        }
    }
    for g in 0..G {
        for r in 0..ROWS {
            for s in 0..N {
                out[g][r][s] = sums[g][r][s];
            }
        }
    }
}

#[inline(always)]
pub(super) fn multiply_block<T: Scalar, C: Code>(a: T, block: &Block<T>, sums: &mut Block<T>) {
    for l in 0..LANES {
        sums[l] = mul_add::<T, C>(a, block[l], sums[l]);
    }
}
