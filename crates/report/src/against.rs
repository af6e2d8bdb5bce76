//! Results of many runs against a setting in which they differ.

use metaplast_experiment::{Across, Curve, Figure, Plot, Point, Reference, Scale, Size, Up};
use metaplast_numbers::Estimate;
use metaplast_numbers::digits::significant;
use metaplast_numbers::sorting::sort_by;

use crate::result::{RunResult, last_of};
use crate::run::Run;

/// The setting along the horizontal axis, and what else tells the runs apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    /// What the setting is called, with its unit.
    pub label: String,
    /// Its values, as they are written below the axis.
    pub steps: Vec<String>,
    /// Names of the curves.
    pub series: Vec<String>,
    /// For each run its value, and its curve.
    pub places: Vec<(usize, usize)>,
}

/// Accuracy, loss and final coefficients of `runs` against a setting.
///
/// # Panics
/// When there is not one place for each run.
pub fn against(axis: &Against, runs: &[Run]) -> Vec<Figure> {
    assert_eq!(axis.places.len(), runs.len(), "against: places, runs");
    let last = last_of(runs);
    let results: Vec<RunResult> = runs.iter().map(|run| run.result(last)).collect();
    let figure = |id: &str, title: String, explanation: &str, plots: Vec<Plot>| Figure {
        id: id.into(),
        title,
        explanation: explanation.into(),
        plots,
        series: axis.series.clone(),
        method: format!(
            "Markers: mean over the last {last} episodes of each trial, then over the trials. Bars: 98% bootstrap interval (500 resamples) over the trials, or over the episodes of a single trial."
        ),
    };
    let percent = |estimate: &Estimate| estimate.times(100.0);
    let mut accuracy = plot(
        axis,
        "Accuracy",
        "right answers on the query images, in %",
        |k| results[k].accuracy.as_ref().map(percent),
    );
    accuracy.size = Size::Wide;
    accuracy.up.ends = Some((0.0, 100.0));
    let guess = runs.first().map(|run| 100.0 / run.ways as f64);
    let same = runs.iter().all(|run| run.ways == runs[0].ways);
    if let Some(y) = guess.filter(|_| same) {
        let label = format!("guessing: {}%", significant(y, 2));
        accuracy.references.push(Reference { y, label });
    }
    let mut loss = plot(axis, "Loss", "query cross-entropy, in nats", |k| {
        results[k].cross_entropy
    });
    loss.size = Size::Wide;
    let mut figures = vec![figure(
        "against",
        format!("Results by {}", axis.label),
        "How well networks end that learn by the rule which was found with each setting, on fresh tasks. Each \
         marker stands for a whole meta-training.",
        vec![accuracy, loss],
    )];
    let mut symbols: Vec<(&str, &str)> = Vec::new();
    for term in runs.iter().flat_map(|run| &run.terms) {
        if !symbols.iter().any(|(symbol, _)| *symbol == term.symbol) {
            symbols.push((&term.symbol, &term.name));
        }
    }
    let coefficients = symbols.iter().map(|(symbol, name)| {
        let title = format!("θ of {symbol}");
        let mut plot = plot(axis, &title, name, |k| {
            let place = runs[k].terms.iter().position(|term| term.symbol == *symbol);
            place.and_then(|place| results[k].theta[place])
        });
        plot.references.push(Reference {
            y: 0.0,
            label: String::new(),
        });
        plot
    });
    figures.push(figure(
        "coefficients-against",
        format!("Coefficients by {}", axis.label),
        "Which terms the rule keeps with each setting: a coefficient whose bar holds zero is not told from zero \
         by these trials. A run of a single trial has no bar here.",
        coefficients.collect(),
    ));
    figures
}

fn plot(axis: &Against, title: &str, up: &str, get: impl Fn(usize) -> Option<Estimate>) -> Plot {
    let curve = |series: usize| {
        let mut points: Vec<Point> = Vec::new();
        for (k, &(step, of)) in axis.places.iter().enumerate() {
            if of == series {
                points.extend(get(k).map(|y| Point { x: step as f64, y }));
            }
        }
        sort_by(&mut points, |a, b| a.x.total_cmp(&b.x));
        Curve { series, points }
    };
    let curves = (0..axis.series.len()).map(curve);
    Plot {
        size: Size::Small,
        title: title.to_owned(),
        across: Across::Steps {
            label: axis.label.clone(),
            names: axis.steps.clone(),
        },
        up: Up {
            label: up.to_owned(),
            scale: Scale::Linear,
            ends: None,
        },
        curves: curves.filter(|curve| !curve.points.is_empty()).collect(),
        references: Vec::new(),
    }
}
