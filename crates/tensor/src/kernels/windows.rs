//! Windows of columns: entries of a sparse matrix whose factors are picked from registers.
//!
//! A load for each entry is what a sparse product spends most of its time on. Where a row has several
//! entries among thirty-two neighbouring columns, the vector's thirty-two elements are loaded once and
//! AVX-512 picks sixteen of them by one permutation. A window holds up to four entries of each of sixteen
//! rows; what does not fit is left to loads.

use super::lanes::{Block, LANES};

/// Columns of a window.
pub(crate) const WIDTH: usize = 32;
/// Entries of a row that a window holds.
pub(crate) const SLOTS: usize = 4;

/// Entries of sixteen rows in thirty-two columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window<T> {
    /// The first entries of the rows, the second ones, and so on; zero where there is none.
    pub(crate) values: [Block<T>; SLOTS],
    places: Block<u32>,
}

// Byte k of a row's places is the column of its k-th entry within the window, or this.
const EMPTY: u32 = 0x80;
const COLUMN: u32 = WIDTH as u32 - 1;

impl<T: Copy> Window<T> {
    pub(crate) fn empty(zero: T) -> Self {
        Window {
            values: [[zero; LANES]; SLOTS],
            places: [u32::from_ne_bytes([EMPTY as u8; SLOTS]); LANES],
        }
    }

    /// Puts an entry into a row's first free slot, unless there is none.
    pub(crate) fn put(&mut self, lane: usize, column: usize, value: T) -> bool {
        let places = &mut self.places[lane];
        let free = (0..SLOTS).find(|slot| *places >> (8 * slot) & EMPTY != 0);
        if let Some(slot) = free {
            let cleared = *places & !(0xff << (8 * slot));
            *places = cleared | (column as u32 & COLUMN) << (8 * slot);
            self.values[slot][lane] = value;
        }
        free.is_some()
    }

    /// The entries of a row: columns within the window and values.
    pub(crate) fn row(&self, lane: usize) -> impl Iterator<Item = (usize, T)> {
        let places = self.places[lane];
        let slots = (0..SLOTS).filter(move |slot| places >> (8 * slot) & EMPTY == 0);
        slots.map(move |slot| {
            let column = places >> (8 * slot) & COLUMN;
            (column as usize, self.values[slot][lane])
        })
    }

    pub(crate) fn places(&self) -> &Block<u32> {
        &self.places
    }
}

/// What the places of a window pick from thirty-two numbers, slot by slot; an empty place picks any.
#[inline(always)]
pub(crate) fn pick<T: Copy>(numbers: &[T; WIDTH], places: &Block<u32>) -> [Block<T>; SLOTS] {
    let mut picked = [[numbers[0]; LANES]; SLOTS];
    for slot in 0..SLOTS {
        for l in 0..LANES {
            picked[slot][l] = numbers[(places[l] >> (8 * slot) & COLUMN) as usize];
        }
    }
    picked
}

/// [`pick`] by AVX-512's permutation of two registers, which looks at the lowest five bits of a place.
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512 {
    use std::arch::x86_64::{
        _mm512_loadu_ps, _mm512_loadu_si512, _mm512_permutex2var_ps, _mm512_srli_epi32,
        _mm512_storeu_ps,
    };

    use super::{Block, LANES, SLOTS, WIDTH};

    /// # Safety
    /// The machine has AVX-512 (F).
    #[inline(always)]
    pub(crate) unsafe fn pick(numbers: &[f32; WIDTH], places: &Block<u32>) -> [Block<f32>; SLOTS] {
        let mut picked = [[0.0; LANES]; SLOTS];
        // SAFETY: the loads and stores are of sixteen numbers within arrays of so many or twice as
        // many; the caller knows the machine.
        unsafe {
            let low = _mm512_loadu_ps(numbers.as_ptr());
            let high = _mm512_loadu_ps(numbers.as_ptr().add(LANES));
            let mut places = _mm512_loadu_si512(places.as_ptr().cast());
            for picked in &mut picked {
                let sixteen = _mm512_permutex2var_ps(low, places, high);
                _mm512_storeu_ps(picked.as_mut_ptr(), sixteen);
                places = _mm512_srli_epi32::<8>(places);
            }
        }
        picked
    }
}
