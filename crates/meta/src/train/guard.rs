//! Guard: keeps one diverging episode from ruining a run.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::query_loss::QueryLoss;
use crate::running_median::RunningMedian;

/// Good episodes over which the median runs.
const RECENT: usize = 25;
/// Good θ that are remembered.
const PATH: usize = 64;

/// Judges episodes and remembers where they went well.
///
/// An episode has *diverged* when its query loss, its gradient or θ is not finite, or when its
/// query cross-entropy exceeds a limit relative to ln n of an untrained network with n outputs:
///
/// ```text
/// limit = min(1.1 ln n, recent + 0.5 ln n)
/// ```
///
/// where `recent` is the median cross-entropy of the last 25 episodes that went well, once there
/// are that many. The first part says worse than knowing nothing; the second, that the rule has
/// just forgotten what it could.
///
/// After a diverged episode θ goes back along the path of those θ at which episodes went well: one
/// place for the first diverged episode, and one more for each that follows without a good one
/// between, so that a run does not circle around a θ at the edge.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    untrained: f64,
    recent: RunningMedian,
    /// Lengths of the gradients of the latest good episodes.
    lengths: RunningMedian,
    path: VecDeque<Vec<f64>>,
    in_a_row: u32,
    diverged: u64,
}

impl Guard {
    /// For a network with this many outputs, before its first episode at `theta`.
    #[must_use]
    pub fn new(outputs: usize, theta: &[f64]) -> Self {
        Guard {
            untrained: (outputs as f64).ln(),
            recent: RunningMedian::new(RECENT),
            lengths: RunningMedian::new(RECENT),
            path: VecDeque::from([theta.to_vec()]),
            in_a_row: 0,
            diverged: 0,
        }
    }

    /// The same for episodes that are scored by this loss: only cross-entropy says what an untrained network
    /// knows, and by any other an episode has diverged only where its loss, its gradient or θ is not finite.
    #[must_use]
    pub fn of(loss: QueryLoss, outputs: usize, theta: &[f64]) -> Self {
        let guard = Guard::new(outputs, theta);
        match loss {
            QueryLoss::CrossEntropy => guard,
            _ => Guard {
                untrained: f64::MAX,
                ..guard
            },
        }
    }

    /// The query loss above which an episode has diverged, in nats.
    #[must_use]
    pub fn limit(&self) -> f64 {
        let worse_than_nothing = 1.1 * self.untrained;
        match self.recent.get() {
            Some(median) if self.recent.is_full() => {
                worse_than_nothing.min(median + 0.5 * self.untrained)
            }
            _ => worse_than_nothing,
        }
    }

    /// Whether an episode with this outcome went well.
    #[must_use]
    pub fn is_good(&self, cross_entropy: f64, gradient: &[f64]) -> bool {
        cross_entropy <= self.limit() && gradient.iter().all(|g| g.is_finite())
    }

    /// Remembers an episode that went well at `theta`, with its gradient.
    pub fn went_well(&mut self, theta: &[f64], cross_entropy: f64, gradient: &[f64]) {
        self.in_a_row = 0;
        self.recent.push(cross_entropy);
        self.lengths.push(length(gradient));
        if self.path.len() == PATH {
            self.path.pop_front();
        }
        self.path.push_back(theta.to_vec());
    }

    /// A diverged episode's gradient, shortened to the median length of the latest good ones;
    /// `None` without any, or when it is not finite.
    #[must_use]
    pub fn clipped(&self, gradient: &[f64]) -> Option<Vec<f64>> {
        let median = self.lengths.get()?;
        let length = length(gradient);
        let factor = if length > median {
            median / length
        } else {
            1.0
        };
        let clipped: Vec<f64> = gradient.iter().map(|g| factor * g).collect();
        clipped.iter().all(|g| g.is_finite()).then_some(clipped)
    }

    /// Counts a diverged episode from which θ does not go back.
    pub fn stayed(&mut self) {
        self.in_a_row += 1;
        self.diverged += 1;
    }

    /// Counts a diverged episode and returns the θ to go back to.
    pub fn step_back(&mut self) -> Vec<f64> {
        if self.in_a_row > 0 && self.path.len() > 1 {
            self.path.pop_back();
        }
        self.in_a_row += 1;
        self.diverged += 1;
        self.place().to_vec()
    }

    /// The latest θ at which an episode went well, or the first of all.
    #[must_use]
    pub fn place(&self) -> &[f64] {
        self.path.back().expect("the path keeps one place")
    }

    /// Diverged episodes since the last one that went well.
    #[must_use]
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Diverged episodes in all.
    #[must_use]
    pub fn diverged(&self) -> u64 {
        self.diverged
    }

    /// Whether a restored state fits this query loss and numbers of outputs and coefficients.
    pub(crate) fn fits(&self, loss: QueryLoss, outputs: usize, coefficients: usize) -> bool {
        self.untrained == Guard::of(loss, outputs, &[]).untrained
            && self.recent.fits(RECENT)
            && self.lengths.fits(RECENT)
            && (1..=PATH).contains(&self.path.len())
            && self.path.iter().all(|theta| theta.len() == coefficients)
    }
}

/// Euclidean length; finite where the numbers and it are, without overflow on the way.
fn length(gradient: &[f64]) -> f64 {
    let largest = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let squares = gradient.iter().map(|g| (g / largest) * (g / largest));
    largest * squares.sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gradient_is_shortened_to_the_usual_length() {
        let mut guard = Guard::new(47, &[0.0, 0.0]);
        assert_eq!(guard.clipped(&[1.0, 0.0]), None);
        guard.went_well(&[0.0, 0.0], 1.0, &[3.0, -4.0]);
        assert_eq!(guard.clipped(&[0.0, 1e200]), Some(vec![0.0, 5.0]));
        assert_eq!(guard.clipped(&[0.5, 0.0]), Some(vec![0.5, 0.0]));
        assert_eq!(guard.clipped(&[f64::NAN, 0.0]), None);
        guard.stayed();
        assert_eq!((guard.in_a_row(), guard.diverged()), (1, 1));
    }

    #[test]
    fn broken_and_hopeless_episodes_have_diverged() {
        let mut guard = Guard::new(47, &[0.0]);
        assert!(guard.is_good(3.85, &[1.0]));
        assert!(!guard.is_good(f64::NAN, &[1.0]));
        assert!(!guard.is_good(1.0, &[f64::INFINITY]));
        assert!(!guard.is_good(4.3, &[1.0]));
        for _ in 0..RECENT {
            guard.went_well(&[0.0], 0.8, &[1.0]);
        }
        assert!(!guard.is_good(3.0, &[1.0]), "forgot what it could");
        assert!(guard.is_good(2.5, &[1.0]));
    }

    #[test]
    fn a_rule_that_learns_nothing_has_not_diverged() {
        let mut guard = Guard::new(47, &[0.0]);
        for _ in 0..100 {
            assert!(guard.is_good(3.9, &[0.1]));
            guard.went_well(&[0.0], 3.9, &[1.0]);
        }
    }

    #[test]
    fn theta_goes_back_along_its_path() {
        let mut guard = Guard::new(47, &[0.0]);
        guard.went_well(&[1.0], 1.0, &[1.0]);
        guard.went_well(&[2.0], 1.0, &[1.0]);
        assert_eq!(guard.step_back(), [2.0]);
        assert_eq!(guard.step_back(), [1.0]);
        assert_eq!(guard.step_back(), [0.0]);
        assert_eq!(guard.step_back(), [0.0]);
        assert_eq!((guard.in_a_row(), guard.diverged()), (4, 4));
        guard.went_well(&[0.0], 1.0, &[1.0]);
        assert_eq!(guard.in_a_row(), 0);
        assert_eq!(guard.step_back(), [0.0]);
    }
}
