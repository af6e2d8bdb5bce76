//! Additions of scaled matrices to a state, in place.

use metaplast_tensor::Scalar;

use super::handle::State;
use crate::instances::Recorders;
use crate::var::Var;

impl<'t, T: Scalar> State<'t, T> {
    /// Adds `coefficient`, one element, times the present value of another state of the same shape:
    /// `W ← W + c E`.
    ///
    /// It is undone like other updates, so that it costs no memory but for a small record. Derivatives
    /// flow to `c` and into the other state, `c̄ += ⟨E, W̄⟩` and `Ē += c W̄`. With an eligibility trace
    /// that decays, and a reward that comes later:
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let (k, reward) = (tape.scalar(0.5), tape.scalar(2.0));
    /// let (w, e) = (tape.state(&tensor![[1.0]]), tape.state(&tensor![[0.0]]));
    /// let one = tape.constant(&tensor![1.0]);
    /// for _ in 0..2 {
    ///     e.rank_k_update(Some(k), &[one], &[one]); // E = (1 − k) E + 1
    /// }
    /// w.add_scaled(reward, e); // W = 1 + 2 (1 − k + 1)
    /// assert_eq!(w.value(), tensor![[4.0]]);
    /// let gradients = w.matvec(one).sum().backward();
    /// assert_eq!(gradients.wrt(reward).item(), 1.5);
    /// assert_eq!(gradients.wrt(k).item(), -2.0);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ, both are one state, the coefficient has more than one element, rows of this one
    /// are [frozen](State::freeze_rows_from), or a handle is stale.
    #[track_caller]
    pub fn add_scaled(self, coefficient: Var<'t, T>, other: State<'t, T>) {
        self.add(coefficient, Some(other), None);
    }

    /// Adds `coefficient`, one element, times a matrix `[rows, cols]` of the recording:
    /// `W ← W + c M`, with `c̄ += ⟨M, W̄⟩` and `M̄ += c W̄`.
    ///
    /// For what has no low rank, like terms that take each weight by itself; the tape keeps `M`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let rate = tape.scalar(0.5);
    /// let w = tape.state(&tensor![[1.0, -2.0]]);
    /// let cubes = w.read().powi(3);
    /// w.add_matrix(-rate, cubes);
    /// assert_eq!(w.value(), tensor![[0.5, 2.0]]);
    /// assert_eq!(w.read().sum().backward().wrt(rate).item(), 7.0);
    /// ```
    ///
    /// # Panics
    /// When the matrix has another shape, the coefficient has more than one element, rows are
    /// [frozen](State::freeze_rows_from), or a handle is stale.
    #[track_caller]
    pub fn add_matrix(self, coefficient: Var<'t, T>, matrix: Var<'t, T>) {
        self.add(coefficient, None, Some(matrix));
    }

    #[track_caller]
    fn add(self, coefficient: Var<'t, T>, other: Option<State<'t, T>>, matrix: Option<Var<'t, T>>) {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let mut ids = [coefficient.check(self.tape, rec) as u32, 0];
        let mut operands = 1;
        let scale = rec.nodes.shape(ids[0] as usize);
        let (rows, cols) = rec.states.dims(self.index());
        assert!(
            scale.len() == 1,
            "state.add_scaled: state of shape [{rows}, {cols}], coefficient of shape {scale}"
        );
        if let Some(other) = other {
            other.check(self.tape, rec);
            let dims = rec.states.dims(other.index());
            assert!(
                dims == (rows, cols),
                "state.add_scaled: states of shapes [{rows}, {cols}] and [{}, {}]",
                dims.0,
                dims.1
            );
            assert!(
                other.index() != self.index(),
                "state.add_scaled: a state cannot be added to itself; let it decay by a negative coefficient"
            );
        }
        if let Some(matrix) = matrix {
            ids[1] = matrix.check(self.tape, rec) as u32;
            operands = 2;
            let shape = rec.nodes.shape(ids[1] as usize);
            assert!(
                shape.dims() == [rows, cols],
                "state.add_matrix: state of shape [{rows}, {cols}], matrix of shape {shape}"
            );
        }
        rec.check_recordable();
        rec.states
            .check_none_frozen("state.add_scaled", self.index());
        let other = other.map(|other| (other.index(), other.detached));
        let gradients = self.tape.recording_gradients.get();
        let append = Recorders::get().append_addition;
        append(rec, self.index(), other, &ids[..operands], gradients);
    }
}
