//! Lanes: every sum over columns has sixteen and one tree at its end, whatever the registers are.

use super::dispatch::Code;
use super::tree::one_by_one;
use crate::Scalar;

/// Lanes of a reduction: one AVX-512 register of `f32`, two of `f64` or of AVX2.
pub(crate) const LANES: usize = 16;

/// Numbers that a dot product adds up in sixteen lanes; longer ones are made of parts.
pub(crate) const CHAIN: usize = 1024;

/// Sixteen neighbouring numbers.
pub(crate) type Block<T> = [T; LANES];

/// `a * b + c`, by the number's own multiply-add where code is fused.
#[inline(always)]
pub(crate) fn mul_add<T: Scalar, C: Code>(a: T, b: T, c: T) -> T {
    if const { C::FUSED } {
        a.kernel_mul_add(b, c)
    } else {
        a * b + c
    }
}

/// Adds the lanes by halves: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
#[inline(always)]
pub(crate) fn tree<T: Scalar>(lanes: Block<T>) -> T {
    T::kernel_tree(lanes)
}

/// [`tree`] of several reductions, the same for any number of them.
#[inline(always)]
pub(crate) fn trees<T: Scalar, C: Code, const R: usize>(lanes: &[Block<T>; R]) -> [T; R] {
    if const { C::LARGE_TILES }
        && let Ok(four) = <&[Block<T>; 4]>::try_from(&lanes[..])
    {
        let four = T::kernel_four_trees(four);
        return std::array::from_fn(|r| four[r]);
    }
    one_by_one(lanes)
}

/// [`trees`] of the reductions number `n` of several rows.
#[inline(always)]
pub(crate) fn trees_of_rows<T: Scalar, C: Code, const R: usize, const N: usize>(
    lanes: &[[Block<T>; N]; R],
    n: usize,
) -> [T; R] {
    let mut of_rows = [[T::ZERO; LANES]; R];
    for r in 0..R {
        of_rows[r] = lanes[r][n];
    }
    trees::<T, C, R>(&of_rows)
}

/// [`tree`] of sixteen reductions side by side: lane l of all of them is `lanes[l]`.
#[inline(always)]
pub(crate) fn tree_of_blocks<T: Scalar>(lanes: &[Block<T>; LANES]) -> Block<T> {
    let mut sums = [T::ZERO; LANES];
    for s in 0..LANES {
        let mut four = [T::ZERO; 4];
        for l in 0..4 {
            four[l] = (lanes[l][s] + lanes[l + 8][s]) + (lanes[l + 4][s] + lanes[l + 12][s]);
        }
        sums[s] = (four[0] + four[2]) + (four[1] + four[3]);
    }
    sums
}

/// The dot products of `R` rows with `x`, all of length `x.len()`.
#[inline(always)]
pub(crate) fn dots<T: Scalar, C: Code, const R: usize>(rows: [&[T]; R], x: &[T]) -> [T; R] {
    let [sums] = dots_with::<T, C, R, 1>(rows, [x]);
    sums
}

/// The dot products of `R` rows with each of `S` vectors, all of length `xs[0].len()`.
///
/// Element j belongs to lane j mod 16, except in a last incomplete block: that one is read so that
/// it ends where the row ends, its first lanes (elements already counted) set to zero. Each result
/// is the same for every `R` and `S`.
#[inline(always)]
pub(crate) fn dots_with<T: Scalar, C: Code, const R: usize, const S: usize>(
    rows: [&[T]; R],
    xs: [&[T]; S],
) -> [[T; R]; S] {
    let mut lanes = [[[T::ZERO; LANES]; R]; S];
    let len = xs[0].len();
    let full = len / LANES;

    let mut x_blocks: [&[Block<T>]; S] = [&[]; S];
    for s in 0..S {
        x_blocks[s] = &xs[s].as_chunks::<LANES>().0[..full];
    }
    let mut row_blocks: [&[Block<T>]; R] = [&[]; R];
    for r in 0..R {
        row_blocks[r] = &rows[r].as_chunks::<LANES>().0[..full];
    }
    for b in 0..full {
        // Keeps lanes in registers, by no instruction.
        std::hint::black_box(());
        for s in 0..S {
            for r in 0..R {
                multiply_lanes::<T, C>(&row_blocks[r][b], &x_blocks[s][b], &mut lanes[s][r]);
            }
        }
    }

    // Only this copy is worked on in other ways; the sums stay in registers.
    let mut lanes = {
        let mut out = [[[T::ZERO; LANES]; R]; S];
        for s in 0..S {
            for r in 0..R {
                out[s][r] = lanes[s][r];
            }
        }
        out
    };
    let tail = len % LANES;
    if tail != 0 {
        for s in 0..S {
            let x_tail = tail_block(&xs[s][..len], tail);
            for r in 0..R {
                let row_tail = tail_block(&rows[r][..len], tail);
                multiply_lanes::<T, C>(&row_tail, &x_tail, &mut lanes[s][r]);
            }
        }
    }

    let mut sums = [[T::ZERO; R]; S];
    for s in 0..S {
        sums[s] = trees::<T, C, R>(&lanes[s]);
    }
    sums
}

/// So many elements need no blocks.
pub(crate) const FEW: usize = 4;

/// The dot product of at most [`FEW`] elements, with the bits of [`dots`], which has them in its last lanes.
///
/// Their number is known to the compiler, so that the lanes stay in registers.
#[inline(always)]
pub(crate) fn dot_of_few<T: Scalar, C: Code, const N: usize>(row: &[T; N], x: &[T; N]) -> T {
    let mut lanes = [T::ZERO; FEW];
    for k in 0..N {
        // Each lane meets the zeros of others, after which it is not −0.
        lanes[FEW - N + k] = mul_add::<T, C>(row[k], x[k], T::ZERO) + T::ZERO;
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}

#[inline(always)]
pub(crate) fn multiply_lanes<T: Scalar, C: Code>(a: &Block<T>, b: &Block<T>, lanes: &mut Block<T>) {
    for l in 0..LANES {
        lanes[l] = mul_add::<T, C>(a[l], b[l], lanes[l]);
    }
}

/// The last `tail` elements (0 < `tail` < 16) in the last lanes, zeros before them.
#[inline(always)]
fn tail_block<T: Scalar>(row: &[T], tail: usize) -> Block<T> {
    let first = LANES - tail;
    let mut block = [T::ZERO; LANES];
    if let Some(&last) = row.last_chunk::<LANES>() {
        // A select, not a product with zero: what is left out may be infinite.
        for l in 0..LANES {
            block[l] = if l >= first { last[l] } else { T::ZERO };
        }
    } else {
        block[first..].copy_from_slice(row);
    }
    block
}
