//! The reverse of an update, one pass over the weights and their adjoint.
//!
//! ```text
//! v = W x                                        kept as the node's value
//! W ← (1 − d) W + Σ_k u_k v_kᵀ + s v wᵀ
//!
//! ū_k += W̄ v_k     v̄_k += W̄ᵀ u_k     d̄ −= ⟨W_before, W̄⟩
//! s̄ += v·W̄ w       w̄ += s W̄ᵀ v       v̄ = s W̄ w      x̄ += W_beforeᵀ v̄
//! W̄ ← (1 − d) W̄ + v̄ xᵀ
//! ```

use metaplast_tensor::kernels::fused::{
    OuterProducts, ReverseProducts, ReverseUpdate, reverse_update,
};
use metaplast_tensor::kernels::padded::PaddedMatrix;
use metaplast_tensor::{Scalar, kernels};

use super::buffer::Buffer;
use super::classes::Outside;
use super::form::Form;
use super::scratch::Scratch;
use super::terms::Terms;
use crate::adjoint::AdjointPool;
use crate::ops::{Adjoints, Inputs};
use crate::support::{EVERYWHERE, Supports};

/// One recorded update, as the sweep passes it.
pub(super) struct Passed<'a, 'i, T: Scalar> {
    pub(super) form: Form,
    /// Whether adjoints flow to its operands.
    pub(super) differentiable: bool,
    pub(super) inputs: &'a Inputs<'i, T>,
    /// `W x` of the projection.
    pub(super) projected: &'a [T],
    pub(super) supports: &'a Supports,
}

impl<T: Scalar> Passed<'_, '_, T> {
    /// Undoes the update in `buffer` and adds to the adjoints of its operands.
    pub(super) fn reverse(
        &self,
        buffer: &mut Buffer<T>,
        scratch: &mut Scratch<T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        scratch.with_sums(|sums, scratch| {
            let terms = Terms::new(self.form, self.inputs, self.supports, sums);
            self.go_back(&terms, buffer, scratch, adjoints);
        });
    }

    fn go_back(
        &self,
        terms: &Terms<'_, T>,
        buffer: &mut Buffer<T>,
        scratch: &mut Scratch<T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        terms.prepare(buffer.cols, &mut scratch.vectors);
        terms.join(self.projected, &mut scratch.joined);
        // Values that nothing multiplies by are left where they are.
        let exact = buffer.restore();
        let undo = !exact && buffer.touched.values;
        // Without anything differentiable in the state there is no adjoint to pass.
        let tracked = buffer.adjoint.rows() == buffer.rows && buffer.tracked;
        if !tracked {
            if undo {
                let awake = buffer.touched.awake();
                terms.undo(&mut buffer.value, awake, scratch);
            }
            return;
        }
        let due = buffer.inner.as_mut().is_some_and(|i| i.is_due(exact));
        let anew = self.pass(terms, buffer, scratch, undo, due);
        let decayed = buffer.inner.as_mut().map(|inner| {
            let left = |k: usize| &scratch.lefts[k * buffer.rows..][..buffer.rows];
            let products = (0..terms.len()).map(|k| (terms.left(k, &scratch.joined), left(k)));
            inner.pass(due.then_some(anew), terms.keep, products)
        });
        buffer.waiting.clear();
        buffer.waiting.scale = terms.keep;
        if let Some(projection) = terms.projection {
            let (left, classes) = (&scratch.projected, &mut scratch.classes);
            if let Some(inner) = &mut buffer.inner {
                inner.contribute(left, self.projected);
            }
            buffer.contribute(left, projection.through, EVERYWHERE, self.supports, classes);
        }
        if self.differentiable {
            self.hand_out(terms, decayed, buffer.rows, scratch, adjoints);
        }
    }

    /// Brings the adjoint up to date, takes its products with the update's vectors into `scratch`
    /// and undoes the update; returns `⟨W_before, W̄⟩` if that is to be computed anew.
    fn pass(
        &self,
        terms: &Terms<'_, T>,
        buffer: &mut Buffer<T>,
        scratch: &mut Scratch<T>,
        undo: bool,
        anew: bool,
    ) -> T {
        let (rows, cols) = (buffer.rows, buffer.cols);
        let zeros = |into: &mut Vec<T>, len| {
            into.clear();
            into.resize(len, T::ZERO);
        };
        zeros(&mut scratch.lefts, terms.len() * rows);
        zeros(&mut scratch.projected, rows);
        scratch.rights.assign_zeros(terms.len() + 1, cols);
        let waiting = &buffer.waiting;
        let awake = buffer.touched.awake();
        // Products are sums over rows in the order of these lists, which depends on the update
        // alone: what happens to be waiting must not change a bit of them.
        let outside = match waiting.support(self.supports) {
            Some(support) if !terms.is_dense() && !waiting.is_dense() => Outside::Only(support),
            _ => Outside::All,
        };
        let classes = &mut scratch.classes;
        classes.divide(rows, awake, terms.support(), outside);
        let (lefts, places) = waiting.outer(true);
        let mut inner = T::ZERO;
        for (within, rows) in scratch.classes.each() {
            let picked = terms.pick(within, Some(&scratch.joined));
            let adjoint_stays = lefts.is_empty() && waiting.scale == T::ONE;
            let value_stays = !undo || terms.keep == T::ONE;
            if picked.is_empty() && adjoint_stays && value_stays && !anew {
                continue;
            }
            let step = ReverseUpdate {
                rows,
                scale: waiting.scale,
                pending: OuterProducts {
                    us: &lefts,
                    vectors: waiting.rights(),
                    vs: &places,
                },
                terms: picked.outer(&scratch.vectors),
                wanted: picked.wanted,
                keep: terms.keep,
                undo,
                projection: picked.through,
                inner: anew,
            };
            let products = ReverseProducts {
                lefts: &mut scratch.lefts,
                rights: &mut scratch.rights,
                projected: &mut scratch.projected,
            };
            inner += reverse_update(&mut buffer.value, &mut buffer.adjoint, &step, products);
        }
        inner
    }

    /// Adds what was computed to the operands' adjoints.
    fn hand_out(
        &self,
        terms: &Terms<'_, T>,
        decayed: Option<T>,
        rows: usize,
        scratch: &Scratch<T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        let inputs = self.inputs;
        let mut into = Adjoints::of_operands(inputs, adjoints);
        let left = |k: usize| &scratch.lefts[k * rows..][..rows];
        let rank = self.form.rank();
        let sums = self.form.has_sums();
        for k in 0..rank {
            if !sums && let Some(adjoint) = into.of(self.form.left(k)) {
                kernels::axpy(T::ONE, left(k), adjoint);
            }
            if let Some(adjoint) = into.of(k) {
                scratch.rights.add_row_to(k, adjoint);
            }
        }
        if self.form.decay
            && let Some(adjoint) = into.of(self.form.decay_operand())
        {
            adjoint[0] -= decayed.expect("updates that decay are noted as they are recorded");
        }
        if let Some(projection) = terms.projection {
            let at = self.form.projection_operand();
            if let Some(adjoint) = into.of(at) {
                adjoint[0] += kernels::dot(self.projected, left(projection.term));
            }
            if let Some(adjoint) = into.of(at + 1) {
                scratch.rights.add_row_to(terms.len(), adjoint);
            }
            if projection.term == rank
                && let Some(adjoint) = into.of(at + 2)
            {
                scratch.rights.add_row_to(rank, adjoint);
            }
        }
        if sums {
            // As if each sum were an operation of its own, recorded before the update.
            let last_first = self.form.summands(inputs).rev();
            for (k, summands) in (0..rank).rev().zip(last_first) {
                for at in summands.map(|j| self.form.coefficient(j)) {
                    if let Some(adjoint) = into.of(at) {
                        adjoint[0] += kernels::dot(inputs.value(at + 1), left(k));
                    }
                    if let Some(adjoint) = into.of(at + 1) {
                        kernels::axpy(inputs.value(at)[0], left(k), adjoint);
                    }
                }
            }
        }
    }
}

/// Undoes one recorded update in the rows that are `awake`.
pub(super) fn undo<T: Scalar>(
    form: Form,
    inputs: &Inputs<'_, T>,
    projected: &[T],
    supports: &Supports,
    (value, awake): (&mut PaddedMatrix<T>, Option<&[bool]>),
    scratch: &mut Scratch<T>,
) {
    scratch.with_sums(|sums, scratch| {
        let terms = Terms::new(form, inputs, supports, sums);
        terms.prepare(value.cols(), &mut scratch.vectors);
        terms.join(projected, &mut scratch.joined);
        terms.undo(value, awake, scratch);
    });
}
