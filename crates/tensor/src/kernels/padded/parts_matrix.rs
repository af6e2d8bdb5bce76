//! Matrices by parts: what a [`PaddedMatrix`](super::PaddedMatrix) asks of the matrices that keep the
//! parts of its numbers.

use std::any::Any;
use std::fmt::Debug;

use super::rows::Rows;
use super::update::Way;

/// The outer products of an update: left vectors, a matrix whose rows are right vectors, and which of
/// them belongs to which left vector.
pub(crate) type TermsByParts<'a, T> = (&'a [&'a [T]], Option<&'a dyn PartsMatrix<T>>, &'a [usize]);

/// A matrix kept by the parts of its numbers. Methods do what those of the padded matrix say, whose
/// checks have been made; other matrices are of the same kind.
#[doc(hidden)]
pub trait PartsMatrix<T>: Any + Debug + Send + Sync {
    /// A copy.
    fn boxed_clone(&self) -> Box<dyn PartsMatrix<T>>;
    /// A copy without derivatives.
    fn detached(&self) -> Box<dyn PartsMatrix<T>>;
    fn copy_from(&mut self, other: &dyn PartsMatrix<T>);
    fn assign_zeros(&mut self, rows: usize, cols: usize);
    fn assign_row(&mut self, i: usize, elements: &[T]);
    /// Appends the elements of row `i`.
    fn write_row(&self, i: usize, into: &mut Vec<T>);
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
