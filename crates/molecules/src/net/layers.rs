//! Layers of numbers times weights, and their random start.

use metaplast_autodiff::Var;
use metaplast_tensor::{Random, Scalar, Tensor};

/// Leaky rectification below zero, everywhere in the decoder.
pub(super) const LEAK: f64 = 0.01;

/// `x Wᵀ + b` of rows x `[batch, in]`, W `[out, in]`, b `[out]`.
pub(super) fn affine<'t, T: Scalar>(x: Var<'t, T>, w: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    x.matmul_transposed(w) + b
}

/// [`affine`], of which the adjoint of x travels back through another matrix B `[out, in]` than W
/// (feedback alignment, Lillicrap et al. 2016). W and b get the gradient of their layer.
pub(super) fn affine_with_feedback<'t, T: Scalar>(
    x: Var<'t, T>,
    w: Var<'t, T>,
    b: Var<'t, T>,
    feedback: Var<'t, T>,
) -> Var<'t, T> {
    // The difference is zero, and has the derivative that is wanted.
    let back = x.matmul_transposed(feedback);
    affine(x.stop_gradient(), w, b) + (back - back.stop_gradient())
}

/// Weights `[out, in]` and biases `[out]`, uniform within ±√(6/(in + out)) (Glorot & Bengio 2010; the
/// release draws biases from there, too).
pub(super) fn glorot<T: Scalar>(
    inputs: usize,
    outputs: usize,
    random: &mut Random,
) -> [Tensor<T>; 2] {
    let bound = (6.0 / (inputs + outputs) as f64).sqrt();
    let mut draw = |dims: &[usize]| Tensor::uniform(dims, -bound, bound, random);
    [draw(&[outputs, inputs]), draw(&[outputs])]
}
