//! Adding multiples of vectors to rows in place, the inner loop of axpy and of rank-k updates.

use super::lanes::{Block, LANES, mul_add};
use crate::Scalar;

/// What happens to an element besides the sum of products.
pub(crate) trait Decay<T>: Copy {
    fn before<const FMA: bool>(self, a: T) -> T;
    fn after<const FMA: bool>(self, a: T) -> T;
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
    #[inline(always)]
    fn before<const FMA: bool>(self, a: T) -> T {
        a
    }
    #[inline(always)]
    fn after<const FMA: bool>(self, a: T) -> T {
        a
    }
}

impl<T: Scalar> Decay<T> for Scale<T> {
    #[inline(always)]
    fn before<const FMA: bool>(self, a: T) -> T {
        self.0 * a
    }
    #[inline(always)]
    fn after<const FMA: bool>(self, a: T) -> T {
        a
    }
}

impl<T: Scalar> Decay<T> for Unscale<T> {
    #[inline(always)]
    fn before<const FMA: bool>(self, a: T) -> T {
        a
    }
    // The reciprocal's own rounding error would be the same at every step and add up over an
    // unroll, so the quotient gets one correction from its remainder. That is as good as a
    // division and several times faster; it needs a remainder without rounding, hence FMA.
    #[inline(always)]
    fn after<const FMA: bool>(self, a: T) -> T {
        if FMA {
            let quotient = a * self.reciprocal;
            let remainder = mul_add::<T, FMA>(-quotient, self.factor, a);
            mul_add::<T, FMA>(remainder, self.reciprocal, quotient)
        } else {
            a / self.factor
        }
    }
}

/// For each of `R` rows: row ← after(before(row) + Σ_k coefficients[row][k] · vectors[k]), the sum
/// taken in the order of k. All rows and vectors have one length.
#[inline(always)]
pub(crate) fn combine<T, D, const FMA: bool, const R: usize, const K: usize>(
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
    if len < LANES {
        for (row, c) in rows.into_iter().zip(coefficients) {
            for (j, a) in row.iter_mut().enumerate() {
                let mut sum = decay.before::<FMA>(*a);
                for k in 0..K {
                    sum = mul_add::<T, FMA>(c[k], vectors[k][j], sum);
                }
                *a = decay.after::<FMA>(sum);
            }
        }
        return;
    }

    // A last incomplete block is widened to sixteen and overlaps the one before it. Its old values
    // are taken now, so both compute the same bits for the elements they share.
    let tail = len % LANES;
    let mut old_tails = [[T::ZERO; LANES]; R];
    if tail != 0 {
        for r in 0..R {
            old_tails[r] = last_block(rows[r]);
        }
    }

    let full = len / LANES;
    let mut vector_blocks: [&[Block<T>]; K] = [&[]; K];
    for k in 0..K {
        vector_blocks[k] = &vectors[k].as_chunks::<LANES>().0[..full];
    }
    let mut rows = rows;
    {
        let row_blocks = rows
            .each_mut()
            .map(|row| &mut row.as_chunks_mut::<LANES>().0[..full]);
        for b in 0..full {
            for r in 0..R {
                let block = &mut row_blocks[r][b];
                for l in 0..LANES {
                    let mut sum = decay.before::<FMA>(block[l]);
                    for k in 0..K {
                        sum = mul_add::<T, FMA>(coefficients[r][k], vector_blocks[k][b][l], sum);
                    }
                    block[l] = decay.after::<FMA>(sum);
                }
            }
        }
    }

    if tail != 0 {
        for r in 0..R {
            let mut block = old_tails[r];
            for l in 0..LANES {
                block[l] = decay.before::<FMA>(block[l]);
            }
            for k in 0..K {
                let vector = last_block(&vectors[k][..len]);
                for l in 0..LANES {
                    block[l] = mul_add::<T, FMA>(coefficients[r][k], vector[l], block[l]);
                }
            }
            for l in 0..LANES {
                block[l] = decay.after::<FMA>(block[l]);
            }
            rows[r][len - LANES..].copy_from_slice(&block);
        }
    }
}

#[inline(always)]
fn last_block<T: Scalar>(row: &[T]) -> Block<T> {
    let mut block = [T::ZERO; LANES];
    block.copy_from_slice(&row[row.len() - LANES..]);
    block
}
