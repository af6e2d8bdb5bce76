//! Tape: records operations as they are computed.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`): it hands out variables,
//! whose methods record operations here.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape, Tensor};
use smallvec::SmallVec;

use crate::instances::Recorders;
use crate::op::Op;
use crate::ops::table::Builtin;
use crate::recording::{Mark, Recorded, Recording};
use crate::var::Var;

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
///
/// # Threads
/// A tape is recorded by one thread at a time: it is `Send` and not `Sync`. Work that is to run side
/// by side gets a tape for each thread, and the gradients, plain tensors, are added up afterwards, in
/// an order of one's own choice, so that the result does not depend on which thread was first.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_tensor::{Tensor, tensor};
///
/// let weights = tensor![1.0, -2.0];
/// let batches = [tensor![[1.0, 0.0], [2.0, 1.0]], tensor![[0.0, 1.0], [1.0, 1.0]]];
/// let gradient = |batch| {
///     let tape = Tape::new();
///     let w = tape.var(&weights);
///     let loss = tape.constant(batch).matvec(w).square().sum();
///     loss.backward().wrt(w)
/// };
/// let parts: Vec<Tensor<f64>> = std::thread::scope(|scope| {
///     let threads = batches.each_ref().map(|batch| scope.spawn(|| gradient(batch)));
///     threads.into_iter().map(|thread| thread.join().unwrap()).collect()
/// });
/// assert_eq!(&parts[0] + &parts[1], tensor![0.0, -6.0]);
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
    #[must_use]
    pub fn new() -> Self {
        Tape {
            recording: RefCell::new(Recording::new()),
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
    #[must_use]
    pub fn len(&self) -> usize {
        self.recording.borrow().nodes.len()
    }

    /// True when nothing is recorded.
    ///
    /// See [`len`](Tape::len).
    #[must_use]
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
    #[track_caller]
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
    #[track_caller]
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
    #[track_caller]
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
    #[track_caller]
    pub fn constant_with(&self, len: usize, fill: impl FnOnce(&mut [T])) -> Var<'_, T> {
        let mut rec = self.recording.borrow_mut();
        rec.check_recordable();
        let start = rec.values.zeros(len);
        fill(&mut rec.values[start..]);
        let id = rec.push_leaf(start, Shape::from([len]), false);
        Var::new(self, id, rec.generation)
    }

    #[track_caller]
    fn leaf(&self, data: &[T], shape: Shape, needs_gradient: bool) -> Var<'_, T> {
        let mut rec = self.recording.borrow_mut();
        rec.check_recordable();
        let needs_gradient = needs_gradient && self.recording_gradients.get();
        let start = rec.values.room(data.len());
        rec.values[start..].copy_from_slice(data);
        let id = rec.push_leaf(start, shape, needs_gradient);
        Var::new(self, id, rec.generation)
    }

    /// Records one of the built-in operations.
    #[track_caller]
    pub(crate) fn apply(&self, op: Builtin, operands: &[Var<'_, T>]) -> Var<'_, T> {
        self.record(Recorded::Builtin(op), operands, None)
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
        self.record(Recorded::Custom(op), operands, None)
    }

    /// Records an operation whose result has this shape, if it is known.
    #[track_caller]
    pub(crate) fn record(
        &self,
        op: Recorded<T>,
        operands: &[Var<'_, T>],
        shape: Option<Shape>,
    ) -> Var<'_, T> {
        let mut rec = self.recording.borrow_mut();
        let rec = &mut *rec;
        rec.check_recordable();
        let gradients = self.recording_gradients.get();
        let append = Recorders::get().append;
        // No closure panics in here: it would not tell the caller's line.
        let place = match *operands {
            [x] => {
                let x = x.check(self, rec);
                let shape = match shape {
                    Some(shape) => shape,
                    None => op.shape(&[rec.nodes.shape(x)]),
                };
                append(rec, op, &[x as u32], shape, gradients)
            }
            [x, y] => {
                let (x, y) = (x.check(self, rec), y.check(self, rec));
                let shape = match shape {
                    Some(shape) => shape,
                    None => op.shape(&[rec.nodes.shape(x), rec.nodes.shape(y)]),
                };
                append(rec, op, &[x as u32, y as u32], shape, gradients)
            }
            _ => {
                let mut ids = SmallVec::<[u32; 6]>::with_capacity(operands.len());
                for &x in operands {
                    ids.push(x.check(self, rec) as u32);
                }
                let shape = match shape {
                    Some(shape) => shape,
                    None => {
                        let shapes = ids.iter().map(|&id| rec.nodes.shape(id as usize));
                        op.shape(&shapes.collect::<SmallVec<[&Shape; 6]>>())
                    }
                };
                append(rec, op, &ids, shape, gradients)
            }
        };
        Var::new(self, place, rec.generation)
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

    /// Runs `body` [without gradients](Self::without_gradients) and [cuts away](Self::cut) what it records: what it did
    /// to states stays.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0]]);
    /// let product = tape.unrecorded(|| w.matvec(tape.constant(&tensor![3.0, 4.0])).item());
    /// assert_eq!(product, 11.0);
    /// assert!(tape.is_empty());
    /// ```
    ///
    /// # Panics
    /// When `body` resets the tape.
    #[track_caller]
    pub fn unrecorded<R>(&self, body: impl FnOnce() -> R) -> R {
        let mark = self.mark();
        let result = self.without_gradients(body);
        self.cut(mark);
        result
    }

    /// Whether what is made now is recorded for a gradient: not within
    /// [`without_gradients`](Self::without_gradients).
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// assert!(tape.records_gradients());
    /// assert!(!tape.without_gradients(|| tape.records_gradients()));
    /// ```
    #[must_use]
    pub fn records_gradients(&self) -> bool {
        self.recording_gradients.get()
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
        self.recording.borrow_mut().reset();
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
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.recording.borrow().mark()
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
        self.recording.borrow_mut().cut(mark);
    }
}
