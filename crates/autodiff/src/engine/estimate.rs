//! Estimate of the bytes that states will take, from one step of a longer run.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::arena::StateArena;
use super::buffer::Buffer;
use super::ops::{StateOp, Update};
use super::reverse::Passed;
use super::snapshots::{Rewind, Snapshots, growth_limit};
use super::terms::Terms;
use super::update_bound::UpdateBound;
use super::workspace::Workspace;

/// A recorded operation on a state, with the bound of what an update adds.
#[derive(Clone, Copy)]
pub(crate) struct Done {
    op: StateOp,
    bound: Option<UpdateBound>,
}

impl Done {
    /// Of a recorded operation.
    pub(crate) fn new<T: Scalar>(op: StateOp, passed: &Passed<'_, T>) -> Self {
        let bound = match op {
            StateOp::Read(_) | StateOp::ReadWhole(_) => None,
            StateOp::Add(addition) => Some(addition.bound()),
            StateOp::Scale(scaling) => Some(scaling.bound(&passed.inputs)),
            StateOp::Update(Update { operands, .. }) => {
                let mut sums = Vec::new();
                let terms = Terms::new(operands, &passed.inputs, passed.patterns, &mut sums);
                Some(UpdateBound::of(&terms).with(passed.value))
            }
        };
        Done { op, bound }
    }
}

impl<T: Scalar> StateArena<T> {
    /// Bytes of all states after a sweep of `before` and then `times` times `step`, where once has
    /// been recorded. The states after the first `made_before` are made anew by each step.
    pub(crate) fn bytes_after(
        &self,
        before: &[Done],
        step: &[Done],
        made_before: usize,
        times: usize,
    ) -> usize {
        let more = times.saturating_sub(1);
        let mut bytes = self.bytes();
        for (place, buffer) in self.live().iter().enumerate() {
            let again = if place < made_before { more } else { 0 };
            let own = |done: &&Done| done.op.state() == place;
            let updates = step.iter().filter(own).filter_map(|done| done.bound);
            let updates: Vec<UpdateBound> = updates.collect();
            let growth = buffer.growth(&updates, again, self.rewind());
            bytes += growth;
            if place >= made_before {
                bytes += more * (buffer.bytes() + growth);
            }
        }
        let workspace = before.iter().chain(step).map(|done| match done.op {
            StateOp::Update(update) if update.differentiable => {
                let (rows, cols) = self.dims(update.state as usize);
                Workspace::<T>::bytes_of(update.operands, rows, cols)
            }
            StateOp::Scale(scaling) => {
                let (rows, cols) = self.dims(scaling.state as usize);
                Workspace::<T>::bytes_of_scaling(usize::from(scaling.rank), rows, cols)
            }
            _ => 0,
        });
        let workspace = workspace.max().unwrap_or(0);
        bytes + workspace.saturating_sub(self.workspace().update_bytes())
    }
}

impl<T: Scalar> Buffer<T> {
    /// Bytes beyond the present ones after `times` more of these updates, and a sweep.
    fn growth(&self, updates: &[UpdateBound], times: usize, rewind: Rewind) -> usize {
        let adjoint = if self.tracked {
            PaddedMatrix::<T>::bytes_of(self.rows, self.cols)
        } else {
            0
        };
        let mut growth = self.snapshots.growth;
        let steps = if updates.is_empty() { 0 } else { times };
        let limit = growth_limit::<T>();
        let mut copies: usize = 0;
        for _ in 0..steps {
            for &bound in updates {
                let predicted = growth.predicted();
                copies += usize::from(growth.begin(bound, rewind, limit, || predicted));
                growth.predict(bound);
            }
        }
        adjoint.saturating_sub(self.adjoint.bytes())
            + copies.saturating_sub(self.snapshots.spare())
                * Snapshots::<T>::bytes_of_one(self.rows, self.cols)
    }
}
