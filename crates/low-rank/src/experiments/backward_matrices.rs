//! Backward matrices that learn: weight mirror, Kolen and Pollack's rule, Oja's.

use metaplast_experiment::{Cell, Figure, Measurement, Plot, Results, Scale, Table};

use super::section::{SPREAD, Section, Setup, across, at, names, spread_at};
use crate::backward::{BackwardLearning, random_backward};
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::limit::SketchLimit;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;
use crate::spectrum;

const N: usize = 32;
const INNER: usize = 8;
const LOW: f64 = 0.1;
/// Trials, at most.
const TRIALS: usize = 12;
const MIRROR_RATE: f64 = 0.01;
const OJA_RATE: f64 = 0.1;
const DECAY: f64 = 0.01;

const KINDS: [&str; 6] = [
    "fixed",
    "weight mirror",
    "Kolen–Pollack (λ = 0.01)",
    "Kolen–Pollack (λ = 0)",
    "Oja",
    "gradient descent",
];

/// Steps that the curves show.
const SHOWN: [u64; 12] = [0, 20, 50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000];

/// The section.
pub(super) struct BackwardMatrices;

/// The method and the learning of B of a kind.
fn kind(place: usize, target: &TargetMatrix) -> (FactorisationMethod, BackwardLearning) {
    let fa = FactorisationMethod::FeedbackAlignment;
    match place {
        0 => (fa, BackwardLearning::Fixed),
        1 => (fa, BackwardLearning::WeightMirror { rate: MIRROR_RATE }),
        2 => {
            let method = FactorisationMethod::WeightDecay { lambda: DECAY };
            (method, BackwardLearning::KolenPollack)
        }
        3 => (fa, BackwardLearning::KolenPollack),
        4 => {
            let target = Box::new(target.clone());
            let rate = OJA_RATE;
            (fa, BackwardLearning::Oja { rate, target })
        }
        _ => (
            FactorisationMethod::GradientDescent,
            BackwardLearning::Fixed,
        ),
    }
}

impl Section for BackwardMatrices {
    fn title(&self) -> &'static str {
        "backward matrices that learn"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        names(self, &["runs".to_owned()], setup.trials.min(TRIALS))
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let mut random = setup.random(self, 0, place);
        let target = TargetMatrix::diagonal(&spectrum::two_levels(N, INNER, 1.0, LOW));
        let least = target.least_error(INNER);
        let start = Factors::random([N, N], INNER, 0.1, &mut random);
        let backward = random_backward(N, INNER, &mut random);
        let limit = SketchLimit::of(&target, &backward).error() / least;
        let mut measured = Measurement::new().with("limit", [limit]);
        for (place, name) in KINDS.into_iter().enumerate() {
            let (method, learning) = kind(place, &target);
            let (start, backward) = (start.clone(), backward.clone());
            let run = Factorisation::new(&target, method, setup.eta, start, backward);
            let mut run = run.with_backward_learning(learning, random.clone());
            let (mut ratios, mut told) = (Vec::new(), Vec::new());
            for step in SHOWN {
                run.run_until(step, |_| false);
                ratios.push(run.error() / least);
            }
            told.push(SketchLimit::of(&target, run.backward()).error() / least);
            measured.set(name, ratios);
            measured.set(format!("{name}, told"), told);
        }
        measured
    }

    fn show(&self, _: &Setup, measured: &[Measurement], results: Results) -> Results {
        let last = SHOWN.len() - 1;
        let mut table = Table::new(
            "backward",
            "Backward matrices that learn",
            ["backward matrix", "step 200", "step 1000", "step 3000", "F2 of the last B"],
        )
        .with_note(format!(
            "Errors over the least; Y is {N} by {N} with singular values 1, {INNER} times, and {LOW}; r = {INNER}, start \
             0.1; {} trials. Weight mirror with rate {MIRROR_RATE}, Oja's rule with {OJA_RATE}; Kolen–Pollack with \
             decay λ of B, Z and W. F2 tells the limit of a fixed B, here what it would be if B stayed as it is in \
             the end. Means with 98% bootstrap intervals.",
            measured.len(),
        ));
        let axis = across("step", Scale::Linear);
        let mut plot = Plot::new(
            "Singular values 1, 8 times, and .1",
            axis,
            "error over the least",
        )
        .wide()
        .logarithmic();
        let mut story = Vec::new();
        let place = |step: u64| {
            SHOWN
                .iter()
                .position(|&shown| shown == step)
                .unwrap_or(last)
        };
        for (series, name) in KINDS.into_iter().enumerate() {
            let points = SHOWN.iter().enumerate();
            let points =
                points.filter_map(|(k, &step)| spread_at(step as f64, &at(measured, name, k)));
            plot = plot.with_curve(series, points);
            let cell = |step| table.mean_of(&at(measured, name, place(step)), 4);
            let told = match series + 1 == KINDS.len() {
                true => Cell::Nothing,
                false => table.mean_of(&at(measured, &format!("{name}, told"), 0), 4),
            };
            let row = [name.into(), cell(200), cell(1000), cell(3000), told];
            story.push(format!("{name} {}", row[3].to_text()));
            table.row(row);
        }
        let figure = Figure::new(
            "backward",
            "Backward matrices that learn",
            "The error over the least that r columns allow. A fixed B stops at what F2 tells. A weight mirror and Kolen \
             and Pollack's rule make B the transpose of Z, so that learning becomes gradient descent; Oja's rule turns B \
             towards the leading singular vectors of Y without looking at Z or W.",
        )
        .with_series(KINDS)
        .with_plot(plot)
        .with_method(SPREAD);
        let finding = format!(
            "After {} steps the error over the least, by backward matrix: {}.",
            SHOWN[last],
            story.join(", ")
        );
        results
            .with_finding(finding)
            .with_table(table)
            .with_figure(figure)
    }
}
