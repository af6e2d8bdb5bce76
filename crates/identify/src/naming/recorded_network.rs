//! The recorded network: what a recording holds of the steps that rules are fitted to.

use metaplast_meta::Start;
use metaplast_meta::fit::{Recording, Teaching, Traces, WeightTrace};
use metaplast_plasticity::{Architecture, Output, Pathway, Rule};
use metaplast_tensor::Tensor;

use super::check::{CheckError, CheckSettings, Unchecked};
use super::recording::{AreaRecording, ExperimentRecording};
use super::steps::RecordedSteps;
use crate::virtual_networks::RuleClass;

/// What is known of the recorded network.
pub(super) struct RecordedNetwork<'a> {
    steps: &'a RecordedSteps,
    /// The numbers of the areas.
    areas: Vec<usize>,
    pub(super) architecture: Architecture,
    /// Its first weights, lessons and traces, without feedback weights.
    pub(super) recording: Recording,
    /// The standard deviation of the noise in the weights of each layer.
    pub(super) noise: Vec<f64>,
    /// Whether the first weights have noise, too.
    pub(super) first_is_noisy: bool,
}

impl<'a> RecordedNetwork<'a> {
    /// What the recording says of the steps that are fitted.
    ///
    /// # Errors
    /// When what fitting takes is not there.
    pub(super) fn of(
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
        Ok(RecordedNetwork {
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

    /// The feedback weights of a class.
    pub(super) fn feedback(
        &self,
        class: &RuleClass,
        rule: &Rule,
    ) -> Result<Pathway<f64>, Unchecked> {
        let reads_input = rule.reads_pre_error();
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
}

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
