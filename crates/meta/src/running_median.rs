//! Running median: that of the latest few numbers.

use std::collections::VecDeque;

use metaplast_numbers::sorting::sort_numbers;
use serde::{Deserialize, Serialize};

/// The median over a window of the latest numbers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunningMedian {
    window: usize,
    latest: VecDeque<f64>,
}

impl RunningMedian {
    pub(crate) fn new(window: usize) -> Self {
        RunningMedian {
            window,
            latest: VecDeque::with_capacity(window),
        }
    }

    /// The latest numbers, oldest first.
    pub(crate) fn of(window: usize, latest: Vec<f64>) -> Self {
        RunningMedian {
            window,
            latest: latest.into(),
        }
    }

    pub(crate) fn window(&self) -> usize {
        self.window
    }

    pub(crate) fn latest(&self) -> Vec<f64> {
        self.latest.iter().copied().collect()
    }

    pub(crate) fn push(&mut self, value: f64) {
        if self.latest.len() == self.window {
            self.latest.pop_front();
        }
        self.latest.push_back(value);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.latest.len() == self.window
    }

    /// Whether a restored state fits a window of this many numbers.
    pub(crate) fn fits(&self, window: usize) -> bool {
        self.window == window && self.latest.len() <= window
    }

    /// The median of what there is; `None` of nothing.
    pub(crate) fn get(&self) -> Option<f64> {
        median(self.latest.iter().copied().collect())
    }
}

/// The (upper) median of numbers in any order; `None` of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    sort_numbers(&mut values);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_numbers_leave_the_window() {
        let mut running = RunningMedian::new(3);
        assert_eq!(running.get(), None);
        for value in [9.0, 9.0, 1.0, 2.0] {
            running.push(value);
        }
        assert_eq!(running.get(), Some(2.0));
        running.push(0.0);
        assert_eq!(running.get(), Some(1.0));
        assert!(running.is_full());
    }
}
