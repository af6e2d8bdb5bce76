//! The loops over [`PaddedMatrix`]: no remainders, no load across cache lines.

use super::combine::{Decay, Keep, Scale, Unscale};
use super::dispatch::{InstructionSet, Kernel, Machine, instruction_set};
use super::lanes::{Block, LANES, mul_add, multiply_lanes, tree};
use crate::Scalar;
use crate::padded::{Aligned, PaddedMatrix, Rows, Way};

/// Rows that share the loads of what they are multiplied with.
const GROUP: usize = 4;
/// Vectors taken together at most; more take several passes, in order.
const TERMS: usize = 3;

/// Work on a few rows at a time.
pub(super) trait ByRows {
    /// Implementations are `#[inline(always)]`, like all that a kernel calls.
    fn work<const FMA: bool, const R: usize>(&mut self, rows: [usize; R]);
}

/// Works through the rows in groups of `G`, and what is left over one by one.
#[inline(always)]
pub(super) fn in_groups<const FMA: bool, const G: usize>(rows: &Rows<'_>, work: &mut impl ByRows) {
    match rows {
        Rows::Range(range) => {
            let mut i = range.start;
            while i + G <= range.end {
                let mut group = [i; G];
                for r in 0..G {
                    group[r] += r;
                }
                work.work::<FMA, G>(group);
                i += G;
            }
            while i < range.end {
                work.work::<FMA, 1>([i]);
                i += 1;
            }
        }
        Rows::List(list) => {
            let (groups, rest) = list.as_chunks::<G>();
            for places in groups {
                let mut group = [0; G];
                for r in 0..G {
                    group[r] = places[r] as usize;
                }
                work.work::<FMA, G>(group);
            }
            for &i in rest {
                work.work::<FMA, 1>([i as usize]);
            }
        }
    }
}

/// Some rows of a matrix, which differ.
#[inline(always)]
pub(super) fn rows_mut<T: Scalar, const R: usize>(
    matrix: &mut PaddedMatrix<T>,
    rows: [usize; R],
) -> [&mut [Aligned<T>]; R] {
    let width = matrix.width();
    blocks_of(matrix.blocks_mut(), width, rows)
}

/// Some rows of a matrix of so many blocks a row.
#[inline(always)]
pub(super) fn blocks_of<T, const R: usize>(
    blocks: &mut [Aligned<T>],
    width: usize,
    rows: [usize; R],
) -> [&mut [Aligned<T>]; R] {
    let mut ranges = [const { 0..0 }; R];
    for r in 0..R {
        ranges[r] = rows[r] * width..(rows[r] + 1) * width;
    }
    match blocks.get_disjoint_mut(ranges) {
        Ok(rows) => rows,
        Err(_) => panic!("padded: a row is not there or comes twice"),
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
        if const { !M::UNROLLS } {
            for (&x, out) in xs.iter().zip(out) {
                M::run(DotsPass::<_, 1, 1> {
                    matrix,
                    rows: rows.clone(),
                    xs: [vectors.row_blocks(x)],
                    out: [out],
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
                }),
                (&[x, y], [out_x, out_y]) => M::run(DotsPass::<_, _, GROUP> {
                    matrix,
                    rows,
                    xs: [vectors.row_blocks(x), vectors.row_blocks(y)],
                    out: [out_x, out_y],
                }),
                (&[x, y, z], [out_x, out_y, out_z]) => M::run(DotsPass::<_, _, GROUP> {
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

struct DotsPass<'a, T, const K: usize, const G: usize> {
    matrix: &'a PaddedMatrix<T>,
    rows: Rows<'a>,
    xs: [&'a [Aligned<T>]; K],
    out: [&'a mut [T]; K],
}

impl<T: Scalar, const K: usize, const G: usize> Kernel for DotsPass<'_, T, K, G> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let rows = self.rows.clone();
        in_groups::<FMA, G>(&rows, &mut self);
    }
}

impl<T: Scalar, const K: usize, const G: usize> ByRows for DotsPass<'_, T, K, G> {
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
        let most = match instruction_set() {
            InstructionSet::Avx512 => 12,
            _ => 6,
        };
        if const { !M::UNROLLS } {
            for (&c, &into) in coefficients.iter().zip(into) {
                M::run(AddRowsPass {
                    most: 1,
                    matrix,
                    rows: rows.clone(),
                    coefficients: [c],
                    sums,
                    into: [into],
                });
            }
            return;
        }
        for (c, into) in coefficients.chunks(TERMS).zip(into.chunks(TERMS)) {
            let rows = rows.clone();
            match (c, into) {
                (&[c], &[into]) => M::run(AddRowsPass {
                    most,
                    matrix,
                    rows,
                    coefficients: [c],
                    sums,
                    into: [into],
                }),
                (&[c, d], &[into_c, into_d]) => M::run(AddRowsPass {
                    most,
                    matrix,
                    rows,
                    coefficients: [c, d],
                    sums,
                    into: [into_c, into_d],
                }),
                (&[c, d, e], &[into_c, into_d, into_e]) => M::run(AddRowsPass {
                    most,
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
    /// Blocks whose sums stay in registers.
    most: usize,
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
            let left = (width - first).min(self.most);
            // Numbers larger than f64 get one panel, those larger than f32 small ones.
            first += if const { size_of::<T>() > 8 } {
                self.panel::<FMA, 1>(first)
            } else if const { K == 1 && size_of::<T>() <= 4 } {
                match left {
                    12.. => self.panel::<FMA, 12>(first),
                    11 => self.panel::<FMA, 11>(first),
                    9.. => self.panel::<FMA, 9>(first),
                    7.. => self.panel::<FMA, 7>(first),
                    6 => self.panel::<FMA, 6>(first),
                    5 => self.panel::<FMA, 5>(first),
                    3.. => self.panel::<FMA, 3>(first),
                    2 => self.panel::<FMA, 2>(first),
                    _ => self.panel::<FMA, 1>(first),
                }
            } else {
                match (K + size_of::<T>() / 4, left) {
                    (..=3, 3..) => self.panel::<FMA, 3>(first),
                    (_, 2..) => self.panel::<FMA, 2>(first),
                    _ => self.panel::<FMA, 1>(first),
                }
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
        let at_once = if const { M::UNROLLS } { TERMS } else { 1 };
        let mut done = 0;
        loop {
            let now = (terms - done).min(at_once);
            if const { M::UNROLLS } {
                match now {
                    0 => self.pass::<M, 0, GROUP>(done),
                    1 => self.pass::<M, 1, GROUP>(done),
                    2 => self.pass::<M, 2, GROUP>(done),
                    _ => self.pass::<M, TERMS, GROUP>(done),
                }
            } else if now == 0 {
                self.pass::<M, 0, 1>(done);
            } else {
                self.pass::<M, 1, 1>(done);
            }
            done += now;
            if done == terms {
                break;
            }
        }
    }

    /// Applies `K` terms after `done` of them have been applied.
    fn pass<M: Machine, const K: usize, const G: usize>(&mut self, done: usize) {
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
            M::run(ChangePass::<_, _, K, G> {
                matrix: self.matrix,
                rows,
                us,
                vs,
                negative,
                decay,
            });
        } else {
            let scaling = self.way == Way::Forth && done == 0 && !(self.keep - T::ONE).is_zero();
            if scaling {
                let decay = Scale(self.keep);
                M::run(ChangePass::<_, _, K, G> {
                    matrix: self.matrix,
                    rows,
                    us,
                    vs,
                    negative,
                    decay,
                });
            } else {
                let decay = Keep;
                M::run(ChangePass::<_, _, K, G> {
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
}

struct ChangePass<'a, T, D, const K: usize, const G: usize> {
    matrix: &'a mut PaddedMatrix<T>,
    rows: Rows<'a>,
    us: [&'a [T]; K],
    vs: [&'a [Aligned<T>]; K],
    negative: bool,
    decay: D,
}

impl<T: Scalar, D: Decay<T>, const K: usize, const G: usize> Kernel for ChangePass<'_, T, D, K, G> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let rows = self.rows.clone();
        in_groups::<FMA, G>(&rows, &mut self);
    }
}

impl<T: Scalar, D: Decay<T>, const K: usize, const G: usize> ByRows for ChangePass<'_, T, D, K, G> {
    #[inline(always)]
    fn work<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
        let mut c = [[T::ZERO; K]; R];
        for r in 0..R {
            for k in 0..K {
                let u = self.us[k][group[r]];
                c[r][k] = if self.negative { -u } else { u };
            }
        }
        combine::<T, D, FMA, R, K>(rows_mut(self.matrix, group), c, self.vs, self.decay);
    }
}

/// `row_r ← after(before(row_r) + Σ_k c_rk v_kᵀ)` for the rows of a group.
#[inline(always)]
pub(super) fn combine<T, D, const FMA: bool, const R: usize, const K: usize>(
    mut rows: [&mut [Aligned<T>]; R],
    c: [[T; K]; R],
    mut vs: [&[Aligned<T>]; K],
    decay: D,
) where
    T: Scalar,
    D: Decay<T>,
{
    let width = rows.first().map_or(0, |row| row.len());
    for k in 0..K {
        vs[k] = &vs[k][..width];
    }
    for r in 0..R {
        rows[r] = &mut std::mem::take(&mut rows[r])[..width];
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
