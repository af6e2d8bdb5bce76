//! Row combinations: multiples of vectors added to rows in place, the inner loop of axpy and of
//! rank-k updates, and what an update does to an element besides.

use super::dispatch::Code;
use super::lanes::{Block, LANES, mul_add};
use crate::Scalar;

/// What happens to an element besides the sum of products.
pub(crate) trait Decay<T>: Copy + Send + Sync {
    /// Whether anything happens.
    const CHANGES: bool = true;
    fn before<C: Code>(self, a: T) -> T;
    fn after<C: Code>(self, a: T) -> T;
}

/// Nothing.
#[derive(Clone, Copy)]
pub(crate) struct Keep;

/// Multiplied by a factor before the products are added.
#[derive(Clone, Copy)]
pub(crate) struct Scale<T>(pub(crate) T);

/// Divided by a factor after the products are added.
#[derive(Clone, Copy)]
pub(crate) struct Unscale<T> {
    factor: T,
    reciprocal: T,
}

impl<T: Scalar> Unscale<T> {
    pub(crate) fn new(factor: T) -> Self {
        Self {
            factor,
            reciprocal: T::ONE / factor,
        }
    }
}

impl<T: Scalar> Decay<T> for Keep {
    const CHANGES: bool = false;
    #[inline(always)]
    fn before<C: Code>(self, a: T) -> T {
        a
    }
    #[inline(always)]
    fn after<C: Code>(self, a: T) -> T {
        a
    }
}

impl<T: Scalar> Decay<T> for Scale<T> {
    #[inline(always)]
    fn before<C: Code>(self, a: T) -> T {
        self.0 * a
    }
    #[inline(always)]
    fn after<C: Code>(self, a: T) -> T {
        a
    }
}

impl<T: Scalar> Decay<T> for Unscale<T> {
    #[inline(always)]
    fn before<C: Code>(self, a: T) -> T {
        a
    }
    // The reciprocal's own rounding error would be the same at every step and add up over an
    // unroll, so the quotient gets one correction from its remainder. That is as good as a
    // division and several times faster; it needs a remainder without rounding, hence C.
    #[inline(always)]
    fn after<C: Code>(self, a: T) -> T {
        if const { C::FUSED && T::KERNEL_FUSES } {
            let quotient = a * self.reciprocal;
            let remainder = mul_add::<T, C>(-quotient, self.factor, a);
            mul_add::<T, C>(remainder, self.reciprocal, quotient)
        } else {
            a / self.factor
        }
    }
}

/// For each of `R` rows: row ← after(before(row) + Σ_k coefficients[row][k] · vectors[k]), the sum
/// taken in the order of k. All rows and vectors have one length.
#[inline(always)]
pub(crate) fn combine<T, D, C: Code, const R: usize, const K: usize>(
    rows: [&mut [T]; R],
    coefficients: [[T; K]; R],
    vectors: [&[T]; K],
    decay: D,
) where
    T: Scalar,
    D: Decay<T>,
{
    if R == 0 {
        return;
    }
    let len = rows[0].len();
    if const { !C::UNROLLED } || len < LANES {
        for (row, c) in rows.into_iter().zip(coefficients) {
            for (j, a) in row.iter_mut().enumerate() {
                let mut sum = decay.before::<C>(*a);
                for k in 0..K {
                    sum = mul_add::<T, C>(c[k], vectors[k][j], sum);
                }
                *a = decay.after::<C>(sum);
            }
        }
        return;
    }

    // A last incomplete block is widened to sixteen and overlaps the one before it. Its old values
    // are taken now, so that both compute the same bits for the elements they share.
    let full = len / LANES;
    let has_tail = !len.is_multiple_of(LANES);
    let mut tails = [[T::ZERO; LANES]; R];
    if has_tail {
        let mut factors = [[T::ZERO; LANES]; K];
        for k in 0..K {
            factors[k].copy_from_slice(&vectors[k][len - LANES..len]);
        }
        for r in 0..R {
            tails[r].copy_from_slice(&rows[r][len - LANES..]);
            tails[r] = combine_block::<T, D, C, K>(tails[r], &coefficients[r], &factors, decay);
        }
    }

    let mut rows = rows;
    let mut vector_blocks: [&[Block<T>]; K] = [&[]; K];
    for k in 0..K {
        vector_blocks[k] = &vectors[k].as_chunks().0[..full];
    }
    let mut row_blocks: [&mut [Block<T>]; R] = std::array::from_fn(|_| <&mut [_]>::default());
    for (row_blocks, row) in row_blocks.iter_mut().zip(&mut rows) {
        *row_blocks = &mut row.as_chunks_mut().0[..full];
    }
    for b in 0..full {
        // Lanes become registers by themselves. Without this barrier (no instruction) the compiler
        // at times prefers to vectorise across blocks, with gathers, ten times slower.
        std::hint::black_box(());
        let mut factors = [[T::ZERO; LANES]; K];
        for k in 0..K {
            factors[k] = vector_blocks[k][b];
        }
        for r in 0..R {
            let old = row_blocks[r][b];
            row_blocks[r][b] = combine_block::<T, D, C, K>(old, &coefficients[r], &factors, decay);
        }
    }

    if has_tail {
        for r in 0..R {
            rows[r][len - LANES..].copy_from_slice(&tails[r]);
        }
    }
}

/// Works on copies: the compiler then knows that nothing overlaps, and keeps them in registers.
#[inline(always)]
pub(super) fn combine_block<T: Scalar, D: Decay<T>, C: Code, const K: usize>(
    mut block: Block<T>,
    coefficients: &[T; K],
    factors: &[Block<T>; K],
    decay: D,
) -> Block<T> {
    for l in 0..LANES {
        block[l] = decay.before::<C>(block[l]);
    }
    for k in 0..K {
        for l in 0..LANES {
            block[l] = mul_add::<T, C>(coefficients[k], factors[k][l], block[l]);
        }
    }
    for l in 0..LANES {
        block[l] = decay.after::<C>(block[l]);
    }
    block
}
