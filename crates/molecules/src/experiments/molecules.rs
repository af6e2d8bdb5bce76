//! How much of the possible a model of few molecules finds.

use metaplast_experiment::{
    About, Across, Error, Experiment, ExperimentMonitor, ExperimentSettings, Figure, Measurement,
    Plot, Point, Request, Results, Scale,
};
use metaplast_numbers::digits::shown;
use metaplast_numbers::streams;
use metaplast_tensor::Random;

use super::data::{Data, Split};
use super::model::Model;
use super::{ARTICLE, drawn, scored};
use crate::drawing::draw_sheet;
use crate::independent::IndependentPlaces;
use crate::model::PenaltyWeights;
use crate::placed::PlacedGraph;

/// The purpose of samples, in the names of streams.
const SAMPLES: u64 = 12;

/// The experiment.
#[derive(Clone, Copy, Debug)]
pub struct Molecules;

/// A model that is tried.
#[derive(Clone, Debug, PartialEq)]
struct Tried {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Independent,
    Trained { scattering: bool, penalty: f64 },
}

impl Experiment for Molecules {
    fn name(&self) -> String {
        "molecules".into()
    }

    fn about(&self) -> About {
        About::new("molecules", "Molecules from few molecules")
            .asking(
                "A model learns from a few hundred molecules and makes new ones. How many of them are possible, and \
                 how much of what is possible does it find? Does it help to give the encoder scattering coefficients, \
                 or to punish impossible graphs?",
            )
            .published(format!(
                "A scattering encoder and penalties on impossible graphs, for learning from 600 molecules of QM9 \
                 ({ARTICLE}). Its tables were not at hand: nothing here is compared with its figures. Coverage is \
                 ours: of an enumerated universe it is exact"
            ))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let settings = ExperimentSettings::new().trials_and_seed(if quick { 1 } else { 3 });
        let settings = Data::settings(settings);
        let (epochs, samples) = if quick {
            (QUICK_EPOCHS, 2000)
        } else {
            (400, 4000)
        };
        Model::settings(settings, epochs, samples)
            .numbers(
                "penalties",
                if quick { &[0.3] } else { &[0.3, 1.0] },
                "weights of the penalties that are tried with a plain encoder",
            )
            .numbers(
                "which",
                &[1.0, 2.0, 3.0],
                "penalties that are tried: 1 valence, 2 connectivity, 3 rings of three, 4 triple bonds in rings",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)? as usize;
        let data = Data::read(settings)?;
        let model = Model::read(settings, &data)?;
        let tried = tried(settings.get_numbers("penalties"))?;
        let which = which(settings.get_numbers("which"))?;
        let names: Vec<String> = (0..tried.len() * trials)
            .map(|place| format!("{}, trial {}", tried[place / trials].name, place % trials))
            .collect();
        let measured = request.measure("models", &names, |place| {
            let seed = settings.seed().wrapping_add((place % trials) as u64);
            measure(
                tried[place / trials].kind,
                &which,
                &data,
                &model,
                seed,
                request.monitor,
            )
        })?;
        let by_model: Vec<_> = tried.iter().zip(measured.chunks(trials)).collect();
        if let Some(directory) = request.directory {
            let svg = draw_sheet(&sampled(&by_model), 4);
            let path = directory.join("samples.svg");
            std::fs::write(&path, svg)
                .map_err(|error| Error::Failed(format!("{}: {error}", path.display())))?;
        }
        Ok(results(&by_model, &data, &model))
    }
}

/// Epochs of a quick run.
const QUICK_EPOCHS: u64 = 60;

fn tried(penalties: &[f64]) -> Result<Vec<Tried>, Error> {
    let trained = |name: &str, scattering, penalty| Tried {
        name: name.into(),
        kind: Kind::Trained {
            scattering,
            penalty,
        },
    };
    let mut tried = vec![
        Tried {
            name: "independent places".into(),
            kind: Kind::Independent,
        },
        trained("scattering encoder", true, 0.0),
        trained("plain encoder", false, 0.0),
    ];
    for &penalty in penalties {
        if !(penalty > 0.0 && penalty <= 1e3) {
            let reason = format!(
                "{} makes no sense; choose a number above 0, at most 1000",
                shown(penalty)
            );
            return Err(Error::setting("penalties", reason));
        }
        let name = format!("plain encoder, penalties at {}", shown(penalty));
        tried.push(trained(&name, false, penalty));
    }
    Ok(tried)
}

/// Penalties of weight 1 by their numbers.
fn which(numbers: &[f64]) -> Result<PenaltyWeights, Error> {
    let mut weights = PenaltyWeights::default();
    for &number in numbers {
        let weight = match number {
            1.0 => &mut weights.valence,
            2.0 => &mut weights.connectivity,
            3.0 => &mut weights.three_ring,
            4.0 => &mut weights.triple_reached,
            _ => {
                let reason = format!(
                    "there is no penalty {}; choose some of 1, 2, 3, 4",
                    shown(number)
                );
                return Err(Error::setting("which", reason));
            }
        };
        *weight = 1.0;
    }
    Ok(weights)
}

fn measure(
    kind: Kind,
    which: &PenaltyWeights,
    data: &Data,
    model: &Model,
    seed: u64,
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let split = data.split(seed);
    let draw = streams::seed(&[seed, SAMPLES]);
    let Kind::Trained {
        scattering,
        penalty,
    } = kind
    else {
        let samples =
            independent(&split, data.places).sample(model.samples, &mut Random::new(draw));
        return Ok(scored::measured(&samples, data, &split));
    };
    let mut training = model.training;
    training.penalties = which.scaled(penalty);
    let vae = model.vae(scattering, 0);
    scored::trained(
        vae,
        training,
        model.samples,
        data,
        &split,
        [seed, draw],
        monitor,
    )
}

fn independent(split: &Split, places: usize) -> IndependentPlaces {
    let graphs = split
        .training
        .iter()
        .map(|molecule| PlacedGraph::of(molecule, places));
    IndependentPlaces::of(&graphs.collect::<Vec<_>>())
}

type ByModel<'a> = [(&'a Tried, &'a [Measurement])];

/// Samples of the first trial of the last model.
fn sampled(by_model: &ByModel<'_>) -> Vec<crate::molecule::Molecule> {
    let last = by_model.last().and_then(|(_, trials)| trials.first());
    last.map_or_else(Vec::new, |trial| drawn::from_numbers(trial.series("drawn")))
}

fn results(by_model: &ByModel<'_>, data: &Data, model: &Model) -> Results {
    let mut table = scored::table("scores", "What models make", data, model.samples);
    for (tried, trials) in by_model {
        scored::row(&mut table, &tried.name, trials);
    }
    let rows = by_model.iter();
    let faults = scored::faults(rows.map(|(tried, trials)| (tried.name.as_str(), *trials)));
    let mut results = Results::new();
    let find = |kind: Kind| {
        let found = by_model.iter().find(|(tried, _)| tried.kind == kind);
        found.map(|(_, trials)| *trials)
    };
    let encoder = |scattering| Kind::Trained {
        scattering,
        penalty: 0.0,
    };
    if let (Some(plain), Some(scattering)) = (find(encoder(false)), find(encoder(true))) {
        let mean = |trials, name| table.mean_of(&scored::values(trials, name), 3).to_text();
        results = results.with_finding(format!(
            "Distinct new molecules among {} samples: {} with a plain encoder, {} with the scattering encoder that the \
             article proposes; held-out reconstruction {} and {} nats.",
            model.samples,
            mean(plain, "found"),
            mean(scattering, "found"),
            mean(plain, "reconstruction"),
            mean(scattering, "reconstruction"),
        ));
        for (tried, trials) in by_model {
            if let Kind::Trained { penalty, .. } = tried.kind
                && penalty > 0.0
            {
                results = results.with_finding(format!(
                    "Penalties at {}: valid {} of the samples, {} without penalties.",
                    shown(penalty),
                    mean(trials, "valid"),
                    mean(plain, "valid")
                ));
            }
        }
    }
    let explanation =
        "New molecules, the first that the last model of the table made in its first trial.";
    results
        .with_table(table)
        .with_table(faults)
        .with_figure(drawn::figure(explanation, &sampled(by_model)))
        .with_figure(course(by_model))
}

/// Losses against epochs.
fn course(by_model: &ByModel<'_>) -> Figure {
    let trained: Vec<_> = by_model
        .iter()
        .filter(|(tried, _)| tried.kind != Kind::Independent)
        .collect();
    let across = Across::Numbers {
        label: "epoch".into(),
        scale: Scale::Linear,
    };
    let mut plot = Plot::new("Training", across, "nats a molecule").wide();
    for (series, (_, trials)) in trained.iter().enumerate() {
        let epochs = trials
            .iter()
            .map(|trial| trial.series("losses").len())
            .min();
        let epochs = epochs.unwrap_or(0);
        let points = (0..epochs)
            .step_by(epochs.div_ceil(100).max(1))
            .filter_map(|epoch| {
                let at: Vec<f64> = trials
                    .iter()
                    .map(|trial| trial.series("losses")[epoch])
                    .collect();
                Point::of((epoch + 1) as f64, &at)
            });
        plot = plot.with_curve(series, points);
    }
    Figure::new(
        "losses",
        "Training",
        "Reconstruction and divergence of the training molecules, without penalties.",
    )
    .with_series(trained.iter().map(|(tried, _)| tried.name.clone()))
    .with_plot(plot)
    .with_method("Means over trials, with 98 % bootstrap intervals.")
}
