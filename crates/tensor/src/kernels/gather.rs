//! Gathers: sixteen elements of a vector by their places.

use super::lanes::{Block, LANES};

/// `x` at sixteen places, one load each.
///
/// # Safety
/// Every place is below the length of `x`.
#[inline(always)]
pub(crate) unsafe fn one_by_one<T: Copy + Default>(x: &[T], places: &Block<u16>) -> Block<T> {
    let mut block = [T::default(); LANES];
    for l in 0..LANES {
        // SAFETY: the caller's.
        block[l] = unsafe { *x.get_unchecked(places[l] as usize) };
    }
    block
}

/// `x` at sixteen places, by the gather instructions of AVX-512, which take two thirds of the time.
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512 {
    use std::arch::x86_64::{
        _mm_loadu_si128, _mm256_cvtepu16_epi32, _mm256_loadu_si256, _mm512_cvtepu16_epi32,
        _mm512_i32gather_pd, _mm512_i32gather_ps, _mm512_storeu_pd, _mm512_storeu_ps,
    };

    use super::{Block, LANES};

    /// # Safety
    /// The machine has AVX-512 (F, VL, BW); every place is below the length of `x`.
    #[inline(always)]
    pub(crate) unsafe fn doubles(x: &[f64], places: &Block<u16>) -> Block<f64> {
        let mut block = [0.0; LANES];
        for half in 0..2 {
            // SAFETY: the loads and stores are of eight numbers within arrays of sixteen, and the
            // gather reads within `x` by the caller's word; the caller knows the machine, too.
            unsafe {
                let eight = _mm_loadu_si128(places.as_ptr().add(8 * half).cast());
                let values = _mm512_i32gather_pd::<8>(_mm256_cvtepu16_epi32(eight), x.as_ptr());
                _mm512_storeu_pd(block.as_mut_ptr().add(8 * half), values);
            }
        }
        block
    }

    /// # Safety
    /// The machine has AVX-512 (F, VL, BW); every place is below the length of `x`.
    #[inline(always)]
    pub(crate) unsafe fn singles(x: &[f32], places: &Block<u16>) -> Block<f32> {
        let mut block = [0.0; LANES];
        // SAFETY: the load and the store are of arrays of sixteen, and the gather reads within `x`
        // by the caller's word; the caller knows the machine, too.
        unsafe {
            let sixteen = _mm256_loadu_si256(places.as_ptr().cast());
            let values = _mm512_i32gather_ps::<4>(_mm512_cvtepu16_epi32(sixteen), x.as_ptr());
            _mm512_storeu_ps(block.as_mut_ptr(), values);
        }
        block
    }
}
