//! When an update takes a snapshot first, because undoing it would lose digits.
//!
//! Undoing rounds as updating does, so that an undone value is off by units of rounding of the largest
//! values on the way back to it. That loses digits in two ways. Decay makes undoing divide by `1 − d`,
//! which magnifies what is off already. And where weights have grown to many times what they were,
//! what they were is small against the rounding.
//!
//! How much they grow is known by bounds, without a pass over the matrix: from above by the sizes of
//! the vectors that come in, from below by one row. Only where these are too far apart to tell does
//! somebody look at all weights.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::Rewind;
use super::sizes::Sizes;

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

/// The largest size of a weight, and a row where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    size: f64,
    row: usize,
}

impl Extent {
    /// One pass over the matrix.
    pub(super) fn of<T: Scalar>(weights: &PaddedMatrix<T>) -> Self {
        let rows = (0..weights.rows()).map(|row| Extent {
            size: weights.row_max_abs(row).to_f64(),
            row,
        });
        rows.fold(Extent { size: 0.0, row: 0 }, |most, one| {
            if one.size > most.size { one } else { most }
        })
    }
}

/// What decides when a state takes a snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drift {
    /// Magnification of rounding errors since the last exact copy.
    magnification: f64,
    /// Updates since then.
    updates: u32,
    /// No larger than the largest weight was at any time since then when there were weights other
    /// than zero; infinite where there was none.
    least: f64,
    /// Between these is the largest weight now.
    low: f64,
    high: f64,
    /// The row that is looked at, once the largest; none before the first update.
    row: Option<usize>,
}

impl Drift {
    /// For a state whose weights nobody has looked at.
    pub(super) fn new() -> Self {
        Drift {
            magnification: 1.0,
            updates: 0,
            least: f64::INFINITY,
            low: 0.0,
            high: f64::INFINITY,
            row: None,
        }
    }

    /// Counts an update that is about to be made, whether it needs a snapshot; `look` passes over
    /// the weights.
    pub(super) fn begin(
        &mut self,
        sizes: Sizes,
        rewind: Rewind,
        limit: f64,
        look: impl Fn() -> Extent,
    ) -> bool {
        if self.row.is_none() {
            self.see(look());
            self.remember();
        }
        self.updates += 1;
        let mut outgrown = self.outgrows(sizes, limit);
        if outgrown {
            // The bound has grown with every update.
            self.see(look());
            outgrown = self.outgrows(sizes, limit);
        }
        if self.high.is_infinite() {
            // From there is no way back, and nobody needs one.
            (self.least, outgrown) = (f64::INFINITY, false);
        }
        let magnification = self.magnification / sizes.keep.abs();
        let asked = matches!(rewind, Rewind::Snapshot { every } if self.updates >= every);
        // The comparison is also false for NaN, which a broken decay gives.
        let safe = magnification <= MAGNIFICATION_LIMIT;
        self.magnification = magnification.max(1.0);
        let due = asked || !safe || outgrown;
        if due {
            (self.magnification, self.updates) = (1.0, 0);
            // To the weights before the update leads the copy. Yet where they have not grown by much
            // they tell what to expect of those after it.
            self.least = f64::INFINITY;
            if !outgrown {
                self.remember();
            }
        }
        due
    }

    /// Whether an update makes the weights so large that what they were is lost.
    fn outgrows(&self, sizes: Sizes, limit: f64) -> bool {
        sizes.after(self.high) > limit * self.least
    }

    /// Notes the update once it is made; `size_of` tells the largest weight of a row, and `look`
    /// passes over all rows.
    pub(super) fn end(
        &mut self,
        sizes: Sizes,
        size_of: impl FnOnce(usize) -> f64,
        look: impl FnOnce() -> Extent,
    ) {
        self.high = sizes.after(self.high);
        self.low = self.row.map_or(0.0, size_of);
        // Where its row has shrunk, the largest weight may be in another.
        let doubtful = self.least.is_infinite() || self.low < 0.5 * self.least;
        if doubtful && self.low < self.high {
            self.see(look());
        }
        self.remember();
    }

    /// Notes an update that is foreseen, the largest weight taken to be as large as it can.
    pub(super) fn foresee(&mut self, sizes: Sizes) {
        self.high = sizes.after(self.high);
        self.low = self.high;
        self.remember();
    }

    /// What [`begin`](Self::begin) would see, where the weights are not known.
    pub(super) fn expected(&self) -> Extent {
        Extent {
            size: self.high,
            row: self.row.unwrap_or_default(),
        }
    }

    fn see(&mut self, extent: Extent) {
        (self.low, self.high) = (extent.size, extent.size);
        self.row = Some(extent.row);
    }

    fn remember(&mut self) {
        if self.low > 0.0 {
            self.least = self.least.min(self.low);
        }
    }
}
