//! Draws: every random number of a run, by the step that uses it.
//!
//! A draw depends on the seed and the step alone. So a run that goes on from a saved state needs no
//! state of a generator, and what one part of a run draws does not move what another does.

use std::fmt::Debug;

use metaplast_tensor::Random;

/// The random numbers of the steps of a run. [`Seeded`] makes them; a table of one's own replays
/// recorded ones.
pub trait Draws: Debug + Send + Sync {
    /// The noise of the reservoir's units at a step (counted from 1), uniform in [−1, 1).
    fn reservoir(&self, step: u64, noise: &mut [f64]);

    /// The exploration of the outputs at a step, uniform in [−1, 1).
    fn exploration(&self, step: u64, noise: &mut [f64]);

    /// What stands for the error at a step of a period whose reward is noise, uniform in [0, 1).
    fn reward(&self, step: u64) -> f64;
}

/// Draws made from a seed.
///
/// ```
/// use metaplast_reservoir::{Draws, Seeded};
///
/// let (mut first, mut again) = ([0.0; 3], [0.0; 3]);
/// Seeded::new(1).exploration(7, &mut first);
/// Seeded::new(1).exploration(7, &mut again);
/// assert_eq!(first, again);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeded {
    seed: u64,
}

impl Seeded {
    /// Draws of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Seeded { seed }
    }
}

impl Draws for Seeded {
    fn reservoir(&self, step: u64, noise: &mut [f64]) {
        symmetric(key(self.seed, Purpose::Reservoir, step), noise);
    }

    fn exploration(&self, step: u64, noise: &mut [f64]) {
        symmetric(key(self.seed, Purpose::Exploration, step), noise);
    }

    fn reward(&self, step: u64) -> f64 {
        stream(self.seed, Purpose::Reward, step).uniform()
    }
}

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Connections,
    Feedback,
    Start,
    Reservoir,
    Exploration,
    Reward,
}

/// A number for one purpose of one step of one seed, unrelated to all others.
pub(crate) fn key(seed: u64, purpose: Purpose, step: u64) -> u64 {
    let key = Random::new(seed).next_u64();
    let key = Random::new(key ^ (purpose as u64 + 1)).next_u64();
    Random::new(key ^ step).next_u64()
}

/// The generator of that key.
pub(crate) fn stream(seed: u64, purpose: Purpose, step: u64) -> Random {
    Random::new(key(seed, purpose, step))
}

/// Fills with numbers uniform in [−1, 1), multiples of 2⁻⁵¹, by SplitMix64 (Steele, Lea & Flood, OOPSLA
/// 2014) from the state `key` on. Its numbers do not wait for one another as those of generators with a
/// larger state do, and a step of learning takes a thousand.
pub(crate) fn symmetric(key: u64, numbers: &mut [f64]) {
    let mut state = key;
    for number in numbers {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bits = bits ^ (bits >> 31);
        // The highest bits as a fraction, behind the exponent of 2: a number in [2, 4).
        *number = f64::from_bits(0x4000_0000_0000_0000 | bits >> 12) - 3.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symmetric_numbers_are_uniform_and_of_their_own_step() {
        let mut all = Vec::new();
        for step in 1..=100 {
            let mut numbers = [0.0; 100];
            symmetric(key(3, Purpose::Reservoir, step), &mut numbers);
            all.extend(numbers);
        }
        assert!(all.iter().all(|x| (-1.0..1.0).contains(x)));
        // Means of 10,000 numbers: deviations are below five standard ones.
        let mean = |f: fn(f64, f64) -> f64, apart: usize| {
            let pairs = all.iter().zip(all.iter().skip(apart));
            pairs.map(|(&x, &y)| f(x, y)).sum::<f64>() / all.len() as f64
        };
        assert!(mean(|x, _| x, 0).abs() < 5.0 * 0.0058);
        assert!((mean(|x, _| x * x, 0) - 1.0 / 3.0).abs() < 5.0 * 0.003);
        for apart in [1, 2, 100, 200] {
            assert!(mean(|x, y| x * y, apart).abs() < 5.0 * 0.0034, "{apart}");
        }
    }
}
