//! Sizes of a scan's steps, found by recording a few of them.

use metaplast_tensor::{Scalar, Tensor};

use super::{Chained, Driver, bytes};
use crate::engine::snapshots::Rewind;
use crate::nodes::Nodes;
use crate::recording::Recorded;
use crate::scan::policy::{Size, Sizes};
use crate::scan::recurrence::Recurrence;
use crate::tape::Tape;

/// Sizes of some steps and their sweep.
struct Trial {
    /// The steps together.
    steps: Size,
    /// What was recorded beside them, the end included.
    beside: Size,
    /// Bytes of states and adjoints, without copies.
    working: usize,
    /// Bytes of a checkpoint.
    checkpoint: usize,
}

impl<'a, T: Scalar, R: Recurrence<T>> Driver<'a, T, R> {
    /// Records the first and the last step and the end from the start, for their sizes.
    pub(in crate::scan) fn measure(&self, rewind: Rewind) -> Sizes {
        let trial = |steps: &[usize]| {
            let tape = Tape::new();
            Driver::new(&tape, self.recurrence, self.start, self.steps).trial(rewind, steps)
        };
        let one = trial(if self.steps > 0 { &[0] } else { &[] });
        let mut step = one.steps;
        let mut largest = step;
        let mut working = one.working;
        if self.steps > 1 {
            // What a sweep keeps for each step beside the record, adjoints of inputs for instance;
            // and the last step, which may differ and call for adjoints of another size.
            let each = trial(&[0, 0]).working.saturating_sub(one.working);
            let both = trial(&[0, self.steps - 1]);
            largest = step.max(both.steps.since(step));
            step.bytes += each;
            largest.bytes += each;
            working = working.max(both.working.saturating_sub(each));
        }
        let mut fixed = one.beside;
        fixed.bytes += working - fixed.copies.min(working);
        // Chained adjoints, outside the tape.
        fixed.bytes += bytes(self.start.theta.iter().chain(&self.start.vectors));
        if rewind == Rewind::Undo {
            // Decay or growth may call for a copy of each state; steps that are only passed do so
            // soonest.
            fixed.bytes += bytes(self.start.states.iter());
        }
        Sizes {
            step,
            largest,
            fixed,
            checkpoint: one.checkpoint,
        }
    }

    /// Records these steps and the end from the start, and sweeps them.
    fn trial(&self, rewind: Rewind, steps: &[usize]) -> Trial {
        self.tape.set_rewind(rewind);
        // A loss from earlier steps, to which all but the first step add.
        let mut first = self.first();
        first.loss = Some(Tensor::scalar(T::ZERO));
        let (mut moment, segment) = self.begin(&first);
        let leaves = moment.vectors.clone();
        let before = self.size();
        for &step in steps {
            self.take_step(&segment, &mut moment, step);
        }
        let recorded = self.size().since(before);
        self.recurrence.end(&segment, &mut moment);
        let beside = self.size().since(recorded);
        // Seeds everywhere, so that the pool of adjoints gets its buffers.
        let zeros = |tensors: &[Tensor<T>]| -> Vec<Option<Tensor<T>>> {
            let zeros = tensors.iter().map(|x| Tensor::zeros(x.shape().clone()));
            zeros.map(Some).collect()
        };
        let seeds = Chained {
            vectors: zeros(&self.start.vectors),
            theta: zeros(&self.start.theta),
        };
        self.sweep(&moment, &leaves, seeds, true);
        let memory = self.tape.memory();
        // The copies of the steps are in this already, and stay with the states as spare ones.
        let working = memory.state_bytes + memory.adjoint_bytes;
        Trial {
            steps: recorded,
            beside,
            working: working.saturating_sub(recorded.copies),
            checkpoint: first.bytes(),
        }
    }

    fn record_bytes(nodes: usize, operands: usize, values: usize) -> usize {
        // A sweep files the adjoint of each node, in a list that may have grown to twice its need.
        Nodes::bytes_of(nodes, operands)
            + nodes * (size_of::<Recorded<T>>() + 2 * size_of::<u32>())
            + values * size_of::<T>()
    }

    pub(super) fn size(&self) -> Size {
        let rec = self.tape.recording.borrow();
        let (nodes, operands) = (rec.nodes.len(), rec.nodes.operand_count());
        let (values, copies) = (rec.values.len(), rec.states.snapshot_bytes());
        Size {
            nodes,
            operands,
            values,
            copies,
            bytes: Self::record_bytes(nodes, operands, values) + copies,
        }
    }
}
