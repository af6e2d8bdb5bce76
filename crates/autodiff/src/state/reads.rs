//! Reads of a state: products with its weights, and the weights themselves.

use metaplast_tensor::Scalar;

use super::handle::State;
use crate::engine::ops::{Batch, Direction};
use crate::instances::Recorders;
use crate::nodes::DENSE;
use crate::var::Var;

impl<'t, T: Scalar> State<'t, T> {
    /// `W x`, shapes `[rows, cols] · [cols] → [rows]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![1.0, 10.0]);
    /// assert_eq!(w.matvec(x).value(), tensor![21.0, 43.0, 65.0]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a vector of `cols` elements, or a handle is stale.
    #[track_caller]
    pub fn matvec(self, x: Var<'t, T>) -> Var<'t, T> {
        self.product(x, Direction::Forward, Batch::One)
    }

    /// `Wᵀ x`, shapes `[rows, cols]ᵀ · [rows] → [cols]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![1.0, 0.0, 10.0]);
    /// assert_eq!(w.matvec_transposed(x).value(), tensor![51.0, 62.0]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a vector of `rows` elements, or a handle is stale.
    #[track_caller]
    pub fn matvec_transposed(self, x: Var<'t, T>) -> Var<'t, T> {
        self.product(x, Direction::Transposed, Batch::One)
    }

    /// `X Wᵀ`: [`matvec`](Self::matvec) of every row of `X`, shapes `[n, cols] → [n, rows]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![[1.0, 0.0], [0.0, 1.0]]);
    /// assert_eq!(w.matvec_rows(x).value(), tensor![[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a matrix with `cols` columns, or a handle is stale.
    #[track_caller]
    pub fn matvec_rows(self, x: Var<'t, T>) -> Var<'t, T> {
        self.product(x, Direction::Forward, Batch::Rows)
    }

    /// `X W`: [`matvec_transposed`](Self::matvec_transposed) of every row of `X`, shapes `[n, rows] → [n, cols]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let x = tape.constant(&tensor![[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
    /// assert_eq!(w.matvec_transposed_rows(x).value(), tensor![[1.0, 2.0], [5.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a matrix with `rows` columns, or a handle is stale.
    #[track_caller]
    pub fn matvec_transposed_rows(self, x: Var<'t, T>) -> Var<'t, T> {
        self.product(x, Direction::Transposed, Batch::Rows)
    }

    /// `W x` in the rows of the [sparsity pattern](Var::with_sparsity_pattern) of `pattern`, zero
    /// in the others; all of `W x` where `pattern` has none. Shapes `[rows, cols] · [cols] →
    /// [rows]`, `pattern` `[rows]`.
    ///
    /// For a product that will be multiplied by `pattern` element by element:
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0], [2.0], [3.0]]);
    /// let x = tape.var(&tensor![10.0]);
    /// let mask = tape.constant(&tensor![1.0, 0.0, 0.5]).with_sparsity_pattern();
    /// let masked = w.matvec_within(x, mask) * mask;
    /// assert_eq!(masked.value(), tensor![10.0, 0.0, 15.0]);
    /// assert_eq!(masked.sum().backward().wrt(x).item(), 2.5);
    /// ```
    ///
    /// # Panics
    /// When `x` is not a vector of `cols` elements or `pattern` not one of `rows`, or a handle is
    /// stale.
    #[track_caller]
    pub fn matvec_within(self, x: Var<'t, T>, pattern: Var<'t, T>) -> Var<'t, T> {
        let pattern = {
            let rec = self.tape.recording.borrow();
            let id = pattern.check(self.tape, &rec);
            self.check(self.tape, &rec);
            let (rows, cols) = rec.states.dims(self.index());
            let shape = rec.nodes.shape(id);
            assert!(
                shape.dims() == [rows],
                "state.matvec_within: state of shape [{rows}, {cols}], pattern of shape {shape}"
            );
            rec.nodes.pattern(id)
        };
        self.read_within(x, Direction::Forward, Batch::One, pattern)
    }

    /// The weights themselves, as a value `[rows, cols]` of the recording: for losses on weights, and for
    /// what takes final weights from an episode of learning.
    ///
    /// It costs a copy of the weights, forward and in the sweep, and as much memory of the tape.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let rate = tape.scalar(0.5);
    /// let w = tape.state_with_gradient(&tensor![[1.0, 2.0]]);
    /// let (u, v) = (tape.constant(&tensor![1.0]), tape.constant(&tensor![3.0, 4.0]));
    /// w.rank_k_update(None, &[u * rate], &[v]);  // W = [1, 2] + rate·[3, 4]
    /// let gradients = w.read().square().sum().backward();
    /// assert_eq!(gradients.wrt(rate).item(), 2.0 * (2.5 * 3.0 + 4.0 * 4.0));
    /// assert_eq!(gradients.wrt_state(w), tensor![[5.0, 8.0]]);
    /// ```
    ///
    /// # Panics
    /// When the handle is stale, or after a sweep.
    #[must_use]
    #[track_caller]
    pub fn read(self) -> Var<'t, T> {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        rec.check_recordable();
        let read = rec.states.whole_read_op(self.index(), self.detached);
        let id = rec.append_whole_read(read, self.tape.recording_gradients.get());
        Var::new(self.tape, id, rec.generation)
    }

    #[track_caller]
    fn product(self, x: Var<'t, T>, direction: Direction, batch: Batch) -> Var<'t, T> {
        self.read_within(x, direction, batch, DENSE)
    }

    #[track_caller]
    fn read_within(
        self,
        x: Var<'t, T>,
        direction: Direction,
        batch: Batch,
        pattern: u32,
    ) -> Var<'t, T> {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let id = x.check(self.tape, rec);
        rec.check_recordable();
        let read = rec
            .states
            .read_op(self.index(), direction, batch, self.detached);
        let shape = read.shape(rec.states.dims(self.index()), rec.nodes.shape(id));
        let gradients = self.tape.recording_gradients.get();
        let append = Recorders::get().append_read;
        let id = append(rec, read, id as u32, shape, pattern, gradients);
        Var::new(self.tape, id, rec.generation)
    }
}
