//! Longer arms: SUPERTREX against the number of segments.

use metaplast_experiment::{
    About, Across, Cell, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Table,
};

use super::published_figures::BY_SEGMENTS;
use super::size::Size;
use super::{ARTICLE, SMALL, settings, variants};
use crate::published::{PublishedTask, Variant};
use crate::rule::Algorithm;
use crate::trial::PublishedTrial;

/// The experiment.
pub(super) struct Arms;

impl Experiment for Arms {
    fn name(&self) -> String {
        "supertrex-arms".into()
    }

    fn about(&self) -> About {
        About::new("supertrex-arms", "Drawing with longer arms")
            .asking(
                "An arm of many segments has many joints to find out about and one reward. How does SUPERTREX fare \
                 as the arm grows?",
            )
            .published(format!(
                "Mean deviations of the modified port: 3 segments .057, 5 .141, 10 .417, 15 .550 (ReScience C 7(1) \
                 #11, after {ARTICLE})"
            ))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let segments: &[f64] = if quick {
            &[2.0, 3.0]
        } else {
            &[2.0, 3.0, 5.0, 10.0, 15.0]
        };
        settings(quick.then_some(SMALL), 11, 50_000)
            .numbers("segments", segments, "segments of the arm")
            .texts(
                "variants",
                if quick {
                    &["steady"]
                } else {
                    &["modified", "steady"]
                },
                "whose rules: authors, modified, steady",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)? as usize;
        let size = Size::read(settings)?;
        let mut conditions: Vec<(Variant, usize)> = Vec::new();
        for variant in variants(settings)? {
            for &segments in settings.get_numbers("segments") {
                if segments.fract() != 0.0 || !(1.0..=1000.0).contains(&segments) {
                    let reason = format!("{segments} segments make no arm; choose 1 to 1000");
                    return Err(Error::setting("segments", reason));
                }
                conditions.push((variant, segments as usize));
            }
        }
        let seed = |trial: usize| settings.seed().wrapping_add(trial as u64);
        let names: Vec<String> = (0..conditions.len() * trials)
            .map(|place| {
                let (variant, segments) = conditions[place / trials];
                let seed = seed(place % trials);
                format!("{segments} segments, {variant}, seed {seed}")
            })
            .collect();
        let measured = request.measure("runs", &names, |place| {
            let (variant, segments) = conditions[place / trials];
            let task = PublishedTask::Arm { segments };
            let trial = PublishedTrial::new(task, Algorithm::Supertrex, seed(place % trials));
            size.measure(trial.with_variant(variant), request.monitor)
        })?;
        let by_condition: Vec<_> = conditions
            .into_iter()
            .zip(measured.chunks(trials))
            .collect();
        Ok(results(&by_condition, settings.get_numbers("segments")))
    }
}

fn results(by_condition: &[((Variant, usize), &[Measurement])], segments: &[f64]) -> Results {
    let mut table = Table::new(
        "segments",
        "Deviation by the number of segments",
        [
            "rules",
            "segments",
            "modified port",
            "deviation",
            "median",
            "mean distance",
            "diverged",
        ],
    );
    let mut results = Results::new();
    let mut plot = Plot::new(
        "Deviation by the number of segments",
        Across::Steps {
            label: "segments".into(),
            names: segments.iter().map(f64::to_string).collect(),
        },
        "deviation",
    )
    .wide()
    .logarithmic();
    let mut variants: Vec<Variant> = Vec::new();
    for (at, &((variant, count), trials)) in by_condition.iter().enumerate() {
        if !variants.contains(&variant) {
            variants.push(variant);
        }
        let finished = |name: &str| -> Vec<f64> {
            let values = trials.iter().map(|trial| trial.number(name));
            values.filter(|value| value.is_finite()).collect()
        };
        let deviations = finished("deviation");
        let known = BY_SEGMENTS.iter().find(|(known, _)| *known == count);
        let diverged = trials.len() - deviations.len();
        let mean = table.mean_of(&deviations, 3);
        results = results.with_finding(format!(
            "{count} segments by the {variant} rules: deviation {} over {} of {} trials, {diverged} diverged.",
            mean.to_text(),
            deviations.len(),
            trials.len(),
        ));
        let cells = [
            variant.to_string().into(),
            (count as u64).into(),
            known.map_or(Cell::Nothing, |(_, deviation)| (*deviation).into()),
            mean,
            Cell::number(metaplast_numbers::statistics::median(&deviations), 3),
            table.mean_of(&finished("distance"), 3),
            (diverged as u64).into(),
        ];
        table.row(cells);
        let place = at % segments.len();
        let point = Point::of(place as f64, &deviations);
        if place == 0 {
            plot = plot.with_curve(variants.len() - 1, []);
        }
        if let (Some(curve), Some(point)) = (plot.curves.last_mut(), point) {
            curve.points.push(point);
        }
    }
    let figure = Figure::new(
        "segments",
        "Longer arms",
        "The published measure of the error against the number of segments, and so of joints that one reward \
         has to teach.",
    )
    .with_series(variants.iter().map(|variant| format!("{variant} rules")))
    .with_plot(plot)
    .with_method("Means over the trials that finished, with 98 % bootstrap intervals.");
    results.with_table(table).with_figure(figure)
}
