//! Snapshots: exact copies of a state's weights, taken before updates whose undoing would lose
//! digits.
//!
//! Undoing rounds as updating does, so that an undone value is off by units of rounding of the largest
//! values on the way back to it. That loses digits in two ways. Decay makes undoing divide by `1 − d`,
//! which magnifies what is off already. And where weights have grown to many times what they were,
//! what they were is small against the rounding.
//!
//! How much they grow is known by bounds, without a pass over the matrix: from above by the vectors
//! of the updates ([`UpdateBound`]), from below by one row. Only where these are too far apart to
//! tell are all weights looked at.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::update_bound::UpdateBound;

/// How the sweep gets back to earlier values of the states.
///
/// ```
/// use metaplast_autodiff::{Rewind, Tape};
/// use metaplast_tensor::tensor;
///
/// let rewound = |rewind| {
///     let tape = Tape::<f32>::new();
///     tape.set_rewind(rewind);
///     let w = tape.state(&tensor![[0.1]]);
///     let (u, v) = (tape.scalar(100.0).reshape([1]), tape.constant(&tensor![1.0]));
///     w.rank_k_update(None, &[u], &[v]);
///     w.matvec(v).sum().backward();
///     w.rewound_value().item()
/// };
/// // The arithmetic of so large an update loses some of what was there; a copy does not.
/// assert_eq!(rewound(Rewind::Snapshot { every: 1 }), 0.1);
/// assert_eq!(rewound(Rewind::Undo), 0.099998474);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rewind {
    /// Undo each update by arithmetic; snapshots only where decay would magnify rounding errors or
    /// weights have outgrown them, by [`MAGNIFICATION_LIMIT`] and [`growth_limit`].
    #[default]
    Undo,
    /// A snapshot before every `every`-th update of each state, arithmetic in between;
    /// `every: 1` restores every value bit for bit and costs one matrix per update.
    Snapshot {
        /// Updates from one snapshot to the next, at least 1.
        every: u32,
    },
}

/// The greatest magnification `Π 1/(1 − d)` of rounding errors between two exact copies of a state.
///
/// Beyond it an update takes a snapshot, so the error of an undone value stays within this factor
/// of what the roundings of the same number of updates without decay would leave.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_autodiff::state::MAGNIFICATION_LIMIT;
/// use metaplast_tensor::Tensor;
///
/// let tape = Tape::<f64>::new();
/// let w = tape.state(&Tensor::ones([100, 100]));
/// let bytes = || tape.memory().state_bytes;
/// let one = bytes();
/// // Halving magnifies by 2: three times is within the limit, the fourth takes a copy.
/// assert_eq!(MAGNIFICATION_LIMIT, 8.0);
/// let half = tape.scalar(0.5);
/// let copy = 100 * 100 * size_of::<f64>();
/// (0..3).for_each(|_| w.rank_k_update(Some(half), &[], &[]));
/// assert!(bytes() < one + copy);
/// w.rank_k_update(Some(half), &[], &[]);
/// assert!(bytes() >= one + copy);
/// ```
pub const MAGNIFICATION_LIMIT: f64 = 8.0;

/// The greatest growth of a state's largest weight between two exact copies: half of the digits are
/// kept.
///
/// It is `1/√ε`, 2,896 in `f32` and 6.7·10⁷ in `f64`, far beyond what weights grow by that learn. An
/// update that might pass it takes a snapshot first. A state of zeros counts from its first update,
/// since before that it has no digits to lose.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_autodiff::state::growth_limit;
/// use metaplast_tensor::Tensor;
///
/// assert_eq!(growth_limit::<f64>(), 2f64.powi(26));
///
/// let tape = Tape::<f64>::new();
/// let w = tape.state(&Tensor::ones([1, 1]));
/// let one = tape.constant(&Tensor::ones([1]));
/// w.rank_k_update(None, &[one * 1e30], &[one]);
/// w.rank_k_update(None, &[one * -1e30], &[one]);
/// w.matvec(tape.var(&Tensor::ones([1]))).sum().backward();
/// assert_eq!(w.rewound_value().item(), 1.0);
/// ```
#[must_use]
pub fn growth_limit<T: Scalar>() -> f64 {
    1.0 / T::EPSILON.sqrt()
}

/// The snapshots of one state, and what decides when the next is due.
pub(super) struct Snapshots<T> {
    kept: Vec<Snapshot<T>>,
    /// Snapshots that are no longer needed and lend their memory to new ones.
    spare: Vec<PaddedMatrix<T>>,
    pub(super) growth: Growth,
}

struct Snapshot<T> {
    /// Version of the update before which it was taken.
    version: u32,
    value: PaddedMatrix<T>,
}

impl<T: Scalar> Snapshots<T> {
    pub(super) fn new() -> Self {
        Snapshots {
            kept: Vec::new(),
            spare: Vec::new(),
            growth: Growth::new(),
        }
    }

    /// Forgets them for a new state, and keeps their memory.
    pub(super) fn clear(&mut self) {
        let kept = self.kept.drain(..);
        self.spare.extend(kept.map(|snapshot| snapshot.value));
        self.growth = Growth::new();
    }

    /// Takes one of `value` before the update that makes it `version`.
    pub(super) fn take(&mut self, value: &PaddedMatrix<T>, version: u32) {
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.copy_from(value);
        self.kept.push(Snapshot {
            version,
            value: copy,
        });
        // Reserve now: every snapshot ends up in the spare list.
        self.spare.reserve(self.kept.len());
    }

    /// Forgets those before the update with this version and later ones.
    pub(super) fn forget(&mut self, version: u32) {
        while let Some(last) = self.kept.pop_if(|last| last.version >= version) {
            self.spare.push(last.value);
        }
    }

    /// Puts the value from before the update with this version in the place of `value`, if there is
    /// a snapshot of it.
    pub(super) fn restore(&mut self, value: &mut PaddedMatrix<T>, version: u32) -> bool {
        let snapshot = self.kept.pop_if(|last| last.version == version);
        let restored = snapshot.is_some();
        if let Some(mut last) = snapshot {
            std::mem::swap(value, &mut last.value);
            self.spare.push(last.value);
        }
        restored
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn spare(&self) -> usize {
        self.spare.len()
    }

    /// What a snapshot of a state `[rows, cols]` takes, with its places in the list of snapshots
    /// and, when it is no longer needed, of spare ones; lists that may have grown to twice their
    /// need.
    pub(super) fn bytes_of_one(rows: usize, cols: usize) -> usize {
        let places = size_of::<Snapshot<T>>() + size_of::<PaddedMatrix<T>>();
        PaddedMatrix::<T>::bytes_of(rows, cols) + 2 * places
    }

    pub(super) fn bytes(&self) -> usize {
        let copies = self.kept.iter().map(|snapshot| &snapshot.value);
        let copies: usize = copies.chain(&self.spare).map(PaddedMatrix::bytes).sum();
        copies
            + self.kept.capacity() * size_of::<Snapshot<T>>()
            + self.spare.capacity() * size_of::<PaddedMatrix<T>>()
    }
}

/// The largest magnitude of a weight, and a row where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LargestWeight {
    size: f64,
    row: usize,
}

impl LargestWeight {
    /// One pass over the matrix.
    pub(super) fn of<T: Scalar>(weights: &PaddedMatrix<T>) -> Self {
        let rows = (0..weights.rows()).map(|row| LargestWeight {
            size: weights.row_max_abs(row).to_f64(),
            row,
        });
        rows.fold(LargestWeight { size: 0.0, row: 0 }, |most, one| {
            if one.size > most.size { one } else { most }
        })
    }

    /// The magnitude.
    pub(super) fn size(self) -> f64 {
        self.size
    }
}

/// Growth of weights and of their rounding errors since the last snapshot, which decides when the
/// next is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    /// Magnification of rounding errors since the last snapshot.
    magnification: f64,
    /// Updates since then.
    updates: u32,
    /// No larger than the largest weight was at any time since then when there were weights other
    /// than zero; infinite where there was none.
    reference: f64,
    /// Between these is the largest weight now.
    low: f64,
    high: f64,
    /// The row that is looked at, once the largest; none before the first update.
    row: Option<usize>,
}

impl Growth {
    /// For a state whose weights have not been measured.
    pub(super) fn new() -> Self {
        Growth {
            magnification: 1.0,
            updates: 0,
            reference: f64::INFINITY,
            low: 0.0,
            high: f64::INFINITY,
            row: None,
        }
    }

    /// Counts an update that is about to be made, whether it needs a snapshot; `measure` passes over
    /// the weights.
    pub(super) fn begin(
        &mut self,
        bound: UpdateBound,
        rewind: Rewind,
        limit: f64,
        measure: impl Fn() -> LargestWeight,
    ) -> bool {
        if self.row.is_none() {
            self.set_largest(measure());
            self.note_reference();
        }
        self.updates += 1;
        let mut outgrown = self.outgrows(bound, limit);
        if outgrown {
            // The bound has grown with every update.
            self.set_largest(measure());
            outgrown = self.outgrows(bound, limit);
        }
        if self.high.is_infinite() {
            // No snapshot: infinite weights cannot be undone, and their gradient is useless.
            (self.reference, outgrown) = (f64::INFINITY, false);
        }
        let magnification = self.magnification / bound.keep.abs();
        let asked = matches!(rewind, Rewind::Snapshot { every } if self.updates >= every);
        // The comparison is also false for NaN, which a broken decay gives.
        let safe = magnification <= MAGNIFICATION_LIMIT;
        self.magnification = magnification.max(1.0);
        let due = asked || !safe || outgrown;
        if due {
            (self.magnification, self.updates) = (1.0, 0);
            // The snapshot restores everything before this update, so the reference size starts
            // anew. Yet where the weights have not grown by much, they tell what to expect of those
            // after it.
            self.reference = f64::INFINITY;
            if !outgrown {
                self.note_reference();
            }
        }
        due
    }

    /// Whether an update makes the weights so large that what they were is lost.
    fn outgrows(&self, bound: UpdateBound, limit: f64) -> bool {
        bound.after(self.high) > limit * self.reference
    }

    /// Notes the update once it is made; `size_of` tells the largest weight of a row, and `measure`
    /// passes over all rows.
    pub(super) fn end(
        &mut self,
        bound: UpdateBound,
        size_of: impl FnOnce(usize) -> f64,
        measure: impl FnOnce() -> LargestWeight,
    ) {
        self.high = bound.after(self.high);
        self.low = self.row.map_or(0.0, size_of);
        // Where its row has shrunk, the largest weight may be in another.
        let doubtful = self.reference.is_infinite() || self.low < 0.5 * self.reference;
        if doubtful && self.low < self.high {
            self.set_largest(measure());
        }
        self.note_reference();
    }

    /// Notes an update that is foreseen, the largest weight taken to be as large as it can.
    pub(super) fn predict(&mut self, bound: UpdateBound) {
        self.high = bound.after(self.high);
        self.low = self.high;
        self.note_reference();
    }

    /// What [`begin`](Self::begin) would measure, where the weights are not known.
    pub(super) fn predicted(&self) -> LargestWeight {
        LargestWeight {
            size: self.high,
            row: self.row.unwrap_or_default(),
        }
    }

    fn set_largest(&mut self, largest: LargestWeight) {
        (self.low, self.high) = (largest.size, largest.size);
        self.row = Some(largest.row);
    }

    fn note_reference(&mut self) {
        if self.low > 0.0 {
            self.reference = self.reference.min(self.low);
        }
    }
}
