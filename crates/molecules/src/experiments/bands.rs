//! How sure models are of the molecules they make: the Bayesian bootstrap.

use metaplast_experiment::{
    About, Across, Error, Experiment, ExperimentMonitor, ExperimentSettings, Figure, Measurement,
    Plot, Point, Request, Results, Scale, Table,
};
use metaplast_numbers::statistics::Interval;
use metaplast_numbers::{Estimate, streams};
use metaplast_tensor::Random;

use super::ARTICLE;
use super::data::Split;
use super::made;
use super::model::Model;
use crate::design::{PropertyBands, bootstrap_weights};
use crate::properties::MolecularProperty;

/// The purpose of weights and samples, in the names of streams.
const WEIGHTS: u64 = 14;
/// Bins of a histogram.
const BINS: usize = 12;

/// The experiment.
pub(super) struct MoleculesBands;

impl Experiment for MoleculesBands {
    fn name(&self) -> String {
        "molecules-bands".into()
    }

    fn about(&self) -> About {
        About::new("molecules-bands", "How sure a model of few molecules is")
            .asking(
                "Models that learn from the same molecules with random weights differ in what they make. Do bands over such \
                 models hold the properties of the molecules that none of them has seen?",
            )
            .published(format!(
                "1 % and 99 % bands of property histograms over 25 models with Dirichlet weights ({ARTICLE}); its figures \
                 were not at hand"
            ))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        made::settings(if quick { [3, 30, 500] } else { [25, 400, 2000] })
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let (data, model) = made::read(request.settings)?;
        // All models learn from the same molecules; their weights differ.
        let split = data.split(request.settings.seed());
        let measured = made::in_each_trial(request, "model", |seed| {
            measure(&split, &model, seed, request.monitor)
        })?;
        Ok(results(&measured, &split))
    }
}

fn measure(
    split: &Split,
    model: &Model,
    seed: u64,
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let mut random = Random::new(streams::seed(&[seed, WEIGHTS]));
    let count = split.training.len();
    let weights = bootstrap_weights(count, &mut random);
    let nothing = vec![Vec::new(); count];
    let vae = made::trained(model, split, &weights, &nothing, seed, monitor)?;
    let molecules = made::molecules(&vae.sample(model.samples, random.next_u64()));
    let mut measured = Measurement::new();
    for property in MolecularProperty::ALL {
        measured.set(property.label(), property.of_each(&molecules));
    }
    Ok(measured)
}

fn results(models: &[Measurement], split: &Split) -> Results {
    let mut table = Table::new(
        "bands",
        "Histograms of properties within their bands",
        ["property", "bins of held-out molecules in the band", "bins of training molecules in the band"],
    )
    .with_note(format!(
        "{BINS} bins from the least to the greatest value of all molecules; the band goes from the 1 % to the 99 % quantile of \
         {} models.",
        models.len()
    ));
    let mut figure = Figure::new(
        "bands",
        "Properties of what models make",
        "The part of valid samples in each bin, beside that of molecules that no model has seen.",
    )
    .with_series(["models", "held-out molecules"])
    .with_method("The median over models trained with Dirichlet weights, and the band from the 1 % to the 99 % quantile.");
    let mut results = Results::new();
    for property in MolecularProperty::ALL {
        let held_out = property.of_each(&split.held_out);
        let training = property.of_each(&split.training);
        let all = || held_out.iter().chain(&training).copied();
        let (low, high) = (
            all().fold(f64::MAX, f64::min),
            all().fold(f64::MIN, f64::max),
        );
        let edge = |k: usize| low + (high - low).max(1e-9) * k as f64 / BINS as f64;
        let edges: Vec<f64> = (0..=BINS).map(edge).collect();
        let made: Vec<Vec<f64>> = models
            .iter()
            .map(|m| m.series(property.label()).to_vec())
            .collect();
        let bands = PropertyBands::of(&made, &edges);
        let seen = PropertyBands::of(std::slice::from_ref(&held_out), &edges);
        let enclosed = bands.enclosing(&held_out);
        table.row([
            property.label().into(),
            table_number(enclosed),
            table_number(bands.enclosing(&training)),
        ]);
        results = results.with_finding(format!(
            "{}: the band holds the held-out molecules in {:.0} of {BINS} bins.",
            property.label(),
            enclosed * BINS as f64
        ));
        let middle = |bin: usize| (bands.edges[bin] + bands.edges[bin + 1]) / 2.0;
        let band = (0..BINS).map(|bin| Point {
            x: middle(bin),
            y: Estimate {
                mean: bands.median[bin],
                interval: Some(Interval {
                    low: bands.low[bin],
                    high: bands.high[bin],
                }),
            },
        });
        let line = (0..BINS).map(|bin| Point::exact(middle(bin), seen.median[bin]));
        let across = Across::Numbers {
            label: property.label().into(),
            scale: Scale::Linear,
        };
        figure = figure.with_plot(
            Plot::new(property.label(), across, "part of molecules")
                .with_curve(0, band)
                .with_curve(1, line),
        );
    }
    results.with_table(table).with_figure(figure)
}

fn table_number(part: f64) -> metaplast_experiment::Cell {
    metaplast_experiment::Cell::number(part, 2)
}
