//! Recurrences: what a scan runs, as a trait and as two functions.

use metaplast_tensor::Scalar;

use super::carried::Moment;

/// A loop for [`scan_recurrence`](super::scan_recurrence): its steps, its end, and what they need beside the carried values.
///
/// ```
/// use metaplast_autodiff::scan::{Moment, Policy, Recurrence, Start, scan_recurrence};
/// use metaplast_autodiff::Var;
/// use metaplast_tensor::{Tensor, tensor};
///
/// /// `x ← tanh(A x + θ)` with a constant matrix `A`, put on the tape once a segment.
/// struct Network {
///     a: Tensor<f64>,
/// }
///
/// impl Recurrence<f64> for Network {
///     type Segment<'t> = Var<'t, f64>;
///
///     fn begin<'t>(&self, moment: &Moment<'t, f64>) -> Var<'t, f64> {
///         moment.tape.constant(&self.a)
///     }
///
///     fn step<'t>(&self, a: &Var<'t, f64>, moment: &mut Moment<'t, f64>, _: usize) {
///         moment.vectors[0] = (a.matvec(moment.vectors[0]) + moment.theta[0]).tanh();
///     }
///
///     fn end<'t>(&self, _: &Var<'t, f64>, moment: &mut Moment<'t, f64>) {
///         moment.add_loss(moment.vectors[0].sum());
///     }
/// }
///
/// let network = Network { a: tensor![[0.5, -0.3], [0.2, 0.4]] };
/// let start = Start {
///     states: vec![],
///     vectors: vec![tensor![0.1, 0.2]],
///     theta: vec![Tensor::scalar(0.1)],
/// };
/// let outcome = scan_recurrence(&network, &start, 50, Policy::Every { steps: 7 });
/// assert!(outcome.theta[0].item() > 0.0);
/// ```
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
pub(super) struct Functions<S, E> {
    pub(super) step: S,
    pub(super) end: E,
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
