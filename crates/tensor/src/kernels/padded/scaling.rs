//! Multiplication of each element by a factor of its own, the factors being a matrix of low rank, and
//! the way back over it.
//!
//! ```text
//! w_ij ← f_ij w_ij      f_ij = keep + Σ_k u_k[i] v_k[j]
//!
//! w_ij ← w_ij / f_ij    s_ij = w̄_ij w_ij    w̄_ij ← f_ij w̄_ij
//! ū_k[i] += Σ_j s_ij v_k[j]    v̄_k[j] += Σ_i s_ij u_k[i]
//! ```

use smallvec::SmallVec;

use super::matrix::PaddedMatrix;
use crate::Scalar;
use crate::kernels::dispatch::{Code, Kernel};
use crate::kernels::lanes::{Block, LANES, mul_add, tree};
use crate::kernels::pairs::Pairs;

/// `f_ij = keep + Σ_k u_k[i] v_k[j]`
#[derive(Clone, Copy, Debug)]
pub struct Factors<'a, T> {
    /// What all factors have in common.
    pub keep: T,
    /// The vectors `u_k` along the rows, one after the other.
    pub us: &'a [T],
    /// The vectors `v_k` along the columns, its rows.
    pub vs: &'a PaddedMatrix<T>,
}

impl<T: Scalar> Factors<'_, T> {
    /// Whether all factors of row `i`, of so many, are 1.
    #[inline(always)]
    fn leaves(&self, i: usize, rows: usize) -> bool {
        let mut us = (0..self.vs.rows()).map(|k| self.us[k * rows + i]);
        (self.keep - T::ONE).is_zero() && us.all(T::is_zero)
    }

    /// Sixteen neighbouring factors of row `i`, of so many.
    #[inline(always)]
    fn block<C: Code>(&self, i: usize, rows: usize, block: usize) -> Block<T> {
        let mut factors = [self.keep; LANES];
        for k in 0..self.vs.rows() {
            let u = self.us[k * rows + i];
            let v = &self.vs.row_blocks(k)[block].0;
            for l in 0..LANES {
                factors[l] = mul_add::<T, C>(u, v[l], factors[l]);
            }
        }
        factors
    }
}

impl<T: Scalar> PaddedMatrix<T> {
    /// Multiplies each element by its factor.
    ///
    /// ```
    /// use metaplast_tensor::kernels::padded::{Factors, PaddedMatrix};
    ///
    /// let (mut w, mut v) = (PaddedMatrix::new(), PaddedMatrix::new());
    /// w.assign(2, 2, &[1.0, 2.0, 3.0, 4.0]);
    /// v.assign(1, 2, &[1.0, -1.0]);
    /// w.scale_elements(Factors { keep: 1.0, us: &[0.0, 0.5], vs: &v });
    /// assert_eq!(w.to_vec(), [1.0, 2.0, 4.5, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When a vector does not fit.
    #[track_caller]
    pub fn scale_elements(&mut self, factors: Factors<'_, T>) {
        self.check_factors("scale_elements", &factors);
        if const { T::BY_PARTS.is_some() } {
            let (mut matrix, vs) = (self.in_blocks(), factors.vs.in_blocks());
            let factors = Factors { vs: &vs, ..factors };
            T::kernel_scale_elements(ScaleElements {
                matrix: &mut matrix,
                factors,
            });
            return self.assign_blocks(&matrix);
        }
        T::kernel_scale_elements(ScaleElements {
            matrix: self,
            factors,
        });
    }

    /// Goes back over [`scale_elements`](Self::scale_elements) of a matrix of weights: divides them by
    /// their factors where `undo` says so, and otherwise takes them for those before; adds to the adjoints of the
    /// vectors, `rows` numbers for each `u_k` and a row for each `v_k`; and multiplies the adjoint of the weights.
    /// Returns `Σ_ij s_ij`. Rows whose factors are all 1 are left out unless `every_row` is wanted: they
    /// have no part in anything but `ū_k` and the sum.
    ///
    /// Sums over columns have sixteen lanes and one tree, those over rows the order of the rows.
    ///
    /// # Panics
    /// When a shape does not fit.
    #[track_caller]
    pub fn reverse_scale_elements(
        &mut self,
        adjoint: &mut Self,
        factors: Factors<'_, T>,
        (undo, every_row): (bool, bool),
        (us, vs): (&mut [T], &mut Self),
    ) -> T {
        self.check_factors("reverse_scale_elements", &factors);
        self.check_same_shape("reverse_scale_elements", adjoint);
        let fits = us.len() == factors.us.len() && vs.cols() == self.cols();
        assert!(
            fits && vs.rows() >= factors.vs.rows(),
            "reverse_scale_elements: adjoints of {} numbers and shape [{}, {}] for {} factors of shape [{}, {}]",
            us.len(),
            vs.rows(),
            vs.cols(),
            factors.vs.rows(),
            self.rows(),
            self.cols()
        );
        if const { T::BY_PARTS.is_some() } {
            let (mut matrix, mut of_matrix) = (self.in_blocks(), adjoint.in_blocks());
            let (of_vectors, mut of_rights) = (factors.vs.in_blocks(), vs.in_blocks());
            let sum = T::kernel_reverse_scale_elements(ReverseScaleElements {
                matrix: &mut matrix,
                adjoint: &mut of_matrix,
                factors: Factors {
                    vs: &of_vectors,
                    ..factors
                },
                undo,
                every_row,
                us,
                vs: &mut of_rights,
            });
            self.assign_blocks(&matrix);
            adjoint.assign_blocks(&of_matrix);
            vs.assign_blocks(&of_rights);
            return sum;
        }
        T::kernel_reverse_scale_elements(ReverseScaleElements {
            matrix: self,
            adjoint,
            factors,
            undo,
            every_row,
            us,
            vs,
        })
    }

    #[track_caller]
    fn check_factors(&self, name: &str, factors: &Factors<'_, T>) {
        let vs = factors.vs;
        assert!(
            factors.us.len() == vs.rows() * self.rows() && vs.cols() == self.cols(),
            "{name}: matrix of shape [{}, {}], {} numbers along its rows and vectors of shape [{}, {}]",
            self.rows(),
            self.cols(),
            factors.us.len(),
            vs.rows(),
            vs.cols()
        );
    }
}

#[doc(hidden)]
pub struct ScaleElements<'a, T> {
    matrix: &'a mut PaddedMatrix<T>,
    factors: Factors<'a, T>,
}

impl<T: Scalar> Kernel for ScaleElements<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let (rows, width) = (self.matrix.rows(), self.matrix.width());
        for i in 0..rows {
            if self.factors.leaves(i, rows) {
                continue;
            }
            for block in 0..width {
                let factors = self.factors.block::<C>(i, rows, block);
                let weights = &mut self.matrix.blocks_mut()[i * width + block].0;
                for l in 0..LANES {
                    weights[l] *= factors[l];
                }
            }
        }
    }
}

#[doc(hidden)]
pub struct ReverseScaleElements<'a, T> {
    matrix: &'a mut PaddedMatrix<T>,
    adjoint: &'a mut PaddedMatrix<T>,
    factors: Factors<'a, T>,
    undo: bool,
    every_row: bool,
    us: &'a mut [T],
    vs: &'a mut PaddedMatrix<T>,
}

impl<T: Scalar> Kernel for ReverseScaleElements<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<C: Code>(self) -> T {
        let (rows, width) = (self.matrix.rows(), self.matrix.width());
        let terms = self.factors.vs.rows();
        let mut sums = Pairs::<T, 1>::new();
        let mut products: SmallVec<[Block<T>; 2]> = SmallVec::from_elem([T::ZERO; LANES], terms);
        for i in 0..rows {
            if !self.every_row && self.factors.leaves(i, rows) {
                continue;
            }
            let mut sum = [T::ZERO; LANES];
            products.fill([T::ZERO; LANES]);
            for block in 0..width {
                let factors = self.factors.block::<C>(i, rows, block);
                let weights = &mut self.matrix.blocks_mut()[i * width + block].0;
                let adjoint = &mut self.adjoint.blocks_mut()[i * width + block].0;
                let mut shares = [T::ZERO; LANES];
                for l in 0..LANES {
                    if self.undo {
                        weights[l] /= factors[l];
                    }
                    shares[l] = adjoint[l] * weights[l];
                    sum[l] += shares[l];
                    adjoint[l] *= factors[l];
                }
                for k in 0..terms {
                    let u = self.factors.us[k * rows + i];
                    let into = &mut self.vs.blocks_mut()[k * width + block].0;
                    for l in 0..LANES {
                        into[l] = mul_add::<T, C>(shares[l], u, into[l]);
                    }
                    let v = &self.factors.vs.row_blocks(k)[block].0;
                    for l in 0..LANES {
                        products[k][l] = mul_add::<T, C>(shares[l], v[l], products[k][l]);
                    }
                }
            }
            for k in 0..terms {
                self.us[k * rows + i] += tree(products[k]);
            }
            sums.push([tree(sum)]);
        }
        sums.finish()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the module's equations say, one element after the other.
    #[test]
    fn factors_and_the_way_back_agree_with_plain_loops() {
        let number = |i: usize| ((i * 37 % 101) as f64 - 50.0) / 60.0;
        for (rows, cols, terms) in [(1, 1, 1), (5, 7, 0), (4, 16, 1), (3, 35, 2), (6, 50, 5)] {
            let matrix = |from: usize, rows: usize| {
                let mut matrix = PaddedMatrix::new();
                let elements: Vec<f64> = (0..rows * cols).map(|i| number(from + i)).collect();
                matrix.assign(rows, cols, &elements);
                matrix
            };
            let (first, first_adjoint, vs) = (matrix(3, rows), matrix(50, rows), matrix(7, terms));
            let mut us: Vec<f64> = (0..terms * rows).map(|i| 0.1 * number(i + 20)).collect();
            // Row 1 is left as it is.
            us.iter_mut().skip(1).step_by(rows).for_each(|u| *u = 0.0);
            for (keep, every_row) in [(1.0, false), (1.0, true), (0.8, false)] {
                let factors = Factors {
                    keep,
                    us: &us,
                    vs: &vs,
                };
                let (mut value, mut adjoint) = (first.clone(), first_adjoint.clone());
                value.scale_elements(factors);
                let scaled = value.clone();
                let (mut us_adjoint, mut vs_adjoint) = (vec![1.0; us.len()], vs.clone());
                let into = (&mut us_adjoint[..], &mut vs_adjoint);
                let sum =
                    value.reverse_scale_elements(&mut adjoint, factors, (true, every_row), into);
                let (w, w_adjoint) = (first.to_vec(), first_adjoint.to_vec());
                let (after, adjoint) = (scaled.to_vec(), adjoint.to_vec());
                let (mut total, v) = (0.0, vs.to_vec());
                let mut expected_us = vec![1.0; us.len()];
                let mut expected_vs = v.clone();
                let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} and {b}");
                for i in 0..rows {
                    for j in 0..cols {
                        let at = i * cols + j;
                        let f: f64 = (0..terms).map(|k| us[k * rows + i] * v[k * cols + j]).sum();
                        let f = keep + f;
                        near(after[at], f * w[at]);
                        near(adjoint[at], f * w_adjoint[at]);
                        let share = w_adjoint[at] * w[at];
                        let counts = every_row || i != 1 && terms > 0 || keep != 1.0;
                        total += if counts { share } else { 0.0 };
                        for k in 0..terms {
                            if counts {
                                expected_us[k * rows + i] += share * v[k * cols + j];
                            }
                            expected_vs[k * cols + j] += share * us[k * rows + i];
                        }
                    }
                }
                near(sum, total);
                value
                    .to_vec()
                    .into_iter()
                    .zip(w)
                    .for_each(|(a, b)| near(a, b));
                us_adjoint
                    .into_iter()
                    .zip(expected_us)
                    .for_each(|(a, b)| near(a, b));
                vs_adjoint
                    .to_vec()
                    .into_iter()
                    .zip(expected_vs)
                    .for_each(|(a, b)| near(a, b));
            }
        }
    }
}
