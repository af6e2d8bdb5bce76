//! Rank-k updates of a matrix in place, and their undoing.

use super::combine::{Keep, Scale, Unscale, combine};
use super::dispatch::Kernel;
use crate::Scalar;

/// Rows per pass, which share the loads of the right vectors.
const ROWS: usize = 4;
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

impl<T: Scalar> Kernel for RankK<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let unscaled = (self.keep - T::ONE).is_zero();
        if self.cols == 0 || (unscaled && self.us.is_empty()) {
            return;
        }
        let decay = match (unscaled, self.direction) {
            (true, _) => Change::Keep,
            (false, Direction::Update) => Change::ScaleFirst(Scale(self.keep)),
            (false, Direction::Undo) => Change::UnscaleLast(Unscale::new(self.keep)),
        };
        let mut chosen = [0_usize; STRETCH];
        for start in (0..self.rows).step_by(STRETCH) {
            let mut count = 0;
            for i in start..self.rows.min(start + STRETCH) {
                let mut idle = unscaled;
                for u in self.us {
                    idle &= u[i].is_zero();
                }
                chosen[count] = i;
                count += usize::from(!idle);
            }
            let (groups, rest) = chosen[..count].as_chunks::<ROWS>();
            for &group in groups {
                self.change_rows::<FMA, ROWS>(group, decay);
            }
            for &row in rest {
                self.change_rows::<FMA, 1>([row], decay);
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Change<T> {
    Keep,
    ScaleFirst(Scale<T>),
    UnscaleLast(Unscale<T>),
}

impl<T: Scalar> RankK<'_, T> {
    #[inline(always)]
    fn change_rows<const FMA: bool, const R: usize>(
        &mut self,
        group: [usize; R],
        change: Change<T>,
    ) {
        let terms = self.us.len();
        let mut done = 0;
        loop {
            let now = (terms - done).min(TERMS);
            match now {
                0 => self.pass::<FMA, R, 0>(group, done, change),
                1 => self.pass::<FMA, R, 1>(group, done, change),
                2 => self.pass::<FMA, R, 2>(group, done, change),
                _ => self.pass::<FMA, R, TERMS>(group, done, change),
            }
            done += now;
            if done == terms {
                break;
            }
        }
    }

    /// Applies `K` terms to the rows of `group`, after `done` terms have been applied.
    #[inline(always)]
    fn pass<const FMA: bool, const R: usize, const K: usize>(
        &mut self,
        group: [usize; R],
        done: usize,
        change: Change<T>,
    ) {
        let terms = self.us.len();
        let cols = self.cols;
        let mut coefficients = [[T::ZERO; K]; R];
        let mut vectors: [&[T]; K] = [&[]; K];
        for k in 0..K {
            // Undoing takes the terms away in the opposite order, the last one first.
            let term = match self.direction {
                Direction::Update => done + k,
                Direction::Undo => terms - 1 - done - k,
            };
            vectors[k] = self.vs[term];
            for r in 0..R {
                let u = self.us[term][group[r]];
                coefficients[r][k] = match self.direction {
                    Direction::Update => u,
                    Direction::Undo => -u,
                };
            }
        }
        let rows = self
            .a
            .get_disjoint_mut(group.map(|i| i * cols..(i + 1) * cols))
            .expect("a group names distinct rows");

        match change {
            Change::ScaleFirst(scale) if done == 0 => {
                combine::<T, _, FMA, R, K>(rows, coefficients, vectors, scale);
            }
            Change::UnscaleLast(unscale) if done + K == terms => {
                combine::<T, _, FMA, R, K>(rows, coefficients, vectors, unscale);
            }
            _ => combine::<T, _, FMA, R, K>(rows, coefficients, vectors, Keep),
        }
    }
}
