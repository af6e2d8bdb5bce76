//! Updates of a state, in place.

use metaplast_tensor::Scalar;
use smallvec::SmallVec;

use super::handle::State;
use crate::engine::operands::{MOST_SUMMANDS, Operands};
use crate::instances::Recorders;
use crate::op::Inputs;
use crate::ops::weighted_sum;
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

/// One outer product of an update, `(Σ_j c_j x_j) vᵀ`; see [`State::update`].
///
/// The sum is never kept: what an update needs of it is computed again on the way back.
#[derive(Clone, Copy, Debug)]
pub struct SummedOuter<'a, 't, T: Scalar> {
    /// `c_j`, one element each.
    pub coefficients: &'a [Var<'t, T>],
    /// `x_j`, as many, each `[rows]`.
    pub summands: &'a [Var<'t, T>],
    /// `v`, `[cols]`.
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
        assert_eq!(
            us.len(),
            vs.len(),
            "rank_k_update: {} left vectors, {} right vectors",
            us.len(),
            vs.len()
        );
        self.record(decay, vs, None, us, 0);
    }

    /// [`rank_k_update`](Self::rank_k_update) with sums on the left and a projection of the weights as
    /// they were before it, all in one pass:
    /// `W ← (1 − d) W + Σ_k (Σ_j c_kj x_kj) v_kᵀ + s (W x) wᵀ`.
    ///
    /// ```
    /// use metaplast_autodiff::{Projection, SummedOuter, Tape};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[3.0, 4.0]]);
    /// let scale = tape.scalar(-1.0);
    /// let x = tape.constant(&tensor![1.0, 0.0]);
    /// // W ← W − (W x) xᵀ: what W sees along x is taken away.
    /// w.update(None, &[], Some(Projection { scale, through: x, right: x }));
    /// assert_eq!(w.value(), tensor![[0.0, 4.0]]);
    ///
    /// let (y, rate) = (tape.constant(&tensor![2.0]), tape.scalar(0.1));
    /// let outer = SummedOuter { coefficients: &[rate, scale], summands: &[y, y], right: x };
    /// w.update(None, &[outer], None);   // W ← W + (0.1 y − y) xᵀ
    /// assert_eq!(w.value(), tensor![[-1.8, 4.0]]);
    /// assert_eq!(w.matvec(x).sum().backward().wrt(rate).item(), 2.0);
    /// ```
    ///
    /// # Panics
    /// When a sum has no summands or not as many coefficients, a coefficient or `s` has more than one
    /// element, another shape does not fit, or a handle is stale.
    #[track_caller]
    pub fn update(
        self,
        decay: Option<Var<'t, T>>,
        outers: &[SummedOuter<'_, 't, T>],
        projection: Option<Projection<'t, T>>,
    ) {
        let rights: SmallVec<[Var<'t, T>; 4]> = outers.iter().map(|outer| outer.right).collect();
        let mut lefts = SmallVec::<[Var<'t, T>; 16]>::new();
        let (mut sums, mut count) = (0, 0);
        for outer in outers {
            let (c, x) = (outer.coefficients, outer.summands);
            assert!(
                c.len() == x.len() && !x.is_empty(),
                "update: a left vector of {} coefficients, {} summands",
                c.len(),
                x.len()
            );
            sums |= 1u32.checked_shl(count as u32).unwrap_or(0);
            count += x.len();
            lefts.extend(c.iter().zip(x).flat_map(|(&c, &x)| [c, x]));
        }
        if count > MOST_SUMMANDS {
            // The record of an update has no place for more: these are operations of their own.
            let sum =
                |outer: &SummedOuter<'_, 't, T>| weighted_sum(outer.coefficients, outer.summands);
            (lefts, sums) = (outers.iter().map(sum).collect(), 0);
        }
        self.record(decay, &rights, projection, &lefts, sums);
    }

    /// Freezes the rows from this one on: updates after this call leave them as they are. Later calls may freeze
    /// more. It holds for this recording; reads see all rows, and are differentiated as ever.
    ///
    /// For rows that are not read any more: updates, and the way back over them, pay for the other rows only.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let w = tape.state(&tensor![[1.0], [1.0]]);
    /// let (u, rate) = (tape.constant(&tensor![1.0, 1.0]), tape.var(&tensor![0.5]));
    /// w.rank_k_update(None, &[u], &[rate]);
    /// w.freeze_rows_from(1);
    /// w.rank_k_update(None, &[u], &[rate]);
    /// assert_eq!(w.value(), tensor![[2.0], [1.5]]);
    /// // The first row has changed twice, the second once.
    /// assert_eq!(w.read().sum().backward().wrt(rate), tensor![3.0]);
    /// ```
    ///
    /// # Panics
    /// When there are fewer rows, some before it are frozen already, or the handle is stale.
    #[track_caller]
    pub fn freeze_rows_from(self, row: usize) {
        let mut rec = self.tape.recording.borrow_mut();
        self.check(self.tape, &rec);
        rec.check_recordable();
        let changing = rec.states.changing(self.index());
        let (rows, cols) = rec.states.dims(self.index());
        assert!(
            row <= changing,
            "state.freeze_rows_from: row {row} of a state of shape [{rows}, {cols}], of which {changing} rows still change"
        );
        rec.states.freeze_from(self.index(), row);
    }

    #[track_caller]
    fn record(
        self,
        decay: Option<Var<'t, T>>,
        rights: &[Var<'t, T>],
        projection: Option<Projection<'t, T>>,
        lefts: &[Var<'t, T>],
        sums: u32,
    ) {
        let layout = Operands {
            rank: u16::try_from(rights.len()).expect("update: fewer than 2¹⁶ outer products"),
            decay: decay.is_some(),
            projection: projection.is_some(),
            sums,
        };
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        self.check(self.tape, rec);
        let mut ids = SmallVec::<[u32; 24]>::new();
        let projected = projection.map(|p| [p.scale, p.through, p.right]);
        let operands = rights.iter().chain(&decay);
        for operand in operands.chain(projected.iter().flatten()).chain(lefts) {
            ids.push(operand.check(self.tape, rec) as u32);
        }
        rec.check_recordable();
        let (rows, cols) = rec.states.dims(self.index());
        layout.check(&Inputs::new(&rec.nodes, &rec.values, &ids), rows, cols);
        let gradients = self.tape.recording_gradients.get();
        (Recorders::get().append_update)(rec, self.index(), layout, &ids, gradients);
    }
}
