//! Random streams: one seed, many of them, independent of each other.
//!
//! Every random choice draws from a stream named by (seed, trial, episode, purpose), so an episode
//! can be repeated alone and the order in which threads reach episodes does not matter.

use metaplast_numbers::streams;
use rand::rngs::Xoshiro256PlusPlus;

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Classes and images of a task.
    Task,
    /// Initial forward weights.
    Weights,
    /// Feedback weights.
    Feedback,
    /// Measuring the size of each plasticity term.
    TermSizes,
    /// Which classes are held out.
    HoldOut,
    /// Resampling for intervals.
    Bootstrap,
    /// Settings of the runs of a sweep.
    Sweep,
    /// Noise of a recording.
    Recording,
    /// The noise of weight mirrors.
    Mirror,
    /// The perturbed coefficients of evolution strategies.
    Perturbation,
    /// Which elements of recordings a search looks at.
    Elements,
}

/// The name of an episode, from which everything random in it follows.
///
/// ```
/// use metaplast_meta::seeds::{EpisodeKey, Purpose, stream};
///
/// let key = EpisodeKey::new(1, 0, 7);
/// assert_eq!(key.stream(Purpose::Task), stream(1, 0, 7, Purpose::Task));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpisodeKey {
    /// The run's seed.
    pub seed: u64,
    /// 0-based number of the trial.
    pub trial: u64,
    /// 0-based number of the episode in its trial.
    pub episode: u64,
}

impl EpisodeKey {
    /// This episode of this trial.
    #[must_use]
    pub const fn new(seed: u64, trial: u64, episode: u64) -> Self {
        EpisodeKey {
            seed,
            trial,
            episode,
        }
    }

    /// The episode's stream for one purpose.
    #[must_use]
    pub fn stream(self, purpose: Purpose) -> Xoshiro256PlusPlus {
        stream(self.seed, self.trial, self.episode, purpose)
    }
}

/// The stream for one purpose in one episode of one trial.
#[must_use]
pub fn stream(seed: u64, trial: u64, episode: u64, purpose: Purpose) -> Xoshiro256PlusPlus {
    streams::stream(&[seed, trial, episode, purpose as u64])
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn streams_differ_in_every_part_of_their_name() {
        let first = |seed, trial, episode, purpose| -> u64 {
            stream(seed, trial, episode, purpose).random()
        };
        let base = first(1, 2, 3, Purpose::Task);
        assert_eq!(base, first(1, 2, 3, Purpose::Task));
        for other in [
            first(2, 2, 3, Purpose::Task),
            first(1, 3, 3, Purpose::Task),
            first(1, 2, 4, Purpose::Task),
            first(1, 2, 3, Purpose::Weights),
            first(2, 1, 3, Purpose::Task),
        ] {
            assert_ne!(base, other);
        }
    }
}
