//! Recording of operations on states.

use metaplast_tensor::{Scalar, Shape};

use crate::engine::operands::Operands;
use crate::engine::ops::{Read, Scaling, StateOp, WholeRead};
use crate::engine::reverse::Passed;
use crate::nodes::DENSE;
use crate::op::Inputs;
use crate::recording::{NewValue, Recorded, Recording};

impl<T: Scalar> Recording<T> {
    /// Reads a state and appends the product, of this shape, with an operand; a vector's in the rows
    /// of `pattern` alone. Returns its place.
    pub(crate) fn append_read(
        &mut self,
        read: Read,
        operand: u32,
        shape: Shape,
        pattern: u32,
        gradients: bool,
    ) -> u32 {
        let start = self.values.zeros(shape.len());
        let (before, output) = self.values.split_at_mut(start);
        let node = &self.nodes[operand as usize];
        let x = &before[self.nodes.value_range(operand as usize)];
        let rows = self
            .patterns
            .get(read.rows(self.nodes.pattern(operand as usize), pattern));
        self.states.read(read, x, rows, output);
        let needs_gradient = gradients && (node.needs_gradient() || read.contributes());
        if needs_gradient {
            self.states.activate(read, x, !node.needs_gradient(), rows);
        }
        let value = NewValue {
            start,
            shape,
            pattern,
            needs_gradient,
        };
        self.push(Recorded::State(StateOp::Read(read)), &[operand], value)
    }

    /// Appends a copy of a state's present value; returns its place.
    pub(crate) fn append_whole_read(&mut self, read: WholeRead, gradients: bool) -> u32 {
        let op = StateOp::ReadWhole(read);
        let (rows, cols) = self.states.dims(op.state());
        let start = self.values.room(rows * cols);
        self.states.read_whole(read, &mut self.values[start..]);
        let needs_gradient = gradients && read.contributes();
        if needs_gradient {
            self.states.activate_whole(read);
        }
        let value = NewValue {
            start,
            shape: Shape::from([rows, cols]),
            pattern: DENSE,
            needs_gradient,
        };
        self.push(Recorded::State(op), &[], value)
    }

    /// Updates a state with operands that are known to fit it, and records that.
    pub(crate) fn append_update(
        &mut self,
        state: usize,
        operands: Operands,
        ids: &[u32],
        gradients: bool,
    ) {
        let len = match operands.projection {
            true => self.states.dims(state).0,
            false => 0,
        };
        let start = self.values.zeros(len);
        let (before, projected) = self.values.split_at_mut(start);
        let inputs = Inputs::new(&self.nodes, before, ids);
        let differentiable = gradients && (0..ids.len()).any(|i| inputs.needs_gradient(i));
        let update = self.states.update(
            state,
            operands,
            differentiable,
            &inputs,
            &self.patterns,
            projected,
        );
        let value = NewValue {
            start,
            shape: Shape::from([len]),
            pattern: DENSE,
            needs_gradient: false,
        };
        self.push(Recorded::State(StateOp::Update(update)), ids, value);
    }

    /// Adds a scaled matrix, `other` with whether it is detached or the second operand, to a state, and
    /// records that.
    pub(crate) fn append_addition(
        &mut self,
        state: usize,
        other: Option<(usize, bool)>,
        ids: &[u32],
        gradients: bool,
    ) {
        let inputs = Inputs::new(&self.nodes, &self.values, ids);
        let addition = match other {
            Some((other, detached)) => {
                let states = &mut self.states;
                states.add_state(state, other, detached, &inputs, gradients)
            }
            None => self.states.add_value(state, &inputs, gradients),
        };
        let value = NewValue {
            start: self.values.len(),
            shape: Shape::from([0]),
            pattern: DENSE,
            needs_gradient: false,
        };
        self.push(Recorded::State(StateOp::Add(addition)), ids, value);
    }

    /// Multiplies the weights of a state by factors whose operands are known to fit it, and records that.
    pub(crate) fn append_scaling(&mut self, scaling: Scaling, ids: &[u32], gradients: bool) {
        let inputs = Inputs::new(&self.nodes, &self.values, ids);
        let differentiable = gradients && (0..ids.len()).any(|i| inputs.needs_gradient(i));
        let scaling = Scaling {
            differentiable,
            ..scaling
        };
        let scaling = self.states.scale(scaling, &inputs);
        let value = NewValue {
            start: self.values.len(),
            shape: Shape::from([0]),
            pattern: DENSE,
            needs_gradient: false,
        };
        self.push(Recorded::State(StateOp::Scale(scaling)), ids, value);
    }

    /// The first value of a state, to which a sweep has rewound it.
    #[track_caller]
    pub(crate) fn first_value(&self, state: usize) -> Vec<T> {
        let recorded = self.ops.iter().enumerate().rev();
        let updates = recorded.filter_map(|(id, op)| match op {
            Recorded::State(StateOp::Update(update)) => Some((*update, self.passed(id))),
            _ => None,
        });
        self.states.first_value(state, updates)
    }

    /// An operation on a state as a sweep passes it.
    pub(crate) fn passed(&self, id: usize) -> Passed<'_, T> {
        Passed {
            inputs: self.inputs(id),
            value: self.value(id),
            pattern: self.nodes.pattern(id),
            patterns: &self.patterns,
        }
    }
}
