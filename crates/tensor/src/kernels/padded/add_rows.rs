//! Sums of multiples of rows, added in the order of the rows.

use super::matrix::PaddedMatrix;
use super::rows::{Rows, TERMS};
use crate::Scalar;
use crate::kernels::InstructionSet;
use crate::kernels::dispatch::{Code, Job, Kernel, Machine, instruction_set};
use crate::kernels::lanes::{Block, LANES, mul_add};

impl<T: Scalar> PaddedMatrix<T> {
    /// `s_k ← s_k + Σ_i c_k[i] · row i` over the chosen rows; `s_k` is row `into[k]` of `sums`.
    ///
    /// # Panics
    /// When a shape does not fit or a row is not there.
    #[track_caller]
    pub fn add_rows(&self, rows: Rows<'_>, coefficients: &[&[T]], sums: &mut Self, into: &[usize]) {
        let lens = coefficients.iter().map(|c| c.len());
        self.check("add_rows", sums, into.len(), lens);
        if const { T::BY_PARTS.is_some() } {
            if let (Some(parts), Some(sums)) = (self.parts(), sums.parts_mut()) {
                parts.add_rows(rows, coefficients, sums, into);
            }
            return;
        }
        T::kernel_padded_add_rows(AddRows {
            matrix: self,
            rows,
            coefficients,
            sums,
            into,
        });
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

impl<T: Scalar> Job for AddRows<'_, T> {
    type Output = ();

    #[inline]
    fn run_on<M: Machine>(self) {
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
        if const { !M::Code::UNROLLED } {
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
    fn run<C: Code>(mut self) {
        let width = self.matrix.width();
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
            let row = &self.sums.row_blocks(self.into[k])[first..][..P];
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
    fn add<C: Code, const P: usize>(&self, first: usize, i: usize, sums: &mut [[Block<T>; P]; K]) {
        let row = &self.matrix.row_blocks(i)[first..][..P];
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
