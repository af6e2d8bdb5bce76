//! Addition of a scaled matrix to a state, the matrix being another state or a value of the recording.
//!
//! ```text
//! W ← W + c M
//!
//! c̄ += ⟨M, W̄⟩     M̄ += c W̄
//! ```
//!
//! Undoing subtracts `c M`, with the other state at the value of that time. Two states are in step on
//! the way back as they were on the way forward, so a sweep passes all rows of both, with their values.

use metaplast_tensor::Scalar;

use super::arena::StateArena;
use super::buffer::Buffer;
use super::ops::{Addition, Source, SourceState};
use super::product::seen;
use super::reverse::Passed;
use super::snapshots::LargestWeight;
use super::update_bound::UpdateBound;
use crate::adjoint::AdjointPool;
use crate::op::{Adjoints, Inputs};

/// The place of the coefficient among the operands.
const COEFFICIENT: usize = 0;
/// That of the matrix, where it is a value of the recording.
const MATRIX: usize = 1;

impl<T: Scalar> StateArena<T> {
    /// Adds another state to a state and returns what is to be recorded; `gradients` tells whether
    /// adjoints are to flow.
    pub(crate) fn add_state(
        &mut self,
        state: usize,
        other: usize,
        detached: bool,
        inputs: &Inputs<'_, T>,
        gradients: bool,
    ) -> Addition {
        let rewind = self.rewind();
        let coefficient = inputs.value(COEFFICIENT)[0];
        let ([target, source], _) = self.two_and_workspace(state, other);
        source.active.add_everything();
        let matrix = seen(source, detached);
        let largest = coefficient.to_f64().abs() * LargestWeight::of(&matrix).size();
        let bound = UpdateBound::of_elements(largest);
        target.begin_update(bound, rewind);
        target.value.add_scaled(coefficient, &matrix);
        target.end_update(bound, &[]);
        let flows = gradients && source.tracked && !detached;
        let source = SourceState {
            state: other as u32,
            version: source.version,
            detached,
            flows,
        };
        let differentiable = flows || gradients && inputs.needs_gradient(COEFFICIENT);
        target.added(state, Source::State(source), largest, differentiable)
    }

    /// Adds a matrix that is the second operand to a state and returns what is to be recorded.
    pub(crate) fn add_value(
        &mut self,
        state: usize,
        inputs: &Inputs<'_, T>,
        gradients: bool,
    ) -> Addition {
        let rewind = self.rewind();
        let (coefficient, matrix) = (inputs.value(COEFFICIENT)[0], inputs.value(MATRIX));
        let (target, _) = self.buffer_and_workspace(state as u32);
        let largest =
            coefficient.to_f64().abs() * metaplast_tensor::kernels::max_abs(matrix).to_f64();
        let bound = UpdateBound::of_elements(largest);
        target.begin_update(bound, rewind);
        target.value.add_scaled_elements(coefficient, matrix);
        target.end_update(bound, &[]);
        let needs_gradient = inputs.needs_gradient(COEFFICIENT) || inputs.needs_gradient(MATRIX);
        target.added(state, Source::Value, largest, gradients && needs_gradient)
    }

    /// Undoes an addition and adds to the adjoints of the coefficient and of the matrix.
    pub(crate) fn reverse_addition(
        &mut self,
        addition: Addition,
        passed: &Passed<'_, T>,
        adjoints: &mut AdjointPool<T>,
    ) {
        let inputs = &passed.inputs;
        let coefficient = inputs.value(COEFFICIENT)[0];
        let mut into = Adjoints::new(inputs, adjoints);
        let (target, workspace) = self.buffer_and_workspace(addition.state);
        assert_eq!(
            addition.version, target.version,
            "backward: a state was updated in a part of the recording that was cut away"
        );
        target.rewound = true;
        let exact = target.restore();
        let tracked = target.tracked && target.adjoint.rows() == target.rows;
        if tracked {
            target.apply_pending(passed.patterns, &mut workspace.row_sets);
        }
        let inner = match addition.source() {
            Source::Value => {
                let matrix = inputs.value(MATRIX);
                if !exact {
                    target.value.add_scaled_elements(-coefficient, matrix);
                }
                if tracked && let Some(adjoint) = into.of(MATRIX) {
                    target.adjoint.add_scaled_to(coefficient, adjoint);
                }
                tracked.then(|| target.adjoint.inner_elements(matrix))
            }
            Source::State(source) => {
                let places = (addition.state as usize, source.state as usize);
                let ([target, other], workspace) = self.two_and_workspace(places.0, places.1);
                assert_eq!(
                    source.version, other.version,
                    "backward: a state that was added to another was updated in a part of the recording that was cut away"
                );
                let matrix = seen(other, source.detached);
                if !exact {
                    target.value.add_scaled(-coefficient, &matrix);
                }
                let inner = tracked.then(|| target.adjoint.inner(&matrix));
                drop(matrix);
                if let Some(inner) = inner
                    && source.flows
                {
                    other.apply_pending(passed.patterns, &mut workspace.row_sets);
                    other.adjoint.add_scaled(coefficient, &target.adjoint);
                    if let Some(product) = &mut other.decay_adjoint {
                        product.add(coefficient * inner);
                    }
                }
                inner
            }
        };
        let Some(inner) = inner else { return };
        let target = self.buffer_and_workspace(addition.state).0;
        if let Some(product) = &mut target.decay_adjoint {
            product.add(-(coefficient * inner));
        }
        if let Some(adjoint) = into.of(COEFFICIENT) {
            adjoint[0] += inner;
        }
    }
}

impl<T: Scalar> Buffer<T> {
    /// Notes an addition that has been made, and returns its record.
    fn added(
        &mut self,
        state: usize,
        source: Source,
        largest: f64,
        differentiable: bool,
    ) -> Addition {
        self.tracked |= differentiable;
        self.active.add_everything();
        Addition::new(
            (state as u32, self.version),
            source,
            largest,
            differentiable,
        )
    }
}
