//! Multiplication of each weight of a state by a factor of its own, the factors being a matrix of low rank.
//!
//! ```text
//! W ← F ⊙ W                   F = (1 − d) + Σ_k c_k u_k v_kᵀ
//!
//! S = W̄ ⊙ W_before            W̄ ← F ⊙ W̄
//! d̄ −= Σ_ij S_ij              c̄_k += u_k·S v_k     ū_k += c_k S v_k     v̄_k += c_k Sᵀ u_k
//! ```
//!
//! Undoing divides by the factors; where one of them may be small or zero, there is a snapshot.
//! `⟨W, W̄⟩`, the adjoint of decays, stays what it is.

use metaplast_tensor::kernels::padded::Factors;
use metaplast_tensor::{Scalar, kernels};

use super::arena::StateArena;
use super::ops::Scaling;
use super::reverse::Passed;
use super::update_bound::UpdateBound;
use super::workspace::Workspace;
use crate::adjoint::AdjointPool;
use crate::op::{Adjoints, Inputs};

/// The operands of the factors of one term: coefficient, left and right vector.
const OPERANDS: usize = 3;

impl Scaling {
    /// The operands of term `k`: coefficient, left and right vector.
    fn term(self, k: usize) -> [usize; OPERANDS] {
        let first = usize::from(self.decay) + OPERANDS * k;
        [first, first + 1, first + 2]
    }

    fn terms(self) -> impl Iterator<Item = [usize; OPERANDS]> {
        (0..usize::from(self.rank)).map(move |k| self.term(k))
    }

    /// `1 − d`
    fn keep<T: Scalar>(self, inputs: &Inputs<'_, T>) -> T {
        match self.decay {
            true => T::ONE - inputs.value(0)[0],
            false => T::ONE,
        }
    }

    /// Bounds of the factors, by their vectors alone.
    pub(super) fn bound<T: Scalar>(self, inputs: &Inputs<'_, T>) -> UpdateBound {
        let largest = |at: usize| kernels::max_abs(inputs.value(at)).to_f64();
        let sizes = self
            .terms()
            .map(|term| term.map(largest).iter().product::<f64>());
        UpdateBound::of_factors(self.keep(inputs).to_f64(), sizes.sum())
    }

    /// Puts the vectors into the workspace, the left ones with their coefficients.
    fn prepare<T: Scalar>(self, inputs: &Inputs<'_, T>, cols: usize, workspace: &mut Workspace<T>) {
        let Workspace {
            vectors, joined, ..
        } = workspace;
        vectors.set_shape(usize::from(self.rank), cols);
        joined.clear();
        for (k, [coefficient, left, right]) in self.terms().enumerate() {
            let coefficient = inputs.value(coefficient)[0];
            joined.extend(inputs.value(left).iter().map(|&u| coefficient * u));
            vectors.assign_row(k, inputs.value(right));
        }
    }

    /// Panics with the shapes where an operand does not fit a state `[rows, cols]`.
    #[track_caller]
    pub(crate) fn check<T: Scalar>(self, inputs: &Inputs<'_, T>, rows: usize, cols: usize) {
        if self.decay {
            let decay = inputs.shape(0);
            assert!(
                decay.len() == 1,
                "state.scale: state of shape [{rows}, {cols}], decay of shape {decay}"
            );
        }
        for [coefficient, left, right] in self.terms().map(|term| term.map(|at| inputs.shape(at))) {
            assert!(
                coefficient.len() == 1 && left.dims() == [rows] && right.dims() == [cols],
                "state.scale: state of shape [{rows}, {cols}], coefficient of shape {coefficient}, left vector {left}, right vector {right}"
            );
        }
    }
}

impl<T: Scalar> StateArena<T> {
    /// Multiplies the weights of a state by factors with these operands, which are known to fit, and returns
    /// what is to be recorded.
    pub(crate) fn scale(&mut self, scaling: Scaling, inputs: &Inputs<'_, T>) -> Scaling {
        let rewind = self.rewind();
        let (buffer, workspace) = self.buffer_and_workspace(scaling.state);
        let bound = scaling.bound(inputs);
        scaling.prepare(inputs, buffer.cols, workspace);
        buffer.begin_update(bound, rewind);
        buffer.value.scale_elements(Factors {
            keep: scaling.keep(inputs),
            us: &workspace.joined,
            vs: &workspace.vectors,
        });
        buffer.end_update(bound, &[]);
        buffer.tracked |= scaling.differentiable;
        buffer.active.add_everything();
        Scaling {
            version: buffer.version,
            ..scaling
        }
    }

    /// Undoes a scaling and adds to the adjoints of its operands.
    pub(crate) fn reverse_scaling(
        &mut self,
        scaling: Scaling,
        passed: &Passed<'_, T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        let inputs = &passed.inputs;
        let (buffer, workspace) = self.buffer_and_workspace(scaling.state);
        assert_eq!(
            scaling.version, buffer.version,
            "backward: a state was updated in a part of the recording that was cut away"
        );
        buffer.rewound = true;
        let exact = buffer.restore();
        let tracked = buffer.tracked && buffer.adjoint.rows() == buffer.rows;
        if tracked {
            buffer.apply_pending(passed.patterns, &mut workspace.row_sets);
        } else {
            // Nothing flows: the weights are all that goes back.
            buffer.adjoint.assign_zeros(buffer.rows, buffer.cols);
        }
        scaling.prepare(inputs, buffer.cols, workspace);
        let (rows, rank) = (buffer.rows, usize::from(scaling.rank));
        let mut into = Adjoints::new(inputs, adjoints);
        let every_row =
            scaling.decay || scaling.terms().any(|[_, left, _]| into.of(left).is_some());
        let Workspace {
            vectors,
            joined,
            lefts,
            rights,
            ..
        } = workspace;
        lefts.clear();
        lefts.resize(rank * rows, T::ZERO);
        rights.assign_zeros(rank, buffer.cols);
        let factors = Factors {
            keep: scaling.keep(inputs),
            us: joined,
            vs: vectors,
        };
        let inner = buffer.value.reverse_scale_elements(
            &mut buffer.adjoint,
            factors,
            (!exact, every_row),
            (lefts, rights),
        );
        if !tracked {
            buffer.adjoint.assign_zeros(0, 0);
            return;
        }
        if scaling.decay
            && let Some(adjoint) = into.of(0)
        {
            adjoint[0] -= inner;
        }
        for (k, [coefficient, left, right]) in scaling.terms().enumerate() {
            let products = &lefts[k * rows..][..rows];
            if let Some(adjoint) = into.of(coefficient) {
                adjoint[0] += kernels::dot(inputs.value(left), products);
            }
            if let Some(adjoint) = into.of(left) {
                kernels::axpy(inputs.value(coefficient)[0], products, adjoint);
            }
            if let Some(adjoint) = into.of(right) {
                rights.add_row_to(k, adjoint);
            }
        }
    }
}
