//! An update with a projection of the matrix itself, row by row.

use super::combine::{Decay, Keep, Scale};
use super::dispatch::{Kernel, Machine};
use super::lanes::{LANES, multiply_lanes, tree};
use super::padded::{ByRows, combine, in_groups, rows_mut};
use crate::Scalar;
use crate::padded::{Aligned, PaddedMatrix, Rows};
use crate::passes::{Outer, Through};

/// `row i ← keep · row i + Σ_k (u_k[i] + [k = term] s p_i) v_kᵀ` with `p_i = row i · x`.
#[doc(hidden)]
pub struct Project<'a, T> {
    pub(crate) matrix: &'a mut PaddedMatrix<T>,
    pub(crate) rows: Rows<'a>,
    pub(crate) keep: T,
    pub(crate) terms: Outer<'a, T>,
    pub(crate) through: Through<T>,
    /// Row of the terms' vectors that holds `x`.
    pub(crate) x: usize,
    pub(crate) projected: &'a mut [T],
}

impl<T: Scalar> Project<'_, T> {
    #[inline]
    pub(crate) fn run_on<M: Machine>(self) {
        M::run(self);
    }
}

/// So many rows are multiplied by `x` before they change: enough that nothing waits for the last
/// product, few enough to be still near.
const NEAR: usize = 16;

impl<T: Scalar> Kernel for Project<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let rows = self.rows.clone();
        let count = match &rows {
            Rows::Range(range) => range.len(),
            Rows::List(list) => list.len(),
        };
        for first in (0..count).step_by(NEAR) {
            let last = count.min(first + NEAR);
            let near = match &rows {
                Rows::Range(range) => Rows::Range(range.start + first..range.start + last),
                Rows::List(list) => Rows::List(&list[first..last]),
            };
            in_groups::<FMA, 4>(&near, &mut Products(&mut self));
            in_groups::<FMA, 4>(&near, &mut Changes(&mut self));
        }
    }
}

/// `p_i = row i · x`
struct Products<'p, 'a, T>(&'p mut Project<'a, T>);

impl<T: Scalar> ByRows for Products<'_, '_, T> {
    #[inline(always)]
    fn work<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
        let Products(project) = self;
        let x = project.terms.vectors.row_blocks(project.x);
        let products = dots::<T, FMA, R>(project.matrix, group, x);
        for r in 0..R {
            project.projected[group[r]] = products[r];
        }
    }
}

/// What happens to rows whose product is there.
struct Changes<'p, 'a, T>(&'p mut Project<'a, T>);

impl<T: Scalar> ByRows for Changes<'_, '_, T> {
    #[inline(always)]
    fn work<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
        let Changes(project) = self;
        let left = project.terms.us[project.through.term];
        let mut joined = [T::ZERO; R];
        for r in 0..R {
            // The projection may have a term of its own, without a left vector.
            let u = left.get(group[r]).copied().unwrap_or(T::ZERO);
            joined[r] = u + project.through.scale * project.projected[group[r]];
        }
        if (project.keep - T::ONE).is_zero() {
            project.change::<Keep, FMA, R>(group, joined, Keep);
        } else {
            let keep = Scale(project.keep);
            project.change::<Scale<T>, FMA, R>(group, joined, keep);
        }
    }
}

impl<T: Scalar> Project<'_, T> {
    #[inline(always)]
    fn change<D: Decay<T>, const FMA: bool, const R: usize>(
        &mut self,
        group: [usize; R],
        joined: [T; R],
        decay: D,
    ) {
        if self.terms.us.len() == 1 {
            self.add::<D, FMA, R, 1>(group, joined, 0, decay);
        } else {
            self.add::<D, FMA, R, 2>(group, joined, 0, decay);
        }
        for k in 2..self.terms.us.len() {
            self.add::<Keep, FMA, R, 1>(group, joined, k, Keep);
        }
    }

    /// Adds `K` terms from `first` on.
    #[inline(always)]
    fn add<D: Decay<T>, const FMA: bool, const R: usize, const K: usize>(
        &mut self,
        group: [usize; R],
        joined: [T; R],
        first: usize,
        decay: D,
    ) {
        let terms = &self.terms;
        let mut c = [[T::ZERO; K]; R];
        for r in 0..R {
            for k in 0..K {
                c[r][k] = if first + k == self.through.term {
                    joined[r]
                } else {
                    terms.us[first + k][group[r]]
                };
            }
        }
        let mut vs: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            vs[k] = terms.vectors.row_blocks(terms.vs[first + k]);
        }
        combine::<T, D, FMA, R, K>(rows_mut(self.matrix, group), c, vs, decay);
    }
}

/// `row · x` for each row of a group.
#[inline(always)]
fn dots<T: Scalar, const FMA: bool, const R: usize>(
    matrix: &PaddedMatrix<T>,
    group: [usize; R],
    x: &[Aligned<T>],
) -> [T; R] {
    let width = x.len();
    let mut rows: [&[Aligned<T>]; R] = [&[]; R];
    for r in 0..R {
        rows[r] = &matrix.row_blocks(group[r])[..width];
    }
    let mut lanes = [[T::ZERO; LANES]; R];
    for b in 0..width {
        std::hint::black_box(());
        for r in 0..R {
            multiply_lanes::<T, FMA>(&rows[r][b].0, &x[b].0, &mut lanes[r]);
        }
    }
    let mut products = [T::ZERO; R];
    for r in 0..R {
        products[r] = tree(lanes[r]);
    }
    products
}
