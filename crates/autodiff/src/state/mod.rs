//! States: weight matrices that are updated in place and rewound by the reverse sweep.
//!
//! A matrix that learns is not a new value at every step. It is one buffer `W`, changed by recorded
//! rank-k updates with decay,
//!
//! ```text
//! W ← (1 − d) W + Σ_k u_k v_kᵀ
//! ```
//!
//! whose nodes keep only the vectors. When the reverse sweep passes such a node it undoes the
//! update in place,
//!
//! ```text
//! W ← (W − Σ_k u_k v_kᵀ) / (1 − d)
//! ```
//!
//! so every earlier read finds the weights of its own time. With `W̄` the one adjoint buffer of the
//! state, its rules are products with vectors:
//!
//! ```text
//! ū_k += W̄ v_k      v̄_k += W̄ᵀ u_k      d̄ −= ⟨W_before, W̄⟩      W̄ ← (1 − d) W̄
//! z = W y :   ȳ += Wᵀ z̄    W̄ += z̄ yᵀ
//! v = Wᵀ y :  ȳ += W v̄     W̄ += y v̄ᵀ
//! ```
//!
//! Left vectors may be sums with coefficients, `u_k = Σ_j c_kj x_kj`, which are not kept either: `c̄_kj
//! += x_kj·ū_k` and `x̄_kj += c_kj ū_k`. A rule like Oja's adds a projection of the weights themselves, `s (W x) wᵀ`. Its result `W x` is
//! kept with the node, so undoing is the same, and its derivatives stand in `engine/reverse.rs`.
//!
//! # Sparsity patterns
//! Rows outside the [sparsity pattern](crate::Var::with_sparsity_pattern) of an operand take no part
//! in a read or an update. Reading and reversing an update each take one pass, in which everything
//! happens to a row while it is in cache. Rows that no differentiated read uses have no adjoint, and
//! a sweep passes them by; weights that nothing in the sweep multiplies by are not undone. Both are
//! undone when the [first value](State::rewound_value) is asked for.
//!
//! # Digits
//! Undoing divides by `1 − d`, which magnifies rounding errors, and loses what is small against the
//! weights on the way: where the magnification since the last exact copy would pass
//! [`MAGNIFICATION_LIMIT`], or the growth of the weights [`growth_limit`], the update takes a
//! snapshot of `W` first and the sweep restores it instead. For each rounding since, an undone `W`
//! is off by no more than `8 √ε max |W|`, whatever became of the weights.
//!
//! What a state has that a [custom operation](crate::Op) has not: a value that changes under the
//! recording, hence a version that each read remembers, and an adjoint that collects contributions
//! and applies them in one pass.

mod reads;
mod updates;

use std::fmt;

use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::recording::Recording;
use crate::tape::Tape;

pub use crate::engine::snapshots::{MAGNIFICATION_LIMIT, Rewind, growth_limit};
pub use updates::{Projection, SummedOuter};

/// A matrix `[rows, cols]` on a tape that is updated in place; see the [module docs](self).
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
    tape: &'t Tape<T>,
    index: u32,
    /// Generation of the recording in which the state was made.
    stamp: u32,
    detached: bool,
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
