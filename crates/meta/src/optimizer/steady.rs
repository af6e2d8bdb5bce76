//! Steady: Adam with more care, for pools of terms of very different size.
//!
//! Plain Adam moves every θ_r by about its rate per step, whatever the term. The ten terms of the
//! pool differ a thousandfold in size, so the same step changes the weights hardly or beyond repair:
//! with all ten, plain Adam soon reaches a θ at which episodes diverge. This meta-optimiser keeps
//! Adam's moments and adds:
//!
//! 1. **Like steps for like effects.** The rate of θ_r is multiplied by
//!    `min(1, median|g_0| / median|g_r|)`, with the running medians of the meta-gradient's
//!    magnitudes, so that no coefficient's step promises a larger change of the loss than the
//!    first one's (the pseudo-gradient's, in every preset).
//! 2. **A warm-up that starts from the first term.** In the first [`WARM_UP`] steps, while those
//!    medians still find their level, the rate of every other θ_r grows linearly from nothing and
//!    is divided by its term's size relative to the pseudo-gradient where that is above one
//!    ([`term_sizes`](crate::train::term_sizes)). The rule learns to learn before it learns subtleties; signs of
//!    gradients of a network that learns nothing yet are no guide.
//! 3. **Clipping.** Each coordinate of the meta-gradient counts at most as [`CLIP`] times its
//!    running median magnitude: one episode near an instability must not decide the direction
//!    for a hundred others. The second moment forgets faster (β₂ = 0.99), since the gradient's size
//!    changes by orders of magnitude while the rule grows.
//! 4. **Caution.** All rates are multiplied by a factor that is halved whenever an episode diverges
//!    or a stretch is taken back, and grows by [`RECOVERY`] with every step, up to 1.
//! 5. **A ratchet.** The best stretch of episodes is remembered; from a clearly worse one θ goes
//!    back to it ([`super::ratchet`]). This catches the slow drift into rules that are chaotic
//!    without diverging, which no look at single episodes shows.

use super::adam::Adam;
use super::meta_optimizer::MetaOptimizer;
use super::ratchet::Ratchet;
use super::state::{OptimizerState, UnfitOptimizer};
use crate::running_median::RunningMedian;

/// A coordinate of the gradient counts at most as this many times its running median magnitude.
pub const CLIP: f64 = 3.0;
/// Number of past gradients over which medians run.
pub const MEDIAN_WINDOW: usize = 25;
/// Steps until all rates have their full size.
pub const WARM_UP: u32 = 50;
/// Factor on all rates at the least.
pub const LEAST_CAUTION: f64 = 0.05;
/// Factor on the caution after each step.
pub const RECOVERY: f64 = 1.03;
/// Factor on the caution when θ went back.
pub const SETBACK: f64 = 0.5;

/// See the [module docs](self).
#[derive(Clone, Debug)]
pub struct Steady {
    adam: Adam,
    term_sizes: Vec<f64>,
    /// Running median magnitude of each coordinate of the gradient.
    magnitudes: Vec<RunningMedian>,
    caution: f64,
    steps: u32,
    ratchet: Ratchet,
}

impl Steady {
    /// With Adam's rate `rate` and one term size per coordinate, 1 for the pseudo-gradient's.
    ///
    /// # Panics
    /// When a size is negative or not a number, or the rate is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(rate: f64, term_sizes: &[f64]) -> Self {
        assert!(
            term_sizes.iter().all(|&size| size >= 0.0),
            "steady: term sizes {term_sizes:?}"
        );
        Steady {
            adam: Adam::new(rate).with_betas(0.9, 0.99),
            term_sizes: term_sizes.to_vec(),
            magnitudes: vec![RunningMedian::new(MEDIAN_WINDOW); term_sizes.len()],
            caution: 1.0,
            steps: 0,
            ratchet: Ratchet::new(),
        }
    }

    /// The running median magnitude of each coordinate.
    fn medians(&self) -> Vec<f64> {
        let median = |m: &RunningMedian| m.get().unwrap_or(0.0);
        self.magnitudes.iter().map(median).collect()
    }

    /// The factor on each coordinate's step.
    fn factors(&self, medians: &[f64]) -> Vec<f64> {
        let factor = |r: usize| {
            // A coordinate without gradient has no step either, whatever its factor: `min` makes the
            // NaN of 0 / 0 a 1.
            let like_the_first = (medians[0] / medians[r]).min(1.0);
            if r == 0 || self.steps >= WARM_UP {
                return like_the_first;
            }
            let warmth = f64::from(self.steps + 1) / f64::from(WARM_UP);
            warmth * like_the_first.min(1.0 / self.term_sizes[r])
        };
        (0..medians.len())
            .map(|r| self.caution * factor(r))
            .collect()
    }

    /// Takes note of an episode and, where the ratchet says so, moves `theta` back.
    fn went_back(&mut self, theta: &mut [f64], loss: Option<f64>) -> bool {
        let Some(place) = self.ratchet.episode(theta, loss) else {
            return false;
        };
        theta.copy_from_slice(&place);
        self.set_back();
        true
    }

    fn set_back(&mut self) {
        self.adam.forget_direction();
        self.caution = (self.caution * SETBACK).max(LEAST_CAUTION);
    }
}

impl MetaOptimizer for Steady {
    fn step(&mut self, theta: &mut [f64], loss: f64, gradient: &[f64]) -> Vec<f64> {
        if self.went_back(theta, Some(loss)) {
            return vec![0.0; theta.len()];
        }
        for (magnitude, g) in self.magnitudes.iter_mut().zip(gradient) {
            magnitude.push(g.abs());
        }
        let medians = self.medians();
        let factors = self.factors(&medians);
        let limits = medians.iter().map(|median| CLIP * median);
        let clipped: Vec<f64> = gradient
            .iter()
            .zip(limits)
            .map(|(g, limit)| g.clamp(-limit, limit))
            .collect();
        let before = theta.to_vec();
        let mut rates = self.adam.step(theta, loss, &clipped);
        for ((theta, before), factor) in theta.iter_mut().zip(before).zip(&factors) {
            *theta = before + factor * (*theta - before);
        }
        for (rate, factor) in rates.iter_mut().zip(factors) {
            *rate *= factor;
        }
        self.steps += 1;
        self.caution = (self.caution * RECOVERY).min(1.0);
        rates
    }

    fn stepped_back(&mut self, theta: &mut [f64]) {
        self.set_back();
        self.went_back(theta, None);
    }

    fn save(&self) -> OptimizerState {
        let magnitudes = self.magnitudes.iter().map(|median| {
            OptimizerState::new()
                .with("window", median.window() as u64)
                .with("latest", median.latest())
        });
        OptimizerState::new()
            .with("adam", self.adam.save())
            .with("term_sizes", self.term_sizes.clone())
            .with("magnitudes", magnitudes.collect::<Vec<_>>())
            .with("caution", self.caution)
            .with("steps", u64::from(self.steps))
            .with("ratchet", self.ratchet.save())
    }

    fn restore(
        &mut self,
        state: &OptimizerState,
        coefficients: usize,
    ) -> Result<(), UnfitOptimizer> {
        let unfit = |name: &str| UnfitOptimizer(name.to_owned());
        let magnitude = |part: &OptimizerState| {
            let latest = part.some_numbers("latest", |n| n <= MEDIAN_WINDOW)?;
            if part.count("window")? != MEDIAN_WINDOW as u64 {
                return Err(unfit("window"));
            }
            Ok(RunningMedian::of(MEDIAN_WINDOW, latest))
        };
        let parts = state.parts("magnitudes")?;
        if parts.len() != coefficients {
            return Err(unfit("magnitudes"));
        }
        let mut adam = self.adam.clone();
        adam.restore(state.part("adam")?, coefficients)?;
        *self = Steady {
            adam,
            term_sizes: state.numbers("term_sizes", coefficients)?,
            magnitudes: parts.iter().map(magnitude).collect::<Result<_, _>>()?,
            caution: state.number("caution")?,
            steps: u32::try_from(state.count("steps")?).map_err(|_| unfit("steps"))?,
            ratchet: Ratchet::restore(state.part("ratchet")?, coefficients)?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Past its warm-up.
    fn warm(sizes: &[f64]) -> Steady {
        let mut steady = Steady::new(1e-3, sizes);
        steady.steps = WARM_UP;
        steady
    }

    #[test]
    fn the_first_coordinate_leads_and_large_terms_follow_slowly() {
        let mut theta = [0.0, 0.0, 0.0];
        let mut steady = Steady::new(1e-3, &[1.0, 10.0, 0.1]);
        steady.step(&mut theta, 1.0, &[1.0, 1.0, 1.0]);
        let warmth = 1.0 / f64::from(WARM_UP);
        assert!((theta[0] + 1e-3).abs() < 1e-9);
        assert!((theta[1] + 1e-4 * warmth).abs() < 1e-9);
        assert!((theta[2] + 1e-3 * warmth).abs() < 1e-9);
    }

    #[test]
    fn steep_coordinates_take_smaller_steps() {
        let mut theta = [0.0, 0.0, 0.0];
        warm(&[1.0, 1.0, 10.0]).step(&mut theta, 1.0, &[1.0, 100.0, 1.0]);
        assert!((theta[1] + 1e-5).abs() < 1e-9, "{theta:?}");
        assert!((theta[2] + 1e-3).abs() < 1e-9, "{theta:?}");
    }

    #[test]
    fn one_wild_gradient_does_not_decide() {
        let mut steady = warm(&[1.0]);
        let mut theta = [0.0];
        for _ in 0..15 {
            steady.step(&mut theta, 1.0, &[1.0]);
        }
        let before = theta[0];
        steady.step(&mut theta, 1.0, &[-1e9]);
        assert!((theta[0] - before).abs() < 1e-3);
    }

    #[test]
    fn rates_are_set_back_and_recover() {
        let mut steady = warm(&[1.0]);
        let mut theta = [0.0];
        steady.stepped_back(&mut theta);
        assert_eq!(steady.caution, SETBACK);
        steady.step(&mut theta, 1.0, &[1.0]);
        assert!((theta[0] + SETBACK * 1e-3).abs() < 1e-9);
        for _ in 0..100 {
            steady.step(&mut theta, 1.0, &[1.0]);
        }
        assert_eq!(steady.caution, 1.0);
        for _ in 0..20 {
            steady.stepped_back(&mut theta);
        }
        assert_eq!(steady.caution, LEAST_CAUTION);
    }
}
