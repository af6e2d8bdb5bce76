//! What the sections of the experiment share.

use metaplast_experiment::{Across, Error, ExperimentSettings, Measurement, Point, Results, Scale};
use metaplast_numbers::Estimate;
use metaplast_numbers::sorting::sort_numbers;
use metaplast_numbers::statistics::{Interval, median, quantile};
use metaplast_numbers::streams::seed;
use metaplast_tensor::Random;

use crate::factorisation::Factorisation;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;

/// A section of the experiment: independent measurements, and what they show.
pub(super) trait Section: Sync {
    /// What is measured.
    fn title(&self) -> &'static str;

    /// A name for each measurement, other than those of all other sections.
    fn names(&self, setup: &Setup) -> Vec<String>;

    /// The measurement at this place of the names.
    fn measure(&self, setup: &Setup, place: usize) -> Measurement;

    /// The results with what the measurements show.
    fn show(&self, setup: &Setup, measured: &[Measurement], results: Results) -> Results;
}

/// The settings.
pub(super) struct Setup {
    pub(super) trials: usize,
    pub(super) eta: f64,
    pub(super) draws: usize,
    pub(super) most: u64,
    seed: u64,
}

impl Setup {
    pub(super) fn new(settings: &ExperimentSettings) -> Result<Self, Error> {
        Ok(Setup {
            trials: settings.whole_within("trials", 1..=10_000)? as usize,
            eta: settings.positive("eta", 1.0)?,
            draws: settings.whole_within("draws", 1..=100_000)? as usize,
            most: settings.whole_within("most", 100..=10_000_000)?,
            seed: settings.seed(),
        })
    }

    /// The random numbers of a trial under a condition of a section.
    pub(super) fn random(&self, section: &dyn Section, condition: usize, trial: usize) -> Random {
        let title = section.title().bytes().fold(0, |sum: u64, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        Random::new(seed(&[self.seed, title, condition as u64, trial as u64]))
    }
}

/// Names of trials under conditions, those of one condition after each other.
pub(super) fn names(section: &dyn Section, conditions: &[String], trials: usize) -> Vec<String> {
    let of = |condition: &String| {
        let head = format!("{}: {condition}", section.title());
        (0..trials).map(move |trial| format!("{head}, trial {trial}"))
    };
    conditions.iter().flat_map(of).collect()
}

/// The condition of a measurement and its trial, both from 0, where [`names`] named so many trials of each.
pub(super) fn condition_and_trial(place: usize, trials: usize) -> (usize, usize) {
    (place / trials, place % trials)
}

/// Gradient descent, feedback alignment, and the default candidate for FA*.
pub(super) const METHODS: [FactorisationMethod; 3] = [
    FactorisationMethod::GradientDescent,
    FactorisationMethod::FeedbackAlignment,
    FactorisationMethod::LeastSquares,
];

/// A relative squared error that counts as solved.
pub(super) const SOLVED: f64 = 1e-6;

/// The steps until the error is below 10⁻⁶ of that of a product of zeros; infinite when it is not within
/// `most` steps, and NaN when the run blows up.
pub(super) fn steps_until_solved(
    run: &mut Factorisation<'_, TargetMatrix>,
    target: &TargetMatrix,
    most: u64,
) -> f64 {
    let goal = SOLVED * target.least_error(0);
    let steps = run.run_until(most, |run| run.error() < goal || !run.error().is_finite());
    match steps {
        Some(steps) if run.error() < goal => steps as f64,
        Some(_) => f64::NAN,
        None => f64::INFINITY,
    }
}

/// Those numbers that are finite, as steps are of runs that were solved.
pub(super) fn finite(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|x| x.is_finite()).collect()
}

/// `6 of 20`
pub(super) fn share(count: usize, all: usize) -> String {
    format!("{count} of {all}")
}

/// The numbers of one series in all measurements.
pub(super) fn numbers(measured: &[Measurement], name: &str) -> Vec<f64> {
    measured.iter().map(|trial| trial.number(name)).collect()
}

/// The number at a place of a series in all measurements.
pub(super) fn at(measured: &[Measurement], name: &str, place: usize) -> Vec<f64> {
    let numbers = measured.iter();
    numbers.map(|trial| trial.series(name)[place]).collect()
}

/// The median with the 10% and 90% quantiles of those that are finite; `None` when none is.
pub(super) fn spread(values: &[f64]) -> Option<Estimate> {
    let mut sorted = finite(values);
    sort_numbers(&mut sorted);
    (!sorted.is_empty()).then(|| Estimate {
        mean: median(&sorted),
        interval: Some(Interval {
            low: quantile(&sorted, 0.1),
            high: quantile(&sorted, 0.9),
        }),
    })
}

/// [`spread`] as a point of a curve.
pub(super) fn spread_at(x: f64, values: &[f64]) -> Option<Point> {
    spread(values).map(|y| Point { x, y })
}

pub(super) const SPREAD: &str = "Lines: median over trials. Bands: 10% to 90% of the trials.";

/// The largest of some numbers; NaN as soon as one is.
pub(super) fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values
        .into_iter()
        .fold(0.0, |most: f64, x| match x.is_nan() {
            true => f64::NAN,
            false => most.max(x),
        })
}

/// A horizontal axis of numbers.
pub(super) fn across(label: &str, scale: Scale) -> Across {
    Across::Numbers {
        label: label.into(),
        scale,
    }
}
