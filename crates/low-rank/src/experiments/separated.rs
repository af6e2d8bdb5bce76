//! The separation without bound: two singular values, one column.

use std::f64::consts::PI;

use metaplast_experiment::{Cell, Figure, Measurement, Plot, Point, Results, Scale, Table};
use metaplast_numbers::statistics::mean;
use metaplast_tensor::Tensor;

use super::section::{Section, Setup, across, largest};
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::limit::separation_ratio;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;

const VALUES: [f64; 3] = [0.5, 0.2, 0.1];
/// Directions of B that are simulated, and those that the curve has.
const DOTS: usize = 48;
const DRAWN: usize = 240;
/// Directions of the mean.
const MANY: usize = 100_000;
/// A distance from rest at which a run has ended.
const REST: f64 = 1e-13;

/// The section.
pub(super) struct Separated;

/// Angles in equal steps between 0 and π, in the middle of each step.
fn angles(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |k| PI * (k as f64 + 0.5) / count as f64)
}

impl Section for Separated {
    fn title(&self) -> &'static str {
        "separation"
    }

    fn names(&self, _: &Setup) -> Vec<String> {
        let names = VALUES.map(|s| format!("{}: s {s}", self.title()));
        names.to_vec()
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let target = TargetMatrix::diagonal(&[1.0, VALUES[place]]);
        let least = target.least_error(1);
        let mut random = setup.random(self, place, 0);
        let run = |method, start, phi: f64| {
            let backward = Tensor::new([2, 1], vec![phi.cos(), phi.sin()]);
            Factorisation::new(&target, method, setup.eta, start, backward)
        };
        let mut ratios = Vec::new();
        for phi in angles(DOTS) {
            let start = Factors::random([2, 2], 1, 0.1, &mut random);
            let mut fa = run(FactorisationMethod::FeedbackAlignment, start, phi);
            let rest = fa.run_until(50 * setup.most, |run| run.distance_from_rest() < REST);
            ratios.push(rest.map_or(f64::NAN, |_| fa.error() / least));
        }
        let start = Factors::random([2, 2], 1, 0.1, &mut random);
        let mut gd = run(FactorisationMethod::GradientDescent, start, 0.0);
        gd.run_until(setup.most, |_| false);
        Measurement::new()
            .with("ratios", ratios)
            .with("gradient descent", [gd.error() / least])
    }

    fn show(&self, _: &Setup, measured: &[Measurement], results: Results) -> Results {
        let mut table = Table::new(
            "separation",
            "Y = diag(1, s), r = 1, B = (cos φ, sin φ)",
            ["s", "1/s", "mean by F3", "mean simulated", "largest distance from F3", "gradient descent"],
        )
        .with_note(format!(
            "Errors over the least. F3 at {MANY} directions of B in equal steps, simulations to rest at {DOTS}, the \
             distance relative.",
        ));
        let mut plot = Plot::new(
            "Y = diag(1, s), r = 1",
            across("φ, degrees", Scale::Linear),
            "error over the least",
        )
        .wide()
        .logarithmic();
        let mut story = Vec::new();
        for (series, (s, of)) in VALUES.into_iter().zip(measured).enumerate() {
            let ratios = of.series("ratios");
            let told = angles(DOTS).map(|phi| separation_ratio(s, phi));
            let off = largest(
                told.zip(ratios)
                    .map(|(told, ratio)| (ratio / told - 1.0).abs()),
            );
            let formula = angles(MANY)
                .map(|phi| separation_ratio(s, phi))
                .sum::<f64>()
                / MANY as f64;
            story.push(format!(
                "{} at s = {s}",
                Cell::number(mean(ratios), 4).to_text()
            ));
            table.row([
                Cell::number(s, 1),
                Cell::number(1.0 / s, 3),
                Cell::number(formula, 6),
                Cell::number(mean(ratios), 6),
                Cell::number(off, 2),
                Cell::number(of.number("gradient descent"), 6),
            ]);
            let line =
                angles(DRAWN).map(|phi| Point::exact(phi.to_degrees(), separation_ratio(s, phi)));
            plot = plot.with_curve(series, line);
            for (phi, &ratio) in angles(DOTS).zip(ratios) {
                plot = plot.with_curve(
                    VALUES.len() + series,
                    [Point::exact(phi.to_degrees(), ratio)],
                );
            }
        }
        let series = VALUES.map(|s| format!("s = {s}, F3"));
        let dots = VALUES.map(|s| format!("s = {s}, simulated"));
        let figure = Figure::new(
            "separation",
            "A gap without bound",
            "With one column and singular values 1 and s, feedback alignment ends between 1 and 1/s² times the least \
             error, on average over directions of B at 1/s. Gradient descent ends at 1.",
        )
        .with_series(series.into_iter().chain(dots))
        .with_plot(plot)
        .with_method("Lines: the closed form. Dots: a simulation each, from a random start to rest.");
        let finding = format!(
            "Mean error over the least of {DOTS} simulations at directions of B in equal steps: {}; the closed form \
             says 1/s.",
            story.join(", ")
        );
        results
            .with_finding(finding)
            .with_table(table)
            .with_figure(figure)
    }
}
