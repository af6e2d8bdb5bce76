//! Sums of multiples of rows, added in the order of the rows.

use super::matrix::{Aligned, PaddedMatrix};
use super::panel::Panel;
use super::rows::{Rows, TERMS};
use super::share::{along_columns, ranges};
use crate::Scalar;
use crate::kernels::InstructionSet;
use crate::kernels::dispatch::{Code, Job, Kernel, Machine, instruction_set};
use crate::kernels::lanes::{Block, LANES, mul_add};
use crate::team::sharing;

impl<T: Scalar> PaddedMatrix<T> {
    /// `s_k ← s_k + Σ_i c_k[i] · row i` over the chosen rows; `s_k` is row `into[k]` of `sums`. Sums with fewer
    /// columns than the matrix, in whole blocks of sixteen, are those of its first ones.
    ///
    /// # Panics
    /// When a shape does not fit or a row is not there.
    #[track_caller]
    pub fn add_rows(&self, rows: Rows<'_>, coefficients: &[&[T]], sums: &mut Self, into: &[usize]) {
        let lens = coefficients.iter().map(|c| c.len());
        let columns = self.first_columns(sums);
        self.check(("add_rows", columns), sums, into.len(), lens);
        if const { T::BY_PARTS.is_some() } {
            if let (Some(parts), Some(sums)) = (self.parts(), sums.parts_mut()) {
                parts.add_rows(rows, coefficients, sums, into);
            }
            return;
        }
        for (coefficients, into) in coefficients.chunks(TERMS).zip(into.chunks(TERMS)) {
            let mut panel = Panel::of(sums);
            let add_up = |sums: &mut [&mut [Aligned<T>]]| {
                T::kernel_padded_add_rows(AddRows {
                    matrix: self,
                    left: 0,
                    rows: rows.clone(),
                    coefficients,
                    sums,
                });
            };
            match *into {
                [a] => add_up(&mut panel.rows_mut([a])),
                [a, b] => add_up(&mut panel.rows_mut([a, b])),
                [a, b, c] => add_up(&mut panel.rows_mut([a, b, c])),
                _ => unreachable!("chunks of one to three"),
            }
        }
    }
}

/// `s_k ← s_k + Σ_i c_k[i] · row i`
#[doc(hidden)]
pub struct AddRows<'a, 'b, T> {
    pub(crate) matrix: &'a PaddedMatrix<T>,
    /// The block of columns with which the sums begin.
    pub(crate) left: usize,
    pub(crate) rows: Rows<'a>,
    pub(crate) coefficients: &'a [&'a [T]],
    pub(crate) sums: &'a mut [&'b mut [Aligned<T>]],
}

impl<T: Scalar> AddRows<'_, '_, T> {
    /// Runs by `run`, in parts where the matrix is shared.
    pub(crate) fn share(self, run: impl Fn(AddRows<'_, '_, T>) + Sync) {
        let AddRows { matrix, rows, .. } = &self;
        let Some(team) = sharing(rows.count() * matrix.cols()) else {
            return run(self);
        };
        let width = self.sums.first().map_or(0, |sum| sum.len());
        let columns: Vec<_> = ranges(width, 1, team.threads()).collect();
        let mut parts: Vec<_> = columns.iter().map(|c| (c.start, Vec::new())).collect();
        for sum in self.sums {
            let shares = along_columns(sum, &columns).into_iter().zip(&mut parts);
            shares.for_each(|(share, (_, sums))| sums.push(share));
        }
        team.each(parts, &|(left, mut sums): (usize, Vec<_>)| {
            run(AddRows {
                left,
                rows: self.rows.clone(),
                sums: &mut sums,
                ..self
            });
        });
    }
}

impl<T: Scalar> Job for AddRows<'_, '_, T> {
    type Output = ();

    #[inline]
    fn run_on<M: Machine>(self) {
        let AddRows {
            matrix,
            left,
            rows,
            coefficients,
            sums,
        } = self;
        let most = match instruction_set() {
            InstructionSet::Avx512 => 12,
            _ => 6,
        };
        if const { !M::Code::UNROLLED } {
            for (&c, sum) in coefficients.iter().zip(sums) {
                M::run(AddRowsPass {
                    most: 1,
                    matrix,
                    left,
                    rows: rows.clone(),
                    coefficients: [c],
                    sums: [sum],
                });
            }
            return;
        }
        match (coefficients, sums) {
            (&[c], [sum_c]) => M::run(AddRowsPass {
                most,
                matrix,
                left,
                rows,
                coefficients: [c],
                sums: [sum_c],
            }),
            (&[c, d], [sum_c, sum_d]) => M::run(AddRowsPass {
                most,
                matrix,
                left,
                rows,
                coefficients: [c, d],
                sums: [sum_c, sum_d],
            }),
            (&[c, d, e], [sum_c, sum_d, sum_e]) => M::run(AddRowsPass {
                most,
                matrix,
                left,
                rows,
                coefficients: [c, d, e],
                sums: [sum_c, sum_d, sum_e],
            }),
            _ => unreachable!("one to three sums"),
        }
    }
}

struct AddRowsPass<'a, T, const K: usize> {
    /// Blocks whose sums stay in registers.
    most: usize,
    matrix: &'a PaddedMatrix<T>,
    left: usize,
    rows: Rows<'a>,
    coefficients: [&'a [T]; K],
    sums: [&'a mut [Aligned<T>]; K],
}

impl<T: Scalar, const K: usize> Kernel for AddRowsPass<'_, T, K> {
    type Output = ();

    /// A panel of columns keeps its sums in registers while it walks down the rows.
    #[inline(always)]
    fn run<C: Code>(mut self) {
        let width = self.sums[0].len();
        let mut first = 0;
        while first < width {
            let left = (width - first).min(self.most);
            // As many blocks as there are registers for: fewer of larger numbers.
            first += if const { !C::UNROLLED } {
                self.panel::<C, 1>(first)
            } else if const { K == 1 && size_of::<T>() <= 4 } {
                match left {
                    12.. => self.panel::<C, 12>(first),
                    11 => self.panel::<C, 11>(first),
                    9.. => self.panel::<C, 9>(first),
                    7.. => self.panel::<C, 7>(first),
                    6 => self.panel::<C, 6>(first),
                    5 => self.panel::<C, 5>(first),
                    3.. => self.panel::<C, 3>(first),
                    2 => self.panel::<C, 2>(first),
                    _ => self.panel::<C, 1>(first),
                }
            } else {
                match (K + size_of::<T>() / 4, left) {
                    (..=3, 3..) => self.panel::<C, 3>(first),
                    (_, 2..) => self.panel::<C, 2>(first),
                    _ => self.panel::<C, 1>(first),
                }
            };
        }
    }
}

impl<T: Scalar, const K: usize> AddRowsPass<'_, T, K> {
    #[inline(always)]
    fn panel<C: Code, const P: usize>(&mut self, first: usize) -> usize {
        let mut sums = [[[T::ZERO; LANES]; P]; K];
        for k in 0..K {
            let row = &self.sums[k][first..][..P];
            for p in 0..P {
                sums[k][p] = row[p].0;
            }
        }
        match self.rows.clone() {
            Rows::Range(range) => {
                for i in range {
                    self.add::<C, P>(first, i, &mut sums);
                }
            }
            Rows::List(list) => {
                for &i in list {
                    self.add::<C, P>(first, i as usize, &mut sums);
                }
            }
        }
        for k in 0..K {
            let row = &mut self.sums[k][first..][..P];
            for p in 0..P {
                row[p].0 = sums[k][p];
            }
        }
        P
    }

    #[inline(always)]
    fn add<C: Code, const P: usize>(&self, first: usize, i: usize, sums: &mut [[Block<T>; P]; K]) {
        let row = &self.matrix.row_blocks(i)[self.left + first..][..P];
        for k in 0..K {
            let c = self.coefficients[k][i];
            for p in 0..P {
                for l in 0..LANES {
                    sums[k][p][l] = mul_add::<T, C>(c, row[p].0[l], sums[k][p][l]);
                }
            }
        }
    }
}
