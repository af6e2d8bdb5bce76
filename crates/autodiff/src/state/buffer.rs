//! One state: its value, how it is updated and undone, and its adjoint.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{self, Write};

use super::Rewind;

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
/// (0..3).for_each(|_| w.rank_k_update(Some(half), &[], &[]));
/// assert_eq!(bytes(), one);
/// w.rank_k_update(Some(half), &[], &[]);
/// assert!(bytes() >= 2 * one);
/// ```
pub const MAGNIFICATION_LIMIT: f64 = 8.0;

/// Contributions to an adjoint that wait here are applied in one pass, at the latest when so many wait.
pub(super) const MOST_WAITING: usize = 4;

pub(super) struct Buffer<T> {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) value: Vec<T>,
    pub(super) adjoint: Vec<T>,
    /// Raised by each update, lowered by each undo.
    pub(super) version: u32,
    /// Whether the present value depends on anything differentiable.
    pub(super) tracked: bool,
    pub(super) with_gradient: bool,
    /// Generation of the recording in which the state was made.
    pub(super) stamp: u32,
    /// Set by a sweep: the value is the first one, not the last.
    pub(super) rewound: bool,
    waiting: Waiting<T>,
    snapshots: Vec<Snapshot<T>>,
    spare: Vec<Vec<T>>,
    pub(super) drift: Drift,
}

/// What decides when a state takes a snapshot.
#[derive(Clone, Copy)]
pub(super) struct Drift {
    /// Magnification of rounding errors since the last exact copy.
    magnification: f64,
    /// Updates since then.
    updates: u32,
}

impl Drift {
    fn new() -> Self {
        Drift {
            magnification: 1.0,
            updates: 0,
        }
    }

    /// Counts an update that keeps the share `keep` of the weights; whether it needs a snapshot.
    pub(super) fn is_due(&mut self, keep: f64, rewind: Rewind) -> bool {
        self.updates += 1;
        let magnification = self.magnification / keep.abs();
        let asked = matches!(rewind, Rewind::Snapshot { every } if self.updates >= every);
        // The comparison is also false for NaN, which a broken decay gives.
        let safe = magnification <= MAGNIFICATION_LIMIT;
        self.magnification = magnification.max(1.0);
        let due = asked || !safe;
        if due {
            *self = Drift::new();
        }
        due
    }
}

struct Snapshot<T> {
    /// Version of the update before which it was taken.
    version: u32,
    value: Vec<T>,
}

/// `W̄ = scale · adjoint + Σ left rightᵀ`
struct Waiting<T> {
    scale: T,
    count: usize,
    left: Vec<T>,
    right: Vec<T>,
}

impl<T: Scalar> Buffer<T> {
    pub(super) fn new() -> Self {
        Buffer {
            rows: 0,
            cols: 0,
            value: Vec::new(),
            adjoint: Vec::new(),
            version: 0,
            tracked: false,
            with_gradient: false,
            stamp: 0,
            rewound: false,
            waiting: Waiting {
                scale: T::ONE,
                count: 0,
                left: Vec::new(),
                right: Vec::new(),
            },
            snapshots: Vec::new(),
            spare: Vec::new(),
            drift: Drift::new(),
        }
    }

    /// Makes the buffer a new state and keeps its memory.
    pub(super) fn start(
        &mut self,
        rows: usize,
        cols: usize,
        value: &[T],
        with_gradient: bool,
        stamp: u32,
    ) {
        self.rows = rows;
        self.cols = cols;
        self.value.clear();
        self.value.extend_from_slice(value);
        self.version = 0;
        self.tracked = with_gradient;
        self.with_gradient = with_gradient;
        self.stamp = stamp;
        self.rewound = false;
        self.spare
            .extend(self.snapshots.drain(..).map(|snapshot| snapshot.value));
        self.drift = Drift::new();
    }

    /// `W ← keep·W + Σ u vᵀ`, after a snapshot where `rewind` or the decay asks for one.
    pub(super) fn update(&mut self, keep: T, us: &[&[T]], vs: &[&[T]], rewind: Rewind) {
        self.version += 1;
        if self.drift.is_due(keep.to_f64(), rewind) {
            self.take_snapshot();
        }
        kernels::rank_k_update(&mut self.value, self.rows, self.cols, keep, us, vs);
    }

    fn take_snapshot(&mut self) {
        let mut value = self.spare.pop().unwrap_or_default();
        value.clear();
        value.extend_from_slice(&self.value);
        self.snapshots.push(Snapshot {
            version: self.version,
            value,
        });
    }

    /// Forgets how to go back before the update with this version.
    pub(super) fn forget(&mut self, version: u32) {
        while let Some(last) = self.snapshots.pop_if(|last| last.version >= version) {
            self.spare.push(last.value);
        }
    }

    /// Takes the last update back.
    pub(super) fn undo(&mut self, keep: T, us: &[&[T]], vs: &[&[T]]) {
        let version = self.version;
        if let Some(mut last) = self.snapshots.pop_if(|last| last.version == version) {
            std::mem::swap(&mut self.value, &mut last.value);
            self.spare.push(last.value);
        } else {
            kernels::rank_k_undo(&mut self.value, self.rows, self.cols, keep, us, vs);
        }
        self.version -= 1;
    }

    pub(super) fn clear_adjoint(&mut self) {
        self.waiting.count = 0;
        self.waiting.left.clear();
        self.waiting.right.clear();
        self.waiting.scale = T::ONE;
        self.adjoint.clear();
        if self.tracked {
            self.adjoint.resize(self.rows * self.cols, T::ZERO);
        }
    }

    /// `W̄ += left rightᵀ`, now or with the next pass.
    pub(super) fn contribute(&mut self, left: &[T], right: &[T]) {
        self.waiting.left.extend_from_slice(left);
        self.waiting.right.extend_from_slice(right);
        self.waiting.count += 1;
        if self.waiting.count == MOST_WAITING {
            self.apply_waiting();
        }
    }

    /// `W̄ += Xᵀ Z` for a batch of reads, `X` `[n, rows]` and `Z` `[n, cols]`.
    pub(super) fn contribute_batch(&mut self, x: &[T], z: &[T], n: usize) {
        self.apply_waiting();
        kernels::matmul_tn(x, z, &mut self.adjoint, self.rows, n, self.cols, Write::Add);
    }

    pub(super) fn apply_waiting(&mut self) {
        if self.waiting.count == 0 && self.waiting.scale == T::ONE {
            return;
        }
        let mut left = [&[][..]; MOST_WAITING];
        let mut right = [&[][..]; MOST_WAITING];
        for k in 0..self.waiting.count {
            left[k] = &self.waiting.left[k * self.rows..][..self.rows];
            right[k] = &self.waiting.right[k * self.cols..][..self.cols];
        }
        kernels::rank_k_update(
            &mut self.adjoint,
            self.rows,
            self.cols,
            self.waiting.scale,
            &left[..self.waiting.count],
            &right[..self.waiting.count],
        );
        self.waiting.left.clear();
        self.waiting.right.clear();
        self.waiting.count = 0;
        self.waiting.scale = T::ONE;
    }

    /// `W̄ ← factor·W̄`, with the next pass. Nothing may wait.
    pub(super) fn scale_adjoint(&mut self, factor: T) {
        debug_assert_eq!(self.waiting.count, 0);
        self.waiting.scale *= factor;
    }

    pub(super) fn snapshot_bytes(&self) -> usize {
        self.snapshots.len() * self.bytes_of_snapshot()
    }

    /// What a snapshot takes, with its places in the list of snapshots and, when it is no longer
    /// needed, of spare ones; lists that may have grown to twice their need.
    pub(super) fn bytes_of_snapshot(&self) -> usize {
        let places = size_of::<Snapshot<T>>() + size_of::<Vec<T>>();
        self.rows * self.cols * size_of::<T>() + 2 * places
    }

    pub(super) fn waiting_capacity(&self) -> usize {
        self.waiting.left.capacity() + self.waiting.right.capacity()
    }

    /// Snapshots that are no longer needed and lend their memory to new ones.
    pub(super) fn spare_copies(&self) -> usize {
        self.spare.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let copies = self.snapshots.iter().map(|snapshot| &snapshot.value);
        let copies: usize = copies.chain(&self.spare).map(Vec::capacity).sum();
        let own = self.value.capacity() + self.adjoint.capacity();
        (own + self.waiting_capacity() + copies) * size_of::<T>()
            + self.snapshots.capacity() * size_of::<Snapshot<T>>()
            + self.spare.capacity() * size_of::<Vec<T>>()
    }
}
