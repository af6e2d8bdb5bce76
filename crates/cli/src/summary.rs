//! What is said at the end of a meta-training.

use std::fmt::Write;
use std::path::Path;

use metaplast_meta::statistics::{mean, standard_error};
use metaplast_meta::trainer::{EpisodeRecord, TrialResult};
use metaplast_plasticity::Rule;

use crate::progress::theta_in_words;

/// Episodes at the end of a trial that count as its result.
const LAST: usize = 100;

/// Accuracy, θ and diverged episodes of each trial and of all, where the files are, what comes next.
pub(crate) fn summary(
    results: &[TrialResult],
    records: &[EpisodeRecord],
    rule: &Rule,
    directory: &Path,
) -> String {
    let symbols: Vec<&str> = rule.infos().map(|info| info.symbol).collect();
    let mut text = String::new();
    let mut means = Vec::new();
    for result in results {
        let of_trial = records.iter().filter(|r| r.trial == result.trial);
        let accuracy: Vec<f64> = of_trial.map(|r| r.query.accuracy).collect();
        let last = &accuracy[accuracy.len().saturating_sub(LAST)..];
        means.push(mean(last));
        let _ = writeln!(
            text,
            "trial {}: accuracy {:.3} ± {:.3} over the last {} episodes, θ {}, {} diverged",
            result.trial,
            mean(last),
            standard_error(last),
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

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,=:@%".contains(c);
    if path.chars().all(plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}
