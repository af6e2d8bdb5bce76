//! Portable draws: integers from the generator, floats by exact arithmetic.

use rand::Rng;

pub use metaplast_numbers::uniform_index;

/// Moves `k` uniformly drawn items, in random order, to the front (Fisher and Yates).
pub(crate) fn draw_to_front<R: Rng + ?Sized, T>(rng: &mut R, items: &mut [T], k: usize) {
    for i in 0..k {
        let j = i + uniform_index(rng, items.len() - i);
        items.swap(i, j);
    }
}

/// Scrambles a 64-bit number (the finaliser of SplitMix64): near seeds end far apart.
pub(crate) fn scramble(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Uniform in [0, 1), a multiple of 2^-24.
pub(crate) fn unit<R: Rng + ?Sized>(rng: &mut R) -> f32 {
    (rng.next_u64() >> 40) as f32 / (1u32 << 24) as f32
}

/// Uniform in [`low`, `high`).
pub(crate) fn between<R: Rng + ?Sized>(rng: &mut R, low: f32, high: f32) -> f32 {
    low + (high - low) * unit(rng)
}

/// Bell-shaped with mean 0 and variance 1, within ±3.47.
///
/// The sum of four 16-bit uniforms: cheap, exact, and without outliers.
pub(crate) fn bell<R: Rng + ?Sized>(rng: &mut R) -> f32 {
    let bits = rng.next_u64();
    let sum: u64 = (0..4).map(|i| (bits >> (16 * i)) & 0xffff).sum();
    // Variance of one 16-bit uniform is (2^32 - 1) / 12.
    const SCALE: f32 = 1.732_050_8 / 65_536.0;
    (sum as f32 - 2.0 * 65_535.0) * SCALE
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

    #[test]
    fn bell_has_mean_zero_and_variance_one() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let draws: Vec<f64> = (0..100_000).map(|_| f64::from(bell(&mut rng))).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(
            mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02,
            "{mean} {variance}"
        );
        assert!(draws.iter().all(|x| x.abs() < 3.47));
    }

    #[test]
    fn draws_stay_in_range_and_keep_all_items() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        assert!((0..1000).all(|_| uniform_index(&mut rng, 3) < 3));
        assert!((0..1000).all(|_| (2.0..4.0).contains(&between(&mut rng, 2.0, 4.0))));
        let mut items: Vec<u32> = (0..10).collect();
        draw_to_front(&mut rng, &mut items, 10);
        items.sort_unstable();
        assert_eq!(items, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn streams_are_the_same_everywhere() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let drawn: Vec<usize> = (0..5).map(|_| uniform_index(&mut rng, 1000)).collect();
        assert_eq!(scramble(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(drawn, [51, 647, 867, 844, 626]);
    }
}
