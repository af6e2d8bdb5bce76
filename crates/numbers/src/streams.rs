//! Random streams: one seed, many of them, independent of each other.
//!
//! A stream is named by numbers, such as (seed, trial, purpose). So a trial can be repeated alone, and
//! the order in which threads reach trials does not matter.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

/// The stream of this name.
///
/// ```
/// use metaplast_numbers::streams::stream;
///
/// assert_eq!(stream(&[1, 0, 7]), stream(&[1, 0, 7]));
/// assert_ne!(stream(&[1, 0, 7]), stream(&[1, 7, 0]));
/// ```
#[must_use]
pub fn stream(name: &[u64]) -> Xoshiro256PlusPlus {
    let key = name.iter().fold(0, |key, part| splitmix(key ^ part));
    let mut bytes = [0; 32];
    for (k, chunk) in bytes.chunks_exact_mut(8).enumerate() {
        chunk.copy_from_slice(&splitmix(key.wrapping_add(k as u64)).to_le_bytes());
    }
    Xoshiro256PlusPlus::from_seed(bytes)
}

/// The seed of this name, for a generator that takes 64 bits.
#[must_use]
pub fn seed(name: &[u64]) -> u64 {
    stream(name).next_u64()
}

/// A uniform index below `n`, from one 64-bit draw: the same on every platform.
///
/// It multiplies and shifts (Lemire 2019) without rejection; the bias is below `n` / 2^64.
///
/// ```
/// use metaplast_numbers::uniform_index;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// assert!((0..100).all(|_| uniform_index(&mut rng, 6) < 6));
/// ```
///
/// # Panics
/// When `n` is 0.
#[track_caller]
pub fn uniform_index<R: Rng + ?Sized>(rng: &mut R, n: usize) -> usize {
    assert!(n > 0, "uniform_index: there is no index below 0");
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

/// SplitMix64's output function after one step of its counter.
fn splitmix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn streams_differ_in_every_part_of_their_name() {
        let first = |name: &[u64]| -> u64 { stream(name).random() };
        let base = first(&[1, 2, 3]);
        for other in [[2, 2, 3], [1, 3, 3], [1, 2, 4], [2, 1, 3]] {
            assert_ne!(base, first(&other));
        }
    }
}
