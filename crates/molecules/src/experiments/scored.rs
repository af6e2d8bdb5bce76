//! Scores of models as measurements, and as rows of a table.

use metaplast_experiment::{Cell, Measurement, Table};

use super::data::{Data, Split};
use super::drawn::{DRAWN, to_numbers};
use crate::placed::PlacedGraph;
use crate::scores::SampleScores;

/// What samples come to: `valid`, `distinct`, `new`, `found`, `to find` (nothing where it is unknown),
/// and `drawn`, the first of the valid ones that are new.
pub(super) fn measured(samples: &[PlacedGraph], data: &Data, split: &Split) -> Measurement {
    let scores = SampleScores::of(samples, &split.known, data.universe.as_ref());
    let molecules = samples.iter().filter_map(|sample| sample.molecule().ok());
    let new = molecules.filter(|molecule| !split.known.contains(molecule));
    let mut drawn = Vec::new();
    for molecule in new.take(DRAWN) {
        to_numbers(&molecule, &mut drawn);
    }
    Measurement::new()
        .with("valid", [scores.valid])
        .with("distinct", [scores.distinct])
        .with("new", [scores.new])
        .with("found", [scores.found as f64])
        .with("to find", Vec::from_iter(scores.to_find.map(|n| n as f64)))
        .with("drawn", drawn)
}

/// A table of scores.
pub(super) fn table(id: &str, title: &str, data: &Data, samples: usize) -> Table {
    let found = match data.universe {
        Some(_) => "distinct, new and stable",
        None => "distinct and new",
    };
    let headings = [
        "model",
        "valid",
        "distinct of valid",
        "new of valid",
        found,
        "coverage",
        "held-out reconstruction (nats)",
    ];
    Table::new(id, title, headings).with_note(format!(
        "Data: {}. {samples} samples of each model. Means over trials with 98 % intervals. Valid: no over-full atom, no bonded \
         ghost, one piece, at least one atom. Coverage: the part of the stable molecules outside the training set \
         that was found.",
        data.description
    ))
}

/// The values of all trials.
pub(super) fn values(trials: &[Measurement], name: &str) -> Vec<f64> {
    let each = trials.iter().filter_map(|trial| trial.get(name)?.first());
    each.copied().collect()
}

/// A row of [`table`].
pub(super) fn row(table: &mut Table, name: &str, trials: &[Measurement]) {
    let coverage: Vec<f64> = trials
        .iter()
        .filter_map(|trial| Some(trial.number("found") / trial.series("to find").first()?))
        .collect();
    let mut cells: Vec<Cell> = vec![name.into()];
    for (name, digits) in [("valid", 3), ("distinct", 3), ("new", 3), ("found", 4)] {
        cells.push(table.mean_of(&values(trials, name), digits));
    }
    cells.push(table.mean_of(&coverage, 3));
    cells.push(table.mean_of(&values(trials, "reconstruction"), 3));
    table.row(cells);
}
