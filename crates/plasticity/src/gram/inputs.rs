//! Inner products with the inputs of an episode.

use std::ops::Range;
use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op};
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use metaplast_tensor::{Scalar, Shape, Tensor, kernels};

/// Sums are computed in blocks of so many.
const BLOCK: usize = 16;

/// The inputs `x_i` of an episode, and where each is not zero.
#[derive(Debug)]
pub struct KnownInputs<T: Scalar> {
    /// `Xᵀ`, `[n_0, n]`: a row for each pixel.
    transposed: PaddedMatrix<T>,
    /// The pixels of one input after the other that are not zero, and their values.
    lit: Vec<u32>,
    values: Vec<T>,
    /// Where those of each input end.
    ends: Vec<usize>,
}

impl<T: Scalar> Default for KnownInputs<T> {
    fn default() -> Self {
        KnownInputs {
            transposed: PaddedMatrix::new(),
            lit: Vec::new(),
            values: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl<T: Scalar> KnownInputs<T> {
    /// These inputs, `[n, n_0]`.
    ///
    /// # Panics
    /// When they are no matrix.
    #[must_use]
    #[track_caller]
    pub fn new(inputs: &Tensor<T>) -> Self {
        let &[count, pixels] = inputs.dims() else {
            panic!(
                "gram: needs a matrix of inputs, got shape {}",
                inputs.shape()
            );
        };
        let mut known = KnownInputs::default();
        known.assign([count, pixels], |i, x| x.copy_from_slice(inputs.row(i)));
        known
    }

    /// Makes these `count` inputs of `pixels` elements, and keeps their memory; `write` writes one, by its
    /// number, over zeros.
    pub fn assign(&mut self, [count, pixels]: [usize; 2], mut write: impl FnMut(usize, &mut [T])) {
        self.lit.clear();
        self.values.clear();
        self.ends.clear();
        self.transposed.assign_zeros(pixels, count);
        let mut some = vec![T::ZERO; BLOCK * pixels];
        for first in (0..count).step_by(BLOCK) {
            let some = &mut some[..(count - first).min(BLOCK) * pixels];
            some.fill(T::ZERO);
            for (i, x) in (first..).zip(some.chunks_mut(pixels.max(1))) {
                write(i, x);
                self.list(x);
            }
            self.transposed.assign_columns(first, some);
        }
    }

    /// Appends an input to the lists.
    fn list(&mut self, x: &[T]) {
        let start = self.lit.len();
        self.lit.resize(start + x.len(), 0);
        // Written and only counted where it belongs: dark pixels come in no order that a branch could be predicted
        // by.
        let mut end = start;
        for (pixel, value) in (0..).zip(x) {
            self.lit[end] = pixel;
            end += usize::from(!value.is_zero());
        }
        self.lit.truncate(end);
        let lit = self.lit[start..].iter();
        self.values.extend(lit.map(|&pixel| x[pixel as usize]));
        self.ends.push(end);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Elements of an input.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.transposed.rows()
    }

    /// Where an input is not zero, as places in lists.
    pub(super) fn places(&self, input: usize) -> Range<usize> {
        let start = input.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[input]
    }

    /// Where an input is not zero.
    pub(super) fn lit(&self, input: usize) -> &[u32] {
        &self.lit[self.places(input)]
    }

    /// The values of all inputs where they are not zero, one input after the other.
    pub(super) fn values(&self) -> &[T] {
        &self.values
    }

    /// Writes an input over zeros.
    pub(super) fn write(&self, input: usize, x: &mut [T]) {
        for at in self.places(input) {
            x[self.lit[at] as usize] = self.values[at];
        }
    }

    /// An input.
    pub(super) fn input(&self, input: usize) -> Vec<T> {
        let mut x = vec![T::ZERO; self.pixels()];
        self.write(input, &mut x);
        x
    }

    /// `X W`, `[n, n_1]`, for weights `[n_0, n_1]`.
    pub(super) fn times(&self, weights: &PaddedMatrix<T>) -> Tensor<T> {
        let mut products = PaddedMatrix::new();
        products.assign_zeros(self.count(), weights.cols());
        let mut x = vec![T::ZERO; self.pixels()];
        for i in 0..self.count() {
            self.write(i, &mut x);
            let lit = self.lit(i);
            weights.add_rows(Rows::List(lit), &[&x], &mut products, &[i]);
            lit.iter().for_each(|&pixel| x[pixel as usize] = T::ZERO);
        }
        Tensor::new([self.count(), weights.cols()], products.to_vec())
    }
}

/// `p·x_i` of the first inputs, for vectors p that are zero where the input in a row is, or for any.
#[derive(Clone, Debug)]
pub(super) struct InputProducts<T: Scalar> {
    pub(super) inputs: Arc<KnownInputs<T>>,
    /// The input outside of whose lit pixels p is zero.
    row: Option<usize>,
    /// How many of the inputs; zeros stand in the places of others.
    columns: usize,
}

impl<T: Scalar> InputProducts<T> {
    /// Of the first so many inputs, and of some more for whole blocks.
    pub(super) fn new(inputs: &Arc<KnownInputs<T>>, row: Option<usize>, first: usize) -> Self {
        InputProducts {
            inputs: Arc::clone(inputs),
            row,
            columns: first.next_multiple_of(BLOCK).min(inputs.count()),
        }
    }

    /// The pixels where p may differ from zero.
    pub(super) fn pixels(&self) -> Rows<'_> {
        match self.row {
            Some(row) => Rows::List(self.inputs.lit(row)),
            None => Rows::Range(0..self.inputs.pixels()),
        }
    }

    /// Adds the products.
    pub(super) fn multiply(&self, p: &[T], into: &mut [T]) {
        let mut sums = PaddedMatrix::new();
        sums.assign_zeros(1, self.columns);
        let transposed = &self.inputs.transposed;
        transposed.add_rows(self.pixels(), &[p], &mut sums, &[0]);
        sums.add_row_to(0, &mut into[..self.columns]);
    }

    /// `Σ_i ȳ_i x_i` in these pixels; zero in others.
    pub(super) fn multiply_back(&self, adjoint: &[T]) -> Vec<T> {
        let mut wanted = PaddedMatrix::new();
        wanted.assign(1, self.columns, &adjoint[..self.columns]);
        let mut products = vec![T::ZERO; self.inputs.pixels()];
        let transposed = &self.inputs.transposed;
        transposed.dots(self.pixels(), &wanted, &[0], &mut [&mut products]);
        products
    }
}

impl<T: Scalar> Op<T> for InputProducts<T> {
    fn name(&self) -> &'static str {
        "gram.products"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let pixels = self.inputs.pixels();
        assert!(
            operands[0].dims() == [pixels],
            "gram.products: inputs of {pixels} elements, a vector of shape {}",
            operands[0]
        );
        Shape::from([self.inputs.count()])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.multiply(inputs.value(0), output);
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(into) = adjoints.of(0) {
            kernels::axpy(T::ONE, &self.multiply_back(adjoint), into);
        }
    }
}
