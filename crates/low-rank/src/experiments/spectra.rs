//! Where feedback alignment ends below the rank, for three spectra.

use metaplast_experiment::{Across, Cell, Figure, Measurement, Plot, Results, Table};
use metaplast_numbers::statistics::{mean, median};

use super::section::{
    Section, Setup, condition_and_trial, largest, names, numbers, spread, spread_at,
};
use crate::backward::random_backward;
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::limit::SketchLimit;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;
use crate::spectrum;

const N: usize = 20;
const INNER: [usize; 5] = [1, 2, 4, 8, 16];

type MadeBy = fn() -> Vec<f64>;

const SPECTRA: [(&str, MadeBy); 3] = [
    ("geometric, 1 to ½", || spectrum::geometric(N, 1.0, 0.5)),
    ("harmonic, 1/k", || spectrum::harmonic(N)),
    ("1 four times, then .1", || {
        spectrum::two_levels(N, 4, 1.0, 0.1)
    }),
];

/// Trials that are simulated.
const SIMULATED: usize = 8;
/// A distance from rest at which a run has ended.
const REST: f64 = 1e-9;

/// Size of the separation's matrices, and its inner dimensions and levels with what was measured before.
const LARGE: usize = 64;
const SEPARATION: [(f64, [(usize, &str); 4]); 2] = [
    (
        0.1,
        [
            (1, "1.9 (1.3, 2.5)"),
            (4, "3.3 (2.5, 4.0)"),
            (16, "6.5 (5.5, 7.5)"),
            (32, "10.6 (9.3, 12)"),
        ],
    ),
    (
        0.01,
        [
            (1, "3.2 (1.4, 44)"),
            (4, "12 (3.6, 120)"),
            (16, "64 (15, 200)"),
            (32, "89 (29, 313)"),
        ],
    ),
];

/// The section.
pub(super) struct Spectra;

/// Errors over the least that F2 tells for random backward matrices.
fn predicted(
    section: &Spectra,
    setup: &Setup,
    target: &TargetMatrix,
    condition: usize,
    inner: usize,
) -> Vec<f64> {
    let least = target.least_error(inner);
    let rows = target.singular_values().len();
    (0..setup.draws)
        .map(|draw| {
            let backward =
                random_backward(rows, inner, &mut setup.random(section, condition, draw));
            SketchLimit::of(target, &backward).error() / least
        })
        .collect()
}

impl Section for Spectra {
    fn title(&self) -> &'static str {
        "spectra"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        let mut conditions = Vec::new();
        for (name, _) in SPECTRA {
            conditions.extend(INNER.map(|inner| format!("{name}, r {inner}")));
        }
        names(self, &conditions, setup.trials.min(SIMULATED))
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let trials = setup.trials.min(SIMULATED);
        let (condition, trial) = condition_and_trial(place, trials);
        let inner = INNER[condition % INNER.len()];
        // B and the start are as likely as any rotation of them, so diagonal matrices stand for all.
        let target = TargetMatrix::diagonal(&SPECTRA[condition / INNER.len()].1());
        let mut random = setup.random(self, condition, trial);
        let backward = random_backward(N, inner, &mut random);
        let limit = SketchLimit::of(&target, &backward).error();
        let start = Factors::random([N, N], inner, 0.1, &mut random);
        let least = target.least_error(inner);
        let method = FactorisationMethod::FeedbackAlignment;
        let mut fa =
            Factorisation::new(&target, method, setup.eta, start.clone(), backward.clone());
        let rest = fa.run_until(2 * setup.most, |run| run.distance_from_rest() < REST);
        let method = FactorisationMethod::GradientDescent;
        let mut gd = Factorisation::new(&target, method, setup.eta, start, backward);
        gd.run_until(setup.most, |run| run.error() < (1.0 + 1e-9) * least);
        Measurement::new()
            .with("feedback alignment", [fa.error() / least])
            .with("gradient descent", [gd.error() / least])
            .with("off", [fa.error() / limit - 1.0])
            .with("rest", [rest.map_or(f64::NAN, |steps| steps as f64)])
    }

    fn show(&self, setup: &Setup, measured: &[Measurement], results: Results) -> Results {
        let trials = setup.trials.min(SIMULATED);
        let mut table = Table::new(
            "spectra",
            "Error over the least, r below the rank",
            ["singular values", "r", "F2, median (10%, 90%)", "feedback alignment", "gradient descent", "at rest", "largest distance from F2"],
        )
        .with_note(format!(
            "20 by 20; F2 from {} backward matrices, simulations of {trials} trials, means with 98% bootstrap \
             intervals. At rest: ‖EWᵀ‖ and ‖BᵀE‖ below {REST:e}; the distance is that of the error of these runs \
             from the one that F2 tells for their B, relative.",
            setup.draws,
        ));
        let mut figure = Figure::new(
            "spectra",
            "Where feedback alignment ends",
            "The error over the least that r columns allow. The limit told from B alone (F2) and simulations agree; \
             gradient descent reaches 1. The steeper the spectrum falls off behind r, the larger the gap.",
        )
        .with_series(["F2", "simulated", "gradient descent"])
        .with_method("Markers: median. Bars: 10% to 90% of backward matrices, or of trials.");
        let mut worst = Vec::new();
        let mut story = Vec::new();
        for (spectrum, (name, made)) in SPECTRA.into_iter().enumerate() {
            let target = TargetMatrix::diagonal(&made());
            let axis = Across::Steps {
                label: "r".into(),
                names: INNER.map(|inner| inner.to_string()).to_vec(),
            };
            let mut curves = [Vec::new(), Vec::new(), Vec::new()];
            for (k, inner) in INNER.into_iter().enumerate() {
                let condition = spectrum * INNER.len() + k;
                let runs = &measured[condition * trials..][..trials];
                let told = predicted(self, setup, &target, condition, inner);
                let fa = numbers(runs, "feedback alignment");
                let gd = numbers(runs, "gradient descent");
                let at_rest = |run: &&Measurement| run.number("rest").is_finite();
                let rested: Vec<f64> = runs
                    .iter()
                    .filter(at_rest)
                    .map(|run| run.number("off").abs())
                    .collect();
                let off = match rested.is_empty() {
                    true => f64::NAN,
                    false => largest(rested.iter().copied()),
                };
                worst.extend(rested.iter().copied());
                table.row([
                    name.into(),
                    (inner as u64).into(),
                    Cell::mean(spread(&told), 3),
                    table.mean_of(&fa, 4),
                    table.mean_of(&gd, 4),
                    format!("{} of {trials}", rested.len()).into(),
                    Cell::number(off, 2),
                ]);
                if inner == 4 {
                    story.push(format!(
                        "{} for {name}",
                        Cell::mean(spread(&told), 3).to_text()
                    ));
                }
                for (curve, values) in curves.iter_mut().zip([&told, &fa, &gd]) {
                    curve.extend(spread_at(k as f64, values));
                }
            }
            let mut plot = Plot::new(name, axis, "error over the least").logarithmic();
            for (series, curve) in curves.into_iter().enumerate() {
                plot = plot.with_curve(series, curve);
            }
            figure = figure.with_plot(plot);
        }
        let results = results.with_finding(format!(
            "At r = 4 of 20, feedback alignment ends at these multiples of the least error, median (10% to 90% of \
             backward matrices): {}. {} simulations that came to rest met F2 to {}.",
            story.join(", "),
            worst.len(),
            Cell::number(largest(worst), 2).to_text(),
        ));
        let (large, results) = self.separation(setup, results);
        results
            .with_table(table)
            .with_table(large)
            .with_figure(figure)
    }
}

impl Spectra {
    /// Y with singular values 1, r times, and ε: how far F2 is from the optimum.
    fn separation(&self, setup: &Setup, results: Results) -> (Table, Results) {
        let mut table = Table::new(
            "gap",
            "Error over the least for singular values 1, r times, and ε",
            ["ε", "r", "median (10%, 90%)", "mean", "NumPy before, of 300"],
        )
        .with_note(format!(
            "F2 for {} normal backward matrices, {LARGE} by {LARGE}; mean with its 98% bootstrap interval.",
            setup.draws,
        ));
        let mut medians = Vec::new();
        for (level, (low, rows)) in SEPARATION.into_iter().enumerate() {
            for (k, (inner, before)) in rows.into_iter().enumerate() {
                let values = spectrum::two_levels(LARGE, inner, 1.0, low);
                let target = TargetMatrix::diagonal(&values);
                let condition = 100 + 10 * level + k;
                let told = predicted(self, setup, &target, condition, inner);
                if inner == 16 {
                    medians.push(format!(
                        "{} at ε = {low} (mean {})",
                        Cell::number(median(&told), 2).to_text(),
                        Cell::number(mean(&told), 2).to_text()
                    ));
                }
                table.row([
                    Cell::number(low, 1),
                    (inner as u64).into(),
                    Cell::mean(spread(&told), 3),
                    table.mean_of(&told, 3),
                    before.into(),
                ]);
            }
        }
        let finding = format!(
            "With 16 singular values of 1 and 48 of ε, random feedback ends at {} times the least error, in the median.",
            medians.join(" and ")
        );
        (table, results.with_finding(finding))
    }
}
