//! One recorded value.

use std::ops::Range;
use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape};

use crate::ops::{Builtin, Op};
use crate::state::StateOp;

/// What made a node's value.
pub(crate) enum Recorded<T: Scalar> {
    /// An input or a constant.
    Leaf,
    /// A built-in operation.
    Builtin(Builtin),
    /// An operation defined outside the crate.
    Custom(Arc<dyn Op<T>>),
    /// A read or an update of a state.
    State(StateOp),
}

impl<T: Scalar> Recorded<T> {
    /// The operation's functions; `None` for leaves and for operations on states.
    pub(crate) fn behaviour(&self) -> Option<&dyn Op<T>> {
        match self {
            Recorded::Builtin(op) => Some(op.behaviour()),
            Recorded::Custom(op) => Some(op.as_ref()),
            Recorded::Leaf | Recorded::State(_) => None,
        }
    }

    /// Name as shown in messages and pictures.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Recorded::Leaf => "leaf",
            Recorded::Builtin(op) => op.behaviour::<T>().name(),
            Recorded::Custom(op) => op.name(),
            Recorded::State(op) => op.name(),
        }
    }

    pub(crate) fn is_leaf(&self) -> bool {
        matches!(self, Recorded::Leaf)
    }
}

/// A value on the tape: where it stands, what made it and whether anything differentiable is in it.
pub(crate) struct Node<T: Scalar> {
    pub(crate) op: Recorded<T>,
    /// Range in the tape's operand list.
    pub(crate) operands: Range<u32>,
    /// First element in the tape's value buffer, or [`GIVEN_UP`].
    pub(crate) start: usize,
    pub(crate) len: u32,
    pub(crate) shape: Shape,
    /// Which elements are not known to be zero, in the recording's `Supports`.
    pub(crate) support: u32,
    /// Generation of the recording in which the node was made.
    pub(crate) stamp: u32,
    pub(crate) needs_gradient: bool,
    /// Keep this node's adjoint after the sweep although it is not a leaf.
    pub(crate) retained: bool,
}

/// The start of a value whose place a later one has taken.
pub(crate) const GIVEN_UP: usize = usize::MAX;

impl<T: Scalar> Node<T> {
    /// Where the value stands; nothing when it was given up.
    pub(crate) fn value_range(&self) -> Range<usize> {
        match self.start {
            GIVEN_UP => 0..0,
            start => start..start + self.len as usize,
        }
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.start == GIVEN_UP
    }

    pub(crate) fn operand_range(&self) -> Range<usize> {
        self.operands.start as usize..self.operands.end as usize
    }
}
