//! All states of a tape: recorded reads and updates, and their reverse.

use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Scalar, Shape, Tensor};
use smallvec::SmallVec;

use super::Rewind;
use super::buffer::Buffer;
use super::ops::{Batch, Direction, StateOp};
use super::product::{multiply, seen};
use crate::adjoint::AdjointPool;
use crate::ops::Inputs;

type Slices<'a, T> = SmallVec<[&'a [T]; 4]>;

pub(crate) struct StateArena<T> {
    /// The first `live` ones are in use, the others keep their memory.
    buffers: Vec<Buffer<T>>,
    live: usize,
    rewind: Rewind,
    scratch: Vec<T>,
}

impl<T: Scalar> StateArena<T> {
    pub(crate) fn new() -> Self {
        StateArena {
            buffers: Vec::new(),
            live: 0,
            rewind: Rewind::Undo,
            scratch: Vec::new(),
        }
    }

    pub(crate) fn reset(&mut self) {
        self.live = 0;
    }

    pub(super) fn set_rewind(&mut self, rewind: Rewind) {
        self.rewind = rewind;
    }

    pub(super) fn add(
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

    pub(super) fn is_live(&self, state: usize, stamp: u32) -> bool {
        state < self.live && self.buffers[state].stamp == stamp
    }

    pub(super) fn dims(&self, state: usize) -> (usize, usize) {
        (self.buffers[state].rows, self.buffers[state].cols)
    }

    pub(super) fn live(&self) -> &[Buffer<T>] {
        &self.buffers[..self.live]
    }

    pub(super) fn rewind(&self) -> Rewind {
        self.rewind
    }

    pub(super) fn scratch_capacity(&self) -> usize {
        self.scratch.capacity()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.buffers.iter().map(Buffer::bytes).sum::<usize>()
            + self.scratch.capacity() * size_of::<T>()
    }

    /// Bytes of the snapshots that sweeps of the present recording will restore.
    pub(crate) fn snapshot_bytes(&self) -> usize {
        self.live().iter().map(Buffer::snapshot_bytes).sum()
    }

    pub(super) fn read_op(
        &self,
        state: usize,
        direction: Direction,
        batch: Batch,
        detached: bool,
    ) -> StateOp {
        StateOp::Read {
            state: state as u32,
            version: self.buffers[state].version,
            direction,
            batch,
            detached,
            tracked: self.buffers[state].tracked,
        }
    }

    /// Shape of a read's result; panics with both shapes where the operand does not fit.
    #[track_caller]
    pub(super) fn read_shape(&self, op: StateOp, x: &Shape) -> Shape {
        let StateOp::Read {
            state,
            direction,
            batch,
            ..
        } = op
        else {
            unreachable!("read_shape of an update");
        };
        let (rows, cols) = self.dims(state as usize);
        let (from, to) = match direction {
            Direction::Forward => (cols, rows),
            Direction::Transposed => (rows, cols),
        };
        match (batch, x.dims()) {
            (Batch::One, &[len]) if len == from => Shape::from([to]),
            (Batch::Rows, &[n, len]) if len == from => Shape::from([n, to]),
            _ => panic!(
                "{}: state of shape [{rows}, {cols}], operand of shape {x}",
                op.name()
            ),
        }
    }

    pub(super) fn read(&self, op: StateOp, x: &[T], output: &mut [T]) {
        let StateOp::Read {
            state,
            direction,
            batch,
            detached,
            ..
        } = op
        else {
            unreachable!("read of an update");
        };
        let buffer = &self.buffers[state as usize];
        let weights = seen(buffer, detached);
        multiply(&weights, buffer, direction, batch, x, output, Write::Set);
    }

    /// Updates a state with the operands of `inputs` (left vectors, right vectors, decay) and returns
    /// what is to be recorded.
    #[track_caller]
    pub(super) fn update(
        &mut self,
        state: usize,
        rank: usize,
        decay: bool,
        differentiable: bool,
        inputs: &Inputs<'_, T>,
    ) -> StateOp {
        let buffer = &mut self.buffers[state];
        for k in 0..rank {
            let (left, right) = (inputs.shape(k), inputs.shape(rank + k));
            assert!(
                left.dims() == [buffer.rows] && right.dims() == [buffer.cols],
                "rank_k_update: state of shape [{}, {}], left vector {left}, right vector {right}",
                buffer.rows,
                buffer.cols
            );
        }
        let keep = keep(inputs, rank, decay);
        let (us, vs) = vectors(inputs, rank);
        buffer.update(keep, &us, &vs, self.rewind);
        buffer.tracked |= differentiable;
        StateOp::Update {
            state: state as u32,
            version: buffer.version,
            rank: rank as u32,
            decay,
            differentiable,
            tracked: buffer.tracked,
        }
    }

    /// Forgets how to undo an update that is cut from the recording.
    pub(crate) fn forget(&mut self, op: StateOp) {
        if let StateOp::Update { state, version, .. } = op {
            self.buffers[state as usize].forget(version);
        }
    }

    #[track_caller]
    pub(super) fn present_value(&self, state: usize) -> &[T] {
        let buffer = &self.buffers[state];
        assert!(
            !buffer.rewound,
            "state: a sweep has rewound it; read its last value before the sweep"
        );
        &buffer.value
    }

    #[track_caller]
    pub(super) fn rewound_value(&self, state: usize) -> &[T] {
        let buffer = &self.buffers[state];
        assert!(buffer.rewound, "state: no sweep has rewound it yet");
        &buffer.value
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
        Tensor::new([buffer.rows, buffer.cols], buffer.adjoint.clone())
    }

    pub(crate) fn begin_sweep(&mut self) {
        for buffer in &mut self.buffers[..self.live] {
            buffer.clear_adjoint();
        }
    }

    pub(crate) fn end_sweep(&mut self) {
        for buffer in &mut self.buffers[..self.live] {
            if buffer.with_gradient {
                buffer.apply_waiting();
            }
        }
    }

    pub(crate) fn any_rewound(&self) -> bool {
        self.live().iter().any(|buffer| buffer.rewound)
    }

    /// The reverse of one recorded operation.
    pub(crate) fn reverse(
        &mut self,
        op: StateOp,
        node: usize,
        inputs: &Inputs<'_, T>,
        adjoints: &mut AdjointPool<T>,
        operands: &[u32],
    ) {
        match op {
            StateOp::Read { .. } => self.reverse_read(op, node, inputs, adjoints, operands),
            StateOp::Update { .. } => self.reverse_update(op, inputs, adjoints, operands),
        }
    }

    fn reverse_read(
        &mut self,
        op: StateOp,
        node: usize,
        inputs: &Inputs<'_, T>,
        adjoints: &mut AdjointPool<T>,
        operands: &[u32],
    ) {
        let StateOp::Read {
            state,
            version,
            direction,
            batch,
            detached,
            ..
        } = op
        else {
            unreachable!("reverse_read of an update");
        };
        let Some(adjoint) = adjoints.take(node) else {
            return;
        };
        let buffer = &mut self.buffers[state as usize];
        assert_eq!(
            version, buffer.version,
            "backward: a state was updated in a part of the recording that was cut away; reads before the cut cannot be differentiated"
        );
        let x = inputs.value(0);
        if inputs.needs_gradient(0) {
            let into = adjoints.accumulator(operands[0] as usize, x.len());
            let back = match direction {
                Direction::Forward => Direction::Transposed,
                Direction::Transposed => Direction::Forward,
            };
            let weights = seen(buffer, detached);
            multiply(&weights, buffer, back, batch, &adjoint, into, Write::Add);
        }
        if op.contributes() {
            let (left, right) = match direction {
                Direction::Forward => (&adjoint[..], x),
                Direction::Transposed => (x, &adjoint[..]),
            };
            match batch {
                Batch::One => buffer.contribute(left, right),
                Batch::Rows => buffer.contribute_batch(left, right, inputs.shape(0).dims()[0]),
            }
        }
        adjoints.put_back(node, adjoint, inputs.node_retained(node));
    }

    fn reverse_update(
        &mut self,
        op: StateOp,
        inputs: &Inputs<'_, T>,
        adjoints: &mut AdjointPool<T>,
        operands: &[u32],
    ) {
        let StateOp::Update {
            state,
            version,
            rank,
            decay,
            differentiable,
            tracked,
        } = op
        else {
            unreachable!("reverse_update of a read");
        };
        let rank = rank as usize;
        let buffer = &mut self.buffers[state as usize];
        assert_eq!(
            version, buffer.version,
            "backward: a state was updated in a part of the recording that was cut away"
        );
        buffer.rewound = true;
        let keep = keep(inputs, rank, decay);
        let (us, vs) = vectors(inputs, rank);
        if tracked {
            buffer.apply_waiting();
        }
        if differentiable {
            reverse_vectors(buffer, &us, &vs, &mut self.scratch, |operand, adjoint| {
                if inputs.needs_gradient(operand) {
                    let id = operands[operand] as usize;
                    kernels::axpy(T::ONE, adjoint, adjoints.accumulator(id, adjoint.len()));
                }
            });
        }
        buffer.undo(keep, &us, &vs);
        if decay && tracked {
            if differentiable && inputs.needs_gradient(2 * rank) {
                let inner = kernels::dot(&buffer.value, &buffer.adjoint);
                adjoints.accumulator(operands[2 * rank] as usize, 1)[0] -= inner;
            }
            buffer.scale_adjoint(keep);
        }
    }
}

/// `ū_k = W̄ v_k` and `v̄_k = W̄ᵀ u_k`, each handed to `give` with the place of its operand.
fn reverse_vectors<T: Scalar>(
    buffer: &Buffer<T>,
    us: &[&[T]],
    vs: &[&[T]],
    scratch: &mut Vec<T>,
    mut give: impl FnMut(usize, &[T]),
) {
    let (rows, cols, rank) = (buffer.rows, buffer.cols, us.len());
    scratch.clear();
    scratch.resize(rank * (rows + cols), T::ZERO);
    let (left, right) = scratch.split_at_mut(rank * rows);
    if rank > 0 {
        let mut lefts: SmallVec<[&mut [T]; 4]> = left.chunks_mut(rows.max(1)).collect();
        let mut rights: SmallVec<[&mut [T]; 4]> = right.chunks_mut(cols.max(1)).collect();
        if rows > 0 && cols > 0 {
            kernels::matvec_both(&buffer.adjoint, rows, cols, vs, &mut lefts, us, &mut rights);
        }
    }
    for k in 0..rank {
        give(k, &left[k * rows..][..rows]);
        give(rank + k, &right[k * cols..][..cols]);
    }
}

fn keep<T: Scalar>(inputs: &Inputs<'_, T>, rank: usize, decay: bool) -> T {
    if decay {
        T::ONE - inputs.value(2 * rank)[0]
    } else {
        T::ONE
    }
}

fn vectors<'a, T: Scalar>(inputs: &Inputs<'a, T>, rank: usize) -> (Slices<'a, T>, Slices<'a, T>) {
    let us = (0..rank).map(|k| inputs.value(k)).collect();
    let vs = (rank..2 * rank).map(|k| inputs.value(k)).collect();
    (us, vs)
}
