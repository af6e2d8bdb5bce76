//! Operands of an update: which of a node's operands is what.

use std::ops::Range;

use metaplast_tensor::{Scalar, Shape};

use crate::nodes::DENSE;
use crate::op::Inputs;

/// So many summands all left vectors of an update may have together.
pub(crate) const MOST_SUMMANDS: usize = u32::BITS as usize;

/// The operands of a recorded update.
///
/// They are the right vectors; the decay, if there is one; the projection's scale, the vector
/// it goes through and its right vector, if there is one; and the left vectors, or a coefficient and
/// a vector for each of their summands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operands {
    /// Number of outer products.
    pub(crate) rank: u16,
    pub(crate) decay: bool,
    pub(crate) projection: bool,
    /// Where left vectors are sums with coefficients: bit j is set where summand j is the first of one.
    pub(crate) sums: u32,
}

impl Operands {
    pub(super) fn rank(self) -> usize {
        usize::from(self.rank)
    }

    pub(super) fn decay_operand(self) -> usize {
        self.rank()
    }

    /// The first of the projection's three operands.
    pub(super) fn projection_operand(self) -> usize {
        self.rank() + usize::from(self.decay)
    }

    /// The first operand of the left vectors.
    fn lefts(self) -> usize {
        self.projection_operand() + 3 * usize::from(self.projection)
    }

    /// Whether left vectors are sums with coefficients.
    pub(super) fn has_sums(self) -> bool {
        self.sums != 0
    }

    /// The operand that is left vector `k`, where it is one.
    pub(super) fn left(self, k: usize) -> usize {
        self.lefts() + k
    }

    /// The operand that is the coefficient of summand `j`; the summand itself comes next.
    pub(super) fn coefficient(self, j: usize) -> usize {
        self.lefts() + 2 * j
    }

    /// The summands of each left vector.
    pub(super) fn summands<T: Scalar>(
        self,
        inputs: &Inputs<'_, T>,
    ) -> impl DoubleEndedIterator<Item = Range<usize>> + use<T> {
        let count = (inputs.len() - self.lefts()) / 2;
        let next = move |from: usize| {
            let rest = self.sums.checked_shr(from as u32).unwrap_or(0);
            (from + rest.trailing_zeros() as usize).min(count)
        };
        let starts = (0..count).filter(move |&j| self.sums >> j & 1 == 1);
        starts.map(move |start| start..next(start + 1))
    }

    /// The sparsity pattern of a left vector with these summands.
    pub(super) fn pattern<T: Scalar>(
        self,
        inputs: &Inputs<'_, T>,
        mut summands: Range<usize>,
    ) -> u32 {
        let of = |j| inputs.pattern(self.coefficient(j) + 1);
        let first = summands.next().map_or(DENSE, of);
        // Different patterns would have to be united; it has not been needed.
        if summands.all(|j| of(j) == first) {
            first
        } else {
            DENSE
        }
    }

    /// `1 − d`
    pub(crate) fn keep<T: Scalar>(self, inputs: &Inputs<'_, T>) -> T {
        if self.decay {
            T::ONE - inputs.value(self.decay_operand())[0]
        } else {
            T::ONE
        }
    }

    /// Panics with the shapes where an operand does not fit a state `[rows, cols]`.
    #[track_caller]
    pub(crate) fn check<T: Scalar>(self, inputs: &Inputs<'_, T>, rows: usize, cols: usize) {
        if self.has_sums() {
            for (k, summands) in self.summands(inputs).enumerate() {
                for at in summands.map(|j| self.coefficient(j)) {
                    let coefficient = inputs.shape(at);
                    assert!(
                        coefficient.len() == 1,
                        "update: state of shape [{rows}, {cols}], coefficient of shape {coefficient}"
                    );
                    assert_fits([inputs.shape(at + 1), inputs.shape(k)], rows, cols);
                }
            }
        } else {
            // No closure: it would not tell the caller's line.
            for k in 0..self.rank() {
                assert_fits([inputs.shape(self.left(k)), inputs.shape(k)], rows, cols);
            }
        }
        if self.projection {
            let at = self.projection_operand();
            let [scale, through, right] = [0, 1, 2].map(|k| inputs.shape(at + k));
            assert!(
                scale.len() == 1 && through.dims() == [cols] && right.dims() == [cols],
                "update: state of shape [{rows}, {cols}], projection with scale {scale}, through {through}, right vector {right}"
            );
        }
    }
}

#[track_caller]
fn assert_fits([left, right]: [&Shape; 2], rows: usize, cols: usize) {
    assert!(
        left.dims() == [rows] && right.dims() == [cols],
        "rank_k_update: state of shape [{rows}, {cols}], left vector {left}, right vector {right}"
    );
}
