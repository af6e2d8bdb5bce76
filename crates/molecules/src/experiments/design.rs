//! Design by properties: a model conditioned on three of them, asked for one.

use metaplast_experiment::{
    About, Cell, Error, Experiment, ExperimentMonitor, ExperimentSettings, Measurement, Request,
    Results, Table,
};
use metaplast_numbers::sorting::sort_numbers;
use metaplast_numbers::statistics::{mean, quantile};
use metaplast_numbers::streams;
use metaplast_tensor::Random;

use super::data::Data;
use super::model::Model;
use super::{ARTICLE, made, scored};
use crate::design::PropertyConditions;
use crate::properties::MolecularProperty;

/// The purpose of what is drawn here, in the names of streams.
const DRAWS: u64 = 13;
/// What a model is conditioned on, in the order of conditions.
const CONDITIONS: [MolecularProperty; 3] = [
    MolecularProperty::PolarSurface,
    MolecularProperty::Mass,
    MolecularProperty::Unsaturation,
];
/// Which values are asked for: quantiles of the training molecules.
const QUANTILES: [f64; 3] = [0.1, 0.5, 0.9];

/// The experiment.
pub(super) struct MoleculesDesign;

impl Experiment for MoleculesDesign {
    fn name(&self) -> String {
        "molecules-design".into()
    }

    fn about(&self) -> About {
        About::new("molecules-design", "Molecules with a wanted property")
            .asking(
                "A model is told polar surface, mass and unsaturation of the molecules it learns from. Asked for one of \
                 them, does it make molecules that have it?",
            )
            .published(format!(
                "Conditional design by polar surface, weight and logP, two of them drawn from a normal distribution given \
                 the third ({ARTICLE}). logP needs a table of atom types that is not here; unsaturation takes its place. \
                 The article's figures were not at hand"
            ))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        made::settings(if quick { [1, 60, 300] } else { [3, 400, 1000] })
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let (data, model) = made::read(request.settings)?;
        let measured = made::in_each_trial(request, "trial", |seed| {
            measure(&data, &model, seed, request.monitor)
        })?;
        Ok(results(&measured, model.samples))
    }
}

/// The key of what is measured for a property at a quantile.
fn key(what: &str, property: usize, q: usize) -> String {
    format!("{what} {property} {q}")
}

fn measure(
    data: &Data,
    model: &Model,
    seed: u64,
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let split = data.split(seed);
    let conditions = PropertyConditions::of(&CONDITIONS, &split.training);
    let given: Vec<Vec<f64>> = split
        .training
        .iter()
        .map(|m| conditions.standardised(m))
        .collect();
    let equal = vec![1.0; given.len()];
    let vae = made::trained(model, &split, &equal, &given, seed, monitor)?;
    let mut random = Random::new(streams::seed(&[seed, DRAWS]));
    let mut measured = Measurement::new();
    for (place, property) in CONDITIONS.into_iter().enumerate() {
        let mut sorted = property.of_each(&split.training);
        sort_numbers(&mut sorted);
        for (number, q) in QUANTILES.into_iter().enumerate() {
            let target = quantile(&sorted, q);
            let draw = |_| conditions.draw_given(place, target, &mut random);
            let rows: Vec<Vec<f64>> = (0..model.samples).map(draw).collect();
            let samples = vae.sample_given(&rows, random.next_u64());
            let values = property.of_each(&made::molecules(&samples));
            let away = |values: &[f64]| {
                let distances: Vec<f64> = values.iter().map(|x| (x - target).abs()).collect();
                if distances.is_empty() {
                    f64::NAN
                } else {
                    mean(&distances)
                }
            };
            let made = if values.is_empty() {
                f64::NAN
            } else {
                mean(&values)
            };
            for (what, value) in [
                ("target", target),
                ("made", made),
                ("away", away(&values)),
                ("training away", away(&sorted)),
                ("valid", values.len() as f64 / samples.len() as f64),
            ] {
                measured.set(key(what, place, number), [value]);
            }
        }
    }
    Ok(measured)
}

fn results(trials: &[Measurement], samples: usize) -> Results {
    let mut table = Table::new(
        "targets",
        "Asked for and made",
        ["property", "asked for", "mean made", "mean distance", "of training molecules", "valid"],
    )
    .with_note(format!(
        "{samples} samples for each value, which are quantiles {QUANTILES:?} of the training molecules. Means of the valid ones, \
         then over trials with 98 % intervals. Beside the mean distance from what was asked for stands that of the training \
         molecules, which is what asking for nothing would give."
    ));
    let mut results = Results::new();
    for (place, property) in CONDITIONS.into_iter().enumerate() {
        let mut closer = Vec::new();
        for number in 0..QUANTILES.len() {
            let of = |what: &str| scored::values(trials, &key(what, place, number));
            let cells: Vec<Cell> = ["target", "made", "away", "training away", "valid"]
                .map(|what| table.mean_of(&of(what), 3))
                .into();
            let cells = std::iter::once(Cell::from(property.label())).chain(cells);
            let cells: Vec<Cell> = cells.collect();
            table.row(cells);
            closer.push(mean(&of("away")) / mean(&of("training away")));
        }
        results = results.with_finding(format!(
            "Asked for a {}, samples are {:.2} times as far from it as training molecules are, on average.",
            property.label(),
            mean(&closer)
        ));
    }
    results.with_table(table)
}
