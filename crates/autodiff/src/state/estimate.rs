//! What states will take in memory, from one step of a longer run.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::Rewind;
use super::arena::StateArena;
use super::buffer::Buffer;
use super::drift::growth_limit;
use super::ops::StateOp;
use super::scratch::Scratch;
use super::sizes::Sizes;

/// A recorded operation on a state, and what an update does to the size of the weights.
#[derive(Clone, Copy)]
pub(crate) struct Done {
    pub(crate) op: StateOp,
    pub(crate) sizes: Option<Sizes>,
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
            let updates = step.iter().filter(own).filter_map(|done| done.sizes);
            let updates: Vec<Sizes> = updates.collect();
            let growth = buffer.growth(&updates, again, self.rewind());
            bytes += growth;
            if place >= made_before {
                bytes += more * (buffer.bytes() + growth);
            }
        }
        let scratch = before.iter().chain(step).map(|done| match done.op {
            StateOp::Update {
                state,
                form,
                differentiable: true,
                ..
            } => {
                let (rows, cols) = self.dims(state as usize);
                Scratch::<T>::bytes_of(form, rows, cols)
            }
            _ => 0,
        });
        let scratch = scratch.max().unwrap_or(0);
        bytes + scratch.saturating_sub(self.scratch_bytes())
    }
}

impl<T: Scalar> Buffer<T> {
    /// Bytes beyond the present ones after `times` more of these updates, and a sweep.
    fn growth(&self, updates: &[Sizes], times: usize, rewind: Rewind) -> usize {
        let adjoint = if self.tracked {
            PaddedMatrix::<T>::bytes_of(self.rows, self.cols)
        } else {
            0
        };
        let mut drift = self.drift;
        let steps = if updates.is_empty() { 0 } else { times };
        let limit = growth_limit::<T>();
        let mut copies: usize = 0;
        for _ in 0..steps {
            for &sizes in updates {
                let expected = drift.expected();
                copies += usize::from(drift.begin(sizes, rewind, limit, || expected));
                drift.foresee(sizes);
            }
        }
        adjoint.saturating_sub(self.adjoint.bytes())
            + copies.saturating_sub(self.spare_copies()) * self.bytes_of_snapshot()
    }
}
