//! Weight rows: undoing an update, and products with what was before it, in one walk over the rows.

use crate::Scalar;
use crate::kernels::combine::Decay;
use crate::kernels::dispatch::{Code, Kernel};
use crate::kernels::lanes::{Block, LANES, mul_add, multiply_lanes, tree};
use crate::kernels::padded::matrix::{Aligned, PaddedMatrix};
use crate::kernels::padded::panel::Panel;
use crate::kernels::padded::rows::{ByRows, Rows, in_groups};

/// `W ← (W − Σ_k u_k v_kᵀ) undecayed`, `sum += Wᵀ c` if `ADD`, and `⟨W, W̄⟩` where `W̄` is given.
pub(super) struct WeightsPass<'a, T, D, const K: usize, const ADD: bool> {
    pub(super) decay: D,
    /// All columns, or, without an adjoint, some, to which all vectors along the columns are cut.
    pub(super) matrix: Panel<'a, T>,
    pub(super) adjoint: Option<&'a PaddedMatrix<T>>,
    pub(super) rows: Rows<'a>,
    pub(super) us: [&'a [T]; K],
    pub(super) vs: [&'a [Aligned<T>]; K],
    pub(super) coefficients: &'a [T],
    pub(super) sum: &'a mut [Aligned<T>],
    pub(super) lanes: Block<T>,
}

impl<T: Scalar, D: Decay<T>, const K: usize, const ADD: bool> Kernel
    for WeightsPass<'_, T, D, K, ADD>
{
    type Output = T;

    #[inline(always)]
    fn run<C: Code>(mut self) -> T {
        let rows = self.rows.clone();
        in_groups::<C, 4>(&rows, &mut self);
        tree(self.lanes)
    }
}

impl<T: Scalar, D: Decay<T>, const K: usize, const ADD: bool> ByRows
    for WeightsPass<'_, T, D, K, ADD>
{
    #[inline(always)]
    fn work<C: Code, const R: usize>(&mut self, group: [usize; R]) {
        let width = self.matrix.width();
        let mut rows = self.matrix.rows_mut(group);
        let (mut u, mut c) = ([[T::ZERO; K]; R], [T::ZERO; R]);
        for r in 0..R {
            rows[r] = &mut std::mem::take(&mut rows[r])[..width];
            for k in 0..K {
                u[r][k] = -self.us[k][group[r]];
            }
            if ADD {
                c[r] = self.coefficients[group[r]];
            }
        }
        let mut vs: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            vs[k] = &self.vs[k][..width];
        }
        let sums = &mut self.sum[..width];
        for b in 0..width {
            std::hint::black_box(());
            let mut v = [[T::ZERO; LANES]; K];
            for k in 0..K {
                v[k] = vs[k][b].0;
            }
            let mut sum = if ADD { sums[b].0 } else { [T::ZERO; LANES] };
            for r in 0..R {
                let mut block = rows[r][b].0;
                for k in 0..K {
                    for l in 0..LANES {
                        block[l] = mul_add::<T, C>(u[r][k], v[k][l], block[l]);
                    }
                }
                for l in 0..LANES {
                    block[l] = self.decay.after::<C>(block[l]);
                }
                if K > 0 || D::CHANGES {
                    rows[r][b].0 = block;
                }
                if ADD {
                    for l in 0..LANES {
                        sum[l] = mul_add::<T, C>(c[r], block[l], sum[l]);
                    }
                }
            }
            if ADD {
                sums[b].0 = sum;
            }
        }
        if let Some(adjoint) = self.adjoint {
            let mut others: [&[Aligned<T>]; R] = [&[]; R];
            for r in 0..R {
                others[r] = &adjoint.row_blocks(group[r])[..width];
            }
            let mut lanes = [[T::ZERO; LANES]; R];
            for b in 0..width {
                std::hint::black_box(());
                for r in 0..R {
                    multiply_lanes::<T, C>(&rows[r][b].0, &others[r][b].0, &mut lanes[r]);
                }
            }
            for r in 0..R {
                for l in 0..LANES {
                    self.lanes[l] += lanes[r][l];
                }
            }
        }
    }
}
