//! `Copy` handles of recorded values.

use std::fmt;

use metaplast_tensor::{Scalar, Shape, Tensor};

use crate::gradients::Gradients;
use crate::tape::{Recording, Tape};

/// A value on a tape.
///
/// Arithmetic operators work between variables (with NumPy broadcasting) and with `f64` constants;
/// the other operations are methods, each documented where it is defined.
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
        id
    }

    /// The value's shape.
    #[track_caller]
    pub fn shape(self) -> Shape {
        let rec = self.tape.recording.borrow();
        rec.nodes[self.check(self.tape, &rec)].shape.clone()
    }

    /// The number of axes.
    #[track_caller]
    pub fn rank(self) -> usize {
        let rec = self.tape.recording.borrow();
        rec.nodes[self.check(self.tape, &rec)].shape.rank()
    }

    /// The name of the operation that made the value.
    pub(crate) fn made_by(self) -> &'static str {
        let rec = self.tape.recording.borrow();
        rec.nodes[self.check(self.tape, &rec)].op.name()
    }

    /// Whether both handles stand for the same recorded node.
    pub fn is_same(self, other: Var<'t, T>) -> bool {
        std::ptr::eq(self.tape, other.tape) && self.id == other.id && self.stamp == other.stamp
    }

    /// A copy of the value.
    #[track_caller]
    pub fn value(self) -> Tensor<T> {
        let shape = self.shape();
        self.with(|data| Tensor::new(shape.clone(), data.to_vec()))
    }

    /// Calls `f` with the elements, row-major, without copying them. `f` must not use the tape.
    #[track_caller]
    pub fn with<R>(self, f: impl FnOnce(&[T]) -> R) -> R {
        let rec = self.tape.recording.borrow();
        let node = &rec.nodes[self.check(self.tape, &rec)];
        f(&rec.values[node.value_range()])
    }

    /// The one element of a value that has one.
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
    #[track_caller]
    pub fn retain(self) -> Self {
        let mut rec = self.tape.recording.borrow_mut();
        let id = self.check(self.tape, &rec);
        rec.nodes[id].retained = true;
        self
    }

    /// Differentiates this one-element value with respect to everything it depends on.
    ///
    /// States on the tape are rewound to their first value; the tape then has to be
    /// [reset](Tape::reset) before it records again.
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
