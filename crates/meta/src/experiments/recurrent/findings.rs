//! What contenders show: a table for all, curves over episodes, and a sentence for each task.

use metaplast_experiment::{Across, Cell, Figure, Measurement, Plot, Point, Results, Scale, Table};
use metaplast_numbers::statistics::mean;

use super::contenders::{CONTENDERS, REFERENCE};
use super::trial::SequenceSizes;

/// Points of a curve.
const POINTS: usize = 20;

/// Of the last quarter of episodes, the mean of a series.
fn late(trial: &Measurement, name: &str) -> f64 {
    let values = trial.series(name);
    mean(&values[values.len() - values.len().div_ceil(4)..])
}

pub(super) fn results(sizes: &SequenceSizes, measured: &[Measurement]) -> Results {
    let trials = sizes.trials as usize;
    let mut table = Table::new(
        "accuracy",
        "Query accuracy after online learning",
        ["task", "rule", "accuracy", "minus FA through time", "query loss", "θ", "diverged"],
    )
    .with_note(format!(
        "Means over the last quarter of {} episodes and {trials} trials, with 98% bootstrap intervals over trials; \
         differences are paired, as all see the same tasks, first weights and feedback in an episode of a trial. θ is \
         the mean over trials of the last, in the order of the terms. Diverged: episodes of all trials. Delayed \
         match is generated at random; image rows are the generated glyphs.",
        sizes.episodes
    ));
    let mut results = Results::new();
    let mut figure = Figure::new(
        "episodes",
        "Meta-learning",
        "Query accuracy of fresh networks on fresh tasks, while the rule is being learned.",
    )
    .with_series(CONTENDERS.iter().map(|contender| contender.name))
    .with_method("Lines: mean over trials, of a few episodes each. Bands: 98% bootstrap interval of that mean.");
    let per_task = trials * CONTENDERS.len();
    for (task, measured) in sizes.tasks.iter().zip(measured.chunks(per_task)) {
        let of = |contender: usize, name: &str| -> Vec<f64> {
            let trials = &measured[contender * trials..][..trials];
            trials.iter().map(|trial| late(trial, name)).collect()
        };
        let reference = of(REFERENCE, "accuracy");
        let mut told = Vec::new();
        let across = Across::Numbers {
            label: "episode".into(),
            scale: Scale::Linear,
        };
        let mut plot = Plot::new(task.as_str(), across, "query accuracy").between(0.0, 1.0);
        for (place, contender) in CONTENDERS.iter().enumerate() {
            let trials = &measured[place * trials..][..trials];
            let accuracy = of(place, "accuracy");
            let pairs = accuracy.iter().zip(&reference);
            let differences: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
            let cell = table.mean_of(&accuracy, 3);
            told.push(format!("{} {}", contender.name, cell.to_text()));
            let theta = (0..contender.terms.len()).map(|k| {
                let each: Vec<f64> = trials.iter().map(|t| t.series("theta")[k]).collect();
                format!("{:.2e}", mean(&each))
            });
            let diverged: f64 = trials.iter().map(|trial| trial.number("diverged")).sum();
            let row = [
                task.as_str().into(),
                contender.name.into(),
                cell,
                match place {
                    REFERENCE => "".into(),
                    _ => table.mean_of(&differences, 3),
                },
                table.mean_of(&of(place, "loss"), 3),
                theta.collect::<Vec<_>>().join(", ").as_str().into(),
                Cell::from(diverged as u64),
            ];
            table.row(row);
            let every = trials[0].series("accuracy").len().div_ceil(POINTS);
            let episodes = trials[0].series("accuracy").len();
            let points = (0..episodes).step_by(every).filter_map(|first| {
                let end = (first + every).min(episodes);
                let each: Vec<f64> = trials
                    .iter()
                    .map(|trial| mean(&trial.series("accuracy")[first..end]))
                    .collect();
                Point::of((first + end) as f64 / 2.0, &each)
            });
            plot = plot.with_curve(place, points);
        }
        results = results.with_finding(format!("{task}: accuracy {}.", told.join(", ")));
        figure = figure.with_plot(plot);
    }
    results.with_table(table).with_figure(figure)
}
