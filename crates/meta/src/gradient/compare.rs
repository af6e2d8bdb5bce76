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
    (outcome.loss, outcome.gradient)
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

/// A derivative by differences, and how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The derivative.
    pub value: f64,
    /// By how much it changes with the step where a smooth loss would hardly let it: 0 to rounding
    /// where the loss is smooth, and of the size of the error where it jumps or bends within the step.
    pub spread: f64,
    /// What rounding of the loss alone does to the value.
    pub rounding: f64,
}

impl Difference {
    /// Whether a derivative agrees to `tolerance`, relative to the larger of the two; `None` where the
    /// loss jumps or bends within the step, so that differences say nothing about it.
    #[must_use]
    pub fn agrees(&self, derivative: f64, tolerance: f64) -> Option<bool> {
        /// The error of a single jump is at most its spread, that of a bend at most twice.
        const SAFETY: f64 = 4.0;
        let apart = (self.value - derivative).abs();
        let allowed = tolerance * self.value.abs().max(derivative.abs());
        if apart <= allowed.max(self.rounding) {
            return Some(true);
        }
        // A loss that is no number within the step is a jump, too.
        let tells = apart > SAFETY * self.spread;
        (tells || derivative.is_nan()).then_some(false)
    }
}

/// The gradient by central differences in `f64` with steps `h`, one for each coefficient, and `h / 2`,
/// and Richardson's extrapolation: the error falls with h⁴ where the loss is smooth.
///
/// It is not where a weight changes its sign under sign-symmetric feedback, where softplus
/// [switches](metaplast_autodiff::SOFTPLUS_SWITCH), and where `abs` or `relu` in a term of one's own
/// bend. A jump of the loss changes the slopes over different steps differently, and a bend leaves a
/// second difference that grows as the step falls; [`Difference::spread`] is the larger of both.
///
/// # Panics
/// When there is not one step for each coefficient, and as [`run`].
#[must_use]
#[track_caller]
pub fn differences(episode: &Episode<'_>, steps: &[f64]) -> Vec<Difference> {
    assert_eq!(
        steps.len(),
        episode.theta.len(),
        "differences: steps, coefficients"
    );
    let mut runner = EpisodeRunner::<f64>::new(GradientMode::default());
    let start = episode.start();
    let mut loss = |r: usize, offset: f64| {
        let mut theta = episode.theta.to_vec();
        theta[r] += offset;
        let moved = episode.with_theta(&theta);
        let outcome = runner.run_from(&moved, &start, Ask::SCORE);
        outcome.loss
    };
    let middle = loss(0, 0.0);
    let steps = steps.iter().enumerate();
    steps
        .map(|(r, &h)| {
            let [whole, half, quarter] = [h, h / 2.0, h / 4.0].map(|h| {
                let (above, below) = (loss(r, h), loss(r, -h));
                let slope = (above - below) / (2.0 * h);
                (slope, ((above - middle) - (middle - below)) / (h * h))
            });
            let extrapolated = |long: f64, short: f64| (4.0 * short - long) / 3.0;
            let value = extrapolated(whole.0, half.0);
            let of_slopes = (extrapolated(half.0, quarter.0) - value).abs();
            let of_bends = h * (whole.1 - half.1).abs();
            // The larger one, and not a number where one of them is none.
            let larger = of_slopes > of_bends || of_slopes.is_nan();
            let spread = if larger { of_slopes } else { of_bends };
            Difference {
                value,
                spread,
                rounding: 8.0 * f64::EPSILON * middle.abs() / h,
            }
        })
        .collect()
}
