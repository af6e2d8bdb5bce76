//! The input's teaching signal by a matrix that never changes, as what it makes of the inputs of an episode.
//!
//! ```text
//! e_0 = (B e) ⊙ φ'(x_t)    out_i = e_0·x_i
//! ```
//!
//! Nothing but these products is asked of `e_0`, so that it is not recorded, and the slopes φ' of all inputs are
//! computed once.

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, State};
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use metaplast_tensor::{Scalar, Shape, Tensor};

use super::inputs::{InputProducts, KnownInputs};
use crate::network::Network;
use crate::number::Number;

/// The matrix, and the slopes of the inputs.
#[derive(Debug)]
pub(super) struct InputFeedback<T: Scalar> {
    /// B, `[n_0, n]`.
    matrix: PaddedMatrix<T>,
    /// Where an input is not zero, in the order of [`KnownInputs::values`]; elsewhere they are zero.
    slopes: Vec<T>,
}

impl<T: Number> InputFeedback<T> {
    pub(super) fn new(
        network: &Network<'_, T>,
        matrix: State<'_, T>,
        inputs: &KnownInputs<T>,
    ) -> Self {
        let mut copy = PaddedMatrix::new();
        matrix.with_matrix(|matrix| copy.copy_from(matrix));
        let (tape, values) = (network.tape(), inputs.values());
        let slopes = tape.unrecorded(|| {
            let y = tape.constant(&Tensor::from(values));
            let ones = tape.constant(&Tensor::full([values.len()], T::ONE));
            network.architecture().times_slope(ones, y).value()
        });
        InputFeedback {
            matrix: copy,
            slopes: slopes.into_data(),
        }
    }
}

/// `e_0·x_i` of the first inputs, from the error e, for the input in a row.
#[derive(Debug)]
pub(super) struct InputErrorProducts<T: Scalar> {
    pub(super) feedback: Arc<InputFeedback<T>>,
    pub(super) row: usize,
    /// Within the lit pixels of that input.
    pub(super) products: InputProducts<T>,
}

impl<T: Scalar> InputErrorProducts<T> {
    /// Multiplies by the slopes of the input.
    fn scale(&self, x: &mut [T]) {
        let inputs = &self.products.inputs;
        let slopes = &self.feedback.slopes[inputs.places(self.row)];
        for (&pixel, &slope) in inputs.lit(self.row).iter().zip(slopes) {
            x[pixel as usize] *= slope;
        }
    }

    fn lit(&self) -> Rows<'_> {
        Rows::List(self.products.inputs.lit(self.row))
    }
}

impl<T: Scalar> Op<T> for InputErrorProducts<T> {
    fn name(&self) -> &'static str {
        "gram.error_products"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let matrix = &self.feedback.matrix;
        assert!(
            operands[0].dims() == [matrix.cols()],
            "gram.error_products: feedback of shape [{}, {}], an error of shape {}",
            matrix.rows(),
            matrix.cols(),
            operands[0]
        );
        Shape::from([self.products.inputs.count()])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let matrix = &self.feedback.matrix;
        let mut error = PaddedMatrix::new();
        error.assign(1, matrix.cols(), inputs.value(0));
        let mut input_error = vec![T::ZERO; matrix.rows()];
        matrix.dots(self.lit(), &error, &[0], &mut [&mut input_error]);
        self.scale(&mut input_error);
        self.products.multiply(&input_error, output);
    }

    /// `ē += Bᵀ (φ' ⊙ Σ_i ȳ_i x_i)`
    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let Some(into) = adjoints.of(0) else { return };
        let mut input_error = self.products.multiply_back(adjoint);
        self.scale(&mut input_error);
        let matrix = &self.feedback.matrix;
        let mut sums = PaddedMatrix::new();
        sums.assign_zeros(1, matrix.cols());
        matrix.add_rows(self.lit(), &[&input_error], &mut sums, &[0]);
        sums.add_row_to(0, into);
    }
}
