//! What is said at the end of a meta-training.

use std::fmt::Write;
use std::path::Path;

use metaplast_meta::statistics::{mean, standard_error};
use metaplast_runs::directory::names::{CONFIG, EPISODES, RULE, RULE_PAGE};
use metaplast_runs::numbers::theta_in_words;
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::rule as rule_settings;
use metaplast_runs::train::FinishedRun;

use crate::shell::{quoted, shown};

/// Accuracy, θ and diverged episodes of each trial and of all, where the files are, what comes next.
pub(crate) fn summary(run: &FinishedRun, directory: &Path) -> String {
    let FinishedRun {
        rule: RuleFile { rule, .. },
        results,
        last,
    } = run;
    let symbols = rule_settings::names(rule);
    let mut text = String::new();
    let mut means = Vec::new();
    for (result, last) in results.iter().zip(last) {
        let last = last.to_vec();
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
        "{rule}\nwritten to {0}: {CONFIG}, {EPISODES}, {RULE}, {RULE_PAGE}\nnext: metaplast evaluate {1}",
        shown(directory),
        quoted(&directory.join(RULE)),
    );
    text
}
