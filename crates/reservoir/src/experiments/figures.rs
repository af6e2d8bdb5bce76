//! Figures that several experiments have in common.

use metaplast_experiment::{Across, Figure, Measurement, Plot, Point, Scale};

use super::course::time;
use crate::target::TargetCurve;

/// Measurements of all trials under one condition, and what it is called.
pub(super) struct Arm<'a> {
    pub(super) name: String,
    pub(super) trials: &'a [Measurement],
}

/// The movement of the first trial that finished, beside the target.
pub(super) fn drawing(arms: &[Arm<'_>]) -> Figure {
    let target = TargetCurve::<f64>::butterfly(400);
    let outline: Vec<Point> = (1..=400)
        .map(|step| target.at(step))
        .map(|at| Point::exact(at[0], at[1]))
        .collect();
    let names = std::iter::once("target".to_owned());
    let names = names.chain(arms.iter().map(|arm| arm.name.clone()));
    let mut figure = Figure::new(
        "movement",
        "The movement that is learned",
        "The last period of the test of the first trial that finished, beside the target. The closer \
         the two lines, the better.",
    )
    .with_series(names)
    .with_method("One trial, about four hundred points of one period.");
    for (number, arm) in arms.iter().enumerate() {
        let finished = |trial: &&Measurement| trial.series("diverged").is_empty();
        let Some(trial) = arm.trials.iter().find(finished) else {
            continue;
        };
        let moved = trial.series("x").iter().zip(trial.series("y"));
        let moved = moved.map(|(&x, &y)| Point::exact(x, y));
        let label = || "position".to_owned();
        let plot = Plot::new(arm.name.clone(), Across::Plane { label: label() }, label())
            .with_curve(0, outline.clone())
            .with_curve(number + 1, moved);
        figure = figure.with_plot(plot);
    }
    figure
}

/// A panel of a series against the period, with a line for each arm.
fn over_time(arms: &[Arm<'_>], title: &str, up: &str, series: &str) -> Plot {
    let across = Across::Numbers {
        label: "period".into(),
        scale: Scale::Linear,
    };
    let mut plot = Plot::new(title, across, up).wide();
    for (number, arm) in arms.iter().enumerate() {
        let longest = arm.trials.iter().map(|trial| trial.series(series).len());
        let points = (0..longest.max().unwrap_or(0)).filter_map(|part| {
            let at = arm.trials.iter();
            let at = at.filter_map(|trial| trial.series(series).get(part).copied());
            Point::of(time(part), &at.collect::<Vec<_>>())
        });
        plot = plot.with_curve(number, points);
    }
    plot
}

const METHOD: &str = "Means over trials in tenths of a period, with 98 % bootstrap intervals; a trial \
                      that diverged counts until then.";

/// The distance from the target over time.
pub(super) fn distance(arms: &[Arm<'_>]) -> Figure {
    let names = arms.iter().map(|arm| arm.name.clone());
    let plot = over_time(
        arms,
        "Distance from the target",
        "mean distance",
        "distances",
    );
    Figure::new(
        "distance",
        "The error over time",
        "How far the position is from the target, in each tenth of a period, through learning and test. \
         The target is within a circle of radius 1; outputs of zero are about .8 away from it on average \
         in task 1, and further with an arm.",
    )
    .with_series(names)
    .with_plot(plot.logarithmic())
    .with_method(METHOD)
}

/// The norms of both pathways' weights, and the trace of P.
pub(super) fn weights(arms: &[Arm<'_>]) -> Figure {
    let names = arms.iter().map(|arm| arm.name.clone());
    Figure::new(
        "weights",
        "Where the movement is kept",
        "Under SUPERTREX the exploratory pathway's weights grow first; then the mastery pathway takes the \
         movement over and the others shrink. The trace of P falls with each step at which the mastery \
         pathway's gate is open, and stays where it is while the gate is shut.",
    )
    .with_series(names)
    .with_plot(over_time(arms, "Exploratory pathway", "Frobenius norm of W₂", "norm 2"))
    .with_plot(over_time(arms, "Mastery pathway", "Frobenius norm of W₁", "norm 1"))
    .with_plot(over_time(arms, "What is left to learn", "trace of P", "trace").logarithmic())
    .with_method(METHOD)
}
