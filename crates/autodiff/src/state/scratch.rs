//! What updates and their reverse need beside their operands, kept from one to the next.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::classes::Classes;
use super::form::Form;

pub(super) struct Scratch<T> {
    pub(super) classes: Classes,
    /// Right vectors of all terms, and the one that the projection goes through.
    pub(super) vectors: PaddedMatrix<T>,
    /// Left vectors that are sums.
    sums: Vec<T>,
    /// Left vector of the projection's term.
    pub(super) joined: Vec<T>,
    /// Adjoints of the left vectors of all terms, one after the other, and of the right ones.
    pub(super) lefts: Vec<T>,
    pub(super) rights: PaddedMatrix<T>,
    /// Adjoint of `v = W x`; that of `x` comes last in `rights`.
    pub(super) projected: Vec<T>,
}

impl<T: Scalar> Scratch<T> {
    pub(super) fn new() -> Self {
        Scratch {
            classes: Classes::default(),
            vectors: PaddedMatrix::new(),
            sums: Vec::new(),
            joined: Vec::new(),
            lefts: Vec::new(),
            rights: PaddedMatrix::new(),
            projected: Vec::new(),
        }
    }

    /// Lends the room for sums beside the rest.
    pub(super) fn with_sums<R>(&mut self, work: impl FnOnce(&mut Vec<T>, &mut Self) -> R) -> R {
        let mut sums = std::mem::take(&mut self.sums);
        let result = work(&mut sums, self);
        self.sums = sums;
        result
    }

    /// Bytes that the reverse of an update of a state `[rows, cols]` needs.
    pub(super) fn bytes_of(form: Form, rows: usize, cols: usize) -> usize {
        let terms = form.rank() + usize::from(form.projection);
        let sums = if form.has_sums() { form.rank() } else { 0 };
        (terms + sums + 2) * rows * size_of::<T>()
            + 2 * PaddedMatrix::<T>::bytes_of(terms + 1, cols)
    }

    pub(super) fn bytes(&self) -> usize {
        let numbers = [&self.sums, &self.joined, &self.lefts, &self.projected];
        let numbers: usize = numbers.into_iter().map(Vec::capacity).sum();
        let matrices = self.vectors.bytes() + self.rights.bytes();
        numbers * size_of::<T>() + matrices + self.classes.bytes()
    }
}
