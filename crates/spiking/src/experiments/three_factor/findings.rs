//! What learners of a stream show: tables, curves and sentences.

use metaplast_experiment::{Across, Cell, Figure, Measurement, Plot, Point, Results, Scale, Table};
use metaplast_numbers::statistics::mean;

use super::rules::ThreeFactorRule;
use super::trial::LEARNERS;

/// Pairs of learners whose difference is told, the better one first if all goes well.
const PAIRS: [[usize; 2]; 5] = [[1, 0], [2, 1], [3, 1], [3, 2], [4, 3]];

/// One way to hold out, and the trials.
type Way<'a> = (String, &'a [Measurement]);

/// Accuracies of a learner at one of the points of each trial, means over the trial's streams.
fn at(trials: &[Measurement], learner: usize, point: usize) -> Vec<f64> {
    let of = |trial: &Measurement| {
        let points = trial.series("clips").len();
        let streams = trial.series(LEARNERS[learner]).chunks(points);
        mean(&streams.map(|stream| stream[point]).collect::<Vec<_>>())
    };
    trials.iter().map(of).collect()
}

fn last(trials: &[Measurement]) -> usize {
    trials[0].series("clips").len() - 1
}

/// The last point at which not more clips were heard than in a task of meta-learning, or the first.
fn horizon(trials: &[Measurement]) -> usize {
    let heard = trials[0].number("heard");
    let within = |&clips: &f64| clips <= heard;
    let clips = trials[0].series("clips").iter().rposition(within);
    clips.unwrap_or(0)
}

pub(super) fn results(ways: &[Way<'_>], rule: &ThreeFactorRule, data: &str) -> Results {
    let accuracy = accuracy(ways, data);
    let mut results = Results::new();
    for row in &accuracy.rows {
        results = results.with_finding(format!(
            "{}, {}: accuracy {} after {} clips.",
            row[0].to_text(),
            row[1].to_text(),
            row[3].to_text(),
            row[2].to_text()
        ));
    }
    let (pairs, said) = pairs(ways);
    for sentence in said {
        results = results.with_finding(sentence);
    }
    results = results.with_table(accuracy).with_table(pairs);
    for (way, trials) in ways {
        results = results.with_table(coefficients(way, trials, rule));
    }
    results
        .with_figure(curves(ways))
        .with_figure(meta_learning(ways))
}

fn accuracy(ways: &[Way<'_>], data: &str) -> Table {
    let mut table = Table::new(
        "accuracy",
        "Accuracy after a stream of clips",
        ["learner", "held out", "clips", "accuracy", "early clips", "early accuracy", "rate"],
    )
    .with_note(format!(
        "Data: {data}. New weights and teaching weights in each stream, the same for all learners; each clip is heard \
         once. Means over the trials, of means over their streams, with 98% bootstrap intervals. The rate is that of \
         the readout in the first trial, the best of a grid after a meta-learning task; what was meta-learned began \
         with e-prop's. Early is as many clips as in a task of meta-learning, or next to it."
    ));
    for (way, trials) in ways {
        let (last, early) = (last(trials), horizon(trials));
        for (learner, name) in LEARNERS.iter().enumerate() {
            let cells = [
                (*name).into(),
                way.as_str().into(),
                Cell::from(trials[0].series("clips")[last] as u64),
                table.mean_of(&at(trials, learner, last), 3),
                Cell::from(trials[0].series("clips")[early] as u64),
                table.mean_of(&at(trials, learner, early), 3),
                Cell::number(trials[0].series("rates")[learner], 2),
            ];
            table.row(cells);
        }
    }
    table
}

/// Differences of learners on the same streams.
fn pairs(ways: &[Way<'_>]) -> (Table, Vec<String>) {
    let mut table = Table::new(
        "pairs",
        "Differences on the same streams",
        ["learner", "minus", "held out", "early difference", "difference", "better in"],
    )
    .with_note(
        "Accuracies of the same trial, early and at the end; mean with its 98% bootstrap interval. Better in so many \
         trials at the end.",
    );
    let mut said = Vec::new();
    for (way, trials) in ways {
        for [better, worse] in PAIRS {
            let at_point = |point| -> Vec<f64> {
                let [a, b] = [better, worse].map(|learner| at(trials, learner, point));
                a.iter().zip(&b).map(|(a, b)| a - b).collect()
            };
            let (early, differences) = (at_point(horizon(trials)), at_point(last(trials)));
            let wins = differences.iter().filter(|&&difference| difference > 0.0);
            let wins = format!("{} of {}", wins.count(), differences.len());
            let difference = table.mean_of(&differences, 2);
            let [better, worse] = [better, worse].map(|learner| LEARNERS[learner]);
            said.push(format!(
                "{better} minus {worse}, {way}: {}; better in {wins} trials.",
                difference.to_text()
            ));
            table.row([
                better.into(),
                worse.into(),
                way.as_str().into(),
                table.mean_of(&early, 2),
                difference,
                wins.into(),
            ]);
        }
    }
    (table, said)
}

/// Meta-learned coefficients, over those with which they began where these are not zero.
fn coefficients(way: &str, trials: &[Measurement], rule: &ThreeFactorRule) -> Table {
    let names = rule.names();
    let layers = trials[0].series("theta").len() / names.len();
    let hidden = (1..layers).map(|layer| format!("layer {layer}"));
    let columns = std::iter::once("coefficient".to_owned())
        .chain(hidden)
        .chain(["readout".to_owned()]);
    let id = format!("theta-{}", way.replace(' ', "-"));
    let title = format!("Meta-learned coefficients, {way}");
    let texts = rule.texts().join("; ");
    let mut table = Table::new(&id, &title, columns.collect::<Vec<_>>()).with_note(format!(
        "{texts}. Coefficients of terms are divided by e-prop's in the same layer, with which the first began at 1 and \
         the others at 0; constants of memories are as they are. Means over trials with 98% bootstrap intervals."
    ));
    for (place, name) in names.iter().enumerate() {
        let mut row = vec![Cell::from(name.as_str())];
        for layer in 0..layers {
            let values = trials.iter().map(|trial| {
                let value = trial.series("theta")[place * layers + layer];
                match place < rule.terms() {
                    true => value / trial.series("start")[layer],
                    false => value,
                }
            });
            row.push(table.mean_of(&values.collect::<Vec<_>>(), 2));
        }
        table.row(row);
    }
    table
}

/// Accuracy in the course of a stream, a panel for each way to hold out.
fn curves(ways: &[Way<'_>]) -> Figure {
    let mut figure = Figure::new(
        "course",
        "Accuracy in the course of a stream",
        "On clips that were held out, of networks that learn from one clip after the other.",
    )
    .with_series(LEARNERS)
    .with_method("Means over trials with 98% bootstrap intervals.");
    for (way, trials) in ways {
        let across = Across::Numbers {
            label: "clips heard".into(),
            scale: Scale::Linear,
        };
        let mut plot = Plot::new(way, across, "accuracy").wide();
        for learner in 0..LEARNERS.len() {
            let clips = trials[0].series("clips").iter().enumerate();
            let points =
                clips.filter_map(|(point, &clips)| Point::of(clips, &at(trials, learner, point)));
            plot = plot.with_curve(learner, points);
        }
        figure = figure.with_plot(plot);
    }
    figure
}

/// The query loss in the course of meta-learning, a panel for each way to hold out.
fn meta_learning(ways: &[Way<'_>]) -> Figure {
    let mut figure = Figure::new(
        "meta-learning",
        "Query loss in the course of meta-learning",
        "After each task was learned by the rule of the moment. The rule begins as e-prop at its best rate.",
    )
    .with_series(["meta-learned"])
    .with_method("Means of ten tasks, over trials with 98% bootstrap intervals.");
    for (way, trials) in ways {
        let across = Across::Numbers {
            label: "task".into(),
            scale: Scale::Linear,
        };
        let mut plot = Plot::new(way, across, "query loss, nats").wide();
        let parts = trials[0].series("losses").len() / 10;
        let points = (0..parts).filter_map(|part| {
            let of = |trial: &Measurement| mean(&trial.series("losses")[10 * part..][..10]);
            let values: Vec<f64> = trials.iter().map(of).collect();
            Point::of((10 * part + 5) as f64, &values)
        });
        plot = plot.with_curve(0, points);
        figure = figure.with_plot(plot);
    }
    figure
}
