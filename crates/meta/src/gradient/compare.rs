//! Comparisons: one meta-gradient by the reverse sweep, by forward mode and by finite differences.

use super::mode::GradientMode;
use super::outcome::Ask;
use super::runner::{EpisodeRunner, run};
use crate::episode::Episode;
use crate::precision::Precision;

/// Query loss and gradient by the reverse sweep on one tape; `None` when the loss is not finite.
///
/// # Panics
/// As [`run`].
#[must_use]
#[track_caller]
pub fn reverse(episode: &Episode<'_>, precision: Precision) -> (f64, Option<Vec<f64>>) {
    let outcome = run(episode, GradientMode::default(), precision, Ask::GRADIENT);
    (outcome.query.cross_entropy, outcome.gradient)
}

/// The gradient by forward mode in `f64`: the same network on dual numbers, without a tape's memory.
/// `None` where the episode diverges, which rounding may decide otherwise than in the reverse sweep.
///
/// # Panics
/// As [`run`].
#[must_use]
#[track_caller]
pub fn forward(episode: &Episode<'_>) -> Option<Vec<f64>> {
    let mode = GradientMode::Forward;
    run(episode, mode, Precision::Double, Ask::GRADIENT).gradient
}

/// The gradient by central differences in `f64` with steps `h`, one for each coefficient, and `h / 2`,
/// and Richardson's extrapolation: the error falls with h⁴.
///
/// # Panics
/// When there is not one step for each coefficient, and as [`run`].
#[must_use]
#[track_caller]
pub fn differences(episode: &Episode<'_>, steps: &[f64]) -> Vec<f64> {
    assert_eq!(
        steps.len(),
        episode.theta.len(),
        "differences: steps, coefficients"
    );
    let mut runner = EpisodeRunner::<f64>::new(GradientMode::default());
    let start = episode.start();
    let mut central = |r: usize, h: f64| {
        let mut at = |offset: f64| {
            let mut theta = episode.theta.to_vec();
            theta[r] += offset;
            let moved = episode.with_theta(&theta);
            let outcome = runner.run_from(&moved, &start, Ask::SCORE);
            outcome.query.cross_entropy
        };
        (at(h) - at(-h)) / (2.0 * h)
    };
    let steps = steps.iter().enumerate();
    steps
        .map(|(r, &h)| (4.0 * central(r, h / 2.0) - central(r, h)) / 3.0)
        .collect()
}
