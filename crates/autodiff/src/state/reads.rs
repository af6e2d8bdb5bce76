//! Reading a state: products with its weights.

use metaplast_tensor::Scalar;

use super::State;
use super::ops::{Batch, Direction};
use crate::node::Recorded;
use crate::support::EVERYWHERE;
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
        self.read(x, Direction::Forward, Batch::One)
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
        self.read(x, Direction::Transposed, Batch::One)
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
        self.read(x, Direction::Forward, Batch::Rows)
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
        self.read(x, Direction::Transposed, Batch::Rows)
    }

    /// `W x` in the rows where `pattern` has no [known zero](Var::with_known_zeros), zero in the
    /// others; all of `W x` where no zeros of `pattern` are known. Shapes `[rows, cols] · [cols] →
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
    /// let mask = tape.constant(&tensor![1.0, 0.0, 0.5]).with_known_zeros();
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
        let support = {
            let rec = self.tape.recording.borrow();
            let pattern = &rec.nodes[pattern.check(self.tape, &rec)];
            self.check(self.tape, &rec);
            let (rows, cols) = rec.states.dims(self.index());
            assert!(
                pattern.shape.dims() == [rows],
                "state.matvec_within: state of shape [{rows}, {cols}], pattern of shape {}",
                pattern.shape
            );
            pattern.support
        };
        self.read_within(x, Direction::Forward, Batch::One, support)
    }

    #[track_caller]
    fn read(self, x: Var<'t, T>, direction: Direction, batch: Batch) -> Var<'t, T> {
        self.read_within(x, direction, batch, EVERYWHERE)
    }

    #[track_caller]
    fn read_within(
        self,
        x: Var<'t, T>,
        direction: Direction,
        batch: Batch,
        support: u32,
    ) -> Var<'t, T> {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let id = x.check(self.tape, rec);
        let op = rec
            .states
            .read_op(self.index(), direction, batch, self.detached);
        let shape = rec.states.read_shape(op, &rec.nodes[id].shape);
        let start = rec.zeros(shape.len());
        let (before, output) = rec.values.split_at_mut(start);
        let x_values = &before[rec.nodes[id].value_range()];
        let node = &rec.nodes[id];
        let rows = rec.supports.get(match (batch, direction) {
            (Batch::One, Direction::Transposed) => node.support,
            _ => support,
        });
        rec.states.read(op, x_values, rows, output);
        let needs_gradient = node.needs_gradient || op.contributes();
        let needs_gradient = needs_gradient && self.tape.recording_gradients.get();
        if needs_gradient {
            rec.states.touch(op, x_values, !node.needs_gradient, rows);
        }
        let result = self.tape.push(
            rec,
            Recorded::State(op),
            &[id as u32],
            start,
            shape,
            needs_gradient,
        );
        if let Some(node) = rec.nodes.last_mut() {
            node.support = support;
        }
        result
    }
}
