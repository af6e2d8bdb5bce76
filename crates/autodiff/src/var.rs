//! `Copy` handles of recorded values.

use std::fmt;

use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::gradients::Gradients;
use crate::support::EVERYWHERE;
use crate::tape::{Recording, Tape};

/// A value on a tape.
///
/// Arithmetic operators work between variables (with NumPy broadcasting) and with `f64` constants;
/// the other operations are methods, each documented where it is defined.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_tensor::tensor;
///
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
/// let y = (x - x.mean_axes(&[0], true)) / 2.0;
/// assert_eq!(y.value(), tensor![[-0.5, -0.5], [0.5, 0.5]]);
/// ```
#[derive(Clone, Copy)]
pub struct Var<'t, T: Scalar> {
    tape: &'t Tape<T>,
    id: u32,
    stamp: u32,
}

impl<T: Scalar> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var(#{})", self.id)
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    pub(crate) fn new(tape: &'t Tape<T>, id: u32, stamp: u32) -> Self {
        Var { tape, id, stamp }
    }

    /// The tape on which the value stands.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// /// A constant on the tape of another value.
    /// fn half(x: metaplast_autodiff::Var<'_, f64>) -> metaplast_autodiff::Var<'_, f64> {
    ///     x.tape().constant(&metaplast_tensor::Tensor::scalar(0.5)) * x
    /// }
    /// assert_eq!(half(Tape::new().scalar(3.0)).item(), 1.5);
    /// ```
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The node's place, after making sure that the handle is of this tape and still valid.
    #[track_caller]
    pub(crate) fn check(self, tape: &Tape<T>, rec: &Recording<T>) -> usize {
        assert!(
            std::ptr::eq(self.tape, tape),
            "var: operands belong to different tapes"
        );
        let id = self.id as usize;
        assert!(
            rec.nodes
                .get(id)
                .is_some_and(|node| node.stamp == self.stamp),
            "var: this handle belongs to a recording that was reset or cut back"
        );
        assert!(
            !rec.nodes[id].is_given_up(),
            "var: the result of an operation in place has taken this value's place"
        );
        id
    }

    /// The value's shape.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&metaplast_tensor::Tensor::zeros([2, 3]));
    /// assert_eq!((x.shape().dims(), x.rank()), (&[2, 3][..], 2));
    /// ```
    #[track_caller]
    pub fn shape(self) -> Shape {
        let rec = self.tape.recording.borrow();
        rec.nodes[self.check(self.tape, &rec)].shape.clone()
    }

    /// The number of axes.
    ///
    /// See [`shape`](Var::shape).
    #[track_caller]
    pub fn rank(self) -> usize {
        let rec = self.tape.recording.borrow();
        rec.nodes[self.check(self.tape, &rec)].shape.rank()
    }

    /// Whether anything differentiable is in the value.
    #[track_caller]
    pub(crate) fn needs_gradient(self) -> bool {
        let rec = self.tape.recording.borrow();
        rec.nodes[self.check(self.tape, &rec)].needs_gradient
    }

    /// The name of the operation that made the value.
    pub(crate) fn made_by(self) -> &'static str {
        let rec = self.tape.recording.borrow();
        rec.nodes[self.check(self.tape, &rec)].op.name()
    }

    /// Whether both handles stand for the same recorded node.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let (x, y) = (tape.scalar(1.0), tape.scalar(1.0));
    /// assert!(x.is_same(x) && !x.is_same(y));
    /// ```
    pub fn is_same(self, other: Var<'t, T>) -> bool {
        std::ptr::eq(self.tape, other.tape) && self.id == other.id && self.stamp == other.stamp
    }

    /// A copy of the value.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// assert_eq!((x * 2.0).value(), tensor![2.0, 4.0]);
    /// ```
    #[track_caller]
    pub fn value(self) -> Tensor<T> {
        let shape = self.shape();
        self.with(|data| Tensor::new(shape.clone(), data.to_vec()))
    }

    /// Calls `f` with the elements, row-major, without copying them. `f` must not use the tape.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 7.0, 3.0]);
    /// assert!(x.with(|data| data.contains(&7.0)));
    /// ```
    #[track_caller]
    pub fn with<R>(self, f: impl FnOnce(&[T]) -> R) -> R {
        let rec = self.tape.recording.borrow();
        let node = &rec.nodes[self.check(self.tape, &rec)];
        f(&rec.values[node.value_range()])
    }

    /// The one element of a value that has one.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// assert_eq!(Tape::<f64>::new().scalar(2.0).exp().ln().item(), 2.0);
    /// ```
    ///
    /// # Panics
    /// When there are more or fewer.
    #[track_caller]
    pub fn item(self) -> T {
        let rec = self.tape.recording.borrow();
        let node = &rec.nodes[self.check(self.tape, &rec)];
        assert!(
            node.len == 1,
            "item: needs one element, got shape {}",
            node.shape
        );
        rec.values[node.start]
    }

    /// Keeps this variable's adjoint after the sweep, so that [`Gradients::wrt`] can read it.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(2.0);
    /// let y = x.square().retain();
    /// assert_eq!(y.square().backward().wrt(y).item(), 8.0);
    /// ```
    #[track_caller]
    pub fn retain(self) -> Self {
        let mut rec = self.tape.recording.borrow_mut();
        let id = self.check(self.tape, &rec);
        rec.nodes[id].retained = true;
        self
    }

    /// Makes the zeros of a constant vector *known zeros*: elements that stay zero whatever the
    /// differentiable inputs are.
    ///
    /// Operations pass them on ([`Op::zeros`](crate::Op::zeros)): `c · x`, functions that are zero at
    /// zero, a [`weighted_sum`](crate::weighted_sum) of vectors with the same known zeros, `x ⊙ y`
    /// of one with known zeros and anything. Reads and
    /// updates of a [`State`](crate::State) leave the rows of known zeros out, which changes no
    /// value and no gradient. The adjoint of such a vector itself, should one
    /// [`retain`](Self::retain) it, holds nothing meaningful at its known zeros.
    ///
    /// Does nothing to what is not a constant vector.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// let tape = Tape::<f64>::new();
    /// let rate = tape.scalar(0.5);
    /// let w = tape.state(&Tensor::zeros([3, 1]));
    /// let x = tape.constant(&tensor![1.0, 0.0, 2.0]).with_known_zeros();
    /// let one = tape.constant(&tensor![1.0]);
    /// w.rank_k_update(None, &[x * rate], &[one]); // two rows of three are touched
    /// assert_eq!(w.value(), tensor![[0.5], [0.0], [1.0]]);
    /// assert_eq!(w.matvec_transposed(x).sum().backward().wrt(rate).item(), 5.0);
    /// ```
    #[track_caller]
    pub fn with_known_zeros(self) -> Self {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        let id = self.check(self.tape, rec);
        let node = &mut rec.nodes[id];
        let constant = node.op.is_leaf() && !node.needs_gradient;
        if constant && node.shape.rank() == 1 && node.support == EVERYWHERE {
            node.support = rec.supports.add(&rec.values[node.value_range()]);
        }
        self
    }

    /// Differentiates this one-element value with respect to everything it depends on.
    ///
    /// States on the tape are rewound to their first value; the tape then has to be
    /// [reset](Tape::reset) before it records again.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(2.0);
    /// assert_eq!((x.powi(3) / 3.0).backward().wrt(x).item(), 4.0);
    /// ```
    ///
    /// # Panics
    /// When the value has more or fewer than one element (see [`backward_with`](Self::backward_with)),
    /// or when an earlier sweep has rewound this recording already.
    #[track_caller]
    pub fn backward(self) -> Gradients<'t, T> {
        let shape = self.shape();
        assert!(
            shape.len() == 1,
            "backward: needs one element, got shape {shape}; use `backward_with` and a seed"
        );
        self.tape.backward(self, &[T::ONE])
    }

    /// The vector-Jacobian product: differentiates `⟨seed, self⟩`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// assert_eq!(x.square().backward_with(&tensor![1.0, 10.0]).wrt(x), tensor![2.0, 40.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ, or when an earlier sweep has rewound this recording already.
    #[track_caller]
    pub fn backward_with(self, seed: &Tensor<T>) -> Gradients<'t, T> {
        let shape = self.shape();
        assert!(
            &shape == seed.shape(),
            "backward_with: value of shape {shape}, seed of shape {}",
            seed.shape()
        );
        self.tape.backward(self, seed.data())
    }
}
