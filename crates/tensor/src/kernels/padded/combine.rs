//! Row combinations of padded rows: [`combine`](crate::kernels::combine::combine) without remainders.

use super::matrix::Aligned;
use crate::Scalar;
use crate::kernels::combine::{Decay, combine_block};
use crate::kernels::dispatch::Code;
use crate::kernels::lanes::LANES;

/// `row_r ← after(before(row_r) + Σ_k c_rk v_kᵀ)` for the rows of a group.
#[inline(always)]
pub(in crate::kernels) fn combine<T, D, C: Code, const R: usize, const K: usize>(
    mut rows: [&mut [Aligned<T>]; R],
    c: [[T; K]; R],
    mut vs: [&[Aligned<T>]; K],
    decay: D,
) where
    T: Scalar,
    D: Decay<T>,
{
    let width = rows.first().map_or(0, |row| row.len());
    for k in 0..K {
        vs[k] = &vs[k][..width];
    }
    for r in 0..R {
        rows[r] = &mut std::mem::take(&mut rows[r])[..width];
    }
    for b in 0..width {
        // Keeps the compiler from vectorising across blocks; see `combine` of plain rows.
        std::hint::black_box(());
        let mut factors = [[T::ZERO; LANES]; K];
        for k in 0..K {
            factors[k] = vs[k][b].0;
        }
        for r in 0..R {
            rows[r][b].0 = combine_block::<T, D, C, K>(rows[r][b].0, &c[r], &factors, decay);
        }
    }
}
