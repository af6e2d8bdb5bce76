//! Noise for weight mirrors.

use metaplast_tensor::Scalar;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

/// The rate η of [`Network::mirror`](crate::Network::mirror): feedback weights are a running mean over
/// about the last 1/η noise vectors. Higher follows sooner, lower more closely.
pub const MIRROR_RATE: f64 = 0.01;

/// Where the noise of a [weight mirror](crate::Feedback::WeightMirror) comes from: vectors of ±1, each
/// sign with probability one half, independent in every element, layer and step.
///
/// They follow from the seed, the step and the layer alone, so that a step can be repeated.
///
/// ```
/// use metaplast_plasticity::MirrorNoise;
///
/// let noise = MirrorNoise::new(7);
/// let (mut a, mut b) = ([0.0f32; 100], [0.0f32; 100]);
/// noise.fill(3, 1, &mut a);
/// noise.fill(3, 1, &mut b);
/// assert!(a == b && a.contains(&1.0) && a.contains(&-1.0));
/// noise.fill(4, 1, &mut b);
/// assert!(a != b);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorNoise {
    seed: u64,
}

impl MirrorNoise {
    /// All the noise of one seed.
    pub const fn new(seed: u64) -> Self {
        MirrorNoise { seed }
    }

    /// The noise of one step before layer `layer`, which counts from 0.
    pub fn fill<T: Scalar>(&self, step: u64, layer: usize, into: &mut [T]) {
        // Odd factors keep different pairs apart; the generator mixes the bits.
        let place = step.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (layer as u64 + 1).rotate_right(8);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed.wrapping_add(place));
        for chunk in into.chunks_mut(64) {
            let signs = rng.next_u64();
            for (k, x) in chunk.iter_mut().enumerate() {
                *x = if signs >> k & 1 == 1 { -T::ONE } else { T::ONE };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_is_white() {
        let noise = MirrorNoise::new(1);
        let draws: Vec<[f64; 5]> = (0..4000)
            .map(|step| {
                let mut x = [0.0; 5];
                noise.fill(step, 2, &mut x);
                x
            })
            .collect();
        let mean = |get: &dyn Fn(&[f64; 5]) -> f64| draws.iter().map(get).sum::<f64>() / 4000.0;
        for i in 0..5 {
            assert!(mean(&|x| x[i]).abs() < 0.06);
            for j in 0..5 {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((mean(&|x| x[i] * x[j]) - expected).abs() < 0.06);
            }
        }
        let mut other = [0.0; 5];
        let differ = draws.iter().zip(0..).filter(|(draw, step)| {
            noise.fill(*step, 3, &mut other);
            **draw != other
        });
        assert!(differ.count() > 3700);
    }
}
