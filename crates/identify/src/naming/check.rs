//! Whether a rule explains a recording: the check that can refuse rules.

use metaplast_meta::Model;
use metaplast_meta::fit::{ArrayFit, FitError, FitSettings, Fitted, Recording, fit, r_squared};
use metaplast_numbers::sorting::sort_by;
use metaplast_plasticity::{IncrementOptimizer, Pathway, Rule};
use rayon::prelude::*;
use thiserror::Error;

use super::recorded_network::RecordedNetwork;
use super::recording::ExperimentRecording;
use crate::virtual_networks::{IncrementKind, RuleClass};

/// How rules are checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckSettings {
    /// Sharpness β of the recorded network's softplus units.
    pub beta: f64,
    /// Steps are taken from the first on until there are so many examples, and weights that were
    /// recorded after them.
    pub examples: usize,
    /// The relative noise of the weights.
    pub noise: f64,
}

impl Default for CheckSettings {
    /// β = 10, 160 examples, no noise.
    fn default() -> Self {
        CheckSettings {
            beta: 10.0,
            examples: 160,
            noise: 0.0,
        }
    }
}

/// How well a rule explains a recording, with the coefficients that do it best.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleCheck {
    /// The rule.
    pub rule: usize,
    /// The part of what learning changed that it explains.
    pub r_squared: f64,
    /// The part that it would explain if it were the rule and all else were noise.
    pub attainable: f64,
    /// Its terms by name and their coefficients.
    pub theta: Vec<(String, f64)>,
}

/// What a rule may leave unexplained: of what it leaves that noise explains, and of what the best rule leaves,
/// so many times as much, and this part of what learning changed.
const TIMES_AS_MUCH: f64 = 2.0;
const ROUNDING: f64 = 5e-3;

impl RuleCheck {
    /// Whether it leaves no more unexplained than noise could, by a factor of two and half a percent of what
    /// learning changed.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        1.0 - self.r_squared <= TIMES_AS_MUCH * (1.0 - self.attainable) + ROUNDING
    }
}

/// Why a rule cannot be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unchecked {
    /// No recording holds what it draws.
    #[error("it draws noise, which no recording holds")]
    DrawsNoise,
    /// Its feedback weights are not known.
    #[error("its feedback weights B.l are not in the recording")]
    NoFeedback,
    /// With its coefficients weights grow without bounds, whatever they are.
    #[error("its weights grow without bounds")]
    Diverges,
}

/// All rules that could be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedRules {
    /// Steps from the first on that were fitted.
    pub steps: usize,
    /// Rules and how well they explain the recording, the best first.
    pub checks: Vec<RuleCheck>,
    /// Rules that could not be checked.
    pub unchecked: Vec<(usize, Unchecked)>,
}

impl CheckedRules {
    /// What was found of a rule, if it could be checked.
    #[must_use]
    pub fn of(&self, rule: usize) -> Option<&RuleCheck> {
        self.checks.iter().find(|check| check.rule == rule)
    }

    /// Rules that explain the recording, the best first: [possible](RuleCheck::is_possible) ones that leave
    /// little more unexplained than the best one does, by the same bounds.
    #[must_use]
    pub fn explaining(&self) -> Vec<&RuleCheck> {
        let least = self.checks.first().map_or(0.0, |best| 1.0 - best.r_squared);
        let close = |check: &&RuleCheck| {
            let left = 1.0 - check.r_squared;
            check.is_possible() && left <= TIMES_AS_MUCH * least + ROUNDING
        };
        self.checks.iter().filter(close).collect()
    }
}

/// Why no rule can be checked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The recording does not say from what the network learned.
    #[error(
        "the recording does not hold what the network learned from in each step (`inputs`, `labels` or `targets`)"
    )]
    NoSteps,
    /// Weights are missing.
    #[error("area {area}: {reason}")]
    #[non_exhaustive]
    Weights {
        /// Of this area.
        area: usize,
        /// What is missing.
        reason: String,
    },
    /// Times that are no numbers of steps.
    #[error("`times` must be numbers of steps, the first of them 0, to compare with `inputs`")]
    Times,
    /// No weights are recorded after the first step, and no activity in the steps.
    #[error("neither weights after the first time nor the activity in each step are recorded")]
    NothingRecorded,
}

/// Fits each rule to the recording, from its first weights on along its steps, by
/// [`fit`](metaplast_meta::fit::fit) with the rule's terms and a decay of the weights, and with what is
/// around its increments. All units and weights must have been recorded.
///
/// # Errors
/// When what that takes is not in the recording.
pub fn check_rules(
    recording: &ExperimentRecording,
    classes: &[RuleClass],
    settings: &CheckSettings,
) -> Result<CheckedRules, CheckError> {
    let steps = recording.steps.as_ref().ok_or(CheckError::NoSteps)?;
    let known = RecordedNetwork::of(recording, steps, settings)?;
    let one = |k: usize| known.check(k, &classes[k]);
    let found: Vec<Result<RuleCheck, Unchecked>> =
        (0..classes.len()).into_par_iter().map(one).collect();
    let (mut checks, mut unchecked) = (Vec::new(), Vec::new());
    for (k, found) in found.into_iter().enumerate() {
        match found {
            Ok(check) => checks.push(check),
            Err(why) => unchecked.push((k, why)),
        }
    }
    sort_by(&mut checks, |a, b| b.r_squared.total_cmp(&a.r_squared));
    Ok(CheckedRules {
        steps: known.recording.steps(),
        checks,
        unchecked,
    })
}

impl RecordedNetwork<'_> {
    fn check(&self, k: usize, class: &RuleClass) -> Result<RuleCheck, Unchecked> {
        let nothing = |r_squared| RuleCheck {
            rule: k,
            r_squared,
            attainable: 1.0,
            theta: Vec::new(),
        };
        let increment = match class.increment {
            IncrementKind::Plain => IncrementOptimizer::Plain,
            IncrementKind::Momentum(momentum) => IncrementOptimizer::Momentum { momentum },
            IncrementKind::Adam => IncrementOptimizer::adam(1e-3),
            IncrementKind::Noise => return Err(Unchecked::DrawsNoise),
            IncrementKind::Nothing => IncrementOptimizer::Plain,
        };
        if class.feedback.draws_noise() {
            return Err(Unchecked::DrawsNoise);
        }
        let mut terms: Vec<usize> = class.terms.iter().map(|term| term.term).collect();
        if !terms.contains(&3) {
            terms.push(3);
        }
        let rule = Rule::from_pool(&terms).expect("a class names each of its terms once");
        let mut recording = self.recording.clone();
        // Where nothing is learned no teaching signal is used.
        let needs_feedback = class.increment != IncrementKind::Nothing;
        recording.start.feedback = match needs_feedback {
            true => self.feedback(class, &rule)?,
            false => Pathway::zeros(&class.feedback.shapes(&self.architecture)),
        };
        let model = Model {
            architecture: self.architecture.clone(),
            feedback: class.feedback.clone(),
            rule,
        };
        let settings = FitSettings {
            increment,
            most_steps: MOST_STEPS,
            ..FitSettings::default()
        };
        let recordings = [recording];
        let fitted = match class.increment {
            IncrementKind::Nothing => fit(
                &model,
                &recordings,
                &FitSettings {
                    most_steps: 0,
                    ..settings
                },
            ),
            IncrementKind::Adam => by_rate(&model, &recordings, &settings),
            _ => fit(&model, &recordings, &settings),
        };
        match fitted {
            // Whatever can stay as it is explains that nothing changed.
            Err(FitError::NothingLearned) => Ok(nothing(1.0)),
            Err(_) => Err(Unchecked::Diverges),
            Ok(fitted) => Ok(RuleCheck {
                attainable: self.attainable(&fitted.arrays),
                theta: named_theta(&model.rule, &fitted),
                ..nothing(fitted.r_squared)
            }),
        }
    }

    /// The R² of a rule from which recorded weights differ by noise alone.
    fn attainable(&self, arrays: &[ArrayFit]) -> f64 {
        let of = |array: &ArrayFit| {
            let sd = match array.quantity {
                metaplast_meta::fit::Quantity::Weights => self.noise[array.layer - 1],
                metaplast_meta::fit::Quantity::Activity => 0.0,
            };
            // Simulated weights start from the noise of the first ones.
            let times = if self.first_is_noisy { 2.0 } else { 1.0 };
            let unlearned = array.residual * array.residual / (1.0 - array.r_squared);
            (1.0 - times * sd * sd / unlearned).clamp(0.0, 1.0)
        };
        let with_signal: Vec<f64> = arrays.iter().filter(|a| a.has_signal).map(of).collect();
        with_signal.iter().sum::<f64>() / with_signal.len().max(1) as f64
    }
}

/// Steps of a descent at most.
const MOST_STEPS: usize = 40;

/// Adam's rate by a search of R² on a logarithmic scale, then the ratios of coefficients.
fn by_rate(
    model: &Model,
    recordings: &[Recording],
    settings: &FitSettings,
) -> Result<Fitted, FitError> {
    let mut start = vec![0.0; model.rule.theta().len()];
    start[0] = 1.0;
    let adam = |log_rate: f64| IncrementOptimizer::adam(10f64.powf(log_rate));
    let value = |log_rate: f64| {
        let found = r_squared(model, recordings, &start, adam(log_rate));
        if found.is_finite() {
            found
        } else {
            f64::NEG_INFINITY
        }
    };
    let mut best = (f64::NEG_INFINITY, -3.0);
    for k in 0..9 {
        let log_rate = -5.0 + 0.5 * f64::from(k);
        let r_squared = value(log_rate);
        if r_squared > best.0 {
            best = (r_squared, log_rate);
        }
    }
    let mut width = 0.25;
    for _ in 0..6 {
        for log_rate in [best.1 - width, best.1 + width] {
            let r_squared = value(log_rate);
            if r_squared > best.0 {
                best = (r_squared, log_rate);
            }
        }
        width *= 0.5;
    }
    let settings = FitSettings {
        start: Some(start),
        increment: adam(best.1),
        ..settings.clone()
    };
    fit(model, recordings, &settings)
}

fn named_theta(rule: &Rule, fitted: &Fitted) -> Vec<(String, f64)> {
    let names = rule.terms().iter().map(|term| term.name().to_owned());
    names.zip(fitted.theta.iter().copied()).collect()
}
