//! What is said at the end of a meta-training.

use std::collections::VecDeque;
use std::fmt::Write;
use std::path::Path;

use metaplast_meta::statistics::{mean, standard_error};
use metaplast_meta::train::TrialResult;
use metaplast_plasticity::Rule;

use crate::output::quoted;
use crate::progress::theta_in_words;
use crate::rule_choice;

/// Episodes at the end of a trial that count as its result.
const LAST: usize = 100;

/// The accuracies of a trial's last episodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastAccuracies(VecDeque<f64>);

impl LastAccuracies {
    /// Takes note of one more episode.
    pub(crate) fn push(&mut self, accuracy: f64) {
        if self.0.len() == LAST {
            self.0.pop_front();
        }
        self.0.push_back(accuracy);
    }
}

/// Accuracy, θ and diverged episodes of each trial and of all, where the files are, what comes next.
pub(crate) fn summary(
    results: &[TrialResult],
    last: &[LastAccuracies],
    rule: &Rule,
    directory: &Path,
) -> String {
    let symbols = rule_choice::names(rule);
    let mut text = String::new();
    let mut means = Vec::new();
    for (result, last) in results.iter().zip(last) {
        let last: Vec<f64> = last.0.iter().copied().collect();
        means.push(mean(&last));
        let _ = writeln!(
            text,
            "trial {}: accuracy {:.3} ± {:.3} over the last {} episodes, θ {}, {} diverged",
            result.trial,
            mean(&last),
            standard_error(&last),
            last.len(),
            theta_in_words(&symbols, &result.theta),
            result.diverged,
        );
    }
    if results.len() > 1 {
        let _ = writeln!(
            text,
            "{} trials: accuracy {:.3} ± {:.3}, θ {}",
            results.len(),
            mean(&means),
            standard_error(&means),
            theta_in_words(&symbols, rule.theta()),
        );
    }
    let _ = writeln!(
        text,
        "{rule}\nwritten to {0}: config.toml, episodes.csv, rule.toml, rule.md\nnext: metaplast evaluate {1}",
        directory.display(),
        quoted(&directory.join("rule.toml")),
    );
    text
}
