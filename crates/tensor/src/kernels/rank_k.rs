//! Rank-k updates of a matrix in place, and their undoing.

use super::combine::{Decay, Scale, Unscale, combine};
use super::dispatch::{Kernel, Machine};
use crate::Scalar;

/// Terms per pass over a row; more terms take several passes, in order.
const TERMS: usize = 3;
/// Rows whose indices are collected at a time.
const STRETCH: usize = 128;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Update,
    Undo,
}

#[doc(hidden)]
pub struct RankK<'a, T> {
    pub(crate) a: &'a mut [T],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) keep: T,
    pub(crate) us: &'a [&'a [T]],
    pub(crate) vs: &'a [&'a [T]],
    pub(crate) direction: Direction,
}

impl<T: Scalar> RankK<'_, T> {
    /// Applies all terms, a few at a time. Each number of terms is a kernel of its own: one that
    /// held them all would keep the compiler busy out of proportion.
    #[inline]
    pub(crate) fn run_on<M: Machine>(mut self) {
        let terms = self.us.len();
        let mut done = 0;
        loop {
            let now = (terms - done).min(TERMS);
            match now {
                0 => self.pass::<M, 0>(done),
                1 => self.pass::<M, 1>(done),
                2 => self.pass::<M, 2>(done),
                _ => self.pass::<M, TERMS>(done),
            }
            done += now;
            if done == terms {
                break;
            }
        }
    }

    /// Applies `K` terms after `done` of them have been applied.
    fn pass<M: Machine, const K: usize>(&mut self, done: usize) {
        let unscaled = (self.keep - T::ONE).is_zero();
        let terms = self.us.len();
        if self.cols == 0 || (unscaled && terms == 0) {
            return;
        }
        let mut us: [&[T]; K] = [&[]; K];
        let mut vs: [&[T]; K] = [&[]; K];
        for k in 0..K {
            // Undoing takes the terms away in the opposite order, the last one first.
            let term = match self.direction {
                Direction::Update => done + k,
                Direction::Undo => terms - 1 - done - k,
            };
            us[k] = self.us[term];
            vs[k] = self.vs[term];
        }
        // A factor of one costs a multiplication that changes nothing; a third copy of the loop
        // would cost more.
        let scale = match self.direction {
            Direction::Update if done == 0 => Scale(self.keep),
            _ => Scale(T::ONE),
        };
        let unscale = Unscale::new(self.keep);
        let unscaling = self.direction == Direction::Undo && !unscaled && done + K == terms;
        let &mut Self {
            ref mut a,
            rows,
            cols,
            us: all_us,
            direction,
            ..
        } = self;
        if unscaling {
            M::run(Pass {
                a,
                rows,
                cols,
                us,
                vs,
                all_us,
                unscaled,
                direction,
                decay: unscale,
            });
        } else {
            M::run(Pass {
                a,
                rows,
                cols,
                us,
                vs,
                all_us,
                unscaled,
                direction,
                decay: scale,
            });
        }
    }
}

/// One walk over the rows with `K` terms.
struct Pass<'a, T, D, const K: usize> {
    a: &'a mut [T],
    rows: usize,
    cols: usize,
    us: [&'a [T]; K],
    vs: [&'a [T]; K],
    /// The left vectors of all passes: a row is skipped only when it is zero in each.
    all_us: &'a [&'a [T]],
    unscaled: bool,
    direction: Direction,
    decay: D,
}

impl<T: Scalar, D: Decay<T>, const K: usize> Kernel for Pass<'_, T, D, K> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let mut chosen = [0_usize; STRETCH];
        for start in (0..self.rows).step_by(STRETCH) {
            let end = self.rows.min(start + STRETCH);
            let mut idle = [self.unscaled; STRETCH];
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
            if const { FMA && size_of::<T>() <= 4 } {
                self.change_groups::<FMA, 4>(chosen);
            } else if FMA {
                self.change_groups::<FMA, 2>(chosen);
            } else {
                self.change_groups::<FMA, 1>(chosen);
            }
        }
    }
}

impl<T: Scalar, D: Decay<T>, const K: usize> Pass<'_, T, D, K> {
    #[inline(always)]
    fn change_groups<const FMA: bool, const R: usize>(&mut self, chosen: &[usize]) {
        let (groups, rest) = chosen.as_chunks::<R>();
        for &group in groups {
            self.change_rows::<FMA, R>(group);
        }
        for &row in rest {
            self.change_rows::<FMA, 1>([row]);
        }
    }

    #[inline(always)]
    fn change_rows<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
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
                coefficients[r][k] = match self.direction {
                    Direction::Update => self.us[k][group[r]],
                    Direction::Undo => -self.us[k][group[r]],
                };
            }
        }
        combine::<T, D, FMA, R, K>(rows, coefficients, self.vs, self.decay);
    }
}
