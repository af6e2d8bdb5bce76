//! Checkpointed scan: loops of any length with a bounded recording.
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
//! the next with everything pending in them, so for all policies that do not undo loss and
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
mod recurrence;

use std::fmt;

use metaplast_tensor::{Scalar, Tensor};

use crate::state::State;
use crate::tape::Tape;
use crate::var::Var;

use driver::Driver;
pub use policy::{Plan, Policy};
use recurrence::Functions;
pub use recurrence::Recurrence;

/// What a scan starts from.
///
/// ```
/// use metaplast_autodiff::scan::Start;
/// use metaplast_tensor::{Tensor, tensor};
///
/// let start = Start {
///     states: vec![Tensor::zeros([2, 3])],
///     vectors: vec![tensor![1.0, 0.0, 0.0]],
///     theta: vec![Tensor::scalar(0.1_f64)],
/// };
/// assert_eq!(start.states[0].dims(), [2, 3]);
/// ```
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
///
/// ```
/// use metaplast_autodiff::scan::Moment;
///
/// /// A step for [`scan`](metaplast_autodiff::scan::scan): a leaky integral of its input.
/// fn step(now: &mut Moment<'_, f64>, t: usize) {
///     let input = now.tape.scalar((t as f64).sin());
///     now.vectors[0] = now.vectors[0] * now.theta[0] + input;
/// }
/// # let start = metaplast_autodiff::scan::Start {
/// #     states: vec![],
/// #     vectors: vec![metaplast_tensor::Tensor::scalar(0.0)],
/// #     theta: vec![metaplast_tensor::Tensor::scalar(0.5)],
/// # };
/// # let policy = metaplast_autodiff::scan::Policy::StoreAll;
/// # let end = |now: &mut Moment<'_, f64>| now.add_loss(now.vectors[0]);
/// # assert!(metaplast_autodiff::scan::scan(step, end, &start, 5, policy).loss != 0.0);
/// ```
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

impl<T: Scalar> fmt::Debug for Moment<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moment")
            .field("states", &self.states)
            .field("vectors", &self.vectors)
            .field("theta", &self.theta)
            .field("loss", &self.loss)
            .finish_non_exhaustive()
    }
}

impl<'t, T: Scalar> Moment<'t, T> {
    /// Adds `part`, a value of one element, to the loss.
    ///
    /// ```
    /// use metaplast_autodiff::scan::{Policy, Start, scan};
    /// use metaplast_tensor::Tensor;
    ///
    ///
    /// let start = Start { states: vec![], vectors: vec![], theta: vec![Tensor::scalar(2.0)] };
    /// // Σ_t θ t over t = 0, 1, 2, 3.
    /// let step = |now: &mut metaplast_autodiff::scan::Moment<'_, f64>, t| {
    ///     now.add_loss(now.theta[0] * t as f64);
    /// };
    /// let outcome = scan(step, |_| {}, &start, 4, Policy::StoreAll);
    /// assert_eq!((outcome.loss, outcome.theta[0].item()), (12.0, 6.0));
    /// ```
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
///
/// ```
/// use metaplast_autodiff::scan::{Policy, Start, scan};
/// use metaplast_tensor::Tensor;
///
///
/// // x ← θ x, three times: x_3 = θ³ x_0.
/// let start = Start {
///     states: vec![],
///     vectors: vec![Tensor::scalar(5.0)],
///     theta: vec![Tensor::scalar(2.0)],
/// };
/// let outcome = scan(
///     |now, _| now.vectors[0] = now.vectors[0] * now.theta[0],
///     |now| now.add_loss(now.vectors[0]),
///     &start,
///     3,
///     Policy::StoreAll,
/// );
/// assert_eq!((outcome.loss, outcome.last_vectors[0].item()), (40.0, 40.0));
/// assert_eq!((outcome.vectors[0].item(), outcome.theta[0].item()), (8.0, 60.0));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
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
///
/// ```
/// use metaplast_autodiff::scan::{Policy, Start, scan};
/// use metaplast_tensor::Tensor;
///
///
/// let start = Start { states: vec![], vectors: vec![Tensor::scalar(0.5)], theta: vec![] };
/// let step = |now: &mut metaplast_autodiff::scan::Moment<'_, f64>, _| {
///     now.vectors[0] = now.vectors[0].sin();
/// };
/// let end = |now: &mut metaplast_autodiff::scan::Moment<'_, f64>| now.add_loss(now.vectors[0]);
/// let report = scan(step, end, &start, 100, Policy::Every { steps: 10 }).report;
/// assert_eq!((report.plan.segment, report.passed_steps), (10, 90));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What the policy came to.
    pub plan: Plan,
    /// The most bytes that tape and checkpoints held together.
    pub peak_bytes: usize,
    /// Steps that were run to get somewhere, without being recorded.
    pub passed_steps: usize,
}

/// Runs `step(moment, t)` for `t` in `0..steps` and then `end`, and differentiates the loss they
/// add up by the start of everything carried and by the shared parameters; see the [module
/// docs](self).
///
/// ```
/// use metaplast_autodiff::scan::{Policy, Start, scan};
/// use metaplast_tensor::Tensor;
///
///
/// // x ← θ x: the loss Σ x_t over three steps from 1 is θ + θ² + θ³.
/// let start = Start {
///     states: vec![],
///     vectors: vec![Tensor::scalar(1.0)],
///     theta: vec![Tensor::scalar(2.0)],
/// };
/// let outcome = scan(
///     |now, _| {
///         now.vectors[0] = now.vectors[0] * now.theta[0];
///         now.add_loss(now.vectors[0]);
///     },
///     |_| {},
///     &start,
///     3,
///     Policy::Every { steps: 2 },
/// );
/// assert_eq!((outcome.loss, outcome.theta[0].item()), (14.0, 17.0));
/// ```
///
/// # Panics
/// When nothing is added to the loss, when a step changes the number of carried vectors or their
/// shapes, when a segment of the policy has no steps, and when a budget does not hold one step.
#[must_use]
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
/// See [`Recurrence`] for an example.
///
/// # Panics
/// As [`scan`].
#[must_use]
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
/// ```
/// use metaplast_autodiff::scan::{Policy, Start, plan};
/// use metaplast_tensor::Tensor;
///
/// let start = Start { states: vec![Tensor::<f64>::eye(4)], vectors: vec![], theta: vec![] };
/// let foreseen = |steps, policy| {
///     plan(
///         |now, _| {
///             let x = now.tape.constant(&Tensor::ones([4]));
///             now.states[0].rank_k_update(None, &[now.states[0].matvec(x) * 0.01], &[x]);
///         },
///         |now| now.add_loss(now.states[0].matvec(now.tape.constant(&Tensor::ones([4]))).sum()),
///         &start,
///         steps,
///         policy,
///     )
/// };
/// let all = foreseen(10_000, Policy::StoreAll);
/// let within = foreseen(10_000, Policy::Budget { bytes: 100_000 });
/// assert!(all.bytes > 1_000_000 && within.bytes <= 100_000);
/// ```
///
/// # Panics
/// As [`scan`].
#[must_use]
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
/// It takes a [`Recurrence`] where [`plan`] takes functions; the examples of these two show how.
///
/// # Panics
/// As [`scan`].
#[must_use]
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
