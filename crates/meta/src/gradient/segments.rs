//! Reverse mode in segments, for long episodes in bounded memory: weights are kept at some steps, and
//! segments are recorded again from there when the sweep needs them.

use std::cell::RefCell;

use metaplast_autodiff::Rewind;
use metaplast_autodiff::scan::{
    Moment, Plan, Policy, Recurrence, Start as ScanStart, plan_recurrence, scan_recurrence,
};
use metaplast_plasticity::{Number, Pathway, Remembered, SignalShape};
use metaplast_tensor::Tensor;
use thiserror::Error;

use super::mode::{Segments, Unroll, Within};
use super::outcome::{Ask, Outcome};
use crate::episode::{Episode, LiveEpisode};
use crate::precision::{Precision, in_precision};
use crate::query::{Diagnostics, QueryScore};
use crate::start::Start;

/// An unroll that fits a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fitting {
    /// What to keep.
    pub unroll: Unroll,
    /// Estimated bytes of tape and checkpoints.
    pub bytes: usize,
    /// How often a step is run at most, apart from its recording.
    pub replays: usize,
}

/// A budget that does not hold an episode's weights and the recording of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{bytes} bytes do not hold an episode of this network; it needs at least {least}")]
#[non_exhaustive]
pub struct TooSmall {
    /// The budget.
    pub bytes: usize,
    /// What would do.
    pub least: usize,
}

/// The unroll for episodes like this one whose tape and checkpoints take no more than `bytes`: one tape
/// if it fits, else segments, undone by the sweep, that replay as little as possible.
///
/// Where θ makes the weights decay fast or diverge, copies that guard the undoing against it come on
/// top: one weight matrix for each time that decay shrinks it eightfold within a segment, or that it
/// grows by more than [`growth_limit`](metaplast_autodiff::state::growth_limit).
///
/// # Errors
/// When not even one step fits.
///
/// # Panics
/// As [`run`](super::run).
#[track_caller]
pub fn fitting(
    episode: &Episode<'_>,
    precision: Precision,
    bytes: usize,
) -> Result<Fitting, TooSmall> {
    in_precision!(precision, T => fitting_in(episode, episode.start::<T>(), bytes))
}

fn fitting_in<T: Number>(
    episode: &Episode<'_>,
    start: Start<T>,
    bytes: usize,
) -> Result<Fitting, TooSmall> {
    let (learning, carried) = OnlineLearning::new(episode, start, Ask::GRADIENT);
    let plan = |policy| -> Plan { plan_recurrence(&learning, &carried, episode.steps, policy) };
    let least = plan(Policy::Planned {
        segment: 1,
        checkpoints: 1,
        rewind: Rewind::Undo,
    });
    if least.bytes > bytes {
        let least = least.bytes;
        return Err(TooSmall { bytes, least });
    }
    let plan = plan(Policy::UndoBudget { bytes });
    let unroll = match plan.replays {
        0 => Unroll::Tape,
        _ => Unroll::Segments(Segments {
            steps: plan.segment as u64,
            checkpoints: plan.checkpoints as u64,
            within: Within::Undo,
        }),
    };
    Ok(Fitting {
        unroll,
        bytes: plan.bytes,
        replays: plan.replays,
    })
}

/// The episode by segments, with its gradient.
pub(super) fn episode<T: Number>(
    episode: &Episode<'_>,
    start: Start<T>,
    segments: Segments,
    ask: Ask,
) -> Outcome {
    let (learning, carried) = OnlineLearning::new(episode, start, ask);
    let outcome = scan_recurrence(&learning, &carried, episode.steps, segments.policy());
    let (query, loss, diagnostics) = learning.evaluated.take().expect("a scan comes to its end");
    let slopes = outcome.theta.iter().map(|slope| slope.item().to_f64());
    Outcome {
        query,
        loss,
        gradient: Some(slopes.collect()),
        diagnostics,
    }
}

/// An episode as a scan sees it.
pub(super) struct OnlineLearning<'a, T: Number> {
    episode: &'a Episode<'a>,
    ask: Ask,
    seed: u64,
    /// The feedback pathway's matrices, where they stay as they are.
    feedback: Pathway<T>,
    /// How many states are the network's; the others are matrices that the rule remembers.
    networks: usize,
    /// What the last evaluation told beside the loss.
    evaluated: RefCell<Option<(QueryScore, f64, Option<Diagnostics>)>>,
}

impl<'a, T: Number> OnlineLearning<'a, T> {
    /// With what goes from step to step, and θ.
    pub(super) fn new(episode: &'a Episode<'a>, start: Start<T>, ask: Ask) -> (Self, ScanStart<T>) {
        let mut states = start.weights.into_transposed();
        let mut feedback = start.feedback;
        // Feedback that learns goes from step to step as well.
        if episode.model.feedback.learns() {
            let learning = std::mem::replace(&mut feedback, Pathway::none());
            states.extend(learning.into_transposed());
        }
        let (matrices, vectors): (Vec<_>, Vec<_>) = (episode.model.rule)
            .first_memory(&episode.model.architecture)
            .into_iter()
            .partition(|value: &Tensor<T>| value.rank() == 2);
        let networks = states.len();
        states.extend(matrices);
        let scalar = |&theta: &f64| Tensor::scalar(T::from_f64(theta));
        let carried = ScanStart {
            states,
            vectors,
            theta: episode.theta.iter().map(scalar).collect(),
        };
        let learning = OnlineLearning {
            episode,
            ask,
            seed: start.seed,
            feedback,
            networks,
            evaluated: RefCell::new(None),
        };
        (learning, carried)
    }
}

impl<T: Number> OnlineLearning<'_, T> {
    /// What the rule's memories hold, in their order, and rewards that are to come.
    fn remembered<'t>(&self, moment: &Moment<'t, T>) -> Vec<Remembered<'t, T>> {
        let model = self.episode.model;
        let mut matrices = moment.states[self.networks..].iter();
        let mut vectors = moment.vectors.iter();
        let mut remembered: Vec<_> = (0..model.architecture.layers())
            .flat_map(|_| model.rule.memories())
            .map(|memory| match memory.shape() {
                SignalShape::Matrix => Remembered::Matrix(*matrices.next().expect("a state")),
                _ => Remembered::Value(*vectors.next().expect("a vector")),
            })
            .collect();
        // Rewards that are to come.
        remembered.extend(vectors.map(|&value| Remembered::Value(value)));
        remembered
    }
}

impl<'a, T: Number> Recurrence<T> for OnlineLearning<'a, T> {
    type Segment<'t> = LiveEpisode<'a, 't, T>;

    fn begin<'t>(&self, moment: &Moment<'t, T>) -> Self::Segment<'t> {
        LiveEpisode::on(
            *self.episode,
            moment.tape,
            moment.states[..self.networks].to_vec(),
            &self.feedback,
            self.seed,
        )
    }

    fn step<'t>(&self, live: &Self::Segment<'t>, moment: &mut Moment<'t, T>, t: usize) {
        // What a rule derives from θ is made anew in each step: shared by a segment, it would
        // collect the segment's adjoints before they reach θ, in an order that depends on the
        // segments.
        let rule = self.episode.model.rule.bind_to(&moment.theta);
        let remembered = self.remembered(moment);
        live.network()
            .set_memory(&self.episode.model.rule, &remembered);
        live.step(&rule, t);
        let values = live.network().memory().into_iter();
        moment.vectors = values
            .filter_map(|remembered| match remembered {
                Remembered::Value(value) => Some(value),
                Remembered::Matrix(_) => None,
            })
            .collect();
    }

    fn end<'t>(&self, live: &Self::Segment<'t>, moment: &mut Moment<'t, T>) {
        let remembered = self.remembered(moment);
        live.network()
            .set_memory(&self.episode.model.rule, &remembered);
        let evaluated = live.evaluate(self.ask.diagnostics);
        moment.add_loss(evaluated.loss);
        let loss = evaluated.told();
        *self.evaluated.borrow_mut() = Some((evaluated.query, loss, evaluated.diagnostics));
    }
}
