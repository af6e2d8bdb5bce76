//! All states of a tape: recorded reads and updates, and their reverse.

use metaplast_tensor::kernels::Write;
use metaplast_tensor::{Scalar, Shape, Tensor};

use super::Rewind;
use super::buffer::Buffer;
use super::form::Form;
use super::ops::{Batch, Direction, StateOp};
use super::product::{Room, back, seen};
use super::reverse::Passed;
use super::scratch::Scratch;
use super::sizes::Sizes;
use super::terms::Terms;
use crate::adjoint::AdjointPool;
use crate::ops::Inputs;
use crate::support::Supports;

pub(crate) struct StateArena<T> {
    /// The first `live` ones are in use, the others keep their memory.
    buffers: Vec<Buffer<T>>,
    live: usize,
    rewind: Rewind,
    scratch: Scratch<T>,
    room: Room<T>,
}

impl<T: Scalar> StateArena<T> {
    pub(crate) fn new() -> Self {
        StateArena {
            buffers: Vec::new(),
            live: 0,
            rewind: Rewind::Undo,
            scratch: Scratch::new(),
            room: Room::new(),
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

    pub(super) fn scratch_bytes(&self) -> usize {
        self.scratch.bytes()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.buffers.iter().map(Buffer::bytes).sum::<usize>()
            + self.scratch.bytes()
            + self.room.bytes()
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

    pub(super) fn read(&mut self, op: StateOp, x: &[T], within: Option<&[u32]>, output: &mut [T]) {
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
        let weights = seen(&self.buffers[state as usize], detached);
        match batch {
            Batch::One => self.room.product(&weights, direction, within, x, output),
            Batch::Rows => self
                .room
                .multiply_batch(&weights, direction, x, output, Write::Set),
        }
    }

    /// Updates a state with the operands of `inputs`, in the order that [`Form`] says, writes `W x` of
    /// a projection to `projected`, and returns what is to be recorded.
    #[track_caller]
    pub(super) fn update(
        &mut self,
        state: usize,
        form: Form,
        differentiable: bool,
        inputs: &Inputs<'_, T>,
        supports: &Supports,
        projected: &mut [T],
    ) -> StateOp {
        let buffer = &mut self.buffers[state];
        let (rows, cols) = (buffer.rows, buffer.cols);
        form.check(inputs, rows, cols);
        self.scratch.with_sums(|sums, scratch| {
            let terms = Terms::new(form, inputs, supports, sums);
            let sizes = Sizes::of(&terms);
            buffer.begin_update(sizes, self.rewind);
            terms.apply(&mut buffer.value, projected, scratch);
            buffer.end_update(sizes, projected);
        });
        buffer.tracked |= differentiable;
        buffer.touched.values |= form.projection || form.decay;
        buffer.decays |= form.decay;
        StateOp::Update {
            state: state as u32,
            version: buffer.version,
            form,
            differentiable,
        }
    }

    /// Forgets how to undo an update that is cut from the recording.
    pub(crate) fn forget(&mut self, op: StateOp) {
        if let StateOp::Update { state, version, .. } = op {
            self.buffers[state as usize].forget(version);
        }
    }

    #[track_caller]
    pub(super) fn present_value(&self, state: usize) -> Vec<T> {
        let buffer = &self.buffers[state];
        assert!(
            !buffer.rewound,
            "state: a sweep has rewound it; read its last value before the sweep"
        );
        buffer.value.to_vec()
    }

    /// The value to which a sweep has rewound a state, but for the rows that it left alone.
    #[track_caller]
    pub(super) fn rewound(&self, state: usize) -> &Buffer<T> {
        let buffer = &self.buffers[state];
        assert!(buffer.rewound, "state: no sweep has rewound it yet");
        buffer
    }

    /// Makes sweeps pass every row, as parts of a longer recording need it.
    pub(crate) fn touch_all(&mut self) {
        for buffer in &mut self.buffers[..self.live] {
            buffer.touched.add_everything();
        }
    }

    /// Notes the rows that a differentiated read uses.
    pub(super) fn touch(
        &mut self,
        op: StateOp,
        x: &[T],
        x_is_constant: bool,
        rows: Option<&[u32]>,
    ) {
        let StateOp::Read {
            state,
            direction,
            batch,
            ..
        } = op
        else {
            unreachable!("touch of an update");
        };
        let touched = &mut self.buffers[state as usize].touched;
        touched.values |= !x_is_constant;
        match (batch, direction) {
            (Batch::Rows, Direction::Transposed) if x_is_constant => touched.add_columns(x),
            (Batch::Rows, _) => touched.add(None),
            (Batch::One, _) => touched.add(rows),
        }
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

    pub(crate) fn begin_sweep(&mut self) {
        for buffer in &mut self.buffers[..self.live] {
            buffer.begin_sweep();
        }
    }

    pub(crate) fn end_sweep(&mut self, supports: &Supports) {
        for buffer in &mut self.buffers[..self.live] {
            if buffer.with_gradient {
                buffer.apply_waiting(supports, &mut self.scratch.classes);
            }
        }
    }

    pub(crate) fn any_rewound(&self) -> bool {
        self.live().iter().any(|buffer| buffer.rewound)
    }

    /// The reverse of one recorded operation, with its value and the support of its result.
    #[allow(
        clippy::too_many_arguments,
        reason = "all that a node of the recording holds"
    )]
    pub(crate) fn reverse(
        &mut self,
        op: StateOp,
        node: usize,
        inputs: &Inputs<'_, T>,
        value: &[T],
        support: u32,
        supports: &Supports,
        adjoints: &mut AdjointPool<T>,
    ) {
        match op {
            StateOp::Read { .. } => {
                self.reverse_read(op, node, inputs, value, support, supports, adjoints);
            }
            StateOp::Update {
                state,
                version,
                form,
                differentiable,
            } => {
                let buffer = &mut self.buffers[state as usize];
                assert_eq!(
                    version, buffer.version,
                    "backward: a state was updated in a part of the recording that was cut away"
                );
                buffer.rewound = true;
                let passed = Passed {
                    form,
                    differentiable,
                    inputs,
                    projected: value,
                    supports,
                };
                passed.reverse(buffer, &mut self.scratch, adjoints);
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "as `reverse`")]
    fn reverse_read(
        &mut self,
        op: StateOp,
        node: usize,
        inputs: &Inputs<'_, T>,
        value: &[T],
        support: u32,
        supports: &Supports,
        adjoints: &mut AdjointPool<T>,
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
        let x_support = inputs.node(0).support;
        if inputs.needs_gradient(0) {
            let into = adjoints.accumulator(inputs.id(0), x.len());
            let weights = seen(buffer, detached);
            match (batch, direction) {
                (Batch::Rows, _) => {
                    self.room
                        .multiply_batch(&weights, back(direction), &adjoint, into, Write::Add);
                }
                (Batch::One, Direction::Forward) => {
                    let chosen = supports.get(support);
                    let direction = Direction::Transposed;
                    self.room
                        .multiply(&weights, direction, chosen, &adjoint, into);
                }
                (Batch::One, Direction::Transposed) => {
                    let chosen = supports.get(x_support);
                    let direction = Direction::Forward;
                    self.room
                        .multiply(&weights, direction, chosen, &adjoint, into);
                }
            }
        }
        if op.contributes() {
            if let Some(inner) = &mut buffer.inner {
                inner.contribute(&adjoint, value);
            }
            let classes = &mut self.scratch.classes;
            match (batch, direction) {
                (Batch::One, Direction::Forward) => {
                    buffer.contribute(&adjoint, x, support, supports, classes);
                }
                (Batch::One, Direction::Transposed) => {
                    buffer.contribute(x, &adjoint, x_support, supports, classes);
                }
                (Batch::Rows, _) => {
                    let n = inputs.shape(0).dims()[0];
                    let (left, right) = match direction {
                        Direction::Forward => (&adjoint[..], x),
                        Direction::Transposed => (x, &adjoint[..]),
                    };
                    buffer.contribute_batch(left, right, n, supports, classes, &mut self.room);
                }
            }
        }
        adjoints.put_back(node, adjoint, inputs.node_retained(node));
    }
}
