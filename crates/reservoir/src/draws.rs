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
        symmetric(&mut stream(self.seed, Purpose::Reservoir, step), noise);
    }

    fn exploration(&self, step: u64, noise: &mut [f64]) {
        symmetric(&mut stream(self.seed, Purpose::Exploration, step), noise);
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

/// The generator for one purpose of one step of one seed, unrelated to all others.
pub(crate) fn stream(seed: u64, purpose: Purpose, step: u64) -> Random {
    let mut key = Random::new(seed).next_u64();
    key = Random::new(key ^ (purpose as u64 + 1)).next_u64();
    Random::new(key ^ step)
}

/// Fills with numbers uniform in [−1, 1).
pub(crate) fn symmetric(random: &mut Random, numbers: &mut [f64]) {
    for number in numbers {
        *number = 2.0 * random.uniform() - 1.0;
    }
}
