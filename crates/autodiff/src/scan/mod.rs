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
//! Carried "vectors" are tensors of any shape: scalars, matrices, whole batches `[batch, units]`. They
//! are replaced at each step, and every segment's copies are kept; the matrices in `states` are updated
//! in place, and are rewound. A value of each step is [given out](Moment::emit). A loop that is part of
//! a larger graph, an encoder before it and a decoder behind it, is a [`recorded_scan`]; a part of a
//! graph that is no loop is a [`checkpoint`](crate::operators::checkpoint).
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
//! than once for the same step. A replayed segment that ends with other values than its first run
//! is a panic that names its steps.

mod carried;
mod driver;
mod outcome;
mod outputs;
mod policy;
mod recorded;
mod recurrence;

use metaplast_tensor::Scalar;

use crate::tape::Tape;

pub use carried::{Moment, Start};
use driver::Driver;
pub use outcome::{Outcome, Report};
pub use policy::{Plan, Policy};
pub use recorded::{RecordedOutcome, RecordedStart, recorded_scan};
use recurrence::Functions;
pub use recurrence::Recurrence;

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
/// shapes, when a segment of the policy has no steps, when a budget does not hold one step, and when
/// a step that is replayed gives other values than before, since it is not a function of what it is
/// given.
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
    Driver::new(&Tape::new(), recurrence, start, steps).run(plan, &sizes, policy.budget())
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
