//! State: the `Copy` handle of a matrix that is updated in place.

use std::fmt;

use metaplast_tensor::kernels::padded::PaddedMatrix;
use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::engine::snapshots::Rewind;
use crate::recording::Recording;
use crate::tape::Tape;

/// A matrix `[rows, cols]` on a tape that is updated in place; see the [module docs](crate::state).
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_tensor::tensor;
///
/// let tape = Tape::<f64>::new();
/// let rate = tape.scalar(0.5);
/// let w = tape.state(&tensor![[1.0, 2.0]]);
/// let x = tape.constant(&tensor![1.0, 1.0]);
/// let y = w.matvec(x);                       // 3, from the weights before the update
/// w.rank_k_update(None, &[y * rate], &[x]);  // W ← W + rate·y·xᵀ = [2.5, 3.5]
/// let loss = w.matvec(x).sum();              // 3 + 6·rate
/// assert_eq!(loss.item(), 6.0);
/// assert_eq!(loss.backward().wrt(rate).item(), 6.0);
/// ```
#[derive(Clone, Copy)]
pub struct State<'t, T: Scalar> {
    pub(super) tape: &'t Tape<T>,
    index: u32,
    /// Generation of the recording in which the state was made.
    stamp: u32,
    pub(super) detached: bool,
}

impl<T: Scalar> fmt::Debug for State<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detached = if self.detached { ", detached" } else { "" };
        write!(f, "State(W{}{detached})", self.index)
    }
}

impl<T: Scalar> Tape<T> {
    /// A state whose initial value `value`, of shape `[rows, cols]`, is not differentiated.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(w.matvec(tape.constant(&tensor![1.0, 1.0])).value(), tensor![3.0, 7.0]);
    /// ```
    ///
    /// # Panics
    /// When `value` is not of rank 2.
    #[track_caller]
    pub fn state(&self, value: &Tensor<T>) -> State<'_, T> {
        self.new_state(value, false)
    }

    /// A state whose initial value is differentiated.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state_with_gradient(&tensor![[1.0], [2.0]]);
    /// let loss = w.matvec(tape.constant(&tensor![3.0])).square().sum();
    /// assert_eq!(loss.backward().wrt_state(w), tensor![[18.0], [36.0]]);
    /// ```
    ///
    /// # Panics
    /// When `value` is not of rank 2.
    #[track_caller]
    pub fn state_with_gradient(&self, value: &Tensor<T>) -> State<'_, T> {
        self.new_state(value, true)
    }

    #[track_caller]
    fn new_state(&self, value: &Tensor<T>, with_gradient: bool) -> State<'_, T> {
        let &[rows, cols] = value.dims() else {
            panic!("state: needs a matrix, got shape {}", value.shape());
        };
        let mut rec = self.recording.borrow_mut();
        rec.check_recordable();
        let stamp = rec.generation;
        let index = rec
            .states
            .add(rows, cols, value.data(), with_gradient, stamp);
        State {
            tape: self,
            index,
            stamp,
            detached: false,
        }
    }

    /// Chooses how sweeps rewind the states; see [`Rewind`].
    ///
    /// ```
    /// use metaplast_autodiff::{Rewind, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// tape.set_rewind(Rewind::Snapshot { every: 10 });
    /// ```
    ///
    /// # Panics
    /// When `every` is zero.
    pub fn set_rewind(&self, rewind: Rewind) {
        if let Rewind::Snapshot { every } = rewind {
            assert!(every > 0, "set_rewind: `every` must be at least 1");
        }
        self.recording.borrow_mut().states.set_rewind(rewind);
    }
}

impl<'t, T: Scalar> State<'t, T> {
    pub(crate) fn index(self) -> usize {
        self.index as usize
    }

    /// The tape that it is on.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&Tensor::zeros([2, 3]));
    /// assert!(std::ptr::eq(w.tape(), &tape));
    /// ```
    #[must_use]
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    #[track_caller]
    pub(crate) fn check(self, tape: &Tape<T>, rec: &Recording<T>) {
        assert!(
            std::ptr::eq(self.tape, tape),
            "state: operands belong to different tapes"
        );
        assert!(
            rec.states.is_live(self.index(), self.stamp),
            "state: this handle belongs to a recording that was reset or cut back"
        );
    }

    /// `[rows, cols]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// assert_eq!(tape.state(&Tensor::zeros([2, 3])).shape().dims(), [2, 3]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn shape(self) -> Shape {
        let rec = self.tape.recording.borrow();
        self.check(self.tape, &rec);
        let (rows, cols) = rec.states.dims(self.index());
        Shape::from([rows, cols])
    }

    /// The same state, whose reads count as reads of a constant: gradients flow to the vector that
    /// is multiplied, not into the weights.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state_with_gradient(&tensor![[2.0]]);
    /// let x = tape.var(&tensor![5.0]);
    /// let gradients = w.detached().matvec(x).sum().backward();
    /// assert_eq!(gradients.wrt(x), tensor![2.0]);
    /// assert_eq!(gradients.wrt_state(w), tensor![[0.0]]);
    /// ```
    #[must_use]
    pub fn detached(self) -> Self {
        State {
            detached: true,
            ..self
        }
    }

    /// A copy of the present value, shape `[rows, cols]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0]]);
    /// let one = tape.constant(&tensor![1.0]);
    /// w.rank_k_update(None, &[one], &[one]);
    /// assert_eq!(w.value(), tensor![[2.0]]);
    /// ```
    ///
    /// # Panics
    /// After a sweep, which rewinds the state: read what you need before it. When the handle is stale.
    #[must_use]
    #[track_caller]
    pub fn value(self) -> Tensor<T> {
        let shape = self.shape();
        let rec = self.tape.recording.borrow();
        self.check(self.tape, &rec);
        Tensor::new(shape, rec.states.present_value(self.index()))
    }

    /// Calls `f` with the present value, row-major.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[3.0, 4.0]]);
    /// assert_eq!(w.with(|w| w.iter().map(|w| w * w).sum::<f64>()), 25.0);
    /// ```
    ///
    /// # Panics
    /// As [`value`](Self::value). `f` must not use the tape.
    #[track_caller]
    pub fn with<R>(self, f: impl FnOnce(&[T]) -> R) -> R {
        let rec = self.tape.recording.borrow();
        self.check(self.tape, &rec);
        f(&rec.states.present_value(self.index()))
    }

    /// Calls `f` with the present value as it is kept, for kernels of one's own.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[3.0, 4.0]]);
    /// assert_eq!(w.with_matrix(|w| w.row(0).sum::<f64>()), 7.0);
    /// ```
    ///
    /// # Panics
    /// As [`value`](Self::value). `f` must not use the tape.
    #[track_caller]
    pub fn with_matrix<R>(self, f: impl FnOnce(&PaddedMatrix<T>) -> R) -> R {
        let rec = self.tape.recording.borrow();
        self.check(self.tape, &rec);
        f(rec.states.present_matrix(self.index()))
    }

    /// Puts other values in the place of the present ones, outside of the recording: for learning
    /// without a gradient by what is no [update](Self::update) of low rank.
    ///
    /// Nothing is recorded that could be undone, so from then on until the tape is
    /// [reset](Tape::reset) no sweep can pass.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0]]);
    /// tape.without_gradients(|| w.assign(&w.value().map(|w| w / 2.0)));
    /// assert_eq!(w.value(), tensor![[0.5, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// When the tape [records gradients](Tape::records_gradients), the shapes differ, or the handle is
    /// stale.
    #[track_caller]
    pub fn assign(self, value: &Tensor<T>) {
        assert!(
            !self.tape.records_gradients(),
            "state.assign: not recorded; do it within `without_gradients`"
        );
        let mut rec = self.tape.recording.borrow_mut();
        self.check(self.tape, &rec);
        rec.check_recordable();
        let (rows, cols) = rec.states.dims(self.index());
        assert!(
            value.dims() == [rows, cols],
            "state.assign: state of shape [{rows}, {cols}], values of shape {}",
            value.shape()
        );
        rec.states.assign(self.index(), value.data());
        rec.assigned = true;
    }

    /// A copy of the value that the sweep has rewound the state to: its first one, up to the
    /// rounding of the undone updates.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0]]);
    /// let x = tape.var(&tensor![0.5]);
    /// w.rank_k_update(None, &[x], &[x]);
    /// assert_eq!(w.value(), tensor![[1.25]]);
    /// w.matvec(x).sum().backward();
    /// assert_eq!(w.rewound_value(), tensor![[1.0]]);
    /// ```
    ///
    /// # Panics
    /// Before a sweep, and when the handle is stale.
    #[must_use]
    #[track_caller]
    pub fn rewound_value(self) -> Tensor<T> {
        let shape = self.shape();
        let rec = self.tape.recording.borrow();
        Tensor::new(shape, rec.first_value(self.index()))
    }
}
