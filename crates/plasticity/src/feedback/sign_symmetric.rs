//! Sign-symmetric feedback: the signs of the forward weights with fixed random magnitudes (Liao, Leibo
//! & Poggio 2016).

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, State, Var};
use metaplast_tensor::{Scalar, Shape, Tensor};

use super::pathway::{BackwardPass, FeedbackPathway, Storage};
use crate::number::Number;

#[derive(Debug)]
pub(super) struct SignSymmetric;

impl<T: Number> FeedbackPathway<T> for SignSymmetric {
    fn name(&self) -> &str {
        "sign-symmetric"
    }

    fn storage(&self) -> Storage {
        Storage::BesideTape
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        signed_product(pass.tensor(), pass.weights(), pass.error())
    }
}

/// `(|M| ⊙ sign(W)) e`, of a vector or of every row of a batch.
fn signed_product<'t, T: Number>(
    magnitudes: &Arc<Tensor<T>>,
    weights: State<'t, T>,
    error: Var<'t, T>,
) -> Var<'t, T> {
    let tape = error.tape();
    if error.rank() == 1 {
        let op = SignedMatvec {
            magnitudes: magnitudes.clone(),
            negative: weights.with(negative_bits),
        };
        return tape.custom(Arc::new(op), &[error]);
    }
    let signed = |w: &[T]| -> Vec<T> {
        let pairs = w.iter().zip(magnitudes.data());
        pairs
            .map(|(w, m)| match *w < T::ZERO {
                true => -m.abs(),
                false => m.abs(),
            })
            .collect()
    };
    let matrix = Tensor::new(magnitudes.shape().clone(), weights.with(signed));
    error.matmul_transposed(tape.constant(&matrix))
}

/// `y = (|M| ⊙ S) x` with signs S; `x̄ += (|M| ⊙ S)ᵀ ȳ`.
///
/// The signs are those that the weights had in this step, one bit each: the weights themselves are
/// gone when the sweep comes back.
#[derive(Debug)]
struct SignedMatvec<T: Scalar> {
    /// `[rows, columns]`, of any sign.
    magnitudes: Arc<Tensor<T>>,
    /// Where the sign is minus, row-major.
    negative: Vec<u64>,
}

fn negative_bits<T: Scalar>(w: &[T]) -> Vec<u64> {
    let bits = |chunk: &[T]| {
        let set = chunk.iter().enumerate().filter(|(_, w)| **w < T::ZERO);
        set.fold(0, |bits, (place, _)| bits | 1 << place)
    };
    w.chunks(64).map(bits).collect()
}

impl<T: Scalar> SignedMatvec<T> {
    fn entry(&self, place: usize) -> T {
        let magnitude = self.magnitudes.data()[place].abs();
        match self.negative[place / 64] >> (place % 64) & 1 {
            1 => -magnitude,
            _ => magnitude,
        }
    }
}

impl<T: Scalar> Op<T> for SignedMatvec<T> {
    fn name(&self) -> &'static str {
        "signed_matvec"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (matrix, x) = (self.magnitudes.shape(), operands[0]);
        assert!(
            x.dims() == [matrix.dims()[1]],
            "signed_matvec: matrix of shape {matrix}, vector of shape {x}"
        );
        Shape::from([matrix.dims()[0]])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let x = inputs.value(0);
        for (i, y) in output.iter_mut().enumerate() {
            for (j, &x) in x.iter().enumerate() {
                *y += self.entry(i * inputs.value(0).len() + j) * x;
            }
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let columns = inputs.value(0).len();
        if let Some(into) = adjoints.of(0) {
            for (i, &y) in adjoint.iter().enumerate() {
                for (j, into) in into.iter_mut().enumerate() {
                    *into += self.entry(i * columns + j) * y;
                }
            }
        }
    }
}
