//! The arena: nodes in creation order, their values in one growing buffer.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape, Tensor};
use smallvec::SmallVec;

use crate::adjoint::AdjointPool;
use crate::gradients::Gradients;
use crate::node::{GIVEN_UP, Node, Recorded};
use crate::ops::{Builtin, Inputs, Op};
pub(crate) use crate::recording::Recording;
use crate::recording::make_room;
use crate::state::{StateArena, StateOp};
use crate::support::{EVERYWHERE, Supports};
use crate::sweep;
use crate::var::Var;

/// A place in a recording to which [`Tape::cut`] goes back.
///
/// [`Tape::mark`] makes one, with an example.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub(crate) nodes: usize,
    pub(crate) operands: usize,
    pub(crate) values: usize,
    pub(crate) states: usize,
    pub(crate) supports: usize,
    pub(crate) resets: u32,
    /// Generations of the last node and the last state before the mark, by which they are known again.
    pub(crate) last_node: Option<u32>,
    pub(crate) last_state: Option<u32>,
}

/// Bytes that a tape holds; see [`Tape::memory`].
///
/// [`Tape::memory`] and [`Tape::estimate`] make one, with examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Nodes recorded now.
    pub nodes: usize,
    /// Bytes of the nodes, their operand lists and known zeros, as allocated.
    pub node_bytes: usize,
    /// Bytes of recorded values, as allocated.
    pub value_bytes: usize,
    /// Bytes of states: values, adjoints, waiting contributions and snapshots.
    pub state_bytes: usize,
    /// Bytes of adjoint buffers, which a sweep shares among nodes.
    pub adjoint_bytes: usize,
}

impl Memory {
    /// The sum of all parts, in bytes.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// tape.scalar(1.0);
    /// let held = tape.memory();
    /// assert_eq!(held.total(), held.node_bytes + held.value_bytes);
    /// ```
    pub fn total(&self) -> usize {
        self.node_bytes + self.value_bytes + self.state_bytes + self.adjoint_bytes
    }
}

/// Records operations as they are computed and differentiates through them in reverse.
///
/// Values live in one buffer that is kept from one use to the next: after [`reset`](Tape::reset) a
/// recording of the same size allocates nothing. Handles ([`Var`], [`State`](crate::State)) are
/// `Copy` and carry the generation of the recording they belong to; using one after its recording
/// was reset or cut back is a panic, not a wrong number.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_tensor::tensor;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(&tensor![1.0, 2.0, 3.0]);
/// let y = (x * x).sum();
/// let gradients = y.backward();
/// assert_eq!(gradients.wrt(x).data(), &[2.0, 4.0, 6.0]);
/// ```
pub struct Tape<T: Scalar> {
    pub(crate) recording: RefCell<Recording<T>>,
    pub(crate) recording_gradients: Cell<bool>,
}

impl<T: Scalar> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape<{}> {{ nodes: {} }}", T::NAME, self.len())
    }
}

impl<T: Scalar> Tape<T> {
    /// An empty tape.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// assert!(Tape::<f32>::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Tape {
            recording: RefCell::new(Recording {
                nodes: Vec::new(),
                operands: Vec::new(),
                values: Vec::new(),
                states: StateArena::new(),
                supports: Supports::default(),
                adjoints: AdjointPool::new(),
                generation: 0,
                resets: 0,
                sweeps: 0,
                rewound: false,
            }),
            recording_gradients: Cell::new(true),
        }
    }

    /// Number of recorded nodes.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(1.0);
    /// let _ = x + x;
    /// assert_eq!(tape.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.recording.borrow().nodes.len()
    }

    /// True when nothing is recorded.
    ///
    /// See [`len`](Tape::len).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An input with respect to which gradients are wanted.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![3.0, 4.0]);
    /// assert_eq!(x.norm().backward().wrt(x), tensor![0.6, 0.8]);
    /// ```
    pub fn var(&self, value: &Tensor<T>) -> Var<'_, T> {
        self.leaf(value.data(), value.shape().clone(), true)
    }

    /// A rank-0 input with respect to which gradients are wanted.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(3.0);
    /// assert_eq!(x.square().backward().wrt(x).item(), 6.0);
    /// ```
    pub fn scalar(&self, value: T) -> Var<'_, T> {
        self.leaf(&[value], Shape::from([]), true)
    }

    /// An input that is not differentiated.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let (x, a) = (tape.scalar(3.0), tape.constant(&tensor![1.0, 2.0]));
    /// assert_eq!((a * x).sum().backward().wrt(x).item(), 3.0);
    /// ```
    pub fn constant(&self, value: &Tensor<T>) -> Var<'_, T> {
        self.leaf(value.data(), value.shape().clone(), false)
    }

    /// A vector that is not differentiated, filled in place by `fill` (it starts as zeros), without an intermediate tensor.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let one_hot = tape.constant_with(4, |x| x[2] = 1.0);
    /// assert_eq!(one_hot.value(), tensor![0.0, 0.0, 1.0, 0.0]);
    /// ```
    pub fn constant_with(&self, len: usize, fill: impl FnOnce(&mut [T])) -> Var<'_, T> {
        let mut rec = self.recording.borrow_mut();
        let start = rec.zeros(len);
        fill(&mut rec.values[start..]);
        let shape = Shape::from([len]);
        self.push(&mut rec, Recorded::Leaf, &[], start, shape, false)
    }

    fn leaf(&self, data: &[T], shape: Shape, needs_gradient: bool) -> Var<'_, T> {
        let mut rec = self.recording.borrow_mut();
        let start = rec.values.len();
        make_room(&mut rec.values, data.len());
        rec.values.extend_from_slice(data);
        let needs_gradient = needs_gradient && self.recording_gradients.get();
        self.push(&mut rec, Recorded::Leaf, &[], start, shape, needs_gradient)
    }

    /// Appends a node whose value already stands at `start..` in the value buffer.
    #[track_caller]
    pub(crate) fn push(
        &self,
        rec: &mut Recording<T>,
        op: Recorded<T>,
        operands: &[u32],
        start: usize,
        shape: Shape,
        needs_gradient: bool,
    ) -> Var<'_, T> {
        assert!(
            !rec.rewound,
            "tape: recording after a sweep that rewound states; call `reset` first"
        );
        let id = u32::try_from(rec.nodes.len()).expect("tape: more than 2^32 nodes");
        let first = rec.operands.len() as u32;
        make_room(&mut rec.operands, operands.len());
        rec.operands.extend_from_slice(operands);
        let len = (rec.values.len() - start) as u32;
        let stamp = rec.generation;
        make_room(&mut rec.nodes, 1);
        rec.nodes.push(Node {
            op,
            operands: first..first + operands.len() as u32,
            start,
            len,
            shape,
            support: EVERYWHERE,
            stamp,
            needs_gradient,
            retained: false,
        });
        Var::new(self, id, stamp)
    }

    /// Records one of the built-in operations.
    #[track_caller]
    pub(crate) fn apply(&self, op: Builtin, operands: &[Var<'_, T>]) -> Var<'_, T> {
        self.record(Recorded::Builtin(op), operands)
    }

    /// Records an operation whose derivative does not read its first operand's value, and lets the
    /// result take that value's place if nothing else on the tape reads it either: if it is the latest
    /// value of all, and a read of a state that passes no adjoint to the weights.
    #[track_caller]
    pub(crate) fn apply_in_place(&self, op: Builtin, operands: &[Var<'_, T>]) -> Var<'_, T> {
        let result = self.apply(op, operands);
        let mut rec = self.recording.borrow_mut();
        let first = operands[0].check(self, &rec);
        let Recording { nodes, values, .. } = &mut *rec;
        let [operand, made] = &mut nodes[first..] else {
            return result;
        };
        let is_spare = match operand.op {
            Recorded::State(op @ StateOp::Read { .. }) => !op.contributes(),
            _ => false,
        };
        if is_spare && made.len == operand.len {
            values.copy_within(made.value_range(), operand.start);
            made.start = std::mem::replace(&mut operand.start, GIVEN_UP);
            values.truncate(made.value_range().end);
        }
        result
    }

    /// Records an operation defined outside this crate.
    ///
    /// See [`Op`] for an example.
    ///
    /// # Panics
    /// When an operand belongs to another tape or to a recording that was reset or cut back, and
    /// whenever the operation's own [`Op::shape`] refuses the operands.
    #[track_caller]
    pub fn custom(&self, op: Arc<dyn Op<T>>, operands: &[Var<'_, T>]) -> Var<'_, T> {
        self.record(Recorded::Custom(op), operands)
    }

    #[track_caller]
    fn record(&self, op: Recorded<T>, operands: &[Var<'_, T>]) -> Var<'_, T> {
        let mut rec = self.recording.borrow_mut();
        let rec = &mut *rec;
        let mut ids = SmallVec::<[u32; 6]>::new();
        let mut needs_gradient = false;
        for operand in operands {
            let id = operand.check(self, rec);
            needs_gradient |= rec.nodes[id].needs_gradient;
            ids.push(id as u32);
        }
        let behaviour: &dyn Op<T> = op.behaviour().expect("only leaves and state ops have none");
        needs_gradient &= behaviour.differentiable() && self.recording_gradients.get();
        let shape = {
            let shapes: SmallVec<[&Shape; 6]> = ids
                .iter()
                .map(|&id| &rec.nodes[id as usize].shape)
                .collect();
            behaviour.shape(&shapes)
        };
        let start = rec.zeros(shape.len());
        let (before, output) = rec.values.split_at_mut(start);
        behaviour.forward(&Inputs::new(&rec.nodes, before, &ids), output);
        let support = rec.supports.inherit(behaviour, &rec.nodes, &ids, &shape);
        let result = self.push(rec, op, &ids, start, shape, needs_gradient);
        if let Some(node) = rec.nodes.last_mut() {
            node.support = support;
        }
        result
    }

    /// Runs `body` with recording of gradients switched off: what it creates counts as constant.
    ///
    /// Together with [`mark`](Tape::mark) and [`cut`](Tape::cut) this is how code written for the
    /// tape runs without one.
    ///
    /// It is reverse mode that is switched off. Tangents of [dual numbers](crate::Dual) go on, since
    /// forward mode itself runs this way ([`jvp`](crate::operators::jvp));
    /// [`stop_gradient`](Var::stop_gradient) stops both.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(3.0);
    /// let square = tape.without_gradients(|| x.square());
    /// // As if it were the constant 9.
    /// assert_eq!((square * x).backward().wrt(x).item(), 9.0);
    /// ```
    pub fn without_gradients<R>(&self, body: impl FnOnce() -> R) -> R {
        /// Puts the switch back, also when `body` panics.
        struct Restore<'a>(&'a Cell<bool>, bool);

        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }

        let before = self.recording_gradients.replace(false);
        let _restore = Restore(&self.recording_gradients, before);
        body()
    }

    /// Forgets the whole recording and keeps its memory for the next one.
    ///
    /// Every handle made so far, states included, panics when it is used afterwards.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// for x in [1.0, 2.0, 3.0] {
    ///     tape.reset();
    ///     let x = tape.scalar(x);
    ///     assert_eq!(x.square().backward().wrt(x).item(), 2.0 * x.item());
    /// }
    /// assert_eq!(tape.len(), 2);
    /// ```
    pub fn reset(&self) {
        let mut rec = self.recording.borrow_mut();
        rec.nodes.clear();
        rec.operands.clear();
        rec.values.clear();
        rec.supports.truncate(0);
        rec.states.reset();
        rec.adjoints.clear();
        rec.generation = rec.generation.wrapping_add(1);
        rec.resets = rec.resets.wrapping_add(1);
        rec.rewound = false;
    }

    /// Remembers this point of the recording.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(2.0);
    /// let mark = tape.mark();
    /// let value = x.exp().ln().item();
    /// tape.cut(mark);
    /// assert_eq!((value, tape.len()), (2.0, 1));
    /// ```
    pub fn mark(&self) -> Mark {
        let rec = self.recording.borrow();
        Mark {
            nodes: rec.nodes.len(),
            operands: rec.operands.len(),
            values: rec.values.len(),
            states: rec.states.len(),
            supports: rec.supports.len(),
            resets: rec.resets,
            last_node: rec.nodes.last().map(|node| node.stamp),
            last_state: rec.states.stamp_before(rec.states.len()),
        }
    }

    /// Forgets every node and state made since `mark`; states from before keep their present value.
    ///
    /// A sweep of what remains refuses, by a named panic, to pass a read of a state that has been
    /// updated since in the part cut away.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// // Learning without a gradient: each step is cut away, what it did to the weights stays.
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[0.0]]);
    /// for _ in 0..100 {
    ///     let mark = tape.mark();
    ///     let x = tape.constant(&tensor![1.0]);
    ///     let error = x - w.matvec(x);
    ///     w.rank_k_update(None, &[error * 0.5], &[x]);
    ///     tape.cut(mark);
    /// }
    /// assert!(tape.is_empty());
    /// assert_eq!(w.value(), tensor![[1.0]]);
    /// ```
    ///
    /// # Panics
    /// When the tape was reset, or cut back below the mark, since it was taken.
    #[track_caller]
    pub fn cut(&self, mark: Mark) {
        let mut rec = self.recording.borrow_mut();
        rec.check(mark);
        let rec = &mut *rec;
        for node in &rec.nodes[mark.nodes..] {
            if let Recorded::State(op) = node.op {
                rec.states.forget(op);
            }
        }
        rec.nodes.truncate(mark.nodes);
        rec.operands.truncate(mark.operands);
        rec.values.truncate(mark.values);
        rec.states.truncate(mark.states);
        rec.supports.truncate(mark.supports);
        rec.generation = rec.generation.wrapping_add(1);
    }

    /// Bytes held now, by part.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// tape.var(&Tensor::zeros([1000]));
    /// let first = tape.memory();
    /// assert!(first.value_bytes >= 8000);
    /// tape.reset();
    /// tape.var(&Tensor::zeros([1000]));
    /// assert_eq!(tape.memory(), first);
    /// ```
    pub fn memory(&self) -> Memory {
        let rec = self.recording.borrow();
        Memory {
            nodes: rec.nodes.len(),
            node_bytes: rec.nodes.capacity() * size_of::<Node<T>>()
                + rec.operands.capacity() * size_of::<u32>()
                + rec.supports.bytes(),
            value_bytes: rec.values.capacity() * size_of::<T>(),
            state_bytes: rec.states.bytes(),
            adjoint_bytes: rec.adjoints.bytes(),
        }
    }

    #[track_caller]
    pub(crate) fn backward(&self, root: Var<'_, T>, seed: &[T]) -> Gradients<'_, T> {
        let mut rec = self.recording.borrow_mut();
        let root = root.check(self, &rec);
        sweep::sweep(&mut rec, root, seed);
        Gradients::new(self, rec.generation, rec.sweeps)
    }
}
