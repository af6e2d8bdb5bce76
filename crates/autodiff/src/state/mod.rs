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
//! A rule like Oja's adds a projection of the weights themselves, `s (W x) wᵀ`. Its result `W x` is
//! kept with the node, so undoing is the same, and its derivatives stand in `update.rs`.
//!
//! # Known zeros
//! Rows of [known zeros](Var::with_known_zeros) of an operand take no part in a read or an update.
//! Large matrices are worked through in stretches of rows that fit the first-level cache, each
//! with all that a node has to do to it.
//!
//! Undoing divides by `1 − d`, which magnifies rounding errors: where the magnification since the
//! last exact copy would pass [`MAGNIFICATION_LIMIT`], the update takes a snapshot of `W` first and
//! the sweep restores it instead.
//!
//! What a state has that a [custom operation](crate::Op) has not: a value that changes under the
//! recording, hence a version that each read remembers, and an adjoint that collects contributions
//! and applies them in one pass.

mod arena;
mod buffer;
mod estimate;
mod ops;
mod product;
mod stretches;
mod update;
mod waiting;

use metaplast_tensor::{Scalar, Shape, Tensor};
use smallvec::SmallVec;

use crate::node::Recorded;
use crate::support::EVERYWHERE;
use crate::tape::{Recording, Tape};
use crate::var::Var;

pub(crate) use arena::StateArena;
pub use buffer::MAGNIFICATION_LIMIT;
pub(crate) use estimate::Done;
pub(crate) use ops::StateOp;
use ops::{Batch, Direction};
use update::Form;

/// How the sweep gets back to earlier values of the states.
///
/// ```
/// use metaplast_autodiff::{Rewind, Tape};
/// use metaplast_tensor::tensor;
///
/// let rewound = |rewind| {
///     let tape = Tape::<f32>::new();
///     tape.set_rewind(rewind);
///     let w = tape.state(&tensor![[0.1]]);
///     let (u, v) = (tape.scalar(1e8).reshape([1]), tape.constant(&tensor![1.0]));
///     w.rank_k_update(None, &[u], &[v]);
///     w.matvec(v).sum().backward();
///     w.rewound_value().item()
/// };
/// // The arithmetic of so large an update loses what was there; a copy does not.
/// assert_eq!(rewound(Rewind::Snapshot { every: 1 }), 0.1);
/// assert_eq!(rewound(Rewind::Undo), 0.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rewind {
    /// Undo each update by arithmetic; snapshots only where decay would magnify rounding errors.
    #[default]
    Undo,
    /// A snapshot before every `every`-th update of each state, arithmetic in between;
    /// `every: 1` restores every value bit for bit and costs one matrix per update.
    Snapshot {
        /// Updates from one snapshot to the next, at least 1.
        every: u32,
    },
}

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

/// A projection of the weights that an update adds, `s (W x) wᵀ`; see [`State::update`].
///
/// Oja's rule, `−θ (W y) yᵀ` for weights kept with the input along the rows, is one.
#[derive(Clone, Copy, Debug)]
pub struct Projection<'t, T: Scalar> {
    /// `s`, one element.
    pub scale: Var<'t, T>,
    /// `x`, `[cols]`.
    pub through: Var<'t, T>,
    /// `w`, `[cols]`.
    pub right: Var<'t, T>,
}

impl<T: Scalar> Tape<T> {
    /// A state with first value `value`, of shape `[rows, cols]`, by which one does not differentiate.
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

    /// A state whose gradient with respect to its first value is wanted.
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
        assert!(
            !rec.rewound,
            "tape: recording after a sweep that rewound states; call `reset` first"
        );
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
    pub fn detached(self) -> Self {
        State {
            detached: true,
            ..self
        }
    }

    /// `W x`, shapes `[rows, cols] · [cols] → [rows]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![1.0, 10.0]);
    /// assert_eq!(w.matvec(x).value(), tensor![21.0, 43.0, 65.0]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a vector of `cols` elements, or a handle is stale.
    #[track_caller]
    pub fn matvec(self, x: Var<'t, T>) -> Var<'t, T> {
        self.read(x, Direction::Forward, Batch::One)
    }

    /// `Wᵀ x`, shapes `[rows, cols]ᵀ · [rows] → [cols]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![1.0, 0.0, 10.0]);
    /// assert_eq!(w.matvec_transposed(x).value(), tensor![51.0, 62.0]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a vector of `rows` elements, or a handle is stale.
    #[track_caller]
    pub fn matvec_transposed(self, x: Var<'t, T>) -> Var<'t, T> {
        self.read(x, Direction::Transposed, Batch::One)
    }

    /// `X Wᵀ`: [`matvec`](Self::matvec) of every row of `X`, shapes `[n, cols] → [n, rows]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![[1.0, 0.0], [0.0, 1.0]]);
    /// assert_eq!(w.matvec_rows(x).value(), tensor![[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a matrix with `cols` columns, or a handle is stale.
    #[track_caller]
    pub fn matvec_rows(self, x: Var<'t, T>) -> Var<'t, T> {
        self.read(x, Direction::Forward, Batch::Rows)
    }

    /// `X W`: [`matvec_transposed`](Self::matvec_transposed) of every row of `X`, shapes `[n, rows] → [n, cols]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
    /// assert_eq!(w.matvec_transposed_rows(x).value(), tensor![[1.0, 2.0], [5.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a matrix with `rows` columns, or a handle is stale.
    #[track_caller]
    pub fn matvec_transposed_rows(self, x: Var<'t, T>) -> Var<'t, T> {
        self.read(x, Direction::Transposed, Batch::Rows)
    }

    /// `W x` in the rows where `pattern` has no [known zero](Var::with_known_zeros), zero in the
    /// others; all of `W x` where no zeros of `pattern` are known. Shapes `[rows, cols] · [cols] →
    /// [rows]`, `pattern` `[rows]`.
    ///
    /// For a product that will be multiplied by `pattern` element by element:
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0], [2.0], [3.0]]);
    /// let x = tape.var(&tensor![10.0]);
    /// let mask = tape.constant(&tensor![1.0, 0.0, 0.5]).with_known_zeros();
    /// let masked = w.matvec_within(x, mask) * mask;
    /// assert_eq!(masked.value(), tensor![10.0, 0.0, 15.0]);
    /// assert_eq!(masked.sum().backward().wrt(x).item(), 2.5);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a vector of `cols` elements or `pattern` not one of `rows`, or a handle is
    /// stale.
    #[track_caller]
    pub fn matvec_within(self, x: Var<'t, T>, pattern: Var<'t, T>) -> Var<'t, T> {
        let support = {
            let rec = self.tape.recording.borrow();
            let pattern = &rec.nodes[pattern.check(self.tape, &rec)];
            self.check(self.tape, &rec);
            let (rows, cols) = rec.states.dims(self.index());
            assert!(
                pattern.shape.dims() == [rows],
                "state.matvec_within: state of shape [{rows}, {cols}], pattern of shape {}",
                pattern.shape
            );
            pattern.support
        };
        self.read_within(x, Direction::Forward, Batch::One, support)
    }

    #[track_caller]
    fn read(self, x: Var<'t, T>, direction: Direction, batch: Batch) -> Var<'t, T> {
        self.read_within(x, direction, batch, EVERYWHERE)
    }

    #[track_caller]
    fn read_within(
        self,
        x: Var<'t, T>,
        direction: Direction,
        batch: Batch,
        support: u32,
    ) -> Var<'t, T> {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let id = x.check(self.tape, rec);
        let op = rec
            .states
            .read_op(self.index(), direction, batch, self.detached);
        let shape = rec.states.read_shape(op, &rec.nodes[id].shape);
        let start = rec.zeros(shape.len());
        let (before, output) = rec.values.split_at_mut(start);
        let x_values = &before[rec.nodes[id].value_range()];
        let within = rec.supports.get(support);
        rec.states.read(op, x_values, within, output);
        let needs_gradient = rec.nodes[id].needs_gradient || op.contributes();
        let needs_gradient = needs_gradient && self.tape.recording_gradients.get();
        let result = self.tape.push(
            rec,
            Recorded::State(op),
            &[id as u32],
            start,
            shape,
            needs_gradient,
        );
        if let Some(node) = rec.nodes.last_mut() {
            node.support = support;
        }
        result
    }

    /// Updates the state in place: `W ← (1 − d) W + Σ_k u_k v_kᵀ`, with `u_k` of length `rows` and
    /// `v_k` of length `cols`; no decay where `decay` is `None`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// let (u, v) = (tape.constant(&tensor![1.0, 0.0]), tape.constant(&tensor![10.0, 20.0]));
    /// w.rank_k_update(Some(tape.scalar(0.5)), &[u], &[v]);
    /// assert_eq!(w.value(), tensor![[10.5, 21.0], [1.5, 2.0]]);
    /// ```
    ///
    /// # Panics
    /// When the numbers of `us` and `vs` differ, a shape does not fit, or a handle is stale.
    #[track_caller]
    pub fn rank_k_update(self, decay: Option<Var<'t, T>>, us: &[Var<'t, T>], vs: &[Var<'t, T>]) {
        self.update(decay, us, vs, None);
    }

    /// [`rank_k_update`](Self::rank_k_update) with a projection of the weights as they were before
    /// it, all in one pass: `W ← (1 − d) W + Σ_k u_k v_kᵀ + s (W x) wᵀ`.
    ///
    /// ```
    /// use metaplast_autodiff::{Projection, Tape};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let scale = tape.scalar(-1.0);
    /// let w = tape.state(&tensor![[3.0, 4.0]]);
    /// let x = tape.constant(&tensor![1.0, 0.0]);
    /// // W ← W − (W x) xᵀ: what W sees along x is taken away.
    /// w.update(None, &[], &[], Some(Projection { scale, through: x, right: x }));
    /// assert_eq!(w.value(), tensor![[0.0, 4.0]]);
    /// assert_eq!(w.matvec(x).sum().backward().wrt(scale).item(), 3.0);
    /// ```
    ///
    /// # Panics
    /// As [`rank_k_update`](Self::rank_k_update), and when `s` has more than one element or `x` or
    /// `w` is not of length `cols`.
    #[track_caller]
    pub fn update(
        self,
        decay: Option<Var<'t, T>>,
        us: &[Var<'t, T>],
        vs: &[Var<'t, T>],
        projection: Option<Projection<'t, T>>,
    ) {
        assert_eq!(
            us.len(),
            vs.len(),
            "rank_k_update: {} left vectors, {} right vectors",
            us.len(),
            vs.len()
        );
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let mut ids = SmallVec::<[u32; 16]>::new();
        let projected = projection.map(|p| [p.scale, p.through, p.right]);
        for operand in us
            .iter()
            .chain(vs)
            .chain(&decay)
            .chain(projected.iter().flatten())
        {
            ids.push(operand.check(self.tape, rec) as u32);
        }
        let shape = match projection {
            Some(_) => Shape::from([rec.states.dims(self.index()).0]),
            None => Shape::from([0]),
        };
        let start = rec.zeros(shape.len());
        let (before, projected) = rec.values.split_at_mut(start);
        let inputs = crate::ops::Inputs::new(&rec.nodes, before, &ids);
        let differentiable = self.tape.recording_gradients.get()
            && (0..ids.len()).any(|operand| inputs.needs_gradient(operand));
        let op = rec.states.update(
            self.index(),
            Form {
                rank: us.len() as u32,
                decay: decay.is_some(),
                projection: projection.is_some(),
            },
            differentiable,
            &inputs,
            &rec.supports,
            projected,
        );
        self.tape
            .push(rec, Recorded::State(op), &ids, start, shape, false);
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
    #[track_caller]
    pub fn rewound_value(self) -> Tensor<T> {
        let shape = self.shape();
        let rec = self.tape.recording.borrow();
        Tensor::new(shape, rec.states.rewound_value(self.index()))
    }
}
