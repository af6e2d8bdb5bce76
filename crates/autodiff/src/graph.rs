//! Graphs: what was recorded of a function, to be computed and swept again with other inputs.
//!
//! A recording without what lets it grow, with a place for each value and for each adjoint.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`), by way of the table of
//! instances.

use std::ops::Range;
use std::sync::Arc;

use metaplast_tensor::Scalar;

use crate::adjoint::AdjointsInPlace;
use crate::nodes::Nodes;
use crate::op::{Adjoints, Inputs, Op};
use crate::recording::{Recorded, Recording};
use crate::values::clear;

pub(crate) struct Graph<T: Scalar> {
    nodes: Nodes,
    /// In the order in which they were recorded.
    operations: Vec<Operation<T>>,
    values: Vec<T>,
    /// An adjoint stands where its value does in `values`.
    adjoints: Vec<T>,
    /// Which nodes' adjoints the last sweep has added to.
    reached: Vec<bool>,
    scratch: Vec<T>,
}

/// An operation, with what is asked of its node each time.
struct Operation<T: Scalar> {
    op: Arc<dyn Op<T>>,
    id: usize,
    /// Where its operands stand in the list of all.
    operands: Range<usize>,
    /// Where its result stands.
    place: Range<usize>,
    overwrites: bool,
}

impl<T: Scalar> Graph<T> {
    /// The graph of everything on a tape; `None` where states are on it.
    pub(crate) fn new(recording: Recording<T>) -> Option<Self> {
        let Recording {
            nodes, ops, values, ..
        } = recording;
        let mut operations = Vec::new();
        let mut first = 0;
        for (id, op) in ops.into_iter().enumerate() {
            let operands = first..first + nodes.operands(id).len();
            first = operands.end;
            let place = nodes.value_range(id);
            let op = match op {
                Recorded::Leaf => continue,
                Recorded::State(_) => return None,
                Recorded::Builtin(op) => op.shared(),
                Recorded::Custom(op) => op,
            };
            operations.push(Operation {
                overwrites: op.overwrites(),
                op,
                id,
                operands,
                place,
            });
        }
        Some(Graph {
            operations,
            adjoints: vec![T::ZERO; values.len()],
            reached: vec![false; nodes.len()],
            values: values.to_vec(),
            scratch: Vec::new(),
            nodes,
        })
    }

    pub(crate) fn value(&self, id: usize) -> &[T] {
        &self.values[self.nodes.value_range(id)]
    }

    /// Gives an input another value, of the same shape.
    pub(crate) fn set(&mut self, id: usize, value: &[T]) {
        self.values[self.nodes.value_range(id)].copy_from_slice(value);
    }

    /// The adjoint of an input after a sweep, where anything has contributed to it.
    pub(crate) fn adjoint(&self, id: usize) -> Option<&[T]> {
        self.reached[id].then(|| &self.adjoints[self.nodes.value_range(id)])
    }

    /// Computes the results of all operations from the inputs.
    pub(crate) fn compute(&mut self) {
        for operation in &self.operations {
            let Range { start, end } = operation.place;
            let (before, from_here) = self.values.split_at_mut(start);
            let output = &mut from_here[..end - start];
            if !operation.overwrites {
                clear(output);
            }
            let operands = &self.nodes.all_operands()[operation.operands.clone()];
            let inputs = Inputs::new(&self.nodes, before, operands);
            operation.op.forward(&inputs, output);
        }
    }

    /// Adds up the adjoints of everything below `root`, with `seed` as the adjoint of `root`.
    pub(crate) fn sweep(&mut self, root: usize, seed: &[T]) {
        self.reached.fill(false);
        // At once, which for small values is quicker than one by one.
        self.adjoints.fill(T::ZERO);
        if !self.nodes[root].needs_gradient() {
            return;
        }
        self.reached[root] = true;
        self.adjoints[self.nodes.value_range(root)].copy_from_slice(seed);
        for operation in self.operations.iter().rev() {
            if !self.reached[operation.id] {
                continue;
            }
            let Range { start, end } = operation.place;
            let (numbers, from_here) = self.adjoints.split_at_mut(start);
            let (value, adjoint) = (&self.values[start..end], &from_here[..end - start]);
            let operands = &self.nodes.all_operands()[operation.operands.clone()];
            let inputs = Inputs::new(&self.nodes, &self.values, operands);
            let adjoints = AdjointsInPlace {
                numbers,
                reached: &mut self.reached,
                scratch: &mut self.scratch,
            };
            let mut adjoints = Adjoints::in_place(&inputs, adjoints);
            operation.op.vjp(&inputs, value, adjoint, &mut adjoints);
        }
    }
}
