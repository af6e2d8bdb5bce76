//! Query accuracies of a trial's last episodes, which count as its result.

use std::collections::VecDeque;

/// Episodes at the end of a trial that count as its result.
const LAST: usize = 100;

/// The accuracies of a trial's last episodes, at most 100.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastAccuracies(VecDeque<f64>);

impl LastAccuracies {
    /// Adds one more episode.
    pub fn push(&mut self, accuracy: f64) {
        if self.0.len() == LAST {
            self.0.pop_front();
        }
        self.0.push_back(accuracy);
    }

    /// The accuracies, by episode.
    #[must_use]
    pub fn to_vec(&self) -> Vec<f64> {
        self.0.iter().copied().collect()
    }
}
