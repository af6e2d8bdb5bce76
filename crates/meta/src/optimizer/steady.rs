//! Adam with a steadier hand, for pools of terms of very different size.
//!
//! Plain Adam moves every θ_r by about its rate per step, whatever the term. The terms of the pool
//! differ a thousandfold in size, so that one such step changes the weights hardly or beyond
//! repair: with all ten terms plain Adam soon reaches a θ at which episodes explode. This
//! meta-optimiser keeps Adam's moments and changes four things:
//!
//! 1. The rate of θ_r is divided by the size of its term relative to the pseudo-gradient, where
//!    that is above one ([`crate::term_sizes`]).
//! 2. Each coordinate of the meta-gradient is clipped at [`CLIP`] times its running median
//!    magnitude: one episode near an instability must not decide the direction for a hundred others.
//! 3. When the trainer steps θ back, the direction is forgotten and all rates are halved; every
//!    step after that which goes well raises them again by [`RECOVERY`].
//! 4. The second moment forgets faster (β₂ = 0.99), since the meta-gradient's size changes by
//!    orders of magnitude while the rule grows.

use std::collections::VecDeque;

use super::MetaOptimizer;
use super::adam::Adam;

/// A coordinate of the gradient counts at most as this many times its running median magnitude.
pub const CLIP: f64 = 3.0;
/// Number of past gradients over which the median runs.
pub const MEDIAN_WINDOW: usize = 25;
/// Factor on all rates when θ is stepped back.
pub const SETBACK: f64 = 0.5;
/// Factor on all rates, up to their full value, after a step that went well.
pub const RECOVERY: f64 = 1.05;

/// See the [module docs](self).
#[derive(Clone, Debug)]
pub struct Steady {
    adam: Adam,
    /// Largest rate of each coordinate, relative to Adam's.
    scales: Vec<f64>,
    /// Present factor on all rates, at most 1.
    caution: f64,
    magnitudes: Vec<VecDeque<f64>>,
}

impl Steady {
    /// With Adam's rate `rate` and one term size per coordinate, 1 for the pseudo-gradient's.
    ///
    /// # Panics
    /// When a size is negative or not a number.
    pub fn new(rate: f64, term_sizes: &[f64]) -> Self {
        assert!(
            term_sizes.iter().all(|&size| size >= 0.0),
            "steady: term sizes {term_sizes:?}"
        );
        let mut adam = Adam::new(rate);
        adam.second_decay = 0.99;
        Steady {
            adam,
            scales: term_sizes
                .iter()
                .map(|&size| (1.0 / size).min(1.0))
                .collect(),
            caution: 1.0,
            magnitudes: vec![VecDeque::new(); term_sizes.len()],
        }
    }

    fn clip(&mut self, gradient: &[f64]) -> Vec<f64> {
        let clipped = gradient.iter().zip(&mut self.magnitudes).map(|(&g, past)| {
            past.push_back(g.abs());
            if past.len() > MEDIAN_WINDOW {
                past.pop_front();
            }
            let limit = CLIP * median(past);
            g.clamp(-limit, limit)
        });
        clipped.collect()
    }
}

fn median(values: &VecDeque<f64>) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

impl MetaOptimizer for Steady {
    fn step(&mut self, theta: &mut [f64], gradient: &[f64]) {
        let gradient = self.clip(gradient);
        let before = theta.to_vec();
        self.adam.step(theta, &gradient);
        for (r, theta) in theta.iter_mut().enumerate() {
            *theta = before[r] + self.caution * self.scales[r] * (*theta - before[r]);
        }
        self.caution = (self.caution * RECOVERY).min(1.0);
    }

    fn stepped_back(&mut self) {
        self.adam.stepped_back();
        self.caution *= SETBACK;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_terms_take_smaller_steps() {
        let mut theta = [0.0, 0.0, 0.0];
        Steady::new(1e-3, &[1.0, 10.0, 0.1]).step(&mut theta, &[1.0, 1.0, 1.0]);
        assert!((theta[0] + 1e-3).abs() < 1e-9);
        assert!((theta[1] + 1e-4).abs() < 1e-9);
        assert!((theta[2] + 1e-3).abs() < 1e-9);
    }

    #[test]
    fn one_wild_gradient_does_not_decide() {
        let mut tame = Steady::new(1e-3, &[1.0]);
        let mut theta = [0.0];
        for _ in 0..30 {
            tame.step(&mut theta, &[1.0]);
        }
        let before = theta[0];
        tame.step(&mut theta, &[-1e9]);
        assert!(theta[0] < before + 1e-3, "{} {}", theta[0], before);
        assert!((theta[0] - before).abs() < 2e-3);
    }

    #[test]
    fn rates_recover_after_a_setback() {
        let mut steady = Steady::new(1e-3, &[1.0]);
        steady.stepped_back();
        let mut theta = [0.0];
        steady.step(&mut theta, &[1.0]);
        assert!((theta[0] + 0.5e-3).abs() < 1e-9);
        for _ in 0..100 {
            steady.step(&mut theta, &[1.0]);
        }
        assert_eq!(steady.caution, 1.0);
    }
}
