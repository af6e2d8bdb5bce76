//! Matrices by parts: what a [`PaddedMatrix`](super::PaddedMatrix) asks of what keeps the parts of its
//! numbers, and how matrices of dual numbers give it.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use super::dual_matrix::DualMatrix;
use super::rows::Rows;
use super::update::Way;
use crate::Scalar;
use crate::kernels::parts::{DualNumber, DualVector};

/// The outer products of an update: left vectors, a matrix whose rows are right vectors, and which of
/// them belongs to which left vector.
pub(crate) type TermsByParts<'a, T> = (&'a [&'a [T]], Option<&'a dyn PartsMatrix<T>>, &'a [usize]);

/// A matrix kept by the parts of its numbers. Methods do what those of the padded matrix say, whose
/// checks have been made; other matrices are of the same kind.
#[doc(hidden)]
pub trait PartsMatrix<T>: Any + Send + Sync {
    /// A copy.
    fn boxed_clone(&self) -> Box<dyn PartsMatrix<T>>;
    /// A copy without derivatives.
    fn detached(&self) -> Box<dyn PartsMatrix<T>>;
    fn copy_from(&mut self, other: &dyn PartsMatrix<T>);
    fn assign_zeros(&mut self, rows: usize, cols: usize);
    fn assign_row(&mut self, i: usize, elements: &[T]);
    /// The elements of row `i`.
    fn row(&self, i: usize) -> Vec<T>;
    /// Bytes allocated.
    fn bytes(&self) -> usize;
    fn dots(
        &self,
        rows: Rows<'_>,
        vectors: &dyn PartsMatrix<T>,
        xs: &[usize],
        out: &mut [&mut [T]],
    );
    fn add_rows(
        &self,
        rows: Rows<'_>,
        coefficients: &[&[T]],
        sums: &mut dyn PartsMatrix<T>,
        into: &[usize],
    );
    fn update(&mut self, rows: Rows<'_>, keep: T, terms: TermsByParts<'_, T>, way: Way);
}

/// Makes one of no shape.
#[doc(hidden)]
pub type NewPartsMatrix<T> = fn() -> Box<dyn PartsMatrix<T>>;

impl<T> fmt::Debug for dyn PartsMatrix<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartsMatrix").finish_non_exhaustive()
    }
}

/// A matrix of dual numbers, of no shape yet.
#[doc(hidden)]
#[must_use]
pub fn matrix_of_duals<T: DualNumber<N>, const N: usize>() -> Box<dyn PartsMatrix<T>> {
    boxed::<T, N>(DualMatrix::new(N))
}

fn boxed<T: DualNumber<N>, const N: usize>(matrix: DualMatrix<T::Part>) -> Box<dyn PartsMatrix<T>> {
    Box::new(OfDuals::<T, N>(matrix, PhantomData))
}

struct OfDuals<T: DualNumber<N>, const N: usize>(DualMatrix<T::Part>, PhantomData<T>);

impl<T: DualNumber<N>, const N: usize> OfDuals<T, N> {
    fn parts(matrix: &dyn PartsMatrix<T>) -> &DualMatrix<T::Part> {
        let matrix: &dyn Any = matrix;
        let matrix: Option<&Self> = matrix.downcast_ref();
        &matrix.expect("a number type has one kind of matrix").0
    }

    fn parts_mut(matrix: &mut dyn PartsMatrix<T>) -> &mut DualMatrix<T::Part> {
        let matrix: &mut dyn Any = matrix;
        let matrix: Option<&mut Self> = matrix.downcast_mut();
        &mut matrix.expect("a number type has one kind of matrix").0
    }
}

impl<T: DualNumber<N>, const N: usize> PartsMatrix<T> for OfDuals<T, N> {
    fn boxed_clone(&self) -> Box<dyn PartsMatrix<T>> {
        let mut copy = DualMatrix::new(N);
        copy.copy_from(&self.0);
        boxed::<T, N>(copy)
    }

    fn detached(&self) -> Box<dyn PartsMatrix<T>> {
        boxed::<T, N>(self.0.detached())
    }

    fn copy_from(&mut self, other: &dyn PartsMatrix<T>) {
        self.0.copy_from(Self::parts(other));
    }

    fn assign_zeros(&mut self, rows: usize, cols: usize) {
        self.0.assign_zeros(rows, cols);
    }

    fn assign_row(&mut self, i: usize, elements: &[T]) {
        self.0.assign_row(i, &DualVector::new(elements));
    }

    fn row(&self, i: usize) -> Vec<T> {
        let parts = self.0.row(i);
        let mut row = vec![T::ZERO; parts.value.len()];
        parts.write(&Rows::Range(0..row.len()), &mut row);
        row
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn dots(
        &self,
        rows: Rows<'_>,
        vectors: &dyn PartsMatrix<T>,
        xs: &[usize],
        out: &mut [&mut [T]],
    ) {
        for (&x, out) in xs.iter().zip(out) {
            let sums = T::Part::kernel_dual_dots(&self.0, &rows, Self::parts(vectors), x);
            sums.write(&rows, out);
        }
    }

    fn add_rows(
        &self,
        rows: Rows<'_>,
        coefficients: &[&[T]],
        sums: &mut dyn PartsMatrix<T>,
        into: &[usize],
    ) {
        let sums = Self::parts_mut(sums);
        for (&c, &into) in coefficients.iter().zip(into) {
            let c = DualVector::of_rows(c, &rows);
            T::Part::kernel_dual_add_rows(&self.0, &rows, &c, (&mut *sums, into));
        }
    }

    fn update(
        &mut self,
        rows: Rows<'_>,
        keep: T,
        (us, vectors, vs): TermsByParts<'_, T>,
        way: Way,
    ) {
        let lefts = us.iter().map(|u| DualVector::of_rows(u, &rows));
        let lefts: Vec<DualVector<T::Part>> = lefts.collect();
        let terms = (&lefts[..], vectors.map(Self::parts), vs);
        T::Part::kernel_dual_update(&mut self.0, &rows, &DualVector::new(&[keep]), terms, way);
    }
}
