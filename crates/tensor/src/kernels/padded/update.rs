//! Rank-k update of chosen rows in place, and its undoing.

use super::combine::combine;
use super::matrix::{Aligned, PaddedMatrix};
use super::panel::Panel;
use super::rows::{ByRows, GROUP, Rows, TERMS, in_groups};
use crate::Scalar;
use crate::kernels::combine::{Decay, Keep, Scale, Unscale};
use crate::kernels::dispatch::{Code, Job, Kernel, Machine};
use crate::team::sharing;

/// Direction of an update.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Forward,
    Undo,
}

impl<T: Scalar> PaddedMatrix<T> {
    /// `row i ← keep · row i + Σ_k u_k[i] v_kᵀ` for the chosen rows, the terms in the order of k;
    /// `v_k` is row `vs[k]` of `vectors`. [`undo`](Self::undo) takes it back.
    ///
    /// # Panics
    /// When a shape does not fit or a row is not there.
    #[track_caller]
    pub fn update(&mut self, rows: Rows<'_>, keep: T, us: &[&[T]], vectors: &Self, vs: &[usize]) {
        self.run_update(rows, keep, us, vectors, vs, Way::Forward);
    }

    /// `row i ← (row i − Σ_k u_k[i] v_kᵀ) / keep`: takes an [`update`](Self::update) with the same
    /// arguments back, the terms in the opposite order.
    ///
    /// Each leaves a rounding error of the size of the element; where multiply-add is fused the
    /// products themselves are exact in both directions. A `keep` of zero cannot be undone.
    ///
    /// # Panics
    /// When a shape does not fit or a row is not there.
    #[track_caller]
    pub fn undo(&mut self, rows: Rows<'_>, keep: T, us: &[&[T]], vectors: &Self, vs: &[usize]) {
        self.run_update(rows, keep, us, vectors, vs, Way::Undo);
    }

    #[track_caller]
    fn run_update(
        &mut self,
        rows: Rows<'_>,
        keep: T,
        us: &[&[T]],
        vectors: &Self,
        vs: &[usize],
        way: Way,
    ) {
        self.check(
            ("update", self.cols()),
            vectors,
            vs.len(),
            us.iter().map(|u| u.len()),
        );
        if us.is_empty() && (keep - T::ONE).is_zero() {
            return;
        }
        if const { T::BY_PARTS.is_some() } {
            if let Some(parts) = self.parts_mut() {
                let terms = (us, vectors.parts(), vs);
                parts.update(rows, keep, terms, way);
            }
            return;
        }
        T::kernel_padded_update(Update {
            matrix: Panel::of(self),
            rows,
            keep,
            us,
            vectors,
            vs,
            way,
        });
    }
}

/// `row i ← keep · row i + Σ_k u_k[i] v_kᵀ`, or back.
#[doc(hidden)]
pub struct Update<'a, T> {
    pub(in crate::kernels) matrix: Panel<'a, T>,
    pub(crate) rows: Rows<'a>,
    pub(crate) keep: T,
    pub(crate) us: &'a [&'a [T]],
    pub(crate) vectors: &'a PaddedMatrix<T>,
    pub(crate) vs: &'a [usize],
    pub(crate) way: Way,
}

impl<T: Scalar> Update<'_, T> {
    /// Runs by `run`, in parts where the matrix is shared.
    pub(crate) fn share(self, run: impl Fn(Update<'_, T>) + Sync) {
        let elements = self.rows.count() * self.vectors.cols();
        let Some(team) = sharing(elements) else {
            return run(self);
        };
        let shares = self.rows.shares(&team, self.matrix.height());
        let panels = self.matrix.by_rows(&shares).into_iter();
        let rows = shares.into_iter().map(|share| share.rows);
        team.each(panels.zip(rows).collect(), &|(matrix, rows)| {
            run(Update {
                matrix,
                rows,
                ..self
            });
        });
    }
}

impl<T: Scalar> Job for Update<'_, T> {
    type Output = ();

    #[inline]
    fn run_on<M: Machine>(mut self) {
        let terms = self.us.len();
        let mut done = 0;
        loop {
            let left = terms - done;
            done += if const { M::Code::UNROLLED } {
                match left {
                    0 => self.pass::<M, 0, GROUP>(done),
                    1 => self.pass::<M, 1, GROUP>(done),
                    2 => self.pass::<M, 2, GROUP>(done),
                    _ => self.pass::<M, TERMS, GROUP>(done),
                }
            } else {
                match left {
                    0 => self.pass::<M, 0, 1>(done),
                    _ => self.pass::<M, 1, 1>(done),
                }
            };
            if done == terms {
                break;
            }
        }
    }
}

impl<T: Scalar> Update<'_, T> {
    /// Applies `K` terms after `done` of them have been applied, and returns `K`.
    fn pass<M: Machine, const K: usize, const G: usize>(&mut self, done: usize) -> usize {
        let terms = self.us.len();
        let term: [usize; K] = std::array::from_fn(|k| match self.way {
            Way::Forward => done + k,
            // Undoing takes the last one away first.
            Way::Undo => terms - 1 - done - k,
        });
        let us = term.map(|k| self.us[k]);
        let vs = term.map(|k| self.vectors.row_blocks(self.vs[k]));
        let negative = self.way == Way::Undo;
        let decays = !(self.keep - T::ONE).is_zero();
        if decays && negative && done + K == terms {
            self.pass_with::<M, _, K, G>(us, vs, negative, Unscale::new(self.keep));
        } else if decays && !negative && done == 0 {
            self.pass_with::<M, _, K, G>(us, vs, negative, Scale(self.keep));
        } else if const { K > 0 } {
            self.pass_with::<M, _, K, G>(us, vs, negative, Keep);
        }
        K
    }

    fn pass_with<M: Machine, D: Decay<T>, const K: usize, const G: usize>(
        &mut self,
        us: [&[T]; K],
        vs: [&[Aligned<T>]; K],
        negative: bool,
        decay: D,
    ) {
        M::run(UpdatePass::<_, _, K, G> {
            matrix: self.matrix.lend(),
            rows: self.rows.clone(),
            us,
            vs,
            negative,
            decay,
        });
    }
}

struct UpdatePass<'a, T, D, const K: usize, const G: usize> {
    matrix: Panel<'a, T>,
    rows: Rows<'a>,
    us: [&'a [T]; K],
    vs: [&'a [Aligned<T>]; K],
    negative: bool,
    decay: D,
}

impl<T: Scalar, D: Decay<T>, const K: usize, const G: usize> Kernel for UpdatePass<'_, T, D, K, G> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(mut self) {
        let rows = self.rows.clone();
        in_groups::<C, G>(&rows, &mut self);
    }
}

impl<T: Scalar, D: Decay<T>, const K: usize, const G: usize> ByRows for UpdatePass<'_, T, D, K, G> {
    #[inline(always)]
    fn work<C: Code, const R: usize>(&mut self, group: [usize; R]) {
        let mut c = [[T::ZERO; K]; R];
        for r in 0..R {
            for k in 0..K {
                let u = self.us[k][group[r]];
                c[r][k] = if self.negative { -u } else { u };
            }
        }
        combine::<T, D, C, R, K>(self.matrix.rows_mut(group), c, self.vs, self.decay);
    }
}
