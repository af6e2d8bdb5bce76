//! Powers of Y in the backward matrix close the gap.

use metaplast_experiment::{Across, Cell, Figure, Measurement, Plot, Results, Table};

use super::section::{Section, Setup, condition_and_trial, names, numbers, spread, spread_at};
use crate::backward::{power_sketch, random_backward};
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::limit::SketchLimit;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;
use crate::spectrum;

const N: usize = 64;
const INNER: usize = 16;
const LOW: f64 = 0.1;
/// Powers q, and the median measured before.
const POWERS: [(usize, &str); 4] = [(0, "6.5"), (1, "1.008"), (2, "–"), (3, "–")];
/// Trials that are simulated.
const SIMULATED: usize = 4;
/// A distance from rest at which a run has ended.
const REST: f64 = 1e-6;
/// Steps of a simulation, at most.
const MOST: u64 = 4000;

/// The section.
pub(super) struct Sketches;

fn target() -> TargetMatrix {
    TargetMatrix::diagonal(&spectrum::two_levels(N, INNER, 1.0, LOW))
}

impl Section for Sketches {
    fn title(&self) -> &'static str {
        "power sketches"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        let conditions = POWERS.map(|(q, _)| format!("q {q}"));
        names(self, &conditions, setup.trials.min(SIMULATED))
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let trials = setup.trials.min(SIMULATED);
        let (place, trial) = condition_and_trial(place, trials);
        let (q, _) = POWERS[place];
        let target = target();
        let mut random = setup.random(self, 0, trial);
        let backward = power_sketch(&target, &random_backward(N, INNER, &mut random), q);
        let limit = SketchLimit::of(&target, &backward).error();
        let start = Factors::random([N, N], INNER, 0.1, &mut random);
        let method = FactorisationMethod::FeedbackAlignment;
        let mut run = Factorisation::new(&target, method, setup.eta, start, backward);
        run.run_until(MOST.min(setup.most), |run| run.distance_from_rest() < REST);
        Measurement::new()
            .with("ratio", [run.error() / target.least_error(INNER)])
            .with("over limit", [run.error() / limit])
    }

    fn show(&self, setup: &Setup, measured: &[Measurement], results: Results) -> Results {
        let trials = setup.trials.min(SIMULATED);
        let target = target();
        let least = target.least_error(INNER);
        let mut table = Table::new(
            "sketches",
            "(YYᵀ)^q B in B's place",
            ["q", "F2, median (10%, 90%)", "mean", "NumPy before, median", "simulated", "simulated over F2"],
        )
        .with_note(format!(
            "Errors over the least; Y is {N} by {N} with singular values 1, {INNER} times, and {LOW}; r = {INNER}. F2 \
             of {} backward matrices, {trials} simulations; means with 98% bootstrap intervals.",
            setup.draws,
        ));
        let mut curves = [Vec::new(), Vec::new()];
        let mut story = Vec::new();
        for (k, ((q, before), runs)) in POWERS.into_iter().zip(measured.chunks(trials)).enumerate()
        {
            let told: Vec<f64> = (0..setup.draws)
                .map(|draw| {
                    let b = random_backward(N, INNER, &mut setup.random(self, 1, draw));
                    SketchLimit::of(&target, &power_sketch(&target, &b, q)).error() / least
                })
                .collect();
            let simulated = numbers(runs, "ratio");
            let mean = table.mean_of(&told, 4);
            story.push(format!("{} at q = {q}", mean.to_text()));
            table.row([
                (q as u64).into(),
                Cell::mean(spread(&told), 4),
                mean,
                before.into(),
                table.mean_of(&simulated, 4),
                table.mean_of(&numbers(runs, "over limit"), 6),
            ]);
            curves[0].extend(spread_at(k as f64, &told));
            curves[1].extend(spread_at(k as f64, &simulated));
        }
        let axis = Across::Steps {
            label: "q".into(),
            names: POWERS.map(|(q, _)| q.to_string()).to_vec(),
        };
        let mut plot = Plot::new(
            "Singular values 1, 16 times, and .1",
            axis,
            "error over the least",
        )
        .wide()
        .logarithmic();
        for (series, curve) in curves.into_iter().enumerate() {
            plot = plot.with_curve(series, curve);
        }
        let figure = Figure::new(
            "sketches",
            "A backward matrix that has seen Y closes the gap",
            "Feedback alignment with (YYᵀ)^q B in B's place: one power turns B far enough towards the leading singular \
             vectors.",
        )
        .with_series(["F2", "simulated"])
        .with_plot(plot)
        .with_method("Markers: median. Bars: 10% to 90% of backward matrices, or of trials.");
        let finding = format!(
            "With (YYᵀ)^q B in B's place feedback alignment ends at these multiples of the least error, on average: {}.",
            story.join(", ")
        );
        results
            .with_finding(finding)
            .with_table(table)
            .with_figure(figure)
    }
}
