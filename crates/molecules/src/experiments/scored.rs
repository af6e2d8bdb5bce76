//! Scores of models as measurements, and as rows of a table.

use metaplast_experiment::{Cell, Error, ExperimentMonitor, Measurement, Table};

use super::data::{Data, Split};
use super::drawn::{DRAWN, to_numbers};
use super::model::following;
use crate::model::{GraphVae, VaeSettings, VaeTraining};
use crate::placed::PlacedGraph;
use crate::scores::SampleScores;

/// A model trained with a plain or a scattering encoder: what its samples come to, as [`measured`] has it,
/// the held-out `reconstruction` and the `losses` of epochs.
pub(super) fn trained(
    vae: VaeSettings,
    training: VaeTraining,
    samples: usize,
    data: &Data,
    split: &Split,
    [seed, draw]: [u64; 2],
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let mut losses = Vec::new();
    let go_on = following(monitor, &mut losses);
    let vae = GraphVae::train(vae, training, &split.training, seed, go_on);
    let vae = vae.ok_or_else(Error::interrupted)?;
    let held_out = vae.losses(&split.held_out, draw).reconstruction;
    let measured = measured(&vae.sample(samples, draw), data, split);
    Ok(measured
        .with("reconstruction", [held_out])
        .with("losses", losses))
}

/// What samples come to: `valid`, the parts that are invalid by [`FAULTS`], `distinct`, `new`, `found`, `to
/// find` (nothing where it is unknown), and `drawn`, the first of the valid ones that are new.
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
        .with("over-full", [scores.overfull])
        .with("bonded ghost", [scores.bonded_ghosts])
        .with("in pieces", [scores.in_pieces])
        .with("distinct", [scores.distinct])
        .with("new", [scores.new])
        .with("found", [scores.found as f64])
        .with("to find", Vec::from_iter(scores.to_find.map(|n| n as f64)))
        .with("drawn", drawn)
}

/// Why samples are no molecules, as measurements name it.
const FAULTS: [&str; 3] = ["over-full", "bonded ghost", "in pieces"];

/// A table of why samples are no molecules, with a row for each model.
pub(super) fn faults<'a>(models: impl IntoIterator<Item = (&'a str, &'a [Measurement])>) -> Table {
    let mut table = Table::new(
        "faults",
        "Why samples are no molecules",
        ["model", FAULTS[0], FAULTS[1], FAULTS[2]],
    )
    .with_note(
        "Parts of all samples, means over trials with 98 % intervals. A sample with an over-full atom and a bonded ghost \
         counts once, by the ghost; one in pieces has neither.",
    );
    for (name, trials) in models {
        let parts = FAULTS.map(|fault| table.mean_of(&values(trials, fault), 3));
        table.row(
            std::iter::once(Cell::from(name))
                .chain(parts)
                .collect::<Vec<_>>(),
        );
    }
    table
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
