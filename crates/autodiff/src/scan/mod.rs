//! Loops of any length with a bounded recording: the checkpointed scan.
//!
//! [`scan`] runs `step` again and again on *carried* values, matrices that are updated in place
//! ([states](crate::State)) and vectors, and differentiates the loss that steps and end add up by
//! the carried values' start and by *shared parameters* θ. A [`Policy`] says what is kept
//! on the way: everything, or checkpoints from which segments of the loop are recorded again when
//! the sweep gets there.
//!
//! ```
//! use metaplast_autodiff::scan::{Policy, Start, scan};
//! use metaplast_tensor::{Tensor, tensor};
//!
//! // Ten thousand inputs, made when they are needed.
//! let input = |t: usize| Tensor::from_fn([2], |i| ((t + i[0]) as f64).sin());
//! let outcome = scan(
//!     |now, t| {
//!         let x = now.tape.constant(&input(t));
//!         let y = now.states[0].matvec(x).tanh();
//!         let rate = now.theta[0];
//!         now.states[0].rank_k_update(None, &[-y * rate], &[x]);
//!         now.vectors[0] = now.vectors[0] * 0.9 + y;
//!     },
//!     |now| now.add_loss(now.vectors[0].square().sum()),
//!     &Start {
//!         states: vec![tensor![[0.5, -0.2], [0.1, 0.3]]],
//!         vectors: vec![tensor![0.0, 0.0]],
//!         theta: vec![Tensor::scalar(1e-3)],
//!     },
//!     10_000,
//!     Policy::Every { steps: 100 },
//! );
//! assert!(outcome.theta[0].item().is_finite());
//! assert_eq!(outcome.report.plan.checkpoints, 99);
//! ```
//!
//! Steps that need more on the tape than what is carried (constants, say, which would otherwise be
//! recorded again at each step) implement [`Recurrence`] and go to [`scan_recurrence`].
//!
//! # Same bits
//! A replayed step is the same arithmetic on the same numbers, and adjoints go from one segment to
//! the next with everything that waits in them, so for all policies that do not undo loss and
//! gradients are those of one recording with [`Rewind::Snapshot { every: 1 }`](crate::Rewind), bit
//! for bit, as long as each carried vector is a result of its own (where two carried vectors are
//! the same variable, their adjoints are added in another order). `Undo` agrees with that to the
//! rounding errors of the updates of one segment; on recurrences whose values stay near one that
//! is within a relative 1e-12 in `f64`.
//!
//! For this, `step` and `end` must be functions of what they are given: they are called more often
//! than once for the same step.

mod driver;
mod policy;

use metaplast_tensor::{Scalar, Tensor};

use crate::state::State;
use crate::tape::Tape;
use crate::var::Var;

use driver::Driver;
pub use policy::{Plan, Policy};

/// What a scan starts from.
#[derive(Clone, Debug)]
pub struct Start<T: Scalar> {
    /// Matrices `[rows, cols]` that steps update in place.
    pub states: Vec<Tensor<T>>,
    /// Values that steps replace, of any shape.
    pub vectors: Vec<Tensor<T>>,
    /// Parameters that all steps share.
    pub theta: Vec<Tensor<T>>,
}

/// The carried values as a step finds them; it updates the states and replaces the vectors.
pub struct Moment<'t, T: Scalar> {
    /// The tape on which everything of this segment stands; constants go there.
    pub tape: &'t Tape<T>,
    /// The states, in the order of [`Start::states`].
    pub states: Vec<State<'t, T>>,
    /// The carried vectors, in the order of [`Start::vectors`]; what a step leaves here the next
    /// one finds.
    pub vectors: Vec<Var<'t, T>>,
    /// The shared parameters, in the order of [`Start::theta`].
    pub theta: Vec<Var<'t, T>>,
    loss: Option<Var<'t, T>>,
}

impl<'t, T: Scalar> Moment<'t, T> {
    /// Adds `part`, a value of one element, to the loss.
    ///
    /// # Panics
    /// When `part` has more or fewer than one element.
    #[track_caller]
    pub fn add_loss(&mut self, part: Var<'t, T>) {
        let shape = part.shape();
        assert!(
            shape.len() == 1,
            "add_loss: needs one element, got shape {shape}"
        );
        self.loss = Some(self.loss.map_or(part, |loss| loss + part));
    }
}

/// What a scan gives back.
#[derive(Clone, Debug)]
pub struct Outcome<T: Scalar> {
    /// The sum of all that was added to the loss.
    pub loss: T,
    /// Gradients by the shared parameters.
    pub theta: Vec<Tensor<T>>,
    /// Gradients by the first values of the states.
    pub states: Vec<Tensor<T>>,
    /// Gradients by the first values of the carried vectors.
    pub vectors: Vec<Tensor<T>>,
    /// The states' last values.
    pub last_states: Vec<Tensor<T>>,
    /// The carried vectors' last values.
    pub last_vectors: Vec<Tensor<T>>,
    /// How the scan was run.
    pub report: Report,
}

/// How a scan was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the policy came to.
    pub plan: Plan,
    /// The most bytes that tape and checkpoints held together.
    pub peak_bytes: usize,
    /// Steps that were run to get somewhere, without being recorded.
    pub passed_steps: usize,
}

/// A loop for [`scan_recurrence`]: its steps, its end, and what they need beside the carried values.
pub trait Recurrence<T: Scalar> {
    /// What stands on the tape for all steps of a segment.
    type Segment<'t>
    where
        T: 't;

    /// Puts it there, at the beginning of each segment. It may hold handles of states, of θ and of
    /// constants, but not of carried vectors, which each step finds anew.
    fn begin<'t>(&self, moment: &Moment<'t, T>) -> Self::Segment<'t>;

    /// Step `t`.
    fn step<'t>(&self, segment: &Self::Segment<'t>, moment: &mut Moment<'t, T>, t: usize);

    /// What follows the last step.
    fn end<'t>(&self, segment: &Self::Segment<'t>, moment: &mut Moment<'t, T>);
}

/// A loop of two functions, with nothing beside what is carried.
struct Functions<S, E> {
    step: S,
    end: E,
}

impl<T, S, E> Recurrence<T> for Functions<S, E>
where
    T: Scalar,
    S: Fn(&mut Moment<'_, T>, usize),
    E: Fn(&mut Moment<'_, T>),
{
    type Segment<'t>
        = ()
    where
        T: 't;

    fn begin<'t>(&self, _: &Moment<'t, T>) {}

    #[track_caller]
    fn step<'t>(&self, (): &(), moment: &mut Moment<'t, T>, t: usize) {
        (self.step)(moment, t);
    }

    #[track_caller]
    fn end<'t>(&self, (): &(), moment: &mut Moment<'t, T>) {
        (self.end)(moment);
    }
}

/// Runs `step(moment, t)` for `t` in `0..steps` and then `end`, and differentiates the loss they
/// add up by the start of everything carried and by the shared parameters; see the [module
/// docs](self).
///
/// # Panics
/// When nothing is added to the loss, when a step changes the number of carried vectors or their
/// shapes, when a segment of the policy has no steps, and when a budget does not hold one step.
#[track_caller]
pub fn scan<T: Scalar>(
    step: impl Fn(&mut Moment<'_, T>, usize),
    end: impl Fn(&mut Moment<'_, T>),
    start: &Start<T>,
    steps: usize,
    policy: Policy,
) -> Outcome<T> {
    scan_recurrence(&Functions { step, end }, start, steps, policy)
}

/// [`scan`] for a loop that puts something on the tape for each segment.
///
/// # Panics
/// As [`scan`].
#[track_caller]
pub fn scan_recurrence<T: Scalar>(
    recurrence: &impl Recurrence<T>,
    start: &Start<T>,
    steps: usize,
    policy: Policy,
) -> Outcome<T> {
    // The tape of the measurement may have more room than a segment needs.
    let sizes = Driver::new(&Tape::new(), recurrence, start, steps).measure(policy.rewind());
    let plan = policy.plan(steps, &sizes);
    Driver::new(&Tape::new(), recurrence, start, steps).run(plan, &sizes)
}

/// The plan that [`scan`] would follow, its estimate of memory included, from one run of `step` and
/// `end` and without the loop.
///
/// # Panics
/// As [`scan`].
#[track_caller]
pub fn plan<T: Scalar>(
    step: impl Fn(&mut Moment<'_, T>, usize),
    end: impl Fn(&mut Moment<'_, T>),
    start: &Start<T>,
    steps: usize,
    policy: Policy,
) -> Plan {
    plan_recurrence(&Functions { step, end }, start, steps, policy)
}

/// The plan that [`scan_recurrence`] would follow.
///
/// # Panics
/// As [`scan`].
#[track_caller]
pub fn plan_recurrence<T: Scalar>(
    recurrence: &impl Recurrence<T>,
    start: &Start<T>,
    steps: usize,
    policy: Policy,
) -> Plan {
    let sizes = Driver::new(&Tape::new(), recurrence, start, steps).measure(policy.rewind());
    policy.plan(steps, &sizes)
}
