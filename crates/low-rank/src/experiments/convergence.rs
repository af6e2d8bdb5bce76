//! How fast the methods solve problems at, above and below the rank.

use metaplast_experiment::{Cell, Figure, Measurement, Plot, Point, Results, Scale, Table};
use metaplast_numbers::statistics::median;

use super::section::{
    METHODS, SPREAD, Section, Setup, across, at, condition_and_trial, finite, largest, names,
    numbers, share, spread, spread_at, steps_until_solved,
};
use crate::backward::random_backward;
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::limit::SketchLimit;
use crate::linear_algebra::{SingularValues, product_tn};
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;
use crate::spectrum;

const N: usize = 20;
const RANK: usize = 5;

/// Inner dimension, spread of the start, and step size over that of the setting; then median and largest
/// steps of each method, as measured before.
type ConvergenceCondition = (usize, f64, f64, [&'static str; 3]);

const CONDITIONS: [ConvergenceCondition; 5] = [
    (5, 1e-3, 1.0, ["300 (400)", "300 (1,500)", "100 (100)"]),
    (5, 0.1, 1.0, ["200 (300)", "500 (2,800)", "150 (1,600)"]),
    (8, 0.1, 1.0, ["3,000 (3,500)", "1,950 (4,800)", "100 (200)"]),
    (5, 1.0, 2.0, ["–", "1,500 (15,000)", "–"]),
    (3, 0.1, 1.0, ["–", "–", "–"]),
];

/// Steps that the curves show.
const SHOWN: [u64; 17] = [
    0, 10, 20, 30, 50, 70, 100, 150, 200, 300, 400, 500, 700, 1000, 1500, 2000, 3000,
];

/// Step sizes of feedback alignment that are tried for failures, in units of the setting.
const RATES: [(f64, &str); 3] = [(2.0, "0 of 20"), (4.0, "0 of 20"), (8.0, "6 of 20")];

/// Conditions of the scatter: at the rank and above it.
const SCATTERED: [usize; 2] = [1, 2];

/// The section.
pub(super) struct Convergence;

fn condition((inner, init, rate, _): ConvergenceCondition) -> String {
    format!("r {inner}, init {init}, rate {rate}")
}

impl Section for Convergence {
    fn title(&self) -> &'static str {
        "convergence"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        names(self, &CONDITIONS.map(condition), setup.trials)
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let (place, trial) = condition_and_trial(place, setup.trials);
        let (inner, init, rate, _) = CONDITIONS[place];
        let mut random = setup.random(self, place, trial);
        let values = spectrum::geometric(RANK, 1.0, 0.5);
        let target = TargetMatrix::random([N, N], &values, &mut random);
        let start = Factors::random([N, N], inner, init, &mut random);
        let backward = random_backward(N, inner, &mut random);
        let run =
            |method, eta| Factorisation::new(&target, method, eta, start.clone(), backward.clone());
        let whole = target.least_error(0);
        let mut measured = Measurement::new();
        for method in METHODS {
            let eta = rate * setup.eta;
            let mut shown = run(method, eta);
            let mut errors = Vec::new();
            for step in SHOWN {
                // Below this the errors are rounding.
                shown.run_until(step, |run| run.error() < 1e-16 * whole);
                errors.push(shown.error() / whole);
            }
            measured.set(format!("{method}"), errors);
            let steps = match inner >= RANK {
                true => steps_until_solved(&mut run(method, eta), &target, setup.most),
                false => f64::NAN,
            };
            measured.set(format!("{method}, steps"), [steps]);
        }
        let limit = SketchLimit::of(&target, &backward);
        measured.set("limit", [limit.error() / whole]);
        measured.set("optimum", [target.least_error(inner) / whole]);
        let compressed = SingularValues::of(&product_tn(&backward, target.matrix()));
        let smallest = compressed.values()[inner.min(RANK) - 1];
        measured.set("smallest", [smallest]);
        if place == 1 {
            let rates = RATES.map(|(rate, _)| {
                let fa = FactorisationMethod::FeedbackAlignment;
                steps_until_solved(&mut run(fa, rate * setup.eta), &target, setup.most)
            });
            measured.set("rates", rates);
        }
        measured
    }

    fn show(&self, setup: &Setup, measured: &[Measurement], results: Results) -> Results {
        let mut table = Table::new(
            "convergence",
            "Steps to a relative squared error of 10⁻⁶",
            ["r", "init", "η", "method", "solved", "mean", "median", "largest", "NumPy before: median (largest)"],
        )
        .with_note(format!(
            "Y is 20 by 20 of rank {RANK} with singular values from 1 to ½ in geometric progression; B has entries \
             of variance 1/20, the start init times that spread. Means with 98% bootstrap intervals. \
             Steps are of the solved runs. The earlier runs were 30 for each row, looked at every 50 or 100 steps.",
        ));
        let mut results = results;
        let by_condition = || CONDITIONS.iter().zip(measured.chunks(setup.trials));
        for (&(inner, init, rate, before), trials) in by_condition() {
            if inner < RANK {
                continue;
            }
            let mut story = Vec::new();
            for (method, before) in METHODS.iter().zip(before) {
                let steps = numbers(trials, &format!("{method}, steps"));
                let solved = finite(&steps);
                let mean = table.mean_of(&solved, 3);
                story.push(format!(
                    "{} of {} by {method} after {} steps on average",
                    solved.len(),
                    trials.len(),
                    mean.to_text()
                ));
                table.row([
                    (inner as u64).into(),
                    Cell::number(init, 1),
                    Cell::number(rate * setup.eta, 1),
                    method.to_string().into(),
                    share(solved.len(), trials.len()).into(),
                    mean,
                    Cell::number(median(&solved), 3),
                    Cell::number(largest(solved), 3),
                    before.into(),
                ]);
            }
            let story = story.join(", ");
            results = results.with_finding(format!(
                "Rank {RANK}, r = {inner}, start {init}, η {}: solved {story}.",
                rate * setup.eta
            ));
        }
        let trials = &measured[setup.trials..2 * setup.trials];
        let mut rates = Table::new(
            "rates",
            "Large steps of feedback alignment",
            ["η", "blew up", "too slow", "NumPy before, failed"],
        )
        .with_note(format!(
            "r = 5, start 0.1. Too slow: not solved within {} steps.",
            setup.most
        ));
        for (place, (rate, before)) in RATES.into_iter().enumerate() {
            let steps = at(trials, "rates", place);
            let count = |is: fn(f64) -> bool| {
                let failed = steps.iter().filter(|&&steps| is(steps)).count();
                Cell::from(share(failed, trials.len()))
            };
            rates.row([
                Cell::number(rate * setup.eta, 1),
                count(f64::is_nan),
                count(f64::is_infinite),
                before.into(),
            ]);
        }
        let mut figure = Figure::new(
            "error",
            "Error against step",
            "At the rank and above, every method goes on to zero. Below it gradient descent and feedback alignment \
             come to rest at different errors: dashed are the least error and the median of the errors that F2 \
             tells from B.",
        )
        .with_series(METHODS.map(|method| method.to_string()))
        .with_method(SPREAD);
        for (panel, title) in [
            (2, "r = 8, above the rank 5"),
            (1, "r = 5, the rank"),
            (4, "r = 3, below the rank 5"),
        ] {
            let trials = &measured[panel * setup.trials..][..setup.trials];
            let axis = across("step", Scale::Linear);
            let mut plot = Plot::new(title, axis, "squared error, relative").logarithmic();
            for (series, method) in METHODS.iter().enumerate() {
                let name = method.to_string();
                let points = SHOWN.iter().enumerate().filter_map(|(k, &step)| {
                    let values = at(trials, &name, k).into_iter().map(|x| x.max(1e-16));
                    spread_at(step as f64, &values.collect::<Vec<_>>())
                });
                plot = plot.with_curve(series, points);
            }
            if CONDITIONS[panel].0 < RANK {
                let limit = median(&numbers(trials, "limit"));
                plot = plot
                    .with_reference(median(&numbers(trials, "optimum")), "least error")
                    .with_reference(limit, "F2");
            }
            figure = figure.with_plot(plot);
        }
        let (slow, finding) = slow_runs(setup, measured);
        results
            .with_finding(finding)
            .with_table(table)
            .with_table(rates)
            .with_figure(figure)
            .with_figure(slow)
    }
}

/// How long feedback alignment takes, by how nearly BᵀY loses a rank.
fn slow_runs(setup: &Setup, measured: &[Measurement]) -> (Figure, String) {
    let fa = format!("{}, steps", FactorisationMethod::FeedbackAlignment);
    let axis = across("least singular value of BᵀY", Scale::Logarithmic);
    let mut plot = Plot::new("Feedback alignment", axis, "steps to 10⁻⁶")
        .wide()
        .logarithmic();
    let mut story = Vec::new();
    for (series, condition) in SCATTERED.into_iter().enumerate() {
        let trials = &measured[condition * setup.trials..][..setup.trials];
        let (steps, smallest) = (numbers(trials, &fa), numbers(trials, "smallest"));
        for (&steps, &smallest) in steps.iter().zip(&smallest) {
            plot = plot.with_curve(series, [Point::exact(smallest, steps)]);
        }
        let products: Vec<f64> = steps
            .iter()
            .zip(&smallest)
            .map(|(a, b)| setup.eta * a * b)
            .collect();
        story.push(format!(
            "r = {}: {} steps, least singular value {}, η times their product {}",
            CONDITIONS[condition].0,
            Cell::mean(spread(&steps), 3).to_text(),
            Cell::mean(spread(&smallest), 2).to_text(),
            Cell::mean(spread(&products), 2).to_text(),
        ));
    }
    let figure = Figure::new(
        "slow",
        "Slow runs are those whose BᵀY nearly loses a rank",
        "Each dot is a run. At the rank BᵀY is as good as square, and random square matrices are now and then nearly \
         singular: the steps grow about as one over the least singular value, without bound. Three columns more \
         and it does not happen.",
    )
    .with_series(SCATTERED.map(|condition| format!("r = {}", CONDITIONS[condition].0)))
    .with_plot(plot)
    .with_method("Runs that were not solved are left out.");
    let finding = format!(
        "Feedback alignment is slow where BᵀY nearly loses a rank. Median (10% to 90% of the solved runs) at {}.",
        story.join("; at ")
    );
    (figure, finding)
}
