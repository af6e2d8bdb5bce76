//! What trained networks show: tables, curves and sentences.

use metaplast_experiment::{Across, Cell, Figure, Measurement, Plot, Point, Results, Scale, Table};
use metaplast_numbers::statistics::mean;

use super::condition::Condition;
use super::raster::raster;
use crate::firing_rates::UnusualRate;

/// The network whose spikes are drawn, if it is there.
const DRAWN: &str = "scsr+bip";

/// All trials of one network with one way to hold out.
pub(super) struct Arm<'a> {
    pub(super) condition: Condition,
    pub(super) held_out: String,
    pub(super) trials: &'a [Measurement],
}

impl Arm<'_> {
    fn accuracies(&self) -> Vec<f64> {
        let accuracies = self.trials.iter().map(|trial| trial.number("accuracy"));
        accuracies.collect()
    }

    /// Mean rates of the layers over the trials.
    fn rates(&self) -> Vec<f64> {
        let layers = self.trials[0].series("rates").len();
        let layer = |layer: usize| {
            let rates = self.trials.iter().map(|trial| trial.series("rates")[layer]);
            mean(&rates.collect::<Vec<_>>())
        };
        (0..layers).map(layer).collect()
    }
}

/// Each network's trials, of which the measurements are means over the speakers that were held out in turn; none
/// if there were fewer than two.
pub(super) fn means_over_speakers(
    arms: &[Arm<'_>],
    is_speaker: impl Fn(usize) -> bool,
) -> Vec<(Condition, Vec<Measurement>)> {
    let mut networks: Vec<(Condition, Vec<&[Measurement]>)> = Vec::new();
    for (place, arm) in arms.iter().enumerate() {
        if !is_speaker(place) {
            continue;
        }
        match networks
            .iter_mut()
            .find(|(known, _)| *known == arm.condition)
        {
            Some((_, speakers)) => speakers.push(arm.trials),
            None => networks.push((arm.condition, vec![arm.trials])),
        }
    }
    networks.retain(|(_, speakers)| speakers.len() > 1);
    let mean_of = |speakers: &[&[Measurement]], trial: usize| {
        let mut means = Measurement::new();
        for name in ["accuracy", "accuracies", "rates", "synapses", "intrinsic"] {
            let count = speakers[0][trial].series(name).len();
            let at = |k: usize| {
                speakers
                    .iter()
                    .map(move |trials| trials[trial].series(name)[k])
            };
            let values = (0..count).map(|k| mean(&at(k).collect::<Vec<_>>()));
            means.set(name, values.collect::<Vec<_>>());
        }
        means
    };
    networks
        .iter()
        .map(|(condition, speakers)| {
            let trials = 0..speakers[0].len();
            let means = trials.map(|trial| mean_of(speakers, trial));
            (*condition, means.collect())
        })
        .collect()
}

pub(super) fn results(arms: &[Arm<'_>], data: &str) -> Results {
    let mut results = Results::new();
    let accuracy = accuracy(arms, data);
    for (arm, row) in arms.iter().zip(&accuracy.rows) {
        results = results.with_finding(format!(
            "{}, {}: accuracy {} over {} trials.",
            arm.condition.name,
            arm.held_out,
            row[2].to_text(),
            arm.trials.len()
        ));
    }
    let (pairs, said) = pairs(arms);
    for sentence in said.into_iter().chain(warnings(arms)) {
        results = results.with_finding(sentence);
    }
    results = results.with_table(accuracy);
    if !pairs.rows.is_empty() {
        results = results.with_table(pairs);
    }
    let drawn = arms.iter().find(|arm| arm.condition.name == DRAWN);
    let drawn = drawn.unwrap_or(&arms[0]);
    results
        .with_figure(curves(arms))
        .with_figure(raster(drawn.condition.name, &drawn.trials[0]))
}

/// Layers that are silent or saturated, in words.
pub(super) fn warnings(arms: &[Arm<'_>]) -> Vec<String> {
    let of = |arm: &Arm<'_>| -> Vec<String> {
        let unusual = UnusualRate::among(&arm.rates());
        let said = unusual.iter();
        said.map(|unusual| {
            format!(
                "Warning: {}, {}: {unusual}.",
                arm.condition.name, arm.held_out
            )
        })
        .collect()
    };
    arms.iter().flat_map(of).collect()
}

fn accuracy(arms: &[Arm<'_>], data: &str) -> Table {
    let mut table = Table::new(
        "accuracy",
        "Accuracy on clips that were held out",
        [
            "network", "held out", "accuracy", "least", "greatest", "synapses", "own parameters", "spike rates",
        ],
    )
    .with_note(format!(
        "Data: {data}. After the last epoch; mean over trials with its 98% bootstrap interval. Own parameters are time \
         constants and thresholds of the neurons and time constants of the readout, trained where the network's name \
         ends in +bip. Spike rates of the layers are per neuron and step, on the held-out clips."
    ));
    for arm in arms {
        let values = arm.accuracies();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let rates = arm
            .rates()
            .into_iter()
            .map(|rate| Cell::number(rate, 2).to_text());
        let count = |name: &str| Cell::from(arm.trials[0].number(name) as u64);
        let cells = [
            arm.condition.name.into(),
            arm.held_out.as_str().into(),
            table.mean_of(&values, 3),
            Cell::number(least, 3),
            Cell::number(greatest, 3),
            count("synapses"),
            count("intrinsic"),
            rates.collect::<Vec<_>>().join(", ").into(),
        ];
        table.row(cells);
    }
    table
}

/// What BIP adds to the same network from the same seeds.
fn pairs(arms: &[Arm<'_>]) -> (Table, Vec<String>) {
    let mut table = Table::new(
        "bip",
        "BIP minus no BIP, from the same seeds",
        ["network", "held out", "difference", "better in"],
    )
    .with_note(
        "Differences of accuracies of the same trial, whose weights begin alike and which see the same clips in the \
         same order; mean with its 98% bootstrap interval.",
    );
    let mut said = Vec::new();
    for arm in arms {
        let Some(without) = arm.condition.without_bip else {
            continue;
        };
        let same =
            |other: &&Arm<'_>| other.condition.name == without && other.held_out == arm.held_out;
        let Some(other) = arms.iter().find(same) else {
            continue;
        };
        let pairs = arm.accuracies().into_iter().zip(other.accuracies());
        let differences: Vec<f64> = pairs.map(|(with, without)| with - without).collect();
        let better = differences
            .iter()
            .filter(|difference| **difference > 0.0)
            .count();
        let better = format!("{better} of {}", differences.len());
        let difference = table.mean_of(&differences, 2);
        said.push(format!(
            "BIP adds {} to {without}, {}; better in {better} trials.",
            difference.to_text(),
            arm.held_out
        ));
        table.row([
            without.into(),
            arm.held_out.as_str().into(),
            difference,
            better.into(),
        ]);
    }
    (table, said)
}

/// Accuracy over epochs, a panel for each way to hold out.
fn curves(arms: &[Arm<'_>]) -> Figure {
    let mut names: Vec<&str> = Vec::new();
    let mut ways: Vec<&str> = Vec::new();
    for arm in arms {
        if !names.contains(&arm.condition.name) {
            names.push(arm.condition.name);
        }
        if !ways.contains(&arm.held_out.as_str()) {
            ways.push(&arm.held_out);
        }
    }
    let mut figure = Figure::new(
        "course",
        "Accuracy in the course of training",
        "On clips that were held out, after each epoch.",
    )
    .with_series(names.iter().copied())
    .with_method("Means over trials with 98% bootstrap intervals.");
    for way in ways {
        let across = Across::Numbers {
            label: "epoch".into(),
            scale: Scale::Linear,
        };
        let mut plot = Plot::new(way, across, "accuracy").wide();
        for arm in arms.iter().filter(|arm| arm.held_out == way) {
            let series = names.iter().position(|name| *name == arm.condition.name);
            let epochs = arm.trials[0].series("accuracies").len();
            let points = (0..epochs).filter_map(|epoch| {
                let values = arm
                    .trials
                    .iter()
                    .map(|trial| trial.series("accuracies")[epoch]);
                Point::of((epoch + 1) as f64, &values.collect::<Vec<_>>())
            });
            plot = plot.with_curve(series.unwrap_or(0), points);
        }
        figure = figure.with_plot(plot);
    }
    figure
}
