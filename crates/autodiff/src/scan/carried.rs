//! Carried values of a scan: what it starts from, and what a step finds.

use std::fmt;

use metaplast_tensor::{Scalar, Tensor};

use crate::state::State;
use crate::tape::Tape;
use crate::var::Var;

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
///
/// // Without states, and in one line:
/// let start = Start::new().vectors([tensor![1.0, 0.0]]).theta([0.1, 0.2].map(Tensor::scalar));
/// assert_eq!((start.vectors.len(), start.theta.len()), (1, 2));
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

impl<T: Scalar> Default for Start<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> Start<T> {
    /// Nothing that is carried, and nothing shared.
    #[must_use]
    pub fn new() -> Self {
        Start {
            states: Vec::new(),
            vectors: Vec::new(),
            theta: Vec::new(),
        }
    }

    /// With these [`states`](Self::states): an array, a slice or a list.
    #[must_use]
    pub fn states(mut self, states: impl Into<Vec<Tensor<T>>>) -> Self {
        self.states = states.into();
        self
    }

    /// With these [`vectors`](Self::vectors).
    #[must_use]
    pub fn vectors(mut self, vectors: impl Into<Vec<Tensor<T>>>) -> Self {
        self.vectors = vectors.into();
        self
    }

    /// With these shared parameters [`theta`](Self::theta).
    #[must_use]
    pub fn theta(mut self, theta: impl Into<Vec<Tensor<T>>>) -> Self {
        self.theta = theta.into();
        self
    }
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
    pub(super) loss: Option<Var<'t, T>>,
    pub(super) emitted: Vec<Var<'t, T>>,
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

    /// Gives `value` out as a result of this step: [`Outcome::outputs`](super::Outcome::outputs) has
    /// those of all steps, stacked.
    ///
    /// A step may give out several, of different shapes; every step gives out as many as the first, of
    /// the same shapes. They are values; what is to be differentiated adds to the loss, or goes
    /// through [`recorded_scan`](super::recorded_scan).
    ///
    /// ```
    /// use metaplast_autodiff::scan::{Moment, Policy, Start, scan};
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// let start = Start { states: vec![], vectors: vec![Tensor::scalar(1.0)], theta: vec![] };
    /// let step = |now: &mut Moment<'_, f64>, _| {
    ///     now.vectors[0] = now.vectors[0] * 2.0;
    ///     now.emit(now.vectors[0]);
    /// };
    /// let end = |now: &mut Moment<'_, f64>| now.add_loss(now.vectors[0]);
    /// let outcome = scan(step, end, &start, 4, Policy::Every { steps: 2 });
    /// assert_eq!(outcome.outputs, [tensor![2.0, 4.0, 8.0, 16.0]]);
    /// ```
    pub fn emit(&mut self, value: Var<'t, T>) {
        self.emitted.push(value);
    }
}
