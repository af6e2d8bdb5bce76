//! Reduction tree: the sum of sixteen lanes, always by halves: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
//!
//! Left to itself the compiler takes the lanes of a register apart one by one. On x86-64 four lanes
//! at a time are named, in registers that every such processor has; the sums are the same.

use super::lanes::{Block, LANES};
use crate::Scalar;

/// The tree in the language's own terms.
#[inline(always)]
pub(crate) fn portable<T: Scalar>(lanes: Block<T>) -> T {
    let mut eight = [T::ZERO; LANES / 2];
    for l in 0..8 {
        eight[l] = lanes[l] + lanes[l + 8];
    }
    let mut four = [T::ZERO; LANES / 4];
    for l in 0..4 {
        four[l] = eight[l] + eight[l + 4];
    }
    (four[0] + four[2]) + (four[1] + four[3])
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable as single;

/// The tree of `f32`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn single(lanes: Block<f32>) -> f32 {
    use std::arch::x86_64::*;
    // SAFETY: only SSE, which is part of x86-64.
    unsafe {
        let four = |l: usize| _mm_setr_ps(lanes[l], lanes[l + 1], lanes[l + 2], lanes[l + 3]);
        let low = _mm_add_ps(four(0), four(8));
        let high = _mm_add_ps(four(4), four(12));
        let four = _mm_add_ps(low, high);
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        let one = _mm_add_ss(two, _mm_shuffle_ps::<1>(two, two));
        _mm_cvtss_f32(one)
    }
}
