//! The loops over [`PaddedMatrix`]: no remainders, no load across cache lines.

use super::combine::{Decay, Scale, Unscale};
use super::dispatch::{Kernel, Machine};
use super::lanes::{Block, LANES, mul_add, multiply_lanes, tree};
use crate::Scalar;
use crate::padded::{Aligned, PaddedMatrix, Rows, Way};

/// Rows that share the loads of what they are multiplied with.
const GROUP: usize = 4;
/// Vectors taken together at most; more take several passes, in order.
const TERMS: usize = 3;

/// Work on a few rows at a time.
trait ByRows {
    /// Implementations are `#[inline(always)]`, like all that a kernel calls.
    fn work<const FMA: bool, const R: usize>(&mut self, rows: [usize; R]);
}

/// Works through the rows in groups; the last one may be smaller.
#[inline(always)]
fn in_groups<const FMA: bool>(rows: &Rows<'_>, work: &mut impl ByRows) {
    match rows {
        Rows::Range(range) => {
            let mut i = range.start;
            while i + GROUP <= range.end {
                work.work::<FMA, GROUP>([i, i + 1, i + 2, i + 3]);
                i += GROUP;
            }
            match range.end.saturating_sub(i) {
                1 => work.work::<FMA, 1>([i]),
                2 => work.work::<FMA, 2>([i, i + 1]),
                3 => work.work::<FMA, 3>([i, i + 1, i + 2]),
                _ => {}
            }
        }
        Rows::List(list) => {
            let (groups, rest) = list.as_chunks::<GROUP>();
            for &[i, j, k, l] in groups {
                work.work::<FMA, GROUP>([i as usize, j as usize, k as usize, l as usize]);
            }
            match *rest {
                [i] => work.work::<FMA, 1>([i as usize]),
                [i, j] => work.work::<FMA, 2>([i as usize, j as usize]),
                [i, j, k] => work.work::<FMA, 3>([i as usize, j as usize, k as usize]),
                _ => {}
            }
        }
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
}

impl<T: Scalar> Dots<'_, '_, T> {
    #[inline]
    pub(crate) fn run_on<M: Machine>(self) {
        let Dots {
            matrix,
            rows,
            vectors,
            xs,
            out,
        } = self;
        for (xs, out) in xs.chunks(TERMS).zip(out.chunks_mut(TERMS)) {
            let rows = rows.clone();
            match (xs, out) {
                (&[x], [out]) => M::run(DotsPass {
                    matrix,
                    rows,
                    xs: [vectors.row_blocks(x)],
                    out: [out],
                }),
                (&[x, y], [out_x, out_y]) => M::run(DotsPass {
                    matrix,
                    rows,
                    xs: [vectors.row_blocks(x), vectors.row_blocks(y)],
                    out: [out_x, out_y],
                }),
                (&[x, y, z], [out_x, out_y, out_z]) => M::run(DotsPass {
                    matrix,
                    rows,
                    xs: [x, y, z].map(|x| vectors.row_blocks(x)),
                    out: [out_x, out_y, out_z],
                }),
                _ => unreachable!("chunks of one to three"),
            }
        }
    }
}

struct DotsPass<'a, T, const K: usize> {
    matrix: &'a PaddedMatrix<T>,
    rows: Rows<'a>,
    xs: [&'a [Aligned<T>]; K],
    out: [&'a mut [T]; K],
}

impl<T: Scalar, const K: usize> Kernel for DotsPass<'_, T, K> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let rows = self.rows.clone();
        in_groups::<FMA>(&rows, &mut self);
    }
}

impl<T: Scalar, const K: usize> ByRows for DotsPass<'_, T, K> {
    #[inline(always)]
    fn work<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
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
                    multiply_lanes::<T, FMA>(&rows[r][b].0, &xs[k][b].0, &mut lanes[r][k]);
                }
            }
        }
        for k in 0..K {
            for r in 0..R {
                self.out[k][group[r]] = tree(lanes[r][k]);
            }
        }
    }
}

/// `s_k ← s_k + Σ_i c_k[i] · row i`
#[doc(hidden)]
pub struct AddRows<'a, T> {
    pub(crate) matrix: &'a PaddedMatrix<T>,
    pub(crate) rows: Rows<'a>,
    pub(crate) coefficients: &'a [&'a [T]],
    pub(crate) sums: &'a mut PaddedMatrix<T>,
    pub(crate) into: &'a [usize],
}

impl<T: Scalar> AddRows<'_, T> {
    #[inline]
    pub(crate) fn run_on<M: Machine>(self) {
        let AddRows {
            matrix,
            rows,
            coefficients,
            sums,
            into,
        } = self;
        for (c, into) in coefficients.chunks(TERMS).zip(into.chunks(TERMS)) {
            let rows = rows.clone();
            match (c, into) {
                (&[c], &[into]) => M::run(AddRowsPass {
                    matrix,
                    rows,
                    coefficients: [c],
                    sums,
                    into: [into],
                }),
                (&[c, d], &[into_c, into_d]) => M::run(AddRowsPass {
                    matrix,
                    rows,
                    coefficients: [c, d],
                    sums,
                    into: [into_c, into_d],
                }),
                (&[c, d, e], &[into_c, into_d, into_e]) => M::run(AddRowsPass {
                    matrix,
                    rows,
                    coefficients: [c, d, e],
                    sums,
                    into: [into_c, into_d, into_e],
                }),
                _ => unreachable!("chunks of one to three"),
            }
        }
    }
}

struct AddRowsPass<'a, T, const K: usize> {
    matrix: &'a PaddedMatrix<T>,
    rows: Rows<'a>,
    coefficients: [&'a [T]; K],
    sums: &'a mut PaddedMatrix<T>,
    into: [usize; K],
}

impl<T: Scalar, const K: usize> Kernel for AddRowsPass<'_, T, K> {
    type Output = ();

    /// A panel of columns keeps its sums in registers while it walks down the rows.
    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let width = self.matrix.width();
        let mut first = 0;
        while first < width {
            first += match (K, size_of::<T>() <= 4, width - first) {
                (1, true, 6..) => self.panel::<FMA, 6>(first),
                (1, true, 3..) => self.panel::<FMA, 3>(first),
                (1, false, 3..) | (2, true, 3..) => self.panel::<FMA, 3>(first),
                (_, _, 2..) => self.panel::<FMA, 2>(first),
                _ => self.panel::<FMA, 1>(first),
            };
        }
    }
}

impl<T: Scalar, const K: usize> AddRowsPass<'_, T, K> {
    #[inline(always)]
    fn panel<const FMA: bool, const P: usize>(&mut self, first: usize) -> usize {
        let mut sums = [[[T::ZERO; LANES]; P]; K];
        for k in 0..K {
            let row = &self.sums.row_blocks(self.into[k])[first..][..P];
            for p in 0..P {
                sums[k][p] = row[p].0;
            }
        }
        match self.rows.clone() {
            Rows::Range(range) => {
                for i in range {
                    self.add::<FMA, P>(first, i, &mut sums);
                }
            }
            Rows::List(list) => {
                for &i in list {
                    self.add::<FMA, P>(first, i as usize, &mut sums);
                }
            }
        }
        let width = self.sums.width();
        for k in 0..K {
            let start = self.into[k] * width + first;
            let row = &mut self.sums.blocks_mut()[start..][..P];
            for p in 0..P {
                row[p].0 = sums[k][p];
            }
        }
        P
    }

    #[inline(always)]
    fn add<const FMA: bool, const P: usize>(
        &self,
        first: usize,
        i: usize,
        sums: &mut [[Block<T>; P]; K],
    ) {
        let row = &self.matrix.row_blocks(i)[first..][..P];
        for k in 0..K {
            let c = self.coefficients[k][i];
            for p in 0..P {
                for l in 0..LANES {
                    sums[k][p][l] = mul_add::<T, FMA>(c, row[p].0[l], sums[k][p][l]);
                }
            }
        }
    }
}

/// `row i ← keep · row i + Σ_k u_k[i] v_kᵀ`, or back.
#[doc(hidden)]
pub struct Change<'a, T> {
    pub(crate) matrix: &'a mut PaddedMatrix<T>,
    pub(crate) rows: Rows<'a>,
    pub(crate) keep: T,
    pub(crate) us: &'a [&'a [T]],
    pub(crate) vectors: &'a PaddedMatrix<T>,
    pub(crate) vs: &'a [usize],
    pub(crate) way: Way,
}

impl<T: Scalar> Change<'_, T> {
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
        let terms = self.us.len();
        let term: [usize; K] = std::array::from_fn(|k| match self.way {
            Way::Forth => done + k,
            // Undoing takes the last one away first.
            Way::Back => terms - 1 - done - k,
        });
        let us = term.map(|k| self.us[k]);
        let vs = term.map(|k| self.vectors.row_blocks(self.vs[k]));
        let rows = self.rows.clone();
        let negative = self.way == Way::Back;
        let unscaling = negative && done + K == terms && !(self.keep - T::ONE).is_zero();
        if unscaling {
            let decay = Unscale::new(self.keep);
            M::run(ChangePass {
                matrix: self.matrix,
                rows,
                us,
                vs,
                negative,
                decay,
            });
        } else {
            let decay = match self.way {
                Way::Forth if done == 0 => Scale(self.keep),
                _ => Scale(T::ONE),
            };
            M::run(ChangePass {
                matrix: self.matrix,
                rows,
                us,
                vs,
                negative,
                decay,
            });
        }
    }
}

struct ChangePass<'a, T, D, const K: usize> {
    matrix: &'a mut PaddedMatrix<T>,
    rows: Rows<'a>,
    us: [&'a [T]; K],
    vs: [&'a [Aligned<T>]; K],
    negative: bool,
    decay: D,
}

impl<T: Scalar, D: Decay<T>, const K: usize> Kernel for ChangePass<'_, T, D, K> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let rows = self.rows.clone();
        in_groups::<FMA>(&rows, &mut self);
    }
}

impl<T: Scalar, D: Decay<T>, const K: usize> ByRows for ChangePass<'_, T, D, K> {
    #[inline(always)]
    fn work<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
        let width = self.matrix.width();
        let mut vs: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            vs[k] = &self.vs[k][..width];
        }
        let decay = self.decay;
        let mut c = [[T::ZERO; K]; R];
        for r in 0..R {
            for k in 0..K {
                let u = self.us[k][group[r]];
                c[r][k] = if self.negative { -u } else { u };
            }
        }
        // Ascending rows are cut off the front one after the other.
        let mut rows: [&mut [Aligned<T>]; R] = std::array::from_fn(|_| <&mut [_]>::default());
        let mut rest = self.matrix.blocks_mut();
        let mut passed = 0;
        for r in 0..R {
            let (row, below) = rest[(group[r] - passed) * width..].split_at_mut(width);
            rows[r] = row;
            rest = below;
            passed = group[r] + 1;
        }
        for b in 0..width {
            let mut factors = [[T::ZERO; LANES]; K];
            for k in 0..K {
                factors[k] = vs[k][b].0;
            }
            for r in 0..R {
                let mut block = rows[r][b].0;
                for l in 0..LANES {
                    block[l] = decay.before::<FMA>(block[l]);
                }
                for k in 0..K {
                    for l in 0..LANES {
                        block[l] = mul_add::<T, FMA>(c[r][k], factors[k][l], block[l]);
                    }
                }
                for l in 0..LANES {
                    block[l] = decay.after::<FMA>(block[l]);
                }
                rows[r][b].0 = block;
            }
        }
    }
}
