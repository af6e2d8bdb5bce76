//! Multiplications of the weights of a state by factors of their own, in place.

use metaplast_tensor::Scalar;
use smallvec::SmallVec;

use super::handle::State;
use crate::engine::ops::Scaling;
use crate::instances::Recorders;
use crate::op::Inputs;
use crate::var::Var;

/// One term of the factors of [`State::scale`], `c u vᵀ`.
#[derive(Clone, Copy, Debug)]
pub struct FactorTerm<'t, T: Scalar> {
    /// `c`, one element.
    pub coefficient: Var<'t, T>,
    /// `u`, `[rows]`.
    pub left: Var<'t, T>,
    /// `v`, `[cols]`.
    pub right: Var<'t, T>,
}

impl<'t, T: Scalar> State<'t, T> {
    /// Multiplies each weight by a factor of its own, `W ← F ⊙ W` with
    /// `F = (1 − decay) + Σ_k c_k u_k v_kᵀ`: weight-dependent plasticity, like soft bounds, by which a weight
    /// changes in proportion to itself and to what its two sides do.
    ///
    /// It is undone by a division and costs no memory but for its vectors; where a factor may be small or zero,
    /// a snapshot is taken. With `S = W̄ ⊙ W`, from before, derivatives are `decay̅ −= Σ S`, `c̄ += u·S v`,
    /// `ū += c S v`, `v̄ += c Sᵀ u` and `W̄ ← F ⊙ W̄`. Where all `u_k` are zero, rows are passed by if there is no decay.
    ///
    /// ```
    /// use metaplast_autodiff::{FactorTerm, Tape};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0]]);
    /// let (rate, y) = (tape.scalar(0.1), tape.constant(&tensor![1.0]));
    /// let x = tape.constant(&tensor![1.0, -1.0]);
    /// w.scale(None, &[FactorTerm { coefficient: rate, left: y, right: x }]);
    /// assert_eq!(w.value(), tensor![[1.1, 1.8]]);
    /// // The sum is 1.1 + 1.8: by the rate, 1 − 2.
    /// assert_eq!(w.read().sum().backward().wrt(rate).item(), -1.0);
    /// ```
    ///
    /// # Panics
    /// When the decay or a coefficient has more than one element, a vector does not fit, rows are
    /// [frozen](State::freeze_rows_from), or a handle is stale.
    #[track_caller]
    pub fn scale(self, decay: Option<Var<'t, T>>, terms: &[FactorTerm<'t, T>]) {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let operands = terms.iter().flat_map(|t| [t.coefficient, t.left, t.right]);
        let mut ids = SmallVec::<[u32; 8]>::new();
        for operand in decay.into_iter().chain(operands) {
            ids.push(operand.check(self.tape, rec) as u32);
        }
        rec.check_recordable();
        rec.states.check_none_frozen("state.scale", self.index());
        let scaling = Scaling {
            state: self.index() as u32,
            version: 0,
            rank: u16::try_from(terms.len()).expect("state.scale: fewer than 2¹⁶ terms"),
            decay: decay.is_some(),
            differentiable: false,
        };
        let (rows, cols) = rec.states.dims(self.index());
        scaling.check(&Inputs::new(&rec.nodes, &rec.values, &ids), rows, cols);
        let gradients = self.tape.recording_gradients.get();
        (Recorders::get().append_scaling)(rec, scaling, &ids, gradients);
    }
}
