//! The tables of a page.

use metaplast_experiment::{Cell, ExperimentSettings, Table};
use metaplast_numbers::Estimate;
use metaplast_numbers::digits::{shown, significant};
use metaplast_numbers::statistics::Interval;

use crate::html::{Element, Markup, element, words};
use crate::maths::maths;
use crate::run::Run;

/// A number with its interval: `0.71 (0.70 to 0.72)`.
pub(crate) fn with_interval(estimate: Option<Estimate>, show: impl Fn(f64) -> String) -> Markup {
    let Some(Estimate { mean, interval }) = estimate else {
        return Markup::default().text("–");
    };
    let shown = Markup::default().text(show(mean));
    match interval {
        None => shown,
        Some(interval) => {
            let (low, high) = (show(interval.low), show(interval.high));
            let soft = words("span", format!("({low} to {high})")).class("soft");
            shown.text(" ").add(soft)
        }
    }
}

/// A row of cells.
fn row<E: Into<Markup>>(cells: impl IntoIterator<Item = E>) -> Element {
    element("tr").add_all(cells)
}

/// A cell under the heading that a narrow screen shows beside it.
fn cell(heading: &str) -> Element {
    element("td").with("data-label", heading)
}

/// A cell with a number.
fn count(heading: &str) -> Element {
    element("td").class("n").with("data-label", heading)
}

/// A table with a row of headings.
fn table<E: Into<Markup>>(
    class: &str,
    headings: impl IntoIterator<Item = Element>,
    rows: impl IntoIterator<Item = E>,
) -> Element {
    element("table")
        .class(class)
        .add(element("thead").add(row(headings)))
        .add(element("tbody").add_all(rows))
}

/// Accuracy, loss, angles and failures of each run.
pub(crate) fn results(runs: &[Run], last: usize) -> Element {
    let percent = |x: f64| format!("{:.1}%", 100.0 * x);
    let angles = words("th", "angles α").add(words("sub", "1"));
    let headings = [
        words("th", "run"),
        words("th", "accuracy"),
        words("th", "query loss, nats"),
        angles.text("… in degrees"),
        words("th", "trials × episodes").class("n"),
        words("th", "diverged").class("n"),
    ];
    let rows = runs.iter().map(|run| {
        let result = run.result(last);
        let loss = with_interval(result.cross_entropy, |x| significant(x, 3));
        let angles = result.angles.iter().map(|angle| {
            let shown = angle.map_or("–".to_owned(), |a| format!("{:.0}°", a.mean));
            shown + "  "
        });
        let episodes = format!("{} × {}", run.trials.len(), run.episodes());
        row([
            words("td", &run.name),
            cell("accuracy").add(with_interval(result.accuracy, percent)),
            cell("query loss, nats").add(loss),
            cell("angles α").text(angles.collect::<String>()),
            count("trials × episodes").text(episodes),
            count("diverged").text(run.diverged().to_string()),
        ])
    });
    table("cards", headings, rows)
}

/// The terms of a rule with their coefficients.
pub(crate) fn coefficients(run: &Run) -> Element {
    let theta = run.result(1).theta;
    let headings = ["term", "name", "what it adds", "coefficient θ", "locality"];
    let rows = run.terms.iter().enumerate().map(|(place, term)| {
        row([
            words("td", &term.symbol),
            cell("name").text(&term.name),
            cell("what it adds").add(maths(&term.formula)),
            cell("coefficient θ").add(with_interval(theta[place], shown)),
            cell("locality").text(&term.locality),
        ])
    });
    table("cards", headings.map(|heading| words("th", heading)), rows)
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
    let mut shown = Markup::default();
    if !different.is_empty() {
        let headings = ["run"].into_iter().chain(different.iter().copied());
        let rows = runs.iter().map(|run| {
            let values = different.iter().map(|key| cell(key).text(value(run, key)));
            row([words("td", &run.name)].into_iter().chain(values))
        });
        let differences = table(
            "cards settings",
            headings.map(|heading| words("th", heading)),
            rows,
        );
        shown = shown
            .add(words("h3", "What differs between the runs"))
            .add(differences)
            .add(words("h3", "What they share"));
    }
    let rows = shared.iter().map(|key| {
        row([
            words("th", key).with("scope", "row"),
            words("td", value(&runs[0], key)),
        ])
    });
    let shared = element("tbody").add_all(rows);
    shown.add(element("table").class("settings").add(shared))
}

/// A table of an experiment.
pub(crate) fn of_experiment(shown: &Table) -> Element {
    let is_text = |cell: &Cell| matches!(cell, Cell::Text(_));
    let headings = shown.headings.iter().map(|heading| words("th", heading));
    let rows = shown.rows.iter().map(|cells| {
        row(cells.iter().zip(&shown.headings).map(|(content, heading)| {
            let inside = match content {
                Cell::Mean {
                    mean,
                    low,
                    high,
                    digits,
                } => {
                    let interval = low.zip(*high).map(|(low, high)| Interval { low, high });
                    let estimate = Estimate {
                        mean: *mean,
                        interval,
                    };
                    with_interval(Some(estimate), |x| significant(x, *digits))
                }
                plain => Markup::default().text(plain.to_text()),
            };
            match is_text(content) {
                true => cell(heading).add(inside),
                false => count(heading).add(inside),
            }
        }))
    });
    table("cards", headings, rows)
}

/// Settings with what they mean.
pub(crate) fn with_meanings(settings: &ExperimentSettings) -> Element {
    let headings = ["setting", "value", "meaning"].map(|heading| words("th", heading));
    let rows = settings.all().iter().map(|setting| {
        row([
            words("td", &setting.name),
            cell("value").text(setting.value.to_text()),
            cell("meaning").text(&setting.meaning),
        ])
    });
    table("cards", headings, rows)
}
