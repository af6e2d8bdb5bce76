//! What came out of a run.

use metaplast_numbers::Estimate;

use crate::estimate::{LAST, Noise, over_last};
use crate::run::{Episode, Run};

/// Means over the last episodes of each trial, and then over the trials.
///
/// Intervals are over the trials; those of a single trial over its episodes, where these are
/// independent of each other. What diverged does not count in losses and angles.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// Query accuracy, 0 to 1.
    pub accuracy: Option<Estimate>,
    /// Query cross-entropy in nats.
    pub cross_entropy: Option<Estimate>,
    /// `α_1..α_(L−1)` in degrees.
    pub angles: Vec<Option<Estimate>>,
    /// The coefficients at the end, in the order of the run's terms.
    pub theta: Vec<Option<Estimate>>,
}

/// Over how many last episodes results are: no more than 100, nor than a quarter of the shortest
/// run, because the beginning of a run says nothing of its end.
pub fn last_of(runs: &[Run]) -> usize {
    let shortest = runs.iter().map(Run::episodes).min().unwrap_or(0);
    LAST.min((shortest / 4).max(1))
}

impl Run {
    /// The result over so many last episodes.
    pub fn result(&self, last: usize) -> RunResult {
        let over = |get: &dyn Fn(&Episode) -> f64| over_last(self, last, Noise::Episodes, get);
        let unless_diverged = |e: &Episode, x: f64| if e.diverged { f64::NAN } else { x };
        let first = self.trials.iter().find_map(|trial| trial.episodes.first());
        let layers = first.map_or(0, |episode| episode.angles.len());
        let angle =
            |l: usize| over(&|e| unless_diverged(e, e.angles.get(l).copied().unwrap_or(f64::NAN)));
        let theta = |place: usize| {
            let of_trial = |theta: &Vec<f64>| theta.get(place).copied().unwrap_or(f64::NAN);
            let values = self.trials.iter().map(|trial| of_trial(&trial.theta));
            Estimate::of(&values.collect::<Vec<f64>>(), place as u64)
        };
        RunResult {
            accuracy: over(&|e| e.accuracy),
            cross_entropy: over(&|e| unless_diverged(e, e.cross_entropy)),
            angles: (0..layers).map(angle).collect(),
            theta: (0..self.terms.len()).map(theta).collect(),
        }
    }
}
