//! Symmetric matrices whose entries are near the diagonal.

/// The lower half of a symmetric matrix: of each row the diagonal and so many places before it.
#[derive(Clone, Debug)]
pub(super) struct BandedMatrix {
    n: usize,
    band: usize,
    /// Row by row, `band + 1` places each, the diagonal last.
    values: Vec<f64>,
}

impl BandedMatrix {
    pub(super) fn zeros(n: usize, band: usize) -> Self {
        BandedMatrix {
            n,
            band,
            values: vec![0.0; n * (band + 1)],
        }
    }

    /// The place of an entry of the lower half.
    fn at(&self, row: usize, column: usize) -> usize {
        debug_assert!(column <= row && row - column <= self.band);
        row * (self.band + 1) + self.band - (row - column)
    }

    /// Adds to an entry and, by symmetry, to its mirror image; called for one of them.
    pub(super) fn add(&mut self, row: usize, column: usize, value: f64) {
        if column <= row {
            let at = self.at(row, column);
            self.values[at] += value;
        }
    }

    /// Makes an unknown 0: its row and column become those of the identity.
    pub(super) fn fix(&mut self, unknown: usize) {
        for column in unknown.saturating_sub(self.band)..=unknown {
            let at = self.at(unknown, column);
            self.values[at] = 0.0;
        }
        for row in unknown..self.n.min(unknown + self.band + 1) {
            let at = self.at(row, unknown);
            self.values[at] = 0.0;
        }
        let at = self.at(unknown, unknown);
        self.values[at] = 1.0;
    }

    /// Solves by Cholesky's factorisation, in place; `None` where the matrix is not positive definite.
    pub(super) fn solve(mut self, right: &[f64]) -> Option<Vec<f64>> {
        for row in 0..self.n {
            let first = row.saturating_sub(self.band);
            for column in first..=row {
                let from = first.max(column.saturating_sub(self.band));
                let mut sum = self.values[self.at(row, column)];
                for k in from..column {
                    sum -= self.values[self.at(row, k)] * self.values[self.at(column, k)];
                }
                let at = self.at(row, column);
                self.values[at] = match column == row {
                    false => sum / self.values[self.at(column, column)],
                    true if sum > 0.0 => sum.sqrt(),
                    true => return None,
                };
            }
        }
        let mut x = right.to_vec();
        for row in 0..self.n {
            for k in row.saturating_sub(self.band)..row {
                x[row] -= self.values[self.at(row, k)] * x[k];
            }
            x[row] /= self.values[self.at(row, row)];
        }
        for row in (0..self.n).rev() {
            x[row] /= self.values[self.at(row, row)];
            for k in row.saturating_sub(self.band)..row {
                x[k] -= self.values[self.at(row, k)] * x[row];
            }
        }
        Some(x)
    }
}

#[cfg(test)]
mod tests {
    use metaplast_tensor::{Random, Tensor};

    use super::*;

    #[test]
    fn a_banded_matrix_is_solved_as_a_full_one() {
        let mut random = Random::new(1);
        for (n, band) in [(1, 0), (5, 1), (9, 3), (12, 11)] {
            let mut banded = BandedMatrix::zeros(n, band);
            let mut full = Tensor::zeros([n, n]);
            for row in 0..n {
                for column in row.saturating_sub(band)..=row {
                    let more = if row == column { 30.0 } else { 0.0 };
                    let value = random.normal() + more;
                    banded.add(row, column, value);
                    full[[row, column]] = value;
                    full[[column, row]] = value;
                }
            }
            let right: Vec<f64> = (0..n).map(|_| random.normal()).collect();
            let expected = full.solve(&Tensor::new([n], right.clone())).unwrap();
            let found = banded.clone().solve(&right).unwrap();
            for (found, expected) in found.iter().zip(expected.data()) {
                assert!((found - expected).abs() < 1e-13);
            }
            banded.fix(n / 2);
            let mut right = right;
            right[n / 2] = 0.0;
            assert_eq!(banded.solve(&right).unwrap()[n / 2], 0.0);
        }
        let negative = BandedMatrix::zeros(2, 1);
        assert!(negative.solve(&[1.0, 1.0]).is_none());
    }
}
