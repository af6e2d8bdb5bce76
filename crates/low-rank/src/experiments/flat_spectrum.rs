//! Almost orthogonal representations at about equal error.

use metaplast_experiment::{Across, Cell, Figure, Measurement, Plot, Point, Results, Table};

use super::section::{Section, Setup, condition_and_trial, names, numbers};
use crate::backward::random_backward;
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::limit::SketchLimit;
use crate::linear_algebra::RowSpace;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;
use crate::spectrum;

/// n and r, then the error ratio and the overlap measured before.
const SIZES: [(usize, usize, &str, &str); 4] = [
    (25, 1, "–", "–"),
    (50, 2, "1.0083", ".048"),
    (100, 3, "1.0063", ".037"),
    (200, 4, "1.0042", ".023"),
];

/// Trials that are simulated; the others are told by F2.
const SIMULATED: usize = 4;
/// Steps of a simulation.
const STEPS: u64 = 2000;

/// The section.
pub(super) struct FlatSpectrum;

impl Section for FlatSpectrum {
    fn title(&self) -> &'static str {
        "flat spectrum"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        names(self, &SIZES.map(|(n, ..)| format!("n {n}")), setup.trials)
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let (place, trial) = condition_and_trial(place, setup.trials);
        let (n, inner, ..) = SIZES[place];
        let mut random = setup.random(self, place, trial);
        let target = TargetMatrix::diagonal(&spectrum::two_levels(n, inner, 1.1, 1.0));
        let backward = random_backward(n, inner, &mut random);
        let limit = SketchLimit::of(&target, &backward);
        let best = RowSpace::of(&target.right_vectors(inner));
        let mut simulated = [f64::NAN; 2];
        if trial < SIMULATED {
            let start = Factors::random([n, n], inner, 0.1, &mut random);
            let run = |method| {
                let (start, backward) = (start.clone(), backward.clone());
                let mut run = Factorisation::new(&target, method, setup.eta, start, backward);
                run.run_until(STEPS.min(setup.most), |_| false);
                (run.error(), RowSpace::of(&run.factors().representation))
            };
            let fa = run(FactorisationMethod::FeedbackAlignment);
            let gd = run(FactorisationMethod::GradientDescent);
            simulated = [fa.0 / gd.0, fa.1.overlap(&gd.1)];
        }
        Measurement::new()
            .with("ratio", [limit.error() / target.least_error(inner)])
            .with("overlap", [limit.row_space().overlap(&best)])
            .with("simulated ratio", [simulated[0]])
            .with("simulated overlap", [simulated[1]])
    }

    fn show(&self, setup: &Setup, measured: &[Measurement], results: Results) -> Results {
        let mut table = Table::new(
            "flat",
            "Singular values 1.1, r times, and 1",
            ["n", "r", "error ratio", "simulated ratio", "NumPy before", "overlap", "simulated overlap", "NumPy before, overlap", "r/n"],
        )
        .with_note(format!(
            "Feedback alignment against gradient descent: ratio of errors, and the mean squared cosine of the angles \
             between the row spaces of their W, which is r/n for unrelated spaces. By F2 of all trials, and of up to \
             {SIMULATED} simulations of {} steps of both; means with 98% bootstrap intervals.",
            STEPS.min(setup.most),
        ));
        let panels = [
            (
                "Error ratio",
                "error over that of gradient descent",
                "ratio",
                (1.0, 1.02),
            ),
            (
                "Overlap of the representations",
                "mean squared cosine",
                "overlap",
                (0.0, 0.2),
            ),
        ];
        let axis = || Across::Steps {
            label: "n".into(),
            names: SIZES.map(|(n, ..)| n.to_string()).to_vec(),
        };
        let mut plots = panels.map(|(title, label, _, (low, high))| {
            let empty = Plot::new(title, axis(), label).between(low, high);
            (0..3).fold(empty, |plot, series| plot.with_curve(series, []))
        });
        let mut story = Vec::new();
        for (k, ((n, inner, ratio_before, overlap_before), trials)) in SIZES
            .into_iter()
            .zip(measured.chunks(setup.trials))
            .enumerate()
        {
            let unrelated = inner as f64 / n as f64;
            let cell = |name: &str, digits| table.mean_of(&numbers(trials, name), digits);
            let (ratio, overlap) = (cell("ratio", 5), cell("overlap", 2));
            story.push(format!(
                "n = {n}: ratio {}, overlap {}",
                ratio.to_text(),
                overlap.to_text()
            ));
            let row = [
                (n as u64).into(),
                (inner as u64).into(),
                ratio,
                cell("simulated ratio", 5),
                ratio_before.into(),
                overlap,
                cell("simulated overlap", 2),
                overlap_before.into(),
                Cell::number(unrelated, 2),
            ];
            table.row(row);
            for (plot, (_, _, name, _)) in plots.iter_mut().zip(panels) {
                let x = k as f64;
                let told = Point::of(x, &numbers(trials, name));
                let simulated = Point::of(x, &numbers(trials, &format!("simulated {name}")));
                plot.curves[0].points.extend(told);
                plot.curves[1].points.extend(simulated);
            }
            plots[1].curves[2]
                .points
                .push(Point::exact(k as f64, unrelated));
        }
        let figure = Figure::new(
            "flat",
            "Equal error, unrelated representations",
            "With a nearly flat spectrum feedback alignment is as good as gradient descent, and its representation is \
             about as unrelated to that of gradient descent as a random one (r/n).",
        )
        .with_series(["F2", "simulated", "r/n"])
        .with_method("Markers: mean over trials. Bars: 98% bootstrap interval of that mean.");
        let figure = plots.into_iter().fold(figure, Figure::with_plot);
        let finding = format!("Flat spectrum, {}.", story.join("; "));
        results
            .with_finding(finding)
            .with_table(table)
            .with_figure(figure)
    }
}
