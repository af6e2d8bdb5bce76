//! Policies of a scan: what it keeps, and when it replays.
//!
//! `n` segments are swept from the last to the first, each from a checkpoint at its start. With `s`
//! checkpoints to spare beside the first one, the longest run of segments in which none is
//! replayed more than `r` times is
//!
//! ```text
//! φ(s, r) = φ(s, r − 1) + φ(s − 1, r) = C(s + r + 1, r),   φ(s, 0) = 1,   φ(0, r) = r + 1
//! ```
//!
//! since a checkpoint splits it into a right part, which has one checkpoint less to spare, and a
//! left part, which has them all back and has been passed once more. This is the binomial
//! schedule of Griewank and Walther (ACM TOMS 26:19, 2000); no schedule replays less.

use std::ops::Add;

use crate::engine::snapshots::Rewind;

/// What [`scan`](super::scan) keeps for its reverse sweep.
///
/// ```
/// use metaplast_autodiff::scan::{Moment, Policy, Start, scan};
/// use metaplast_tensor::{Tensor, tensor};
///
/// // A matrix that learns for a thousand steps.
/// let step = |now: &mut Moment<'_, f64>, t: usize| {
///     let x = now.tape.constant(&tensor![1.0, (t as f64).sin()]);
///     let y = now.states[0].matvec(x).tanh();
///     now.states[0].rank_k_update(None, &[y * now.theta[0]], &[x]);
/// };
/// let end = |now: &mut Moment<'_, f64>| {
///     let x = now.tape.constant(&tensor![1.0, 1.0]);
///     now.add_loss(now.states[0].matvec(x).sum());
/// };
/// let start = Start {
///     states: vec![tensor![[0.1, 0.2], [0.3, 0.4]]],
///     vectors: vec![],
///     theta: vec![Tensor::scalar(-0.01)],
/// };
/// let run = |policy| scan(step, end, &start, 1000, policy);
/// let all = run(Policy::StoreAll);
/// for policy in [Policy::Every { steps: 32 }, Policy::Budget { bytes: 50_000 }] {
///     let some = run(policy);
///     assert_eq!(some.theta[0], all.theta[0]);
///     assert!(some.report.peak_bytes < all.report.peak_bytes / 5);
/// }
/// let undone = run(Policy::Undo { steps: 32 });
/// assert!((undone.theta[0].item() / all.theta[0].item() - 1.0).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// Everything: one recording, with a copy of each state before each update. Memory grows with
    /// `T` matrices.
    StoreAll,
    /// The carried values every `steps` steps, from which segments are replayed: about
    /// `T / steps + steps` matrices, hence O(√T) for `steps` near `√T`. Every step runs twice.
    Every {
        /// Steps of a segment, at least 1.
        steps: usize,
    },
    /// As much as fits: [`StoreAll`](Policy::StoreAll) if it does, else segments and
    /// checkpoints that replay as little as possible.
    ///
    /// The plan is made with the sizes of the first step, the last one and the end. Where other steps
    /// record more, what is left of the budget is used; where that is too little, the segment is
    /// halved, which replays half of it once more, and so on. A budget that does not hold even one
    /// step is refused.
    Budget {
        /// Bytes of the tape and the checkpoints together.
        bytes: usize,
    },
    /// No copies of states within a segment: the sweep undoes the updates by arithmetic. Memory
    /// grows with the *vectors* of a segment. `steps: usize::MAX` makes one recording.
    ///
    /// The result is not that of plain recording with copies to the last bit: undoing leaves
    /// rounding errors, magnified by
    /// [`MAGNIFICATION_LIMIT`](crate::state::MAGNIFICATION_LIMIT) at most, of weights that grew by
    /// [`growth_limit`](crate::state::growth_limit) at most.
    Undo {
        /// Steps of a segment, at least 1.
        steps: usize,
    },
    /// As [`Budget`](Policy::Budget), but without copies of states within a segment, as
    /// [`Undo`](Policy::Undo): far longer segments for the same bytes. One copy of each state that
    /// guards against decay or growth is counted; where these call for more, they come on top.
    UndoBudget {
        /// Bytes of the tape and the checkpoints together.
        bytes: usize,
    },
    /// Just this, such as a [`Plan`] that was made before: it then repeats to the bit whatever a
    /// budget would come to today.
    Planned {
        /// Steps of a segment, at least 1.
        segment: usize,
        /// Checkpoints held at a time, the start included; at least 1.
        checkpoints: usize,
        /// How the sweep of a segment gets back to earlier values of the states.
        rewind: Rewind,
    },
}

/// How a scan is run: what became of a [`Policy`].
///
/// ```
/// use metaplast_autodiff::scan::{Policy, Start, plan};
/// use metaplast_tensor::Tensor;
///
/// let start = Start { states: vec![], vectors: vec![Tensor::scalar(0.5)], theta: vec![] };
/// let plan = plan(
///     |now, _| now.vectors[0] = now.vectors[0].sin(),
///     |now| now.add_loss(now.vectors[0]),
///     &start,
///     100,
///     Policy::Every { steps: 10 },
/// );
/// // Nine segments are replayed from checkpoints at their starts, the tenth is recorded at once.
/// assert_eq!((plan.segment, plan.checkpoints, plan.replays), (10, 9, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// Steps of a segment, all of which are on the tape at a time.
    pub segment: usize,
    /// Checkpoints held at a time, the start included.
    pub checkpoints: usize,
    /// How often a step is run at most, apart from its recording.
    pub replays: usize,
    /// How the sweep of a segment gets back to earlier values of the states.
    pub rewind: Rewind,
    /// Estimated bytes of tape and checkpoints.
    pub bytes: usize,
}

/// Lengths of what is recorded, in nodes, operands and elements, and bytes of copies of states.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) nodes: usize,
    pub(super) operands: usize,
    pub(super) values: usize,
    pub(super) copies: usize,
    pub(super) bytes: usize,
}

impl Add for Size {
    type Output = Size;

    fn add(self, other: Size) -> Size {
        Size {
            nodes: self.nodes + other.nodes,
            operands: self.operands + other.operands,
            values: self.values + other.values,
            copies: self.copies + other.copies,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl Size {
    pub(super) fn times(self, n: usize) -> Size {
        Size {
            nodes: self.nodes * n,
            operands: self.operands * n,
            values: self.values * n,
            copies: self.copies * n,
            bytes: self.bytes * n,
        }
    }

    /// The larger of both, part by part.
    pub(super) fn max(self, other: Size) -> Size {
        Size {
            nodes: self.nodes.max(other.nodes),
            operands: self.operands.max(other.operands),
            values: self.values.max(other.values),
            copies: self.copies.max(other.copies),
            bytes: self.bytes.max(other.bytes),
        }
    }

    /// What was added since `before`.
    pub(super) fn since(self, before: Size) -> Size {
        Size {
            nodes: self.nodes - before.nodes,
            operands: self.operands - before.operands,
            values: self.values - before.values,
            copies: self.copies - before.copies,
            bytes: self.bytes - before.bytes,
        }
    }
}

/// Sizes by which a policy is made a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// The first step.
    pub(super) step: Size,
    /// The larger, part by part, of the first and the last step.
    pub(super) largest: Size,
    /// What every segment holds beside its steps, the end included.
    pub(super) fixed: Size,
    /// Bytes of one checkpoint.
    pub(super) checkpoint: usize,
}

impl Policy {
    pub(super) fn rewind(self) -> Rewind {
        match self {
            Policy::Undo { .. } | Policy::UndoBudget { .. } => Rewind::Undo,
            Policy::Planned { rewind, .. } => rewind,
            Policy::StoreAll | Policy::Every { .. } | Policy::Budget { .. } => {
                Rewind::Snapshot { every: 1 }
            }
        }
    }

    /// Bytes within which it is to stay.
    pub(super) fn budget(self) -> Option<usize> {
        match self {
            Policy::Budget { bytes } | Policy::UndoBudget { bytes } => Some(bytes),
            _ => None,
        }
    }

    #[track_caller]
    pub(super) fn plan(self, steps: usize, sizes: &Sizes) -> Plan {
        match self {
            Policy::StoreAll => self.segments(steps, steps, usize::MAX, sizes),
            Policy::Every { steps: segment } | Policy::Undo { steps: segment } => {
                assert!(segment > 0, "scan: a segment needs at least one step");
                self.segments(steps, segment, usize::MAX, sizes)
            }
            Policy::Planned {
                segment,
                checkpoints,
                ..
            } => {
                assert!(
                    segment > 0 && checkpoints > 0,
                    "scan: a plan needs at least one step in a segment and one checkpoint"
                );
                self.segments(steps, segment, checkpoints - 1, sizes)
            }
            Policy::Budget { bytes } | Policy::UndoBudget { bytes } => {
                self.within(bytes, steps, sizes)
            }
        }
    }

    /// Segments of `segment` steps and at most `spare` checkpoints beside the start.
    fn segments(self, steps: usize, segment: usize, spare: usize, sizes: &Sizes) -> Plan {
        let segment = segment.clamp(1, steps.max(1));
        let n = steps.div_ceil(segment).max(1);
        // The last segment is recorded as soon as it is reached, so it needs none.
        let spare = spare.min(n.saturating_sub(2));
        // One more copy exists while it is being made.
        let checkpoints = spare + 1 + usize::from(n > 1);
        let bytes = sizes.fixed.bytes
            + sizes.step.bytes.saturating_mul(segment)
            + sizes.checkpoint * checkpoints;
        Plan {
            segment,
            checkpoints: spare + 1,
            replays: repetitions(n, spare),
            rewind: self.rewind(),
            // Adjoints are filed in buffers of a few sizes; how many there are is known but nearly.
            bytes: bytes.saturating_add(bytes / 32),
        }
    }

    #[track_caller]
    fn within(self, bytes: usize, steps: usize, sizes: &Sizes) -> Plan {
        let mut best = self.segments(steps, 1, 0, sizes);
        assert!(
            best.bytes <= bytes,
            "scan: a budget of {bytes} bytes is less than the {} that one step needs",
            best.bytes
        );
        let whole = self.segments(steps, steps, 0, sizes);
        if whole.bytes <= bytes {
            // Nothing is run twice.
            return whole;
        }
        for segment in 1..=steps {
            let least = self.segments(steps, segment, 0, sizes);
            if least.bytes > bytes {
                // The last one has no checkpoints and may fit where shorter ones do not.
                if segment < steps {
                    continue;
                }
                break;
            }
            // With its part of what is added for adjoints.
            let checkpoint = sizes.checkpoint + sizes.checkpoint / 32 + 1;
            let spare = (bytes - least.bytes) / checkpoint;
            let plan = self.segments(steps, segment, spare, sizes);
            if (plan.replays, plan.bytes) < (best.replays, best.bytes) {
                best = plan;
            }
        }
        best
    }
}

/// `φ(spare, r)` for growing `r`.
fn reaches(spare: usize) -> impl Iterator<Item = u128> {
    let mut reach = 1u128;
    (1u128..).map(move |r| {
        let now = reach;
        reach = reach.saturating_mul(spare as u128 + 1 + r) / r;
        now
    })
}

/// The least `r` with `φ(spare, r) ≥ n`.
fn repetitions(n: usize, spare: usize) -> usize {
    if spare == 0 {
        return n.saturating_sub(1);
    }
    reaches(spare)
        .position(|reach| reach >= n as u128)
        .expect("the reach grows without end")
}

/// Where to put the next checkpoint in `n > 1` segments with `spare > 0` to spare.
pub(super) fn split(n: usize, spare: usize) -> usize {
    let r = repetitions(n, spare);
    let right = reaches(spare - 1).nth(r).expect("endless");
    n - usize::try_from(right).unwrap_or(n).clamp(1, n - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the schedule without any work; how often each segment is passed.
    fn passes(n: usize, spare: usize) -> Vec<usize> {
        let mut passed = vec![0; n];
        let mut held = vec![0];
        let mut end = n;
        while end > 0 {
            let from = *held.last().unwrap();
            let free = spare + 1 - held.len();
            let left = end - from;
            let ahead = match (left, free) {
                (1, _) => {
                    held.pop();
                    end -= 1;
                    continue;
                }
                (_, 0) => left - 1,
                _ => split(left, free),
            };
            (from..from + ahead).for_each(|k| passed[k] += 1);
            if free > 0 {
                held.push(from + ahead);
            } else {
                end -= 1;
            }
        }
        passed
    }

    #[test]
    fn no_segment_is_passed_more_often_than_planned() {
        for n in 1..60 {
            for spare in 0..12 {
                let most = passes(n, spare).into_iter().max().unwrap();
                assert!(most <= repetitions(n, spare), "{n} segments, {spare} spare");
            }
        }
    }

    #[test]
    fn enough_checkpoints_replay_once() {
        assert_eq!(repetitions(1, 0), 0);
        for n in 2..50 {
            assert_eq!(repetitions(n, n - 2), 1);
            assert!(passes(n, n - 2).iter().all(|&times| times <= 1));
        }
    }

    #[test]
    fn a_budget_is_kept_and_a_larger_one_replays_less() {
        let size = |bytes| Size {
            bytes,
            ..Size::default()
        };
        let sizes = Sizes {
            step: size(1000),
            largest: size(1000),
            fixed: size(3000),
            checkpoint: 700,
        };
        let mut before = usize::MAX;
        for bytes in (6000..110_000).step_by(500) {
            let plan = Policy::Budget { bytes }.plan(100, &sizes);
            assert!(plan.bytes <= bytes);
            assert!(plan.replays <= before);
            before = plan.replays;
        }
        assert_eq!(before, 0);
    }
}
