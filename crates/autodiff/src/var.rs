//! Variables: `Copy` handles of recorded values.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`): a variable knows its
//! tape, and the files of the operations add their methods to it.

use std::fmt;

use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::nodes::DENSE;
use crate::recording::Recording;
use crate::tape::Tape;

/// A value on a tape.
///
/// Arithmetic operators work between variables (with NumPy broadcasting) and with `f64` constants
/// on either side; the other operations are methods, each documented where it is defined.
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

/// How many elements `Debug` shows.
const SHOWN: usize = 6;

/// The node's place, the shape and the first elements, for `dbg!`.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_tensor::Tensor;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(&Tensor::arange(10).reshape([2, 5]));
/// assert_eq!(format!("{x:?}"), "Var(#0, [2, 5]: 0, 1, 2, 3, 4, 5, …)");
/// ```
impl<T: Scalar> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var(#{}", self.id)?;
        let id = self.id as usize;
        // Printing never panics: within `with` the tape may be lent, and the handle may be stale.
        match self.tape.recording.try_borrow() {
            Ok(rec) if rec.nodes.stamp(id) == Some(self.stamp) => {
                let value = rec.value(id);
                write!(f, ", {}", rec.nodes.shape(id))?;
                for (i, x) in value.iter().take(SHOWN).enumerate() {
                    f.write_str(if i == 0 { ": " } else { ", " })?;
                    fmt::Display::fmt(x, f)?;
                }
                f.write_str(if value.len() > SHOWN { ", …)" } else { ")" })
            }
            Ok(_) => f.write_str(", of a recording that was reset or cut back)"),
            Err(_) => f.write_str(")"),
        }
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
    #[must_use]
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The node's place and the generation of its recording.
    pub(crate) fn place(self) -> (u32, u32) {
        (self.id, self.stamp)
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
            rec.nodes.stamp(id) == Some(self.stamp),
            "var: this handle belongs to a recording that was reset or cut back"
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
    #[must_use]
    #[track_caller]
    pub fn shape(self) -> Shape {
        let rec = self.tape.recording.borrow();
        rec.nodes.shape(self.check(self.tape, &rec)).clone()
    }

    /// The number of axes.
    ///
    /// See [`shape`](Var::shape).
    #[must_use]
    #[track_caller]
    pub fn rank(self) -> usize {
        let rec = self.tape.recording.borrow();
        rec.nodes.shape(self.check(self.tape, &rec)).rank()
    }

    /// The name of the operation that made the value.
    pub(crate) fn made_by(self) -> &'static str {
        let rec = self.tape.recording.borrow();
        rec.ops[self.check(self.tape, &rec)].name()
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
    #[must_use]
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
    #[must_use]
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
        f(rec.value(self.check(self.tape, &rec)))
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
    #[must_use]
    #[track_caller]
    pub fn item(self) -> T {
        let rec = self.tape.recording.borrow();
        let id = self.check(self.tape, &rec);
        let &[item] = rec.value(id) else {
            panic!("item: needs one element, got shape {}", rec.nodes.shape(id));
        };
        item
    }

    /// Keeps this variable's adjoint after the sweep, so that [`Gradients::wrt`](crate::Gradients::wrt) can read it.
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
        rec.nodes.get_mut(id).retain();
        self
    }

    /// Gives a constant vector the *sparsity pattern* of its elements: those that are zero now are
    /// zero whatever the differentiable inputs are.
    ///
    /// Operations pass it on ([`Op::sparsity`](crate::Op::sparsity)): `c · x`, functions that are zero
    /// at zero, a [`weighted_sum`](crate::weighted_sum) of vectors with the same pattern, `x ⊙ y` of
    /// one with a pattern and anything. Reads and updates of a [`State`](crate::State) leave the rows
    /// outside the pattern out, which changes no value and no gradient. The adjoint of such a vector
    /// itself, should one [`retain`](Self::retain) it, holds nothing meaningful outside its pattern.
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
    /// let x = tape.constant(&tensor![1.0, 0.0, 2.0]).with_sparsity_pattern();
    /// let one = tape.constant(&tensor![1.0]);
    /// w.rank_k_update(None, &[x * rate], &[one]); // two rows of three take part
    /// assert_eq!(w.value(), tensor![[0.5], [0.0], [1.0]]);
    /// assert_eq!(w.matvec_transposed(x).sum().backward().wrt(rate).item(), 5.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn with_sparsity_pattern(self) -> Self {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        let id = self.check(self.tape, rec);
        let node = &rec.nodes[id];
        let constant = rec.ops[id].is_leaf() && !node.needs_gradient();
        if constant && rec.nodes.shape(id).rank() == 1 && rec.nodes.pattern(id) == DENSE {
            let pattern = rec.patterns.add(&rec.values[rec.nodes.value_range(id)]);
            rec.nodes.set_pattern(id, pattern);
        }
        self
    }
}
