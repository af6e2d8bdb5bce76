//! The tables of a page.

use maud::{Markup, html};
use metaplast_plasticity::digits::{shown, significant};

use crate::estimate::Estimate;
use crate::maths::maths;
use crate::run::Run;

/// A number with its interval: `0.71 (0.70 to 0.72)`.
pub(crate) fn with_interval(estimate: Option<Estimate>, show: impl Fn(f64) -> String) -> Markup {
    html! {
        @match estimate {
            None => "–",
            Some(Estimate { mean, interval }) => {
                (show(mean))
                @if let Some(interval) = interval {
                    " " span class="soft" { "(" (show(interval.low)) " to " (show(interval.high)) ")" }
                }
            }
        }
    }
}

/// Accuracy, loss, angles and failures of each run.
pub(crate) fn results(runs: &[Run], last: usize) -> Markup {
    let percent = |x: f64| format!("{:.1}%", 100.0 * x);
    html! {
        table class="cards" {
            thead { tr {
                th { "run" } th { "accuracy" } th { "query loss, nats" }
                th { "angles α" sub { "1" } "… in degrees" } th class="n" { "trials × episodes" } th class="n" { "diverged" }
            } }
            tbody { @for run in runs {
                @let result = run.result(last);
                tr {
                    td { (run.name) }
                    td data-label="accuracy" { (with_interval(result.accuracy, percent)) }
                    td data-label="query loss, nats" {
                        (with_interval(result.cross_entropy, |x| significant(x, 3)))
                    }
                    td data-label="angles α" {
                        @for angle in &result.angles {
                            (angle.map_or("–".to_owned(), |a| format!("{:.0}°", a.mean))) "  "
                        }
                    }
                    td class="n" data-label="trials × episodes" { (run.trials.len()) " × " (run.episodes()) }
                    td class="n" data-label="diverged" { (run.diverged()) }
                }
            } }
        }
    }
}

/// The terms of a rule with their coefficients.
pub(crate) fn coefficients(run: &Run) -> Markup {
    html! {
        @let theta = run.result(1).theta;
        table class="cards" {
            thead { tr { th { "term" } th { "name" } th { "what it adds" } th { "coefficient θ" } th { "locality" } } }
            tbody { @for (place, term) in run.terms.iter().enumerate() {
                tr {
                    td { (term.symbol) }
                    td data-label="name" { (term.name) }
                    td data-label="what it adds" { (maths(&term.formula)) }
                    td data-label="coefficient θ" { (with_interval(theta[place], shown)) }
                    td data-label="locality" { (term.locality) }
                }
            } }
        }
    }
}

/// Settings that all runs share, and those in which they differ with a column for each run.
pub(crate) fn settings(runs: &[Run]) -> Markup {
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in runs.iter().flat_map(|run| &run.settings) {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let value = |run: &Run, key: &str| {
        let found = run.settings.iter().find(|(name, _)| name == key);
        found.map_or(String::from("–"), |(_, value)| value.clone())
    };
    let differs = |key: &&str| {
        let mut values = runs.iter().map(|run| value(run, key));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let (different, shared): (Vec<&str>, Vec<&str>) = keys.into_iter().partition(differs);
    html! {
        @if !different.is_empty() {
            h3 { "What differs between the runs" }
            table class="cards settings" {
                thead { tr { th { "run" } @for key in &different { th { (key) } } } }
                tbody { @for run in runs {
                    tr { td { (run.name) } @for key in &different { td data-label=(key) { (value(run, key)) } } }
                } }
            }
            h3 { "What they share" }
        }
        table class="settings" {
            tbody { @for key in &shared {
                tr { th scope="row" { (key) } td { (value(&runs[0], key)) } }
            } }
        }
    }
}
