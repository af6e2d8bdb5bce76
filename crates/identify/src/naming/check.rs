//! Whether a rule explains a recording: the check that can refuse rules.

use metaplast_meta::fit::{
    ArrayFit, FitError, FitSettings, Fitted, Recording, Teaching, Traces, WeightTrace, fit,
    r_squared,
};
use metaplast_meta::{Model, Start};
use metaplast_plasticity::{Architecture, IncrementOptimizer, Output, Pathway, Rule, Term};
use metaplast_tensor::Tensor;
use rayon::prelude::*;
use thiserror::Error;

use super::recording::{AreaRecording, ExperimentRecording};
use super::steps::RecordedSteps;
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
    let known = Known::of(recording, steps, settings)?;
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
    checks.sort_by(|a, b| b.r_squared.total_cmp(&a.r_squared));
    Ok(CheckedRules {
        steps: known.recording.steps(),
        checks,
        unchecked,
    })
}

/// What is known of the recorded network.
struct Known<'a> {
    steps: &'a RecordedSteps,
    /// The numbers of the areas.
    areas: Vec<usize>,
    architecture: Architecture,
    /// Its first weights, lessons and traces, without feedback weights.
    recording: Recording,
    /// The standard deviation of the noise in the weights of each layer.
    noise: Vec<f64>,
    /// Whether the first weights have noise, too.
    first_is_noisy: bool,
}

impl<'a> Known<'a> {
    fn of(
        recording: &ExperimentRecording,
        steps: &'a RecordedSteps,
        settings: &CheckSettings,
    ) -> Result<Self, CheckError> {
        let times = whole_times(&recording.times, steps.count())?;
        let horizon = horizon(&times, steps, settings.examples);
        let mut sizes = vec![steps.inputs.dims()[1]];
        let (mut first, mut weights, mut activity) = (Vec::new(), Vec::new(), Vec::new());
        for area in &recording.areas {
            let w = first_weights(area, steps, *sizes.last().expect("it has the inputs"))?;
            sizes.push(w.dims()[0]);
            weights.push(trace(area, &w, &times, horizon));
            let y = steps.activity.get(&area.number).cloned();
            let rows: Vec<usize> = (0..horizon * steps.batch).collect();
            activity.push(y.map(|y| y.index_select(0, &rows)));
            first.push(w);
        }
        let nothing = weights.iter().all(Option::is_none) && activity.iter().all(Option::is_none);
        if nothing {
            return Err(CheckError::NothingRecorded);
        }
        for (y, (n, area)) in activity.iter().zip(sizes[1..].iter().zip(&recording.areas)) {
            if y.as_ref().is_some_and(|y| y.dims()[1] != *n) {
                let reason = format!("`y.{}` is not of all {n} units", area.number);
                return Err(missing(area.number, reason));
            }
        }
        let (output, teaching) = lessons(steps, horizon, *sizes.last().expect("an area"))?;
        let areas: Vec<usize> = recording.areas.iter().map(|area| area.number).collect();
        let too_few = |_| missing(areas[0], "an area without units".into());
        let architecture = Architecture::new(sizes).map_err(too_few)?;
        let architecture = architecture.with_beta(settings.beta).map_err(too_few)?;
        let rows: Vec<usize> = (0..horizon * steps.batch).collect();
        // The estimate is relative to the deviation without noise.
        let noise = settings.noise;
        let deviation = |w: &Tensor<f64>| w.std() * noise / (1.0 + noise * noise).sqrt();
        Ok(Known {
            architecture: architecture.with_output(output),
            noise: first.iter().map(deviation).collect(),
            first_is_noisy: steps.first_weights.is_empty(),
            recording: Recording {
                inputs: steps.inputs.index_select(0, &rows),
                batch: steps.batch,
                teaching,
                start: Start {
                    weights: Pathway::from_matrices(&first),
                    feedback: Pathway::from_matrices(&[]),
                    seed: 0,
                },
                traces: Traces { weights, activity },
            },
            steps,
            areas,
        })
    }

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

    /// The feedback weights of a class.
    fn feedback(&self, class: &RuleClass, rule: &Rule) -> Result<Pathway<f64>, Unchecked> {
        let reads_input = rule.terms().iter().any(Term::reads_pre_error);
        let shapes = class.feedback.shapes(&self.architecture);
        let matrix = |(layer, dims): (usize, &[usize; 2])| {
            let known = self.steps.feedback.get(&self.areas[layer]);
            match known {
                Some(b) if b.dims() == dims => Ok(b.clone()),
                // Only the input's teaching signal passes through the first.
                _ if layer == 0 && !reads_input => Ok(Tensor::zeros(*dims)),
                _ => Err(Unchecked::NoFeedback),
            }
        };
        let matrices = shapes.iter().enumerate().map(matrix);
        let matrices: Vec<Tensor<f64>> = matrices.collect::<Result<_, _>>()?;
        Ok(Pathway::from_matrices(&matrices))
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

fn missing(area: usize, reason: String) -> CheckError {
    CheckError::Weights { area, reason }
}

/// Times as numbers of steps.
fn whole_times(times: &[f64], steps: usize) -> Result<Vec<usize>, CheckError> {
    let whole =
        |&t: &f64| (t.fract() == 0.0 && t >= 0.0 && t <= steps as f64).then_some(t as usize);
    let whole: Option<Vec<usize>> = times.iter().map(whole).collect();
    whole
        .filter(|times| times.first() == Some(&0))
        .ok_or(CheckError::Times)
}

/// Steps that are fitted: up to the last recorded time with no more examples, or to the first one.
fn horizon(times: &[usize], steps: &RecordedSteps, examples: usize) -> usize {
    let within = |&&time: &&usize| time > 0 && time * steps.batch <= examples;
    let last = times.iter().filter(within).max();
    let first = times.iter().find(|time| **time > 0);
    let horizon = last.or(first).copied().unwrap_or(steps.count());
    horizon.clamp(1, steps.count())
}

/// The weights of an area before the first step, `[n_l, n_(l−1)]`.
fn first_weights(
    area: &AreaRecording,
    steps: &RecordedSteps,
    before: usize,
) -> Result<Tensor<f64>, CheckError> {
    let at_start = || {
        let weights = area.weights.as_ref()?;
        let dims = &weights.dims()[1..];
        let each: usize = dims.iter().product();
        Some(Tensor::new(dims, weights.data()[..each].to_vec()))
    };
    let first = steps.first_weights.get(&area.number).cloned();
    let first = first
        .or_else(at_start)
        .ok_or_else(|| missing(area.number, "its first weights are not recorded".into()))?;
    let known = first.data().iter().all(|w| w.is_finite());
    match *first.dims() {
        [_, inputs] if inputs == before && known => Ok(first),
        _ => {
            let reason = format!(
                "its first weights are of shape {}, or not all known; all of {before} units before are needed",
                first.shape()
            );
            Err(missing(area.number, reason))
        }
    }
}

/// Recorded weights after the first step; none of another shape than the first ones.
fn trace(
    area: &AreaRecording,
    first: &Tensor<f64>,
    times: &[usize],
    horizon: usize,
) -> Option<WeightTrace> {
    let weights = area.weights.as_ref()?;
    if weights.dims()[1..] != *first.dims() {
        return None;
    }
    let wanted = |&k: &usize| times[k] > 0 && times[k] <= horizon;
    let places: Vec<usize> = (0..times.len()).filter(wanted).collect();
    let values = weights.index_select(0, &places);
    let some = values.data().iter().any(|w| !w.is_nan());
    some.then(|| WeightTrace {
        times: places.iter().map(|&k| times[k]).collect(),
        values,
    })
}

/// The kind of outputs, and the labels or targets of the first steps.
fn lessons(
    steps: &RecordedSteps,
    horizon: usize,
    outputs: usize,
) -> Result<(Output, Teaching), CheckError> {
    let examples = horizon * steps.batch;
    match &steps.teaching {
        Teaching::Labels(labels) if labels.iter().all(|&label| label < outputs) => {
            let labels = labels[..examples].to_vec();
            Ok((Output::Softmax, Teaching::Labels(labels)))
        }
        Teaching::Targets(targets) if targets.dims()[1] == outputs => {
            let rows: Vec<usize> = (0..examples).collect();
            let targets = targets.index_select(0, &rows);
            Ok((Output::Linear, Teaching::Targets(targets)))
        }
        _ => Err(CheckError::NoSteps),
    }
}

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
