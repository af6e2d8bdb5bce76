//! Buffers of one state: its value, how it is updated and restored, and its adjoint.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::decay_adjoint::DecayAdjoint;
use super::frozen::FrozenRows;
use super::pending::Pending;
use super::row_sets::{ActiveRows, RowSets};
use super::snapshots::{LargestWeight, Rewind, Snapshots, growth_limit};
use super::update_bound::UpdateBound;
use super::workspace::Workspace;
use crate::sparsity::Patterns;

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
    pub(super) pending: Pending<T>,
    /// `⟨W, W̄⟩`, where updates decay.
    pub(super) decay_adjoint: Option<DecayAdjoint<T>>,
    /// Whether an update has ever decayed.
    pub(super) decays: bool,
    pub(super) active: ActiveRows,
    /// The version at which a sweep has left the rows that are not active.
    pub(super) inactive_version: u32,
    pub(super) snapshots: Snapshots<T>,
    pub(super) frozen: FrozenRows,
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
            pending: Pending::new(),
            decay_adjoint: None,
            decays: false,
            active: ActiveRows::default(),
            inactive_version: 0,
            snapshots: Snapshots::new(),
            frozen: FrozenRows::default(),
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
        self.pending.start(rows, cols);
        self.active.start(rows);
        self.version = 0;
        self.tracked = with_gradient;
        self.with_gradient = with_gradient;
        self.stamp = stamp;
        self.rewound = false;
        self.snapshots.clear();
        self.frozen.clear();
    }

    /// Raises the version for an update with this bound, after a snapshot where `rewind` or the loss
    /// of digits asks for one.
    pub(super) fn begin_update(&mut self, bound: UpdateBound, rewind: Rewind) {
        self.version += 1;
        let measure = || LargestWeight::of(&self.value);
        let growth = &mut self.snapshots.growth;
        if growth.begin(bound, rewind, growth_limit::<T>(), measure) {
            self.snapshots.take(&self.value, self.version);
        }
    }

    /// Notes how the weights may have grown by the update, whose projection is known by now.
    pub(super) fn end_update(&mut self, bound: UpdateBound, projected: &[T]) {
        let value = &self.value;
        let size_of = |row: usize| match row < value.rows() {
            true => value.row_max_abs(row).to_f64(),
            false => 0.0,
        };
        let measure = || LargestWeight::of(value);
        let growth = &mut self.snapshots.growth;
        growth.end(bound.with(projected), size_of, measure);
    }

    /// Lowers the version by the last update, and restores the value from before it where there is a
    /// snapshot; otherwise the caller has to undo it, and `false` is returned.
    pub(super) fn restore(&mut self) -> bool {
        let version = self.version;
        self.version -= 1;
        let restored = self.snapshots.restore(&mut self.value, version);
        if restored {
            self.inactive_version = self.version;
        }
        restored
    }

    pub(super) fn begin_sweep(&mut self) {
        self.pending.clear();
        self.decay_adjoint = self.decays.then(DecayAdjoint::new);
        self.inactive_version = self.version;
        if self.tracked {
            self.adjoint.assign_zeros(self.rows, self.cols);
        } else {
            self.adjoint.assign_zeros(0, 0);
        }
    }

    /// `W̄ += left rightᵀ`, now or with the next pass; rows outside the pattern take no part.
    pub(super) fn contribute(
        &mut self,
        left: &[T],
        right: &[T],
        pattern: u32,
        patterns: &Patterns,
        row_sets: &mut RowSets,
    ) {
        self.pending.add(left, right, pattern, patterns);
        if self.pending.is_full() {
            self.apply_pending(patterns, row_sets);
        }
    }

    /// `W̄ += Xᵀ Z` for a batch of reads, `X` `[n, rows]` and `Z` `[n, cols]`.
    pub(super) fn contribute_batch(
        &mut self,
        x: &[T],
        z: &[T],
        n: usize,
        patterns: &Patterns,
        workspace: &mut Workspace<T>,
    ) {
        self.apply_pending(patterns, &mut workspace.row_sets);
        workspace.add_products(&mut self.adjoint, x, z, n);
    }

    /// `W̄ += Z̄` for a read of the whole matrix, row-major.
    pub(super) fn contribute_whole(
        &mut self,
        adjoint: &[T],
        patterns: &Patterns,
        row_sets: &mut RowSets,
    ) {
        self.apply_pending(patterns, row_sets);
        self.adjoint.add_scaled_elements(T::ONE, adjoint);
    }

    pub(super) fn apply_pending(&mut self, patterns: &Patterns, row_sets: &mut RowSets) {
        self.apply_pending_to(self.rows, patterns, row_sets);
        self.pending.clear();
    }

    /// Applies what is pending to the first `rows`.
    fn apply_pending_to(&mut self, rows: usize, patterns: &Patterns, row_sets: &mut RowSets) {
        if self.pending.is_empty() {
            return;
        }
        let active = self.active.rows();
        self.pending
            .apply(&mut self.adjoint, rows, active, patterns, row_sets);
    }

    /// How many rows the update to this version changes: the first ones.
    pub(super) fn changing(&self, version: u32) -> usize {
        self.frozen.changing(version, self.rows)
    }

    /// Applies what is pending before the way back over an update that changed the first `changing` rows, if
    /// it concerns others.
    pub(super) fn settle_frozen(
        &mut self,
        changing: usize,
        patterns: &Patterns,
        row_sets: &mut RowSets,
    ) {
        if self.pending.reaches(changing) {
            self.apply_pending(patterns, row_sets);
        }
    }

    /// Notes that the adjoint of the rows that an update changed, the first `changing`, is `keep` times as
    /// large before it.
    pub(super) fn scale_adjoint(
        &mut self,
        keep: T,
        changing: usize,
        patterns: &Patterns,
        row_sets: &mut RowSets,
    ) {
        self.pending.scale = keep;
        if changing < self.rows {
            // What is pending concerns all rows, so it cannot wait.
            self.apply_pending_to(changing, patterns, row_sets);
            self.pending.scale = T::ONE;
        }
    }

    pub(super) fn snapshot_bytes(&self) -> usize {
        self.snapshots.len() * Snapshots::<T>::bytes_of_one(self.rows, self.cols)
    }

    pub(super) fn bytes(&self) -> usize {
        self.value.bytes()
            + self.adjoint.bytes()
            + self.pending.bytes()
            + self.active.bytes()
            + self.snapshots.bytes()
            + self.frozen.bytes()
    }
}
