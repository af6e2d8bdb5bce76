//! The operations on states, as the tape records them.

use super::form::Form;

/// Which way a read multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// `W x`
    Forward,
    /// `Wᵀ x`
    Transposed,
}

/// One vector, or one per row of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    One,
    Rows,
}

/// A recorded read or update of a state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StateOp {
    /// Operand: the vector (or matrix of row vectors).
    Read {
        state: u32,
        /// The state's version that was read.
        version: u32,
        direction: Direction,
        batch: Batch,
        detached: bool,
        /// Whether the weights depended on anything differentiable at that time.
        tracked: bool,
    },
    /// Operands: as [`Form`] says. The value is `W x` of the projection, from before the update, or
    /// empty.
    Update {
        state: u32,
        /// The state's version after the update.
        version: u32,
        form: Form,
        /// Whether adjoints flow to any operand; none do where it was made without gradients.
        differentiable: bool,
    },
}

impl StateOp {
    /// Whether a read's adjoint flows into the weights.
    pub(crate) fn contributes(self) -> bool {
        matches!(
            self,
            StateOp::Read {
                tracked: true,
                detached: false,
                ..
            }
        )
    }

    /// The place of the state it reads or updates.
    pub(crate) fn state(self) -> usize {
        match self {
            StateOp::Read { state, .. } | StateOp::Update { state, .. } => state as usize,
        }
    }

    /// Name as shown in messages and pictures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            StateOp::Read {
                direction, batch, ..
            } => match (direction, batch) {
                (Direction::Forward, Batch::One) => "state.matvec",
                (Direction::Transposed, Batch::One) => "state.matvec_transposed",
                (Direction::Forward, Batch::Rows) => "state.matvec_rows",
                (Direction::Transposed, Batch::Rows) => "state.matvec_transposed_rows",
            },
            StateOp::Update { .. } => "state.rank_k_update",
        }
    }
}
