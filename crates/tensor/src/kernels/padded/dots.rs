//! Products of rows with vectors.

use super::matrix::{Aligned, PaddedMatrix};
use super::rows::{ByRows, GROUP, Rows, TERMS, in_groups};
use super::share::{RowShare, along_rows};
use crate::Scalar;
use crate::kernels::dispatch::{Code, Job, Kernel, Machine};
use crate::kernels::lanes::{LANES, multiply_lanes, trees_of_rows};
use crate::team::sharing;

impl<T: Scalar> PaddedMatrix<T> {
    /// `out_k[i] = row i · x_k` for the chosen rows; `x_k` is row `xs[k]` of `vectors`. Other
    /// elements of `out_k` (`[rows]`) stay as they are. Vectors with fewer columns than the matrix, in
    /// whole blocks of sixteen, have zeros for the last ones.
    ///
    /// # Panics
    /// When a shape does not fit or a row is not there.
    #[track_caller]
    pub fn dots(&self, rows: Rows<'_>, vectors: &Self, xs: &[usize], out: &mut [&mut [T]]) {
        let columns = self.first_columns(vectors);
        let lens = out.iter().map(|out| out.len());
        self.check(("dots", columns), vectors, xs.len(), lens);
        if const { T::BY_PARTS.is_some() } {
            if let (Some(parts), Some(vectors)) = (self.parts(), vectors.parts()) {
                parts.dots(rows, vectors, xs, out);
            }
            return;
        }
        T::kernel_padded_dots(Dots {
            matrix: self,
            rows,
            vectors,
            xs,
            out,
            top: 0,
        });
    }
}

/// `out_k[i] = row i · x_k`
#[doc(hidden)]
pub struct Dots<'a, 'b, T> {
    pub(crate) matrix: &'a PaddedMatrix<T>,
    pub(crate) rows: Rows<'a>,
    pub(crate) vectors: &'a PaddedMatrix<T>,
    pub(crate) xs: &'a [usize],
    pub(crate) out: &'a mut [&'b mut [T]],
    /// The row to which the first elements of `out` belong.
    pub(crate) top: usize,
}

impl<T: Scalar> Dots<'_, '_, T> {
    /// Runs by `run`, in parts where the matrix is shared.
    pub(crate) fn share(self, run: impl Fn(Dots<'_, '_, T>) + Sync) {
        let Dots { matrix, rows, .. } = &self;
        let Some(team) = sharing(rows.count() * matrix.cols()) else {
            return run(self);
        };
        let shares = rows.shares(&team, matrix.rows());
        let mut outs: Vec<_> = shares.iter().map(|_| Vec::new()).collect();
        for out in self.out {
            let parts = along_rows(out, &shares).into_iter().zip(&mut outs);
            parts.for_each(|(part, outs)| outs.push(part));
        }
        let parts = shares.into_iter().zip(outs).collect();
        team.each(parts, &|(share, mut out): (RowShare<'_>, Vec<_>)| {
            run(Dots {
                rows: share.rows,
                out: &mut out,
                top: share.top,
                ..self
            });
        });
    }
}

impl<T: Scalar> Job for Dots<'_, '_, T> {
    type Output = ();

    #[inline]
    fn run_on<M: Machine>(self) {
        let Dots {
            matrix,
            rows,
            vectors,
            xs,
            out,
            top,
        } = self;
        if const { !M::Code::UNROLLED } {
            for (&x, out) in xs.iter().zip(out) {
                M::run(DotsPass::<_, 1, 1> {
                    matrix,
                    rows: rows.clone(),
                    xs: [vectors.row_blocks(x)],
                    out: [out],
                    top,
                });
            }
            return;
        }
        for (xs, out) in xs.chunks(TERMS).zip(out.chunks_mut(TERMS)) {
            let rows = rows.clone();
            match (xs, out) {
                (&[x], [out]) => M::run(DotsPass::<_, _, GROUP> {
                    matrix,
                    rows,
                    xs: [vectors.row_blocks(x)],
                    out: [out],
                    top,
                }),
                (&[x, y], [out_x, out_y]) => M::run(DotsPass::<_, _, GROUP> {
                    matrix,
                    rows,
                    xs: [vectors.row_blocks(x), vectors.row_blocks(y)],
                    out: [out_x, out_y],
                    top,
                }),
                (&[x, y, z], [out_x, out_y, out_z]) => M::run(DotsPass::<_, _, GROUP> {
                    matrix,
                    rows,
                    xs: [x, y, z].map(|x| vectors.row_blocks(x)),
                    out: [out_x, out_y, out_z],
                    top,
                }),
                _ => unreachable!("chunks of one to three"),
            }
        }
    }
}

struct DotsPass<'a, T, const K: usize, const G: usize> {
    matrix: &'a PaddedMatrix<T>,
    rows: Rows<'a>,
    xs: [&'a [Aligned<T>]; K],
    out: [&'a mut [T]; K],
    top: usize,
}

impl<T: Scalar, const K: usize, const G: usize> Kernel for DotsPass<'_, T, K, G> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(mut self) {
        let rows = self.rows.clone();
        in_groups::<C, G>(&rows, &mut self);
    }
}

impl<T: Scalar, const K: usize, const G: usize> ByRows for DotsPass<'_, T, K, G> {
    #[inline(always)]
    fn work<C: Code, const R: usize>(&mut self, group: [usize; R]) {
        let width = self.xs[0].len();
        let mut rows: [&[Aligned<T>]; R] = [&[]; R];
        for r in 0..R {
            rows[r] = &self.matrix.row_blocks(group[r])[..width];
        }
        let mut xs: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            xs[k] = &self.xs[k][..width];
        }
        let mut lanes = [[[T::ZERO; LANES]; K]; R];
        for b in 0..width {
            // Keeps lanes in registers; see `combine`.
            std::hint::black_box(());
            for r in 0..R {
                for k in 0..K {
                    multiply_lanes::<T, C>(&rows[r][b].0, &xs[k][b].0, &mut lanes[r][k]);
                }
            }
        }
        for k in 0..K {
            let sums = trees_of_rows::<T, C, R, K>(&lanes, k);
            for r in 0..R {
                self.out[k][group[r] - self.top] = sums[r];
            }
        }
    }
}
