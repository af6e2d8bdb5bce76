//! Noise that feedback weights and perturbation rules learn from.

use metaplast_tensor::Scalar;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

/// Random numbers for one online step and one layer, both counted from 0, of an episode with this
/// seed; other steps and layers have others.
#[must_use]
pub fn random(seed: u64, step: u64, layer: usize) -> Xoshiro256PlusPlus {
    // Odd factors keep different pairs apart; the generator mixes the bits.
    let place = step.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (layer as u64 + 1).rotate_right(8);
    Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_add(place))
}

/// ±1, each sign with probability one half.
pub(crate) fn fill_with_signs<T: Scalar>(noise: &mut dyn Rng, into: &mut [T]) {
    for chunk in into.chunks_mut(64) {
        let signs = noise.next_u64();
        for (k, x) in chunk.iter_mut().enumerate() {
            *x = if signs >> k & 1 == 1 { -T::ONE } else { T::ONE };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_is_white() {
        let noise = |step, layer| {
            let mut x = [0.0f64; 5];
            fill_with_signs(&mut random(1, step, layer), &mut x);
            x
        };
        let draws: Vec<[f64; 5]> = (0..4000).map(|step| noise(step, 2)).collect();
        let mean = |get: &dyn Fn(&[f64; 5]) -> f64| draws.iter().map(get).sum::<f64>() / 4000.0;
        for i in 0..5 {
            assert!(mean(&|x| x[i]).abs() < 0.06);
            for j in 0..5 {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((mean(&|x| x[i] * x[j]) - expected).abs() < 0.06);
            }
        }
        let differ = draws.iter().zip(0..);
        let differ = differ.filter(|(draw, step)| **draw != noise(*step, 3));
        assert!(differ.count() > 3700);
    }

    #[test]
    fn a_step_has_the_same_noise_whenever_it_is_made() {
        let (mut a, mut b) = ([0.0f32; 100], [0.0f32; 100]);
        fill_with_signs(&mut random(7, 3, 1), &mut a);
        fill_with_signs(&mut random(7, 3, 1), &mut b);
        assert!(a == b && a.contains(&1.0) && a.contains(&-1.0));
        fill_with_signs(&mut random(7, 4, 1), &mut b);
        assert!(a != b);
    }
}
