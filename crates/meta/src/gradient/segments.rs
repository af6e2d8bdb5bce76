//! Long episodes in bounded memory: weights are kept at some steps, and segments are recorded again
//! from there when the sweep needs them.

use std::cell::RefCell;

use metaplast_autodiff::Rewind;
use metaplast_autodiff::scan::{
    Moment, Plan, Policy, Recurrence, Start as ScanStart, plan_recurrence, scan_recurrence,
};
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::{Network, Pathway};
use metaplast_tensor::{Scalar, Tensor};
use thiserror::Error;

use crate::course::{Segments, Unroll, Within};
use crate::learner::{Diagnostics, Model, Outcome, Start};
use crate::lesson::Lesson;
use crate::query::QueryScore;

/// An unroll that fits a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub struct TooSmall {
    /// The budget.
    pub bytes: usize,
    /// What would do.
    pub least: usize,
}

/// The unroll for episodes of `steps` online steps whose tape and checkpoints take no more than
/// `bytes`, by the size of one step of `task`: one tape if it fits, else segments, undone by the
/// sweep, that replay as little as possible.
///
/// Where θ makes the weights decay fast or explode, copies that guard the undoing against it come on
/// top: one weight matrix for each time that decay shrinks it eightfold within a segment, or that it
/// grows by more than [`growth_limit`](metaplast_autodiff::state::growth_limit).
///
/// # Errors
/// When not even one step fits.
///
/// # Panics
/// As [`Learner::episode`](crate::learner::Learner::episode).
pub fn fitting<T: Scalar>(
    model: &Model,
    start: &Start<T>,
    dataset: &Dataset,
    task: &Task,
    steps: usize,
    bytes: usize,
) -> Result<Fitting, TooSmall> {
    let lesson = Lesson {
        model,
        theta: model.rule.theta(),
        noise: start.noise,
        dataset,
        task,
        steps,
        diagnostics: false,
    };
    let (learning, carried) = OnlineLearning::new(&lesson, start.clone());
    let plan = |policy| -> Plan { plan_recurrence(&learning, &carried, steps, policy) };
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
pub(crate) fn episode<T: Scalar>(
    lesson: &Lesson<'_>,
    start: Start<T>,
    segments: Segments,
) -> Outcome {
    let (learning, carried) = OnlineLearning::new(lesson, start);
    let outcome = scan_recurrence(&learning, &carried, lesson.steps, segments.policy());
    let (query, diagnostics) = learning.examined.take().expect("a scan comes to its end");
    let slopes = outcome.theta.iter().map(|slope| slope.item().to_f64());
    Outcome {
        query,
        gradient: Some(slopes.collect()),
        diagnostics,
    }
}

/// An episode as a scan sees it.
struct OnlineLearning<'a, T: Scalar> {
    lesson: &'a Lesson<'a>,
    /// Feedback weights that stay as they are.
    feedback: Option<Pathway<T>>,
    /// What the last examination told beside the loss.
    examined: RefCell<Option<(QueryScore, Option<Diagnostics>)>>,
}

impl<'a, T: Scalar> OnlineLearning<'a, T> {
    /// With what goes from step to step, and θ.
    fn new(lesson: &'a Lesson<'a>, start: Start<T>) -> (Self, ScanStart<T>) {
        let mut states = start.weights.into_transposed();
        let mut feedback = start.feedback;
        // Feedback that learns goes from step to step as well.
        if lesson.model.feedback.learns() {
            let learning = feedback.take().expect("drawn with the start");
            states.extend(learning.into_transposed());
        }
        let scalar = |&theta: &f64| Tensor::scalar(T::from_f64(theta));
        let carried = ScanStart {
            states,
            vectors: Vec::new(),
            theta: lesson.theta.iter().map(scalar).collect(),
        };
        let learning = OnlineLearning {
            lesson,
            feedback,
            examined: RefCell::new(None),
        };
        (learning, carried)
    }
}

impl<T: Scalar> Recurrence<T> for OnlineLearning<'_, T> {
    type Segment<'t> = Network<'t, T>;

    fn begin<'t>(&self, moment: &Moment<'t, T>) -> Self::Segment<'t> {
        let model = self.lesson.model;
        Network::on_states(
            moment.tape,
            &model.architecture,
            &moment.states,
            model.feedback,
            self.feedback.as_ref(),
        )
    }

    fn step<'t>(&self, network: &Network<'t, T>, moment: &mut Moment<'t, T>, t: usize) {
        // What a rule derives from θ is made anew in each step: shared by a segment, it would
        // collect the segment's adjoints before they reach θ, in an order that depends on the
        // segments.
        let rule = self.lesson.model.rule.bind_to(&moment.theta);
        self.lesson.step(network, &rule, t);
    }

    fn end<'t>(&self, network: &Network<'t, T>, moment: &mut Moment<'t, T>) {
        let examined = self.lesson.examine(network);
        moment.add_loss(examined.loss);
        *self.examined.borrow_mut() = Some((examined.query, examined.diagnostics));
    }
}
