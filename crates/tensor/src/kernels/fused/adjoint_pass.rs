//! Adjoint rows: pending contributions and all products, in one walk over the rows.

use super::outer::AT_ONCE;
use crate::Scalar;
use crate::kernels::combine::Decay;
use crate::kernels::dispatch::{Code, Kernel};
use crate::kernels::lanes::{LANES, mul_add, multiply_lanes, tree, trees_of_rows};
use crate::kernels::padded::matrix::Aligned;
use crate::kernels::padded::panel::Panel;
use crate::kernels::padded::rows::{ByRows, Rows, in_groups};

/// `W̄ ← W̄ decayed + Σ_k c_k r_kᵀ`, `left_n = W̄ v_n`, and `right_n += W̄ᵀ u_n` for the first `W`.
pub(super) struct AdjointPass<'a, T, D, const N: usize, const W: usize, const G: usize> {
    pub(super) decay: D,
    pub(super) matrix: Panel<'a, T>,
    pub(super) rows: Rows<'a>,
    /// Number of `c_k` and `r_k`.
    pub(super) pending: usize,
    pub(super) contributed: [&'a [T]; AT_ONCE],
    pub(super) contributions: [&'a [Aligned<T>]; AT_ONCE],
    pub(super) us: [&'a [T]; W],
    pub(super) vs: [&'a [Aligned<T>]; N],
    pub(super) lefts: [&'a mut [T]; N],
    pub(super) rights: [&'a mut [Aligned<T>]; W],
}

impl<T: Scalar, D: Decay<T>, const N: usize, const W: usize, const G: usize> Kernel
    for AdjointPass<'_, T, D, N, W, G>
{
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(mut self) {
        let rows = self.rows.clone();
        // Four rows and two products fit 32 registers of sixteen `f32`, and 16 of eight.
        if const { size_of::<T>() <= 4 && N <= 2 } {
            in_groups::<C, 4>(&rows, &mut self);
        } else {
            in_groups::<C, G>(&rows, &mut self);
        }
    }
}

impl<T: Scalar, D: Decay<T>, const N: usize, const W: usize, const G: usize> ByRows
    for AdjointPass<'_, T, D, N, W, G>
{
    #[inline(always)]
    fn work<C: Code, const R: usize>(&mut self, group: [usize; R]) {
        let (some, active) = self.contributions_to(group);
        match active {
            0 => self.pass::<C, R, 0>(group, some),
            1 => self.pass::<C, R, 1>(group, some),
            2 => self.pass::<C, R, 2>(group, some),
            _ => self.pass::<C, R, AT_ONCE>(group, some),
        }
    }

    /// One loop for any number of contributions: few rows are left over.
    #[inline(always)]
    fn work_on_one<C: Code>(&mut self, row: usize) {
        let (some, active) = self.contributions_to([row]);
        let some = &some[..active];
        let [blocks] = self.matrix.rows_mut([row]);
        let mut lanes = [[T::ZERO; LANES]; N];
        for (b, place) in blocks.iter_mut().enumerate() {
            let mut block = place.0;
            for l in 0..LANES {
                block[l] = self.decay.before::<C>(block[l]);
            }
            for &k in some {
                let (c, contribution) = (self.contributed[k][row], &self.contributions[k][b].0);
                for l in 0..LANES {
                    block[l] = mul_add::<T, C>(c, contribution[l], block[l]);
                }
            }
            place.0 = block;
            for n in 0..N {
                multiply_lanes::<T, C>(&block, &self.vs[n][b].0, &mut lanes[n]);
            }
            for n in 0..W {
                let (u, right) = (self.us[n][row], &mut self.rights[n][b].0);
                for l in 0..LANES {
                    right[l] = mul_add::<T, C>(u, block[l], right[l]);
                }
            }
        }
        for n in 0..N {
            self.lefts[n][row] = tree(lanes[n]);
        }
    }
}

impl<T: Scalar, D: Decay<T>, const N: usize, const W: usize, const G: usize>
    AdjointPass<'_, T, D, N, W, G>
{
    /// Which pending contributions are not zero in all of these rows, and their number. They often
    /// are: each image has other dark pixels.
    #[inline(always)]
    fn contributions_to<const R: usize>(&self, group: [usize; R]) -> ([usize; AT_ONCE], usize) {
        let (mut some, mut active) = ([0; AT_ONCE], 0);
        for k in 0..self.pending {
            let contributed = self.contributed[k];
            some[active] = k;
            active += usize::from(group.iter().any(|&i| !contributed[i].is_zero()));
        }
        (some, active)
    }

    /// With the first `K` contributions of `some`.
    #[inline(always)]
    fn pass<C: Code, const R: usize, const K: usize>(
        &mut self,
        group: [usize; R],
        some: [usize; AT_ONCE],
    ) {
        let width = self.matrix.width();
        let mut rows = self.matrix.rows_mut(group);
        let (mut c, mut u) = ([[T::ZERO; K]; R], [[T::ZERO; W]; R]);
        for r in 0..R {
            // Slices of one length need no checks in the loop.
            rows[r] = &mut std::mem::take(&mut rows[r])[..width];
            for k in 0..K {
                c[r][k] = self.contributed[some[k]][group[r]];
            }
            for n in 0..W {
                u[r][n] = self.us[n][group[r]];
            }
        }
        let mut contributions: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            contributions[k] = &self.contributions[some[k]][..width];
        }
        let mut vs: [&[Aligned<T>]; N] = [&[]; N];
        for n in 0..N {
            vs[n] = &self.vs[n][..width];
        }
        let mut rights: [&mut [Aligned<T>]; W] = std::array::from_fn(|_| <&mut [_]>::default());
        for (right, whole) in rights.iter_mut().zip(&mut self.rights) {
            *right = &mut whole[..width];
        }
        let mut sweep = Sweep {
            decay: self.decay,
            rows,
            c,
            contributions,
            vs,
            u,
            rights,
        };
        let mut lanes = [[[T::ZERO; LANES]; N]; R];
        if const { C::LARGE_TILES } {
            sweep.lanes::<C, LANES>(0, &mut lanes);
        } else {
            // Sums of sixteen lanes would not fit sixteen registers; they take turns.
            for half in 0..2 {
                sweep.lanes::<C, { LANES / 2 }>(half, &mut lanes);
            }
        }
        for n in 0..N {
            let sums = trees_of_rows::<T, C, R, N>(&lanes, n);
            for r in 0..R {
                self.lefts[n][group[r]] = sums[r];
            }
        }
    }
}

/// What a pass does to a group of rows, for some lanes of all blocks.
struct Sweep<'a, T, D, const R: usize, const K: usize, const N: usize, const W: usize> {
    decay: D,
    rows: [&'a mut [Aligned<T>]; R],
    c: [[T; K]; R],
    contributions: [&'a [Aligned<T>]; K],
    vs: [&'a [Aligned<T>]; N],
    u: [[T; W]; R],
    rights: [&'a mut [Aligned<T>]; W],
}

impl<T: Scalar, D: Decay<T>, const R: usize, const K: usize, const N: usize, const W: usize>
    Sweep<'_, T, D, R, K, N, W>
{
    /// For the `part`-th `H` lanes, of which those of the products `W̄ v` go to `sums`.
    #[inline(always)]
    fn lanes<C: Code, const H: usize>(&mut self, part: usize, sums: &mut [[[T; LANES]; N]; R]) {
        let Sweep {
            decay,
            rows,
            c,
            contributions,
            vs,
            u,
            rights,
        } = self;
        let mut lanes = [[[T::ZERO; H]; N]; R];
        for b in 0..rows[0].len() {
            // Keeps lanes in registers; see `combine`.
            std::hint::black_box(());
            // Copies: the compiler then knows that nothing it writes changes them.
            let mut contribution = [[T::ZERO; H]; K];
            for k in 0..K {
                contribution[k] = contributions[k][b].0.as_chunks().0[part];
            }
            let (mut v, mut right) = ([[T::ZERO; H]; N], [[T::ZERO; H]; W]);
            for n in 0..N {
                v[n] = vs[n][b].0.as_chunks().0[part];
            }
            for n in 0..W {
                right[n] = rights[n][b].0.as_chunks().0[part];
            }
            for r in 0..R {
                let mut block: [T; H] = rows[r][b].0.as_chunks().0[part];
                for l in 0..H {
                    block[l] = decay.before::<C>(block[l]);
                }
                for k in 0..K {
                    for l in 0..H {
                        block[l] = mul_add::<T, C>(c[r][k], contribution[k][l], block[l]);
                    }
                }
                if K > 0 || D::CHANGES {
                    rows[r][b].0.as_chunks_mut().0[part] = block;
                }
                for n in 0..N {
                    for l in 0..H {
                        lanes[r][n][l] = mul_add::<T, C>(block[l], v[n][l], lanes[r][n][l]);
                    }
                }
                for n in 0..W {
                    for l in 0..H {
                        right[n][l] = mul_add::<T, C>(u[r][n], block[l], right[n][l]);
                    }
                }
            }
            for n in 0..W {
                rights[n][b].0.as_chunks_mut().0[part] = right[n];
            }
        }
        for r in 0..R {
            for n in 0..N {
                sums[r][n].as_chunks_mut().0[part] = lanes[r][n];
            }
        }
    }
}
