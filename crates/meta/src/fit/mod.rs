//! Fit: the rule that explains how a network was seen to learn.
//!
//! Given [`Recording`]s of weights or activity, and a [`Model`] that says which terms a rule may have,
//! [`fit`] looks for the coefficients θ with which a simulated network, under the same inputs and
//! teaching signals and from the same weights, follows the recorded trajectory. As with meta-learning,
//! derivatives flow through all of it, here forward, as tangents of every weight and activity. The loss
//! is
//!
//! ```text
//! L(θ) = 1/A Σ_a [ Σ (x_a(θ) − x̂_a)² / Σ (x_a(0) − x̂_a)² ]  =  1 − R²
//! ```
//!
//! over the A recorded arrays a (the weights of a layer, or its activity) that learning changed by
//! more than the rounding of their numbers, their recorded elements `x̂` and simulated ones `x`; `x(0)`
//! is what a network shows that does not learn. So each array counts alike, and R² is the part of what
//! learning changed that the rule explains. The other arrays are to stay as they are, and weigh so
//! little that their rounding does not count.
//!
//! Simulating on from the first weights, and not each step anew from recorded ones, keeps noise of the
//! recording out of the regressors, where it would bias θ. What inferring a rule from recordings can
//! and cannot tell is studied by Mehta, Tyulmankov, Rajagopalan, Turner, Fitzgerald & Funke, *Model
//! based inference of synaptic plasticity rules* (NeurIPS 2024).
//!
//! ```
//! use metaplast_meta::fit::{FitSettings, Recording, Teaching, Traces, What, fit};
//! use metaplast_meta::seeds::{EpisodeKey, Purpose, stream};
//! use metaplast_meta::{Model, Start};
//! use metaplast_plasticity::{Architecture, Feedback, Output, Rule};
//! use metaplast_tensor::Tensor;
//! use rand::RngExt;
//!
//! // Three linear units that learn from random inputs by Oja's rule, F9.
//! let model = Model {
//!     architecture: Architecture::new(vec![5, 3])?.with_output(Output::Linear),
//!     feedback: Feedback::symmetric(),
//!     rule: Rule::from_pool(&[9])?.with_theta(&[0.05]),
//! };
//! let mut rng = stream(1, 0, 0, Purpose::Recording);
//! let inputs = (0..40 * 5).map(|_| rng.random::<f64>() - 0.5).collect();
//! let mut recording = Recording {
//!     inputs: Tensor::new([40, 5], inputs),
//!     batch: 1,
//!     teaching: Teaching::None,
//!     start: Start::draw(&model, EpisodeKey::new(1, 0, 0)),
//!     traces: Traces::default(),
//! };
//! let what = What { weights_every: Some(10), activity: false };
//! recording.traces = recording.simulate(&model, what);
//!
//! let fitted = fit(&model, &[recording], &FitSettings::default())?;
//! assert!((fitted.theta[0] - 0.05).abs() < 1e-9 && fitted.r_squared > 0.999);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod descent;
mod identifiability;
mod intervals;
mod matrices;
mod past;
pub mod piecewise;
mod recording;
mod residuals;
mod signal;
mod sums;

use metaplast_plasticity::{IncrementOptimizer, Rule, TANGENTS};
use thiserror::Error;

pub use identifiability::Trouble;
pub use intervals::{CONFIDENCE, Units};
pub use recording::{Recording, Teaching, Traces, WeightTrace, What};

use crate::gradient::least_bytes;
use crate::precision::Precision;
use crate::seeds::{Purpose, stream};
use crate::start::Model;
use crate::statistics::Interval;
use descent::descend;
use identifiability::troubles;
use intervals::intervals;
use past::{PROBES, explained_by_past};
use residuals::Residuals;
use sums::Sums;

/// Where the constants of memories start: a memory of about ten steps, where they are rates.
pub const FIRST_CONSTANT: f64 = 0.1;

/// How a fit is done.
#[derive(Clone, Debug, PartialEq)]
pub struct FitSettings {
    /// Where θ starts; when none is given, terms at 0 and the constants of memories at 0.1.
    pub start: Option<Vec<f64>>,
    /// Weight λ of the penalty `λ‖θ‖₁` of the terms' coefficients, beside the loss 1 − R².
    pub lambda: f64,
    /// What is around the rule's increments; with Adam the coefficients count by their ratios alone.
    pub increment: IncrementOptimizer,
    /// From which the resampling follows.
    pub seed: u64,
    /// Most steps of the descent, all horizons together.
    pub most_steps: usize,
}

impl Default for FitSettings {
    fn default() -> Self {
        FitSettings {
            start: None,
            lambda: 0.0,
            increment: IncrementOptimizer::Plain,
            seed: 1,
            most_steps: 300,
        }
    }
}

/// The rule that was found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fitted {
    /// The coefficients. Directions that the recordings do not determine stay where the descent began.
    pub theta: Vec<f64>,
    /// A 98% interval for each; none for one that the recordings do not determine.
    pub intervals: Vec<Option<Interval>>,
    /// What the intervals come from.
    pub units: Units,
    /// The part of what learning changed that the rule explains: 1 minus the loss.
    pub r_squared: f64,
    /// The same for each recorded array.
    pub arrays: Vec<ArrayFit>,
    /// What the recordings do not tell.
    pub troubles: Vec<Trouble>,
    /// The part of what the rule leaves unexplained that slow means of the past activity would explain,
    /// beyond what terms of the present would: a memory may be missing. None where it is less than a tenth or
    /// may be chance.
    pub explained_by_past: Option<f64>,
    /// Steps of the descent.
    pub steps: usize,
    /// Whether the descent came to its end.
    pub converged: bool,
}

/// A recorded array and how well it is explained.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ArrayFit {
    /// What was recorded.
    pub quantity: Quantity,
    /// Of which layer, from 1.
    pub layer: usize,
    /// Elements, without those that were not measured.
    pub elements: usize,
    /// Root mean square of simulated minus recorded.
    pub residual: f64,
    /// `1 − Σ (x(θ) − x̂)² / Σ (x(0) − x̂)²`; NaN where there is no signal.
    pub r_squared: f64,
    /// Whether learning changed it by more than the rounding of its numbers. Where it did not, the
    /// array is left out of R²; in the loss it only keeps a rule from changing it noticeably.
    pub has_signal: bool,
}

/// What was recorded of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Its weights.
    Weights,
    /// Its activity.
    Activity,
}

/// Why there is no fit.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum FitError {
    /// A rule that reads the reward of actions.
    #[error("the rule reads `reward`, and recordings hold neither actions nor rewards")]
    Reward,
    /// A rule that reads what a perturbation changes.
    #[error(
        "the rule reads `loss_change` or `perturbation`, and recordings do not hold the perturbed networks"
    )]
    Perturbation,
    /// Neither weights nor activity.
    #[error("nothing was recorded: no weights, no activity, or every element is NaN")]
    NothingRecorded,
    /// The recordings show what a network shows that does not learn.
    #[error(
        "nothing was learned: weights and activity are, to rounding, those of a network that keeps its first weights"
    )]
    NothingLearned,
    /// Something recorded, or simulated without learning, is infinite.
    #[error("a recorded number is infinite, or becomes it when squared")]
    Infinite,
    /// The simulation diverges where the descent should begin.
    #[error("with the coefficients to start from the weights diverge; start from smaller ones")]
    StartDiverges,
}

/// Fits the coefficients of the model's rule to recordings, by Levenberg–Marquardt on growing
/// horizons: the first eighth of the steps, a quarter, half, all. On a short horizon the loss is
/// nearly quadratic, so that the descent does not lose its way on the long one.
///
/// The rule's own coefficients are not looked at. The number of threads changes no bit.
///
/// # Errors
/// See [`FitError`].
///
/// # Panics
/// When a recording does not fit the model's architecture or has a label that is no output, the model's
/// feedback needs feedback weights that a recording lacks, batches or an optimiser want labels or targets
/// that it lacks, a constant of the optimiser cannot be, or the start does not have one coefficient per
/// term.
pub fn fit(
    model: &Model,
    recordings: &[Recording],
    settings: &FitSettings,
) -> Result<Fitted, FitError> {
    for recording in recordings {
        recording.check(&model.architecture);
        recording.check_teaching(&model.architecture, settings.increment);
    }
    check_readable(&model.rule)?;
    let p = model.rule.theta().len();
    let mut at_rest = vec![0.0; p];
    at_rest[model.rule.term_coefficients()..].fill(FIRST_CONSTANT);
    let mut penalties = vec![settings.lambda; p];
    penalties[model.rule.term_coefficients()..].fill(0.0);
    let mut theta = settings.start.clone().unwrap_or_else(|| at_rest.clone());
    assert_eq!(theta.len(), p, "fit: coefficients to start from");

    let residuals = Residuals::new(model, recordings, settings.increment);
    residuals.check()?;
    let counts = residuals.counts();
    let horizon = residuals.steps();

    let mut steps = 0;
    let mut converged = false;
    for part in [8, 4, 2, 1] {
        let tolerance = if part > 1 { 1e-3 } else { 1e-12 };
        let left = settings.most_steps.saturating_sub(steps);
        let stretch = (horizon.div_ceil(part), left);
        let descent = |theta: &[f64]| descend(&residuals, theta, &penalties, stretch, tolerance);
        // What fits a short horizon may diverge on a longer one; a network at rest does not.
        let again = || descent(&at_rest).filter(|_| steps > 0);
        let minimum = descent(&theta)
            .or_else(again)
            .ok_or(FitError::StartDiverges)?;
        theta = minimum.theta;
        steps += minimum.steps;
        converged = minimum.converged;
    }

    let (units, parts) = Units::of(recordings.len(), horizon);
    let sums = residuals.sums(&theta, horizon, parts);
    let pieces: Vec<&Sums> = sums.iter().flatten().collect();
    let total = Sums::total(pieces.iter().copied());
    let troubles = troubles(&total);
    let mut rng = stream(settings.seed, 0, 0, Purpose::Bootstrap);
    let intervals = intervals(&pieces, &theta, &penalties, &mut rng);
    let told = |r: usize| !troubles.iter().any(|trouble| trouble.leaves_open(r));
    let intervals = (0..).zip(intervals);
    let intervals = intervals.map(|(r, interval)| told(r).then_some(interval));
    let increment = settings.increment;
    let explained_by_past = explained_by_past(model, recordings, increment, &theta, horizon);
    Ok(Fitted {
        explained_by_past,
        intervals: intervals.collect(),
        units,
        r_squared: 1.0 - residuals.unexplained(&total.squares),
        arrays: array_fits(&residuals, &counts, &total.squares),
        theta,
        troubles,
        steps,
        converged,
    })
}

/// Bytes that a fit needs at least for each recording that it simulates at a time: weights and tangents by
/// all coefficients, and by those of the terms that it tries beside the rule's.
#[must_use]
pub fn least_fit_bytes(model: &Model) -> u64 {
    let layers = model.rule.layers().unwrap_or(1);
    let coefficients = model.rule.theta().len() + PROBES * layers;
    let tapes = coefficients.div_ceil(TANGENTS) as u64;
    // As drawn and as they learn, on each tape.
    let each = 2 * (1 + TANGENTS as u64) * tapes;
    least_bytes(model, Precision::Double).saturating_mul(each)
}

/// R² of the coefficients `theta`, without a descent; NaN where learning changed nothing, and not finite
/// where the weights diverge.
///
/// # Panics
/// As [`fit`].
#[must_use]
pub fn r_squared(
    model: &Model,
    recordings: &[Recording],
    theta: &[f64],
    increment: IncrementOptimizer,
) -> f64 {
    for recording in recordings {
        recording.check(&model.architecture);
        recording.check_teaching(&model.architecture, increment);
    }
    let residuals = Residuals::new(model, recordings, increment);
    let squares = residuals.squares(theta, residuals.steps());
    match (0..squares.len()).any(|array| residuals.has_signal(array)) {
        true => 1.0 - residuals.unexplained(&squares),
        false => f64::NAN,
    }
}

/// The loss of the [module](self) at `theta`, and its gradient.
///
/// # Panics
/// As [`fit`].
#[must_use]
pub fn loss_and_gradient(
    model: &Model,
    recordings: &[Recording],
    theta: &[f64],
) -> (f64, Vec<f64>) {
    for recording in recordings {
        recording.check(&model.architecture);
    }
    let residuals = Residuals::new(model, recordings, IncrementOptimizer::Plain);
    let sums = residuals.sums(theta, residuals.steps(), 1);
    let total = Sums::total(sums.iter().flatten());
    (residuals.loss(&total.squares), total.gradient)
}

fn array_fits(residuals: &Residuals<'_>, counts: &[usize], squares: &[f64]) -> Vec<ArrayFit> {
    let layers = counts.len() / 2;
    let of = |array: usize| ArrayFit {
        quantity: match array < layers {
            true => Quantity::Weights,
            false => Quantity::Activity,
        },
        layer: array % layers + 1,
        elements: counts[array],
        residual: (squares[array] / counts[array] as f64).sqrt(),
        r_squared: match residuals.has_signal(array) {
            false => f64::NAN,
            true => 1.0 - squares[array] / residuals.unlearned()[array],
        },
        has_signal: residuals.has_signal(array),
    };
    let recorded = (0..counts.len()).filter(|&array| counts[array] > 0);
    recorded.map(of).collect()
}

/// Whether recordings hold what the rule reads.
pub(super) fn check_readable(rule: &Rule) -> Result<(), FitError> {
    match (rule.reads_reward(), rule.perturbed()) {
        (true, _) => Err(FitError::Reward),
        (_, Some(_)) => Err(FitError::Perturbation),
        (false, None) => Ok(()),
    }
}
