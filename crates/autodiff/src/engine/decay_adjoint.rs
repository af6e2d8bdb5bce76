//! Adjoint of a decay: the inner product of a state and its adjoint, `⟨W, W̄⟩`.
//!
//! It is kept up to date with numbers that a sweep has at hand, so that no pass over both matrices is
//! needed: a contribution `z̄ xᵀ` of a read `z = W x` adds `⟨W, z̄ xᵀ⟩ = z̄·z`, and on the way back over
//! an update
//!
//! ```text
//! W_after = keep W_before + Σ_k u_k v_kᵀ
//! ⟨W_before, W̄⟩ = (⟨W_after, W̄⟩ − Σ_k u_k·(W̄ v_k)) / keep
//! ```
//!
//! While decays make the product itself smaller and smaller, rounding errors stay as they are. So it
//! is computed anew every [`EVERY`] updates, and where the weights come from a snapshot.

use metaplast_tensor::{Scalar, kernels};

/// Updates from one computation anew to the next.
const EVERY: u32 = 16;

/// `⟨W, W̄⟩` during a sweep.
#[derive(Clone, Copy)]
pub(super) struct DecayAdjoint<T> {
    product: T,
    /// Updates since it was computed anew.
    updates: u32,
}

impl<T: Scalar> DecayAdjoint<T> {
    /// Of an adjoint that is zero.
    pub(super) fn new() -> Self {
        DecayAdjoint {
            product: T::ZERO,
            updates: 0,
        }
    }

    /// Adds `z̄·z` of a read.
    pub(super) fn add_read(&mut self, adjoint: &[T], value: &[T]) {
        self.product += kernels::dot(adjoint, value);
    }

    /// Adds what an addition to one of the two matrices makes of it.
    pub(super) fn add(&mut self, difference: T) {
        self.product += difference;
    }

    /// Counts an update; whether the product is to be computed anew, for weights that are `exact`
    /// or not. That of an update of `some_rows` only is always, and so is the next one before it.
    pub(super) fn is_due(&mut self, exact: bool, some_rows: bool) -> bool {
        self.updates += 1;
        let due = exact || some_rows || self.updates >= EVERY;
        if due {
            self.updates = if some_rows { EVERY } else { 0 };
        }
        due
    }

    /// Reverses an update, from its left vectors and the products `W̄ v_k`; `anew` is the
    /// product after undoing, where it was due. Returns `⟨W_before, W̄⟩`.
    pub(super) fn reverse_update<'a>(
        &mut self,
        anew: Option<T>,
        keep: T,
        products: impl Iterator<Item = (&'a [T], &'a [T])>,
    ) -> T {
        let before = anew.unwrap_or_else(|| {
            let added = products.fold(T::ZERO, |sum, (u, left)| sum + kernels::dot(u, left));
            (self.product - added) / keep
        });
        // The update's share of the adjoint is scaled on the way.
        self.product = keep * before;
        before
    }
}
