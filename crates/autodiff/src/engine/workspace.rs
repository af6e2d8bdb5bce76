//! Workspace: what reads, updates and their reverse need beside their operands, kept from one to
//! the next.

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::padded::PaddedMatrix;

use super::operands::Operands;
use super::row_sets::RowSets;

pub(super) struct Workspace<T> {
    pub(super) row_sets: RowSets,
    /// Vectors along the columns: right vectors of an update's terms and the one that its projection
    /// goes through, or the operand of a read.
    pub(super) vectors: PaddedMatrix<T>,
    /// Left vectors that are sums.
    sums: Vec<T>,
    /// Left vector of the projection's term, or those of a scaling with their coefficients.
    pub(super) joined: Vec<T>,
    /// Adjoints of the left vectors of all terms, one after the other, and of the right ones.
    pub(super) lefts: Vec<T>,
    pub(super) rights: PaddedMatrix<T>,
    /// Adjoint of `v = W x`; that of `x` comes last in `rights`.
    pub(super) projected: Vec<T>,
    /// A product `W x` before it is added to something.
    pub(super) product: Vec<T>,
    /// Weights without padding, for a batch.
    pub(super) elements: Vec<T>,
}

impl<T: Scalar> Workspace<T> {
    pub(super) fn new() -> Self {
        Workspace {
            row_sets: RowSets::default(),
            vectors: PaddedMatrix::new(),
            sums: Vec::new(),
            joined: Vec::new(),
            lefts: Vec::new(),
            rights: PaddedMatrix::new(),
            projected: Vec::new(),
            product: Vec::new(),
            elements: Vec::new(),
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
    pub(super) fn bytes_of(operands: Operands, rows: usize, cols: usize) -> usize {
        let terms = operands.rank() + usize::from(operands.projection);
        let sums = if operands.has_sums() {
            operands.rank()
        } else {
            0
        };
        (terms + sums + 2) * rows * size_of::<T>()
            + 2 * PaddedMatrix::<T>::bytes_of(terms + 1, cols)
    }

    /// Bytes that the reverse of a scaling with so many terms needs.
    pub(super) fn bytes_of_scaling(terms: usize, rows: usize, cols: usize) -> usize {
        2 * (terms * rows * size_of::<T>() + PaddedMatrix::<T>::bytes_of(terms, cols))
    }

    /// Bytes of what updates and their reverse need, as allocated.
    pub(super) fn update_bytes(&self) -> usize {
        let numbers = [&self.sums, &self.joined, &self.lefts, &self.projected];
        let numbers: usize = numbers.into_iter().map(Vec::capacity).sum();
        let matrices = self.vectors.bytes() + self.rights.bytes();
        numbers * size_of::<T>() + matrices + self.row_sets.bytes()
    }

    /// Bytes held, as allocated.
    pub(super) fn bytes(&self) -> usize {
        let products = self.product.capacity() + self.elements.capacity();
        self.update_bytes() + products * size_of::<T>()
    }
}
