//! Reduction tree: the sum of sixteen lanes, always by halves: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
//!
//! Left to itself the compiler takes the lanes of a register apart one by one. On x86-64 four lanes
//! at a time are named, in registers that every such processor has; the sums are the same.

use super::lanes::{Block, LANES};
use crate::Scalar;
#[cfg(target_arch = "x86_64")]
use crate::kernels::{InstructionSet, dispatch::instruction_set};

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

/// The trees of several sums.
#[inline(always)]
pub(crate) fn one_by_one<T: Scalar, const R: usize>(lanes: &[Block<T>; R]) -> [T; R] {
    let mut sums = [T::ZERO; R];
    for r in 0..R {
        sums[r] = T::kernel_tree(lanes[r]);
    }
    sums
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use one_by_one as four_singles;

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

/// The trees of four sums side by side, with AVX-512: each row's halves are added in a register with those of
/// others, which takes a third of the instructions.
///
/// # Panics
/// When the kernels use another instruction set.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn four_singles(lanes: &[Block<f32>; 4]) -> [f32; 4] {
    use std::arch::x86_64::*;
    assert!(instruction_set() == InstructionSet::Avx512);
    // SAFETY: instruction sets are only used that this machine has, and loads and stores are within arrays.
    unsafe {
        let row = |r: usize| _mm512_loadu_ps(lanes[r].as_ptr());
        // Of rows a and b: [a, b] of eight.
        let eight = |a: __m512, b: __m512| {
            let low = _mm512_shuffle_f32x4::<0b01_00_01_00>(a, b);
            _mm512_add_ps(low, _mm512_shuffle_f32x4::<0b11_10_11_10>(a, b))
        };
        let (ab, cd) = (eight(row(0), row(1)), eight(row(2), row(3)));
        let low = _mm512_shuffle_f32x4::<0b10_00_10_00>(ab, cd);
        let four = _mm512_add_ps(low, _mm512_shuffle_f32x4::<0b11_01_11_01>(ab, cd));
        let two = _mm512_add_ps(four, _mm512_permute_ps::<0b11_10_11_10>(four));
        let one = _mm512_add_ps(two, _mm512_permute_ps::<0b01_01_01_01>(two));
        let places = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        let mut sums = [0.0; 4];
        let all = _mm512_castps512_ps128(_mm512_permutexvar_ps(places, one));
        _mm_storeu_ps(sums.as_mut_ptr(), all);
        sums
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{Block, four_singles, one_by_one};
    use crate::kernels::{InstructionSet, instruction_set};

    #[test]
    fn four_sums_have_the_bits_of_single_ones() {
        if instruction_set() != InstructionSet::Avx512 {
            return;
        }
        for seed in 0..100 {
            let mut lanes: [Block<f32>; 4] = Default::default();
            for (at, lane) in lanes.iter_mut().flatten().enumerate() {
                *lane = ((at * 37 + seed * 101) as f32).sin() * 10_f32.powi((at % 7) as i32 - 3);
            }
            let bits = |sums: [f32; 4]| sums.map(f32::to_bits);
            assert_eq!(bits(four_singles(&lanes)), bits(one_by_one(&lanes)));
        }
    }
}
