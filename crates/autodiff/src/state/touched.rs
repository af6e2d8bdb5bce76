//! Which rows of a state a sweep has to do with.
//!
//! A row that no differentiated read uses has no adjoint: whatever updates did to it reaches no
//! result. A sweep over a whole recording leaves such rows alone, adjoint and weights, and they stay
//! at their last value until somebody asks for the first one. The weights as a whole stay where
//! nothing in the sweep multiplies by them: reads of constants, as of a network's input, only
//! contribute to the adjoint.

/// The rows that reads use, as they are recorded.
#[derive(Default)]
pub(super) struct Touched {
    all: bool,
    /// Whether the sweep needs earlier values of the weights.
    pub(super) values: bool,
    rows: Vec<bool>,
}

impl Touched {
    /// None of so many rows.
    pub(super) fn start(&mut self, rows: usize) {
        self.all = false;
        self.values = false;
        self.rows.clear();
        self.rows.resize(rows, false);
    }

    /// Every row, with its values.
    pub(super) fn add_everything(&mut self) {
        (self.all, self.values) = (true, true);
    }

    /// Adds a read's rows, all of them where none are named.
    pub(super) fn add(&mut self, rows: Option<&[u32]>) {
        match rows {
            None => self.all = true,
            Some(rows) => {
                for &row in rows {
                    self.rows[row as usize] = true;
                }
            }
        }
    }

    /// Adds the rows `i` of a batch of reads `X W` where a column `i` of `X` is not zero.
    pub(super) fn add_columns(&mut self, x: &[impl metaplast_tensor::Scalar]) {
        for sample in x.chunks(self.rows.len().max(1)) {
            for (touched, x) in self.rows.iter_mut().zip(sample) {
                *touched |= !x.is_zero();
            }
        }
    }

    /// For each row whether it takes part; `None` where all do.
    pub(super) fn awake(&self) -> Option<&[bool]> {
        (!self.all && self.rows.contains(&false)).then_some(&self.rows[..])
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.capacity()
    }
}
