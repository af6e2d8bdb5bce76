//! Reverse sweep over the segments of a scan, from the last to the first, within a budget.

use std::ops::Range;

use metaplast_tensor::Scalar;

use super::{Chained, Checkpoint, Driver, End};
use crate::engine::snapshots::Rewind;
use crate::scan::carried::Moment;
use crate::scan::policy::Size;
use crate::scan::recurrence::Recurrence;

/// What the sweep of segments has come to.
pub(super) struct Reversed<T: Scalar> {
    pub(super) chained: Chained<T>,
    /// The end, once the last segment has been recorded.
    pub(super) last: Option<End<T>>,
    /// Fingerprint of the values at the start of the segment that was swept last.
    pub(super) next: Option<u64>,
    /// The largest step so far.
    pub(super) largest: Size,
    pub(super) peak_bytes: usize,
    pub(super) passed_steps: usize,
}

/// Within what a segment is recorded.
#[derive(Clone, Copy)]
pub(super) struct Within {
    pub(super) rewind: Rewind,
    /// Bytes of checkpoints.
    pub(super) held_bytes: usize,
    /// Bytes of tape and checkpoints together.
    pub(super) budget: Option<usize>,
}

impl Within {
    /// Copies that guard an undone segment may come on top of a budget, and nothing else.
    fn is_exceeded(&self, bytes: usize) -> bool {
        let strict = self.rewind != Rewind::Undo;
        strict && self.budget.is_some_and(|budget| bytes > budget)
    }
}

impl<'a, T: Scalar, R: Recurrence<T>> Driver<'a, T, R> {
    /// Records these steps and sweeps them. Where they turn out to record more than the budget
    /// leaves, the second half is recorded and swept first, from a checkpoint of its own.
    #[track_caller]
    pub(super) fn reverse(
        &self,
        origin: &Checkpoint<T>,
        steps: Range<usize>,
        within: &Within,
        reversed: &mut Reversed<T>,
    ) {
        self.tape.set_rewind(within.rewind);
        let (mut moment, segment) = self.begin(origin);
        let begin = self.fingerprint(&moment);
        let leaves = moment.vectors.clone();
        let beside = within.held_bytes + reversed.chained.bytes();
        let most = within.budget.map(|bytes| bytes.saturating_sub(beside));
        for t in steps.clone() {
            if t > steps.start && !self.make_room(reversed.largest, most) {
                drop(moment);
                let middle = steps.start + steps.len() / 2;
                return self.reverse_in_halves(origin, steps, middle.min(t), within, reversed);
            }
            let before = self.size();
            self.take_step(&segment, &mut moment, t);
            let step = self.size().since(before);
            reversed.largest = reversed.largest.max(step);
            let bytes = self.tape.memory().total();
            if within.is_exceeded(bytes + beside) {
                assert!(
                    steps.len() > 1,
                    "scan: step {t} takes {bytes} bytes on the tape, more than a budget of {} leaves",
                    within.budget.unwrap_or_default()
                );
                drop(moment);
                let middle = steps.start + steps.len() / 2;
                return self.reverse_in_halves(origin, steps, middle, within, reversed);
            }
        }
        if let Some(next) = reversed.next
            && next != self.fingerprint(&moment)
        {
            panic!(
                "scan: the steps from {} to {} gave other values when they were replayed; a step must \
                 be a function of what it is given",
                steps.start,
                steps.end - 1
            );
        }
        reversed.next = Some(begin);
        let is_last = reversed.last.is_none();
        if is_last {
            reversed.last = Some(self.finish(&segment, &mut moment));
        }
        let none = Chained {
            vectors: Vec::new(),
            theta: Vec::new(),
        };
        let chained = std::mem::replace(&mut reversed.chained, none);
        reversed.chained = self.sweep(&moment, &leaves, chained, is_last);
        let bytes = self.tape.memory().total() + within.held_bytes + reversed.chained.bytes();
        assert!(
            !within.is_exceeded(bytes),
            "scan: the steps from {} to {} and their adjoints take {bytes} bytes, more than the budget of {}",
            steps.start,
            steps.end - 1,
            within.budget.unwrap_or_default()
        );
        reversed.peak_bytes = reversed.peak_bytes.max(bytes);
    }

    #[track_caller]
    fn reverse_in_halves(
        &self,
        origin: &Checkpoint<T>,
        steps: Range<usize>,
        middle: usize,
        within: &Within,
        reversed: &mut Reversed<T>,
    ) {
        // The room for what is no longer recorded at a time holds the checkpoint.
        self.shrink_by_half();
        let made = self.advance(origin, steps.start..middle);
        reversed.passed_steps += middle - steps.start;
        let second = Within {
            held_bytes: within.held_bytes + made.bytes(),
            ..*within
        };
        self.reverse(&made, middle..steps.end, &second, reversed);
        drop(made);
        self.reverse(origin, steps.start..middle, within, reversed);
    }

    fn shrink_by_half(&self) {
        self.tape.reset();
        let mut rec = self.tape.recording.borrow_mut();
        let [nodes, operands] = rec.nodes.room().map(|room| room / 2);
        rec.nodes.reserve(nodes, operands, true);
        rec.ops.shrink_to(nodes);
        let values = rec.values.capacity() / 2;
        rec.values.shrink_to(values);
    }

    /// A number that tells the carried values and the loss from others.
    fn fingerprint(&self, moment: &Moment<'a, T>) -> u64 {
        // FNV-1a by whole numbers.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |x: T| {
            hash = (hash ^ x.to_f64().to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
            hash ^= hash >> 32;
        };
        for vector in moment.vectors.iter().chain(&moment.loss) {
            vector.with(|x| x.iter().for_each(|&x| add(x)));
        }
        let rec = self.tape.recording.borrow();
        for state in &moment.states {
            rec.states.for_each_element(state.index(), &mut add);
        }
        hash
    }
}
