//! Rank-k update of a matrix in place.

use super::check::check_terms;
use super::combine::{Decay, Scale, combine};
use super::dispatch::{Code, Job, Kernel, Machine};
use super::lanes::mul_add;
use crate::Scalar;

/// A ← keep · A + Σ_k u_k v_kᵀ, the terms added in the order of k. A is `[rows, cols]`, every u_k
/// has `rows` elements and every v_k `cols`.
///
/// When `keep` is one, a row in which every u_k is zero is left as it is.
///
/// ```
/// use metaplast_tensor::kernels::rank_k_update;
/// let mut a = [1.0, 2.0, 3.0, 4.0];
/// rank_k_update(&mut a, 2, 2, 0.5, &[&[1.0, 2.0]], &[&[10.0, 20.0]]);
/// assert_eq!(a, [10.5, 21.0, 21.5, 42.0]);
/// ```
#[track_caller]
pub fn rank_k_update<T: Scalar>(
    a: &mut [T],
    rows: usize,
    cols: usize,
    keep: T,
    us: &[&[T]],
    vs: &[&[T]],
) {
    check_terms("rank_k_update", a, rows, cols, us, vs);
    T::kernel_rank_k(RankK {
        a,
        rows,
        cols,
        keep,
        us,
        vs,
    });
}

/// Terms per pass over a row; more terms take several passes, in order.
const TERMS: usize = 3;
/// Rows whose indices are collected at a time.
const BLOCK: usize = 128;
/// So many rows of at most so many columns are changed one by one.
const FEW_ROWS: usize = 16;
const SHORT: usize = 32;

#[doc(hidden)]
pub struct RankK<'a, T> {
    pub(crate) a: &'a mut [T],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) keep: T,
    pub(crate) us: &'a [&'a [T]],
    pub(crate) vs: &'a [&'a [T]],
}

impl<T: Scalar> Job for RankK<'_, T> {
    type Output = ();

    /// Applies all terms, a few at a time. Each number of terms is a kernel of its own: one that
    /// held them all would keep the compiler busy out of proportion.
    #[inline]
    fn run_on<M: Machine>(mut self) {
        let terms = self.us.len();
        let mut done = 0;
        loop {
            let left = terms - done;
            done += if const { M::Code::UNROLLED } {
                match left {
                    0 => self.pass::<M, 0>(done),
                    1 => self.pass::<M, 1>(done),
                    2 => self.pass::<M, 2>(done),
                    _ => self.pass::<M, TERMS>(done),
                }
            } else {
                match left {
                    0 => self.pass::<M, 0>(done),
                    _ => self.pass::<M, 1>(done),
                }
            };
            if done == terms {
                break;
            }
        }
    }
}

impl<T: Scalar> RankK<'_, T> {
    /// Applies `K` terms after `done` of them have been applied, and returns `K`.
    fn pass<M: Machine, const K: usize>(&mut self, done: usize) -> usize {
        let unscaled = (self.keep - T::ONE).is_zero();
        if self.cols == 0 || (unscaled && self.us.is_empty()) {
            return K;
        }
        M::run(Pass::<T, K> {
            a: self.a,
            rows: self.rows,
            cols: self.cols,
            us: std::array::from_fn(|k| self.us[done + k]),
            vs: std::array::from_fn(|k| self.vs[done + k]),
            all_us: self.us,
            unscaled,
            // A factor of one costs a multiplication that changes nothing; a second copy of the
            // loop would cost more.
            decay: Scale(if done == 0 { self.keep } else { T::ONE }),
        });
        K
    }
}

/// One walk over the rows with `K` terms.
struct Pass<'a, T, const K: usize> {
    a: &'a mut [T],
    rows: usize,
    cols: usize,
    us: [&'a [T]; K],
    vs: [&'a [T]; K],
    /// The left vectors of all passes: a row is skipped only when it is zero in each.
    all_us: &'a [&'a [T]],
    unscaled: bool,
    decay: Scale<T>,
}

impl<T: Scalar, const K: usize> Kernel for Pass<'_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(mut self) {
        if K == 1 && self.all_us.len() == 1 {
            match self.cols {
                1 => return self.change_short_rows::<C, 1>(),
                2 => return self.change_short_rows::<C, 2>(),
                3 => return self.change_short_rows::<C, 3>(),
                4 => return self.change_short_rows::<C, 4>(),
                _ => {}
            }
        }
        // A list of a few short rows would take longer than they do.
        if self.rows <= FEW_ROWS && self.cols <= SHORT {
            for i in 0..self.rows {
                if !(self.unscaled && self.all_us.iter().all(|u| u[i].is_zero())) {
                    self.change_rows::<C, 1>([i]);
                }
            }
            return;
        }
        let mut chosen = [0_usize; BLOCK];
        for start in (0..self.rows).step_by(BLOCK) {
            let end = self.rows.min(start + BLOCK);
            let mut idle = [self.unscaled; BLOCK];
            for u in self.all_us {
                for (idle, u) in idle.iter_mut().zip(&u[start..end]) {
                    *idle &= u.is_zero();
                }
            }
            let mut count = 0;
            for (i, idle) in (start..end).zip(idle) {
                chosen[count] = i;
                count += usize::from(!idle);
            }
            let chosen = &chosen[..count];
            // Rows that share the loads of the right vectors, as far as registers go round.
            if const { C::UNROLLED && size_of::<T>() <= 4 } {
                self.change_groups::<C, 4>(chosen);
            } else if const { C::UNROLLED } {
                self.change_groups::<C, 2>(chosen);
            } else {
                self.change_groups::<C, 1>(chosen);
            }
        }
    }
}

impl<T: Scalar, const K: usize> Pass<'_, T, K> {
    /// Adds the one term to rows of `N` elements.
    #[inline(always)]
    fn change_short_rows<C: Code, const N: usize>(self) {
        let ([v], []) = self.vs[0].as_chunks::<N>() else {
            unreachable!("N elements");
        };
        let rows = self.a.as_chunks_mut::<N>().0;
        for (row, &u) in rows.iter_mut().zip(self.us[0]) {
            if self.unscaled && u.is_zero() {
                continue;
            }
            for j in 0..N {
                row[j] = mul_add::<T, C>(u, v[j], self.decay.before::<C>(row[j]));
            }
        }
    }

    #[inline(always)]
    fn change_groups<C: Code, const R: usize>(&mut self, chosen: &[usize]) {
        let (groups, rest) = chosen.as_chunks::<R>();
        for &group in groups {
            self.change_rows::<C, R>(group);
        }
        for &row in rest {
            self.change_rows::<C, 1>([row]);
        }
    }

    #[inline(always)]
    fn change_rows<C: Code, const R: usize>(&mut self, group: [usize; R]) {
        let cols = self.cols;
        let mut coefficients = [[T::ZERO; K]; R];
        // Ascending rows are cut off the front one after the other.
        let mut rows: [&mut [T]; R] = std::array::from_fn(|_| <&mut [T]>::default());
        let mut rest = &mut *self.a;
        let mut passed = 0;
        for r in 0..R {
            let (row, below) = rest[(group[r] - passed) * cols..].split_at_mut(cols);
            rows[r] = row;
            rest = below;
            passed = group[r] + 1;
            for k in 0..K {
                coefficients[r][k] = self.us[k][group[r]];
            }
        }
        combine::<T, Scale<T>, C, R, K>(rows, coefficients, self.vs, self.decay);
    }
}
