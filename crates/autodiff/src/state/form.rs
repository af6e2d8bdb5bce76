//! What an update consists of.

use metaplast_tensor::Scalar;

use crate::ops::Inputs;

/// What a recorded update consists of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Number of outer products.
    pub(crate) rank: u32,
    pub(crate) decay: bool,
    pub(crate) projection: bool,
}

impl Form {
    pub(super) fn rank(self) -> usize {
        self.rank as usize
    }

    pub(super) fn decay_operand(self) -> usize {
        2 * self.rank()
    }

    /// The first of the projection's three operands.
    pub(super) fn projection_operand(self) -> usize {
        2 * self.rank() + usize::from(self.decay)
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
    pub(super) fn check<T: Scalar>(self, inputs: &Inputs<'_, T>, rows: usize, cols: usize) {
        for k in 0..self.rank() {
            let (left, right) = (inputs.shape(k), inputs.shape(self.rank() + k));
            assert!(
                left.dims() == [rows] && right.dims() == [cols],
                "rank_k_update: state of shape [{rows}, {cols}], left vector {left}, right vector {right}"
            );
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
