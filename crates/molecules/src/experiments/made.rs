//! Models of which properties are looked at: trained once in each trial, with a weight of the penalties, and
//! the molecules that they make.

use metaplast_experiment::{Error, ExperimentMonitor, ExperimentSettings, Measurement, Request};

use super::data::{Data, Split};
use super::model::{Model, following};
use crate::model::{GraphVae, PenaltyWeights};
use crate::molecule::Molecule;
use crate::placed::PlacedGraph;

/// The settings of such models, with so many trials, epochs and samples.
pub(super) fn settings([trials, epochs, samples]: [u64; 3]) -> ExperimentSettings {
    let settings = Data::settings(ExperimentSettings::new().trials_and_seed(trials));
    Model::settings(settings, epochs, samples).number(
        "penalty",
        0.3,
        "weight of the first three penalties",
    )
}

/// Data and models as the settings say.
pub(super) fn read(settings: &ExperimentSettings) -> Result<(Data, Model), Error> {
    let data = Data::read(settings)?;
    let mut model = Model::read(settings, &data)?;
    model.training.penalties = PenaltyWeights::first_three(settings.get_number("penalty"));
    Ok((data, model))
}

/// A measurement in each trial, of a seed of its own; they are named `name 0`, `name 1` and so on.
pub(super) fn in_each_trial(
    request: &Request<'_>,
    name: &str,
    measure: impl Fn(u64) -> Result<Measurement, Error> + Sync,
) -> Result<Vec<Measurement>, Error> {
    let trials = request.settings.whole_within("trials", 1..=10_000)?;
    let names: Vec<String> = (0..trials).map(|trial| format!("{name} {trial}")).collect();
    request.measure("models", &names, |trial| {
        measure(request.settings.seed().wrapping_add(trial as u64))
    })
}

/// A model with a plain encoder, of molecules with weights and with what each is conditioned on.
pub(super) fn trained(
    model: &Model,
    split: &Split,
    weights: &[f64],
    conditions: &[Vec<f64>],
    seed: u64,
    monitor: &dyn ExperimentMonitor,
) -> Result<GraphVae, Error> {
    let vae = GraphVae::train_weighted(
        model.vae(false, conditions[0].len()),
        model.training,
        &split.training,
        weights,
        conditions,
        seed,
        following(monitor, &mut Vec::new()),
    );
    vae.ok_or_else(Error::interrupted)
}

/// The samples that are molecules.
pub(super) fn molecules(samples: &[PlacedGraph]) -> Vec<Molecule> {
    let molecules = samples.iter().map(PlacedGraph::molecule);
    molecules.filter_map(Result::ok).collect()
}
