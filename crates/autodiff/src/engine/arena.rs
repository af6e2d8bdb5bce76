//! Arena: all states of a tape, their reads and updates.

use metaplast_tensor::kernels::Write;
use metaplast_tensor::kernels::padded::PaddedMatrix;
use metaplast_tensor::{Scalar, Tensor};

use super::buffer::Buffer;
use super::operands::Operands;
use super::ops::{Addition, Batch, Direction, Read, Scaling, StateOp, Update, WholeRead};
use super::product::seen;
use super::snapshots::Rewind;
use super::terms::Terms;
use super::update_bound::UpdateBound;
use super::workspace::Workspace;
use crate::op::Inputs;
use crate::sparsity::Patterns;

pub(crate) struct StateArena<T> {
    /// The first `live` ones are in use, the others keep their memory.
    buffers: Vec<Buffer<T>>,
    live: usize,
    rewind: Rewind,
    workspace: Workspace<T>,
}

impl<T: Scalar> StateArena<T> {
    pub(crate) fn new() -> Self {
        StateArena {
            buffers: Vec::new(),
            live: 0,
            rewind: Rewind::Undo,
            workspace: Workspace::new(),
        }
    }

    pub(crate) fn reset(&mut self) {
        self.live = 0;
    }

    pub(crate) fn set_rewind(&mut self, rewind: Rewind) {
        self.rewind = rewind;
    }

    pub(crate) fn add(
        &mut self,
        rows: usize,
        cols: usize,
        value: &[T],
        with_gradient: bool,
        stamp: u32,
    ) -> u32 {
        if self.live == self.buffers.len() {
            self.buffers.push(Buffer::new());
        }
        self.buffers[self.live].start(rows, cols, value, with_gradient, stamp);
        self.live += 1;
        (self.live - 1) as u32
    }

    /// How many states there are.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// Forgets the states made after the first `count`.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.live = self.live.min(count);
    }

    /// Generation of the last of the first `count` states; `None` where there are fewer.
    pub(crate) fn stamp_before(&self, count: usize) -> Option<u32> {
        Some(self.live().get(count.checked_sub(1)?)?.stamp)
    }

    pub(crate) fn is_live(&self, state: usize, stamp: u32) -> bool {
        state < self.live && self.buffers[state].stamp == stamp
    }

    pub(crate) fn dims(&self, state: usize) -> (usize, usize) {
        (self.buffers[state].rows, self.buffers[state].cols)
    }

    pub(super) fn live(&self) -> &[Buffer<T>] {
        &self.buffers[..self.live]
    }

    pub(super) fn rewind(&self) -> Rewind {
        self.rewind
    }

    pub(super) fn workspace(&self) -> &Workspace<T> {
        &self.workspace
    }

    /// A state and what work on it needs.
    pub(super) fn buffer_and_workspace(
        &mut self,
        state: u32,
    ) -> (&mut Buffer<T>, &mut Workspace<T>) {
        (&mut self.buffers[state as usize], &mut self.workspace)
    }

    /// Two different states and what work on them needs.
    pub(super) fn two_and_workspace(
        &mut self,
        one: usize,
        other: usize,
    ) -> ([&mut Buffer<T>; 2], &mut Workspace<T>) {
        let two = self.buffers.get_disjoint_mut([one, other]);
        (two.expect("two different states"), &mut self.workspace)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.buffers.iter().map(Buffer::bytes).sum::<usize>() + self.workspace.bytes()
    }

    /// Bytes of the snapshots that sweeps of the present recording will restore.
    pub(crate) fn snapshot_bytes(&self) -> usize {
        self.live().iter().map(Buffer::snapshot_bytes).sum()
    }

    /// What is to be recorded of a read of the present value.
    pub(crate) fn read_op(
        &self,
        state: usize,
        direction: Direction,
        batch: Batch,
        detached: bool,
    ) -> Read {
        Read {
            state: state as u32,
            version: self.buffers[state].version,
            direction,
            batch,
            detached,
            tracked: self.buffers[state].tracked,
        }
    }

    /// Writes the product of a read to `output`, which holds zeros; a vector's in the rows of
    /// `within` alone.
    pub(crate) fn read(&mut self, read: Read, x: &[T], within: Option<&[u32]>, output: &mut [T]) {
        let (buffer, workspace) = self.buffer_and_workspace(read.state);
        let weights = seen(buffer, read.detached);
        match read.batch {
            Batch::One => workspace.product(&weights, read.direction, within, x, output),
            Batch::Rows => {
                workspace.multiply_batch(&weights, read.direction, x, output, Write::Set);
            }
        }
    }

    /// What is to be recorded of a read of the whole present value.
    pub(crate) fn whole_read_op(&self, state: usize, detached: bool) -> WholeRead {
        let buffer = &self.buffers[state];
        WholeRead::new(state, buffer.version, detached, buffer.tracked)
    }

    /// Writes the elements of a state, row-major, to `output`.
    pub(crate) fn read_whole(&self, read: WholeRead, output: &mut [T]) {
        let weights = seen(&self.buffers[read.state as usize], read.detached);
        for (i, row) in output.chunks_mut(weights.cols().max(1)).enumerate() {
            let elements = row.iter_mut().zip(weights.row(i));
            elements.for_each(|(element, w)| *element = w);
        }
    }

    /// Updates a state with the operands of `inputs`, which are known to fit, writes `W x` of a
    /// projection to `projected`, and returns what is to be recorded.
    pub(crate) fn update(
        &mut self,
        state: usize,
        operands: Operands,
        differentiable: bool,
        inputs: &Inputs<'_, T>,
        patterns: &Patterns,
        projected: &mut [T],
    ) -> Update {
        let rewind = self.rewind;
        let (buffer, workspace) = self.buffer_and_workspace(state as u32);
        workspace.with_sums(|sums, workspace| {
            let terms = Terms::new(operands, inputs, patterns, sums);
            let bound = UpdateBound::of(&terms);
            buffer.begin_update(bound, rewind);
            let rows = buffer.changing(buffer.version);
            terms.apply(&mut buffer.value, rows, projected, workspace);
            buffer.end_update(bound, projected);
        });
        buffer.tracked |= differentiable;
        buffer.active.values |= operands.projection || operands.decay;
        buffer.decays |= operands.decay;
        Update {
            state: state as u32,
            version: buffer.version,
            operands,
            differentiable,
        }
    }

    /// How many rows of a state, the first ones, still change.
    pub(crate) fn changing(&self, state: usize) -> usize {
        let buffer = &self.buffers[state];
        buffer.frozen.changing_now(buffer.rows)
    }

    /// Panics where an operation on all rows finds frozen ones.
    #[track_caller]
    pub(crate) fn check_none_frozen(&self, op: &str, state: usize) {
        let frozen = self.buffers[state].rows - self.changing(state);
        assert!(
            frozen == 0,
            "{op}: {frozen} rows of the state are frozen; only `update` and `rank_k_update` leave them out"
        );
    }

    /// Freezes the rows of a state from this one on.
    pub(crate) fn freeze_from(&mut self, state: usize, row: usize) {
        let buffer = &mut self.buffers[state];
        buffer.frozen.freeze_from(buffer.version, row);
    }

    /// Forgets how to undo a change that is cut from the recording.
    pub(crate) fn forget(&mut self, op: StateOp) {
        if let StateOp::Update(Update { version, .. })
        | StateOp::Add(Addition { version, .. })
        | StateOp::Scale(Scaling { version, .. }) = op
        {
            self.buffers[op.state()].snapshots.forget(version);
        }
    }

    #[track_caller]
    pub(crate) fn present_value(&self, state: usize) -> Vec<T> {
        self.present_matrix(state).to_vec()
    }

    /// The present value as it is kept.
    #[track_caller]
    pub(crate) fn present_matrix(&self, state: usize) -> &PaddedMatrix<T> {
        let buffer = &self.buffers[state];
        assert!(
            !buffer.rewound,
            "state: a sweep has rewound it; read its last value before the sweep"
        );
        &buffer.value
    }

    /// Puts other values in the place of the present ones.
    pub(crate) fn assign(&mut self, state: usize, value: &[T]) {
        let buffer = &mut self.buffers[state];
        buffer.value.assign(buffer.rows, buffer.cols, value);
        buffer.snapshots.clear();
    }

    /// Calls `f` with the elements of the present value.
    pub(crate) fn for_each_element(&self, state: usize, mut f: impl FnMut(T)) {
        let value = &self.buffers[state].value;
        (0..value.rows()).for_each(|i| value.row(i).for_each(&mut f));
    }

    /// A state that a sweep has rewound, but for the rows that it left alone.
    #[track_caller]
    pub(super) fn rewound(&self, state: usize) -> &Buffer<T> {
        let buffer = &self.buffers[state];
        assert!(buffer.rewound, "state: no sweep has rewound it yet");
        buffer
    }

    /// Makes sweeps pass every row, as parts of a longer recording need it.
    pub(crate) fn activate_all(&mut self) {
        for buffer in &mut self.buffers[..self.live] {
            buffer.active.add_everything();
        }
    }

    /// Notes the rows that a differentiated read uses.
    pub(crate) fn activate(
        &mut self,
        read: Read,
        x: &[T],
        x_is_constant: bool,
        rows: Option<&[u32]>,
    ) {
        let active = &mut self.buffers[read.state as usize].active;
        active.values |= !x_is_constant;
        match (read.batch, read.direction) {
            (Batch::Rows, Direction::Transposed) if x_is_constant => active.add_columns(x),
            (Batch::Rows, _) => active.add(None),
            (Batch::One, _) => active.add(rows),
        }
    }

    /// Notes that a differentiated read uses every row, and multiplies by none.
    pub(crate) fn activate_whole(&mut self, read: WholeRead) {
        self.buffers[read.state as usize].active.add(None);
    }

    #[track_caller]
    pub(crate) fn initial_gradient(&self, state: usize) -> Tensor<T> {
        let buffer = &self.buffers[state];
        assert!(
            buffer.with_gradient,
            "gradients: make the state with `state_with_gradient` to differentiate by its first value"
        );
        assert_eq!(
            buffer.version, 0,
            "gradients: updates of this state were cut from the recording, so the sweep did not get back to its first value"
        );
        Tensor::new([buffer.rows, buffer.cols], buffer.adjoint.to_vec())
    }

    /// Makes all states ready for a sweep, but for the first `carried`, whose adjoints go on.
    pub(crate) fn begin_sweep(&mut self, carried: usize) {
        for buffer in &mut self.buffers[carried..self.live] {
            buffer.begin_sweep();
        }
    }

    pub(crate) fn end_sweep(&mut self, patterns: &Patterns) {
        for buffer in &mut self.buffers[..self.live] {
            if buffer.with_gradient {
                buffer.apply_pending(patterns, &mut self.workspace.row_sets);
            }
        }
    }

    pub(crate) fn any_rewound(&self) -> bool {
        self.live().iter().any(|buffer| buffer.rewound)
    }
}
