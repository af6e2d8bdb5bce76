//! Transposed matrices, in tiles of four by four elements.

use crate::Scalar;

/// Rows and columns of a tile, which four registers of four `f32` hold.
pub(crate) const SIDE: usize = 4;
/// Tiles below each other before the next columns come: what they read shares lines of the cache.
const DOWN: usize = 4;

/// Four rows of four elements.
pub(crate) type Tile<T> = [[T; SIDE]; SIDE];

/// Y ← Xᵀ, where X is `[rows, cols]`.
///
/// ```
/// use metaplast_tensor::kernels::transpose;
///
/// let mut y = [0.0; 6];
/// transpose(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3, &mut y);
/// assert_eq!(y, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
///
/// # Panics
/// When a matrix has another number of elements.
#[track_caller]
pub fn transpose<T: Scalar>(x: &[T], rows: usize, cols: usize, y: &mut [T]) {
    super::check::check_matrix("transpose", "X", x, rows, cols);
    super::check::check_matrix("transpose", "Y", y, cols, rows);
    T::kernel_transpose(x, rows, cols, y);
}

/// Tile by tile, each of which `turn` transposes; what is left at the edges, element by element.
#[inline(always)]
pub(crate) fn tiled<T: Scalar>(
    x: &[T],
    rows: usize,
    cols: usize,
    y: &mut [T],
    turn: impl Fn(Tile<T>) -> Tile<T>,
) {
    let (high, wide) = (rows - rows % SIDE, cols - cols % SIDE);
    for top in (0..high).step_by(DOWN * SIDE) {
        for j in (0..wide).step_by(SIDE) {
            for i in (top..high.min(top + DOWN * SIDE)).step_by(SIDE) {
                let mut tile = [[T::ZERO; SIDE]; SIDE];
                for (r, row) in tile.iter_mut().enumerate() {
                    row.copy_from_slice(&x[(i + r) * cols + j..][..SIDE]);
                }
                for (c, column) in turn(tile).iter().enumerate() {
                    y[(j + c) * rows + i..][..SIDE].copy_from_slice(column);
                }
            }
        }
    }
    let mut copy = |i: usize, j: usize| y[j * rows + i] = x[i * cols + j];
    for i in high..rows {
        (0..cols).for_each(|j| copy(i, j));
    }
    for j in wide..cols {
        (0..high).for_each(|i| copy(i, j));
    }
}

/// A tile in the language's own terms.
#[inline(always)]
pub(crate) fn portable<T: Scalar>(tile: Tile<T>) -> Tile<T> {
    let mut turned = tile;
    for i in 0..SIDE {
        for j in 0..SIDE {
            turned[j][i] = tile[i][j];
        }
    }
    turned
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable as single;

/// A tile of `f32`, for which the compiler alone would take rows apart element by element.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn single(tile: Tile<f32>) -> Tile<f32> {
    use std::arch::x86_64::*;
    // SAFETY: only SSE, which is part of x86-64; loads and stores are of four elements of arrays of four.
    unsafe {
        let [mut a, mut b, mut c, mut d] = tile.map(|row| _mm_loadu_ps(row.as_ptr()));
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        let mut turned = tile;
        for (row, lanes) in turned.iter_mut().zip([a, b, c, d]) {
            _mm_storeu_ps(row.as_mut_ptr(), lanes);
        }
        turned
    }
}
