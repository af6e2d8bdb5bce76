//! One state: its value, how it is updated and undone, and its adjoint.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::Rewind;
use super::classes::Classes;
use super::drift::{Drift, Extent, growth_limit};
use super::inner::Inner;
use super::product::Room;
use super::sizes::Sizes;
use super::touched::Touched;
use super::waiting::Waiting;
use crate::support::Supports;

pub(super) struct Buffer<T> {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) value: PaddedMatrix<T>,
    /// Of no shape where the state is not tracked.
    pub(super) adjoint: PaddedMatrix<T>,
    /// Raised by each update, lowered by each undo.
    pub(super) version: u32,
    /// Whether the present value depends on anything differentiable.
    pub(super) tracked: bool,
    pub(super) with_gradient: bool,
    /// Generation of the recording in which the state was made.
    pub(super) stamp: u32,
    /// Set by a sweep: the value is the first one, not the last.
    pub(super) rewound: bool,
    pub(super) waiting: Waiting<T>,
    /// `⟨W, W̄⟩`, where updates decay.
    pub(super) inner: Option<Inner<T>>,
    /// Whether an update has ever decayed.
    pub(super) decays: bool,
    pub(super) touched: Touched,
    /// The version at which a sweep has left the rows that are not touched.
    pub(super) untouched_version: u32,
    snapshots: Vec<Snapshot<T>>,
    spare: Vec<PaddedMatrix<T>>,
    pub(super) drift: Drift,
}

struct Snapshot<T> {
    /// Version of the update before which it was taken.
    version: u32,
    value: PaddedMatrix<T>,
}

impl<T: Scalar> Buffer<T> {
    pub(super) fn new() -> Self {
        Buffer {
            rows: 0,
            cols: 0,
            value: PaddedMatrix::new(),
            adjoint: PaddedMatrix::new(),
            version: 0,
            tracked: false,
            with_gradient: false,
            stamp: 0,
            rewound: false,
            waiting: Waiting::new(),
            inner: None,
            decays: false,
            touched: Touched::default(),
            untouched_version: 0,
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
        self.value.assign(rows, cols, value);
        self.waiting.start(rows, cols);
        self.touched.start(rows);
        self.version = 0;
        self.tracked = with_gradient;
        self.with_gradient = with_gradient;
        self.stamp = stamp;
        self.rewound = false;
        self.spare
            .extend(self.snapshots.drain(..).map(|snapshot| snapshot.value));
        self.drift = Drift::new();
    }

    /// Raises the version for an update of these sizes, after a snapshot where `rewind` or the loss
    /// of digits asks for one.
    pub(super) fn begin_update(&mut self, sizes: Sizes, rewind: Rewind) {
        self.version += 1;
        let look = || Extent::of(&self.value);
        if self.drift.begin(sizes, rewind, growth_limit::<T>(), look) {
            self.take_snapshot();
        }
    }

    /// Notes how the weights may have grown by the update, whose projection is known by now.
    pub(super) fn end_update(&mut self, sizes: Sizes, projected: &[T]) {
        let value = &self.value;
        let size_of = |row: usize| match row < value.rows() {
            true => value.row_max_abs(row).to_f64(),
            false => 0.0,
        };
        let look = || Extent::of(value);
        self.drift.end(sizes.with(projected), size_of, look);
    }

    fn take_snapshot(&mut self) {
        let mut value = self.spare.pop().unwrap_or_default();
        value.copy_from(&self.value);
        self.snapshots.push(Snapshot {
            version: self.version,
            value,
        });
        // There each of them ends, with room taken now rather than by the next episode.
        self.spare.reserve(self.snapshots.len());
    }

    /// Forgets how to go back before the update with this version.
    pub(super) fn forget(&mut self, version: u32) {
        while let Some(last) = self.snapshots.pop_if(|last| last.version >= version) {
            self.spare.push(last.value);
        }
    }

    /// Lowers the version by the last update, and restores the value from before it where there is a
    /// snapshot; otherwise the caller has to undo it, and `false` is returned.
    pub(super) fn restore(&mut self) -> bool {
        let version = self.version;
        self.version -= 1;
        let snapshot = self.snapshots.pop_if(|last| last.version == version);
        let restored = snapshot.is_some();
        if let Some(mut last) = snapshot {
            std::mem::swap(&mut self.value, &mut last.value);
            self.untouched_version = self.version;
            self.spare.push(last.value);
        }
        restored
    }

    pub(super) fn begin_sweep(&mut self) {
        self.waiting.clear();
        self.inner = self.decays.then(Inner::new);
        self.untouched_version = self.version;
        if self.tracked {
            self.adjoint.assign_zeros(self.rows, self.cols);
        } else {
            self.adjoint.assign_zeros(0, 0);
        }
    }

    /// `W̄ += left rightᵀ`, now or with the next pass; rows outside the support take no part.
    pub(super) fn contribute(
        &mut self,
        left: &[T],
        right: &[T],
        support: u32,
        supports: &Supports,
        classes: &mut Classes,
    ) {
        self.waiting.add(left, right, support, supports);
        if self.waiting.is_full() {
            self.apply_waiting(supports, classes);
        }
    }

    /// `W̄ += Xᵀ Z` for a batch of reads, `X` `[n, rows]` and `Z` `[n, cols]`.
    pub(super) fn contribute_batch(
        &mut self,
        x: &[T],
        z: &[T],
        n: usize,
        supports: &Supports,
        classes: &mut Classes,
        room: &mut Room<T>,
    ) {
        self.apply_waiting(supports, classes);
        room.add_products(&mut self.adjoint, x, z, n);
    }

    pub(super) fn apply_waiting(&mut self, supports: &Supports, classes: &mut Classes) {
        if self.waiting.is_empty() {
            return;
        }
        let awake = self.touched.awake();
        self.waiting
            .apply(&mut self.adjoint, awake, supports, classes);
        self.waiting.clear();
    }

    pub(super) fn snapshot_bytes(&self) -> usize {
        self.snapshots.len() * self.bytes_of_snapshot()
    }

    /// What a snapshot takes, with its places in the list of snapshots and, when it is no longer
    /// needed, of spare ones; lists that may have grown to twice their need.
    pub(super) fn bytes_of_snapshot(&self) -> usize {
        let places = size_of::<Snapshot<T>>() + size_of::<PaddedMatrix<T>>();
        PaddedMatrix::<T>::bytes_of(self.rows, self.cols) + 2 * places
    }

    /// Snapshots that are no longer needed and lend their memory to new ones.
    pub(super) fn spare_copies(&self) -> usize {
        self.spare.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let copies = self.snapshots.iter().map(|snapshot| &snapshot.value);
        let copies: usize = copies.chain(&self.spare).map(PaddedMatrix::bytes).sum();
        let own =
            self.value.bytes() + self.adjoint.bytes() + self.waiting.bytes() + self.touched.bytes();
        own + copies
            + self.snapshots.capacity() * size_of::<Snapshot<T>>()
            + self.spare.capacity() * size_of::<PaddedMatrix<T>>()
    }
}
