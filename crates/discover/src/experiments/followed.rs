//! A game of rules whose progress is told.

use metaplast_experiment::ExperimentMonitor;
use metaplast_search::{CandidateReward, Game};

use crate::game::RuleGame;

/// Tells a monitor of each rule that was tried.
pub(super) struct Followed<'a>(
    pub(super) RuleGame<'a>,
    pub(super) &'a dyn ExperimentMonitor,
);

impl Game for Followed<'_> {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        self.0.options(prefix)
    }

    fn measure(&self, end: &[usize]) -> CandidateReward {
        self.0.measure(end)
    }

    fn measure_all(&self, ends: &[Vec<usize>]) -> Option<Vec<CandidateReward>> {
        let measured = self.0.measure_all(ends);
        measured.iter().flatten().for_each(|_| self.1.tick());
        measured
    }

    fn features(&self, prefix: &[usize]) -> Vec<f64> {
        self.0.features(prefix)
    }

    fn describe(&self, prefix: &[usize]) -> String {
        self.0.describe(prefix)
    }

    fn further(&self) -> Vec<String> {
        self.0.further()
    }
}
