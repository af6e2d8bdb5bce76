//! Recording: everything that a tape remembers.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`): the operations that
//! stand here beside the nodes are the table's.

use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape};

use crate::adjoint::AdjointPool;
use crate::engine::arena::StateArena;
use crate::engine::ops::StateOp;
use crate::lists::make_room;
use crate::nodes::{DENSE, Extent, NewNode, Nodes};
use crate::op::{Forward, Inputs, Op};
use crate::ops::table::Builtin;
use crate::sparsity::Patterns;
use crate::values::Values;

/// What made a node's value.
pub(crate) enum Recorded<T: Scalar> {
    /// An input or a constant.
    Leaf,
    /// A built-in operation.
    Builtin(Builtin),
    /// An operation defined outside the crate, or a built-in one with large parameters.
    Custom(Arc<dyn Op<T>>),
    /// A read or an update of a state.
    State(StateOp),
}

// A recording has one for each node.
const _: () = assert!(size_of::<Recorded<f64>>() <= 24);

impl<T: Scalar> Recorded<T> {
    /// The operation's functions; `None` for leaves and for operations on states.
    pub(crate) fn behaviour(&self) -> Option<&dyn Op<T>> {
        match self {
            Recorded::Builtin(op) => Some(op.behaviour()),
            Recorded::Custom(op) => Some(op.as_ref()),
            Recorded::Leaf | Recorded::State(_) => None,
        }
    }

    /// Those of its functions that record.
    fn recorder(&self) -> Option<&dyn Forward<T>> {
        match self {
            Recorded::Builtin(op) => Some(op.recorder()),
            Recorded::Custom(op) => Some(op),
            Recorded::Leaf | Recorded::State(_) => None,
        }
    }

    /// The shape of its result.
    ///
    /// A built-in operation is called by its type and not through a table, since then a panic tells the
    /// line of the caller.
    #[inline]
    #[track_caller]
    pub(crate) fn shape(&self, operands: &[&Shape]) -> Shape {
        match self {
            Recorded::Builtin(op) => op.shape(operands),
            Recorded::Custom(op) => op.shape(operands),
            Recorded::Leaf | Recorded::State(_) => unreachable!("neither has operands"),
        }
    }

    /// Name as shown in messages and pictures.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Recorded::Leaf => "leaf",
            Recorded::Builtin(op) => op.name(),
            Recorded::Custom(op) => op.name(),
            Recorded::State(op) => op.name(),
        }
    }

    pub(crate) fn is_leaf(&self) -> bool {
        matches!(self, Recorded::Leaf)
    }
}

/// Everything a tape remembers: the nodes and what made them, their values, the states and the
/// adjoints of the last sweep.
pub(crate) struct Recording<T: Scalar> {
    pub(crate) nodes: Nodes,
    /// What made each node.
    pub(crate) ops: Vec<Recorded<T>>,
    pub(crate) values: Values<T>,
    pub(crate) states: StateArena<T>,
    pub(crate) patterns: Patterns,
    pub(crate) adjoints: AdjointPool<T>,
    /// Raised by every reset and cut, so that handles from before are recognised.
    pub(crate) generation: u32,
    /// Raised by every reset only.
    pub(crate) resets: u32,
    /// Raised by every sweep, so that gradients of an earlier one are recognised.
    pub(crate) sweeps: u32,
    /// A sweep has passed and rewound the states; only a reset makes the tape usable again.
    pub(crate) rewound: bool,
    /// States have values that no recorded update gave them.
    pub(crate) assigned: bool,
}

/// A place in a recording to which [`Tape::cut`](crate::Tape::cut) goes back.
///
/// [`Tape::mark`](crate::Tape::mark) makes one, with an example.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub(crate) nodes: Extent,
    pub(crate) values: usize,
    pub(crate) states: usize,
    pub(crate) patterns: usize,
    resets: u32,
    /// Generations of the last node and the last state before the mark, by which they are known again.
    last_node: Option<u32>,
    last_state: Option<u32>,
}

/// So many elements are few.
const FEW: usize = 16;

/// A result that is about to become a node.
pub(crate) struct NewValue {
    /// First element in the value buffer, which ends with the value.
    pub(crate) start: usize,
    pub(crate) shape: Shape,
    pub(crate) pattern: u32,
    pub(crate) needs_gradient: bool,
}

impl<T: Scalar> Recording<T> {
    pub(crate) fn new() -> Self {
        Recording {
            nodes: Nodes::default(),
            ops: Vec::new(),
            values: Values::new(),
            states: StateArena::new(),
            patterns: Patterns::default(),
            adjoints: AdjointPool::new(),
            generation: 0,
            resets: 0,
            sweeps: 0,
            rewound: false,
            assigned: false,
        }
    }

    /// Panics after a sweep that has rewound states.
    #[track_caller]
    pub(crate) fn check_recordable(&self) {
        assert!(
            !self.rewound,
            "tape: recording after a sweep that rewound states; call `reset` first"
        );
    }

    /// Panics when a sweep has rewound states already.
    #[track_caller]
    pub(crate) fn check_sweepable(&self) {
        assert!(
            !self.rewound,
            "backward: this tape was swept already and its states are rewound; reset it and record again"
        );
        assert!(
            !self.assigned,
            "backward: states were assigned values outside of the recording; reset the tape first"
        );
    }

    /// Appends a node whose value ends the value buffer; returns its place.
    #[inline]
    pub(crate) fn push(&mut self, op: Recorded<T>, operands: &[u32], value: NewValue) -> u32 {
        make_room(&mut self.ops, 1);
        self.ops.push(op);
        self.nodes.push(NewNode {
            operands,
            start: value.start,
            len: self.values.len() - value.start,
            shape: value.shape,
            pattern: value.pattern,
            stamp: self.generation,
            needs_gradient: value.needs_gradient,
        })
    }

    /// Computes an operation of these operands and appends its result, of the [shape](Recorded::shape) that
    /// it has; returns its place.
    pub(crate) fn append(
        &mut self,
        op: Recorded<T>,
        operands: &[u32],
        shape: Shape,
        gradients: bool,
    ) -> u32 {
        let recorder = op.recorder().expect("only leaves and state ops have none");
        let most = isize::MAX as usize / size_of::<T>();
        let len = match shape.checked_len() {
            Some(len) if len <= most => len,
            _ => shape.len_in_memory::<T>(recorder.name()),
        };
        // Few zeros are sooner written than the question is asked.
        let zeros = (len < FEW && !cfg!(debug_assertions)) || !recorder.overwrites();
        let start = match zeros {
            true => self.values.zeros(len),
            false => self.values.room(len),
        };
        let (before, output) = self.values.split_at_mut(start);
        let inputs = Inputs::new(&self.nodes, before, operands);
        recorder.forward(&inputs, output);
        let needs_gradient = gradients
            && (0..operands.len()).any(|i| inputs.needs_gradient(i))
            && recorder.differentiable();
        let pattern = self
            .patterns
            .inherit(recorder, &self.nodes, operands, &shape);
        let value = NewValue {
            start,
            shape,
            pattern,
            needs_gradient,
        };
        self.push(op, operands, value)
    }

    /// Appends an input, whose value ends the value buffer.
    pub(crate) fn push_leaf(&mut self, start: usize, shape: Shape, needs_gradient: bool) -> u32 {
        let value = NewValue {
            start,
            shape,
            pattern: DENSE,
            needs_gradient,
        };
        self.push(Recorded::Leaf, &[], value)
    }

    /// The operands of a node.
    pub(crate) fn inputs(&self, id: usize) -> Inputs<'_, T> {
        Inputs::new(&self.nodes, &self.values, self.nodes.operands(id))
    }

    /// The value of a node.
    pub(crate) fn value(&self, id: usize) -> &[T] {
        &self.values[self.nodes.value_range(id)]
    }

    /// Forgets everything and keeps the memory.
    pub(crate) fn reset(&mut self) {
        self.nodes.truncate(Extent::default());
        self.ops.clear();
        self.values.truncate(0);
        self.patterns.truncate(0);
        self.states.reset();
        self.adjoints.clear();
        self.generation = self.generation.wrapping_add(1);
        self.resets = self.resets.wrapping_add(1);
        self.rewound = false;
        self.assigned = false;
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            nodes: self.nodes.extent(),
            values: self.values.len(),
            states: self.states.len(),
            patterns: self.patterns.len(),
            resets: self.resets,
            last_node: self
                .nodes
                .len()
                .checked_sub(1)
                .and_then(|id| self.nodes.stamp(id)),
            last_state: self.states.stamp_before(self.states.len()),
        }
    }

    /// Panics unless everything before `mark` still stands.
    #[track_caller]
    pub(crate) fn check(&self, mark: Mark) {
        // Within one generation nodes and states are only ever added, so place and stamp tell one.
        let last_node = mark.nodes.nodes.checked_sub(1);
        let last_node = last_node.and_then(|id| self.nodes.stamp(id));
        assert!(
            self.resets == mark.resets
                && self.nodes.len() >= mark.nodes.nodes
                && last_node == mark.last_node
                && self.states.stamp_before(mark.states) == mark.last_state,
            "tape: this mark belongs to a recording that was reset or cut back further"
        );
    }

    /// Forgets everything made since `mark`.
    #[track_caller]
    pub(crate) fn cut(&mut self, mark: Mark) {
        self.check(mark);
        for op in &self.ops[mark.nodes.nodes..] {
            if let Recorded::State(op) = op {
                self.states.forget(*op);
            }
        }
        self.nodes.truncate(mark.nodes);
        self.ops.truncate(mark.nodes.nodes);
        self.values.truncate(mark.values);
        self.states.truncate(mark.states);
        self.patterns.truncate(mark.patterns);
        self.generation = self.generation.wrapping_add(1);
    }
}
