//! Outcome of a scan: loss, gradients, last values, and how it was run.

use metaplast_tensor::{Scalar, Tensor};

use super::policy::Plan;

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
    /// What the steps [gave out](super::Moment::emit): for each value of a step all steps' values
    /// along a new first axis, `[steps, …]`.
    pub outputs: Vec<Tensor<T>>,
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
    /// The most bytes that tape and checkpoints held together; what steps give out comes on top.
    pub peak_bytes: usize,
    /// Steps that were run to get somewhere, without being recorded.
    pub passed_steps: usize,
}
