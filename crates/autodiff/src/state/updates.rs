//! Updating a state in place.

use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::State;
use super::form::Form;
use crate::node::Recorded;
use crate::var::Var;

/// A projection of the weights that an update adds, `s (W x) wᵀ`; see [`State::update`].
///
/// Oja's rule, `−θ (W y) yᵀ` for weights kept with the input along the rows, is one.
#[derive(Clone, Copy, Debug)]
pub struct Projection<'t, T: Scalar> {
    /// `s`, one element.
    pub scale: Var<'t, T>,
    /// `x`, `[cols]`.
    pub through: Var<'t, T>,
    /// `w`, `[cols]`.
    pub right: Var<'t, T>,
}

impl<'t, T: Scalar> State<'t, T> {
    /// Updates the state in place: `W ← (1 − d) W + Σ_k u_k v_kᵀ`, with `u_k` of length `rows` and
    /// `v_k` of length `cols`; no decay where `decay` is `None`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// let (u, v) = (tape.constant(&tensor![1.0, 0.0]), tape.constant(&tensor![10.0, 20.0]));
    /// w.rank_k_update(Some(tape.scalar(0.5)), &[u], &[v]);
    /// assert_eq!(w.value(), tensor![[10.5, 21.0], [1.5, 2.0]]);
    /// ```
    ///
    /// # Panics
    /// When the numbers of `us` and `vs` differ, a shape does not fit, or a handle is stale.
    #[track_caller]
    pub fn rank_k_update(self, decay: Option<Var<'t, T>>, us: &[Var<'t, T>], vs: &[Var<'t, T>]) {
        self.update(decay, us, vs, None);
    }

    /// [`rank_k_update`](Self::rank_k_update) with a projection of the weights as they were before
    /// it, all in one pass: `W ← (1 − d) W + Σ_k u_k v_kᵀ + s (W x) wᵀ`.
    ///
    /// ```
    /// use metaplast_autodiff::{Projection, Tape};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let scale = tape.scalar(-1.0);
    /// let w = tape.state(&tensor![[3.0, 4.0]]);
    /// let x = tape.constant(&tensor![1.0, 0.0]);
    /// // W ← W − (W x) xᵀ: what W sees along x is taken away.
    /// w.update(None, &[], &[], Some(Projection { scale, through: x, right: x }));
    /// assert_eq!(w.value(), tensor![[0.0, 4.0]]);
    /// assert_eq!(w.matvec(x).sum().backward().wrt(scale).item(), 3.0);
    /// ```
    ///
    /// # Panics
    /// As [`rank_k_update`](Self::rank_k_update), and when `s` has more than one element or `x` or
    /// `w` is not of length `cols`.
    #[track_caller]
    pub fn update(
        self,
        decay: Option<Var<'t, T>>,
        us: &[Var<'t, T>],
        vs: &[Var<'t, T>],
        projection: Option<Projection<'t, T>>,
    ) {
        assert_eq!(
            us.len(),
            vs.len(),
            "rank_k_update: {} left vectors, {} right vectors",
            us.len(),
            vs.len()
        );
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let mut ids = SmallVec::<[u32; 16]>::new();
        let projected = projection.map(|p| [p.scale, p.through, p.right]);
        for operand in us
            .iter()
            .chain(vs)
            .chain(&decay)
            .chain(projected.iter().flatten())
        {
            ids.push(operand.check(self.tape, rec) as u32);
        }
        let shape = match projection {
            Some(_) => Shape::from([rec.states.dims(self.index()).0]),
            None => Shape::from([0]),
        };
        let start = rec.zeros(shape.len());
        let (before, projected) = rec.values.split_at_mut(start);
        let inputs = crate::ops::Inputs::new(&rec.nodes, before, &ids);
        let differentiable = self.tape.recording_gradients.get()
            && (0..ids.len()).any(|operand| inputs.needs_gradient(operand));
        let op = rec.states.update(
            self.index(),
            Form {
                rank: us.len() as u32,
                decay: decay.is_some(),
                projection: projection.is_some(),
            },
            differentiable,
            &inputs,
            &rec.supports,
            projected,
        );
        self.tape
            .push(rec, Recorded::State(op), &ids, start, shape, false);
    }
}
