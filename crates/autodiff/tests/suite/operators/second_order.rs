//! Hessians, and products with them.

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{grad, hessian, hvp};
use metaplast_tensor::{Scalar, Tensor, tensor};
use proptest::collection::vec;
use proptest::prelude::*;

use super::close;

/// The Hessian by differences of fourth order of the gradient.
fn differences(gradient: impl Fn(&Tensor<f64>) -> Tensor<f64>, x: &Tensor<f64>) -> Tensor<f64> {
    let n = x.len();
    let h = 1e-3;
    let mut hessian = Tensor::zeros([n, n]);
    for row in 0..n {
        let at = |offset: f64| {
            let mut moved = x.clone();
            moved.data_mut()[row] += offset;
            gradient(&moved)
        };
        let near = &at(h) - &at(-h);
        let far = &at(2.0 * h) - &at(-2.0 * h);
        let rate = &(&(&near * 8.0) - &far) * (1.0 / (12.0 * h));
        hessian.row_mut(row).copy_from_slice(rate.data());
    }
    hessian
}

proptest! {
    /// ½ xᵀAx + bᵀx with a symmetric A.
    #[test]
    fn a_quadratic_has_its_matrix_for_a_hessian(n in 1..9usize, numbers in vec(-1.0..1.0f64, 100)) {
        let half = Tensor::from_fn([n, n], |i| numbers[i[0] * 9 + i[1]]);
        let a = &half + &half.transpose();
        let part = |from: usize| Tensor::from(&numbers[from..from + n]);
        let (x, v) = (part(81), part(90));
        let product = hvp(
            |x| x[0].dot(x[0].tape().constant(&a.cast()).matvec(x[0])) * 0.5 + x[0].sum(),
            &[x],
            std::slice::from_ref(&v),
        );
        close(&product[0], &a.matvec(&v), 1e-12);
    }
}

fn rosenbrock<'t, T: Scalar>(x: Var<'t, T>) -> Var<'t, T> {
    let n = x.shape().len();
    let (head, tail) = (x.narrow(0, 0..n - 1), x.narrow(0, 1..n));
    ((tail - head.square()).square() * 100.0 + (head - 1.0).square()).sum()
}

#[test]
fn rosenbrock_s_hessian() {
    let x = tensor![-1.2, 1.0, 0.7, 1.3];
    let exact = hessian(|x| rosenbrock(x[0]), std::slice::from_ref(&x))[0].remove(0);
    let gradient = |x: &Tensor<f64>| grad(|x| rosenbrock(x[0]), std::slice::from_ref(x)).remove(0);
    close(&exact, &differences(gradient, &x), 1e-9);
    // By hand: 1200 x₀² − 400 x₁ + 2 and −400 x₀.
    assert!((exact.data()[0] - 1330.0).abs() < 1e-9);
    assert!((exact.data()[1] - 480.0).abs() < 1e-9);
}

/// Mean cross-entropy of a net with one hidden layer, all weights in one vector.
fn net<'t, T: Scalar>(weights: Var<'t, T>) -> Var<'t, T> {
    let inputs = tensor![[0.5, -1.0, 0.2], [1.5, 0.3, -0.7]];
    let x = weights.tape().constant(&inputs.cast());
    let first = weights.narrow(0, 0..12).reshape([3, 4]);
    let bias = weights.narrow(0, 12..16);
    let second = weights.narrow(0, 16..24).reshape([4, 2]);
    let hidden = (x.matmul(first) + bias).softplus(2.0);
    hidden.matmul(second).softmax_cross_entropy(&[0, 1])
}

#[test]
fn a_net_s_hessian() {
    let weights: Vec<f64> = (0..24)
        .map(|i| ((i * 7) % 11) as f64 * 0.15 - 0.7)
        .collect();
    let weights = Tensor::from(weights);
    let exact = hessian(|w| net(w[0]), std::slice::from_ref(&weights))[0].remove(0);
    let gradient = |w: &Tensor<f64>| grad(|w| net(w[0]), std::slice::from_ref(w)).remove(0);
    close(&exact, &differences(gradient, &weights), 1e-10);
    close(&exact, &exact.transpose(), 1e-13);
}

/// ∇ₓ ½‖∇f(x)‖² is ∇²f ∇f: what a gradient penalty needs.
#[test]
fn a_gradient_penalty_is_one_product() {
    let x = tensor![0.4, -0.3, 0.9];
    let gradient = |x: &Tensor<f64>| grad(|x| rosenbrock(x[0]), std::slice::from_ref(x)).remove(0);
    let product = hvp(
        |x| rosenbrock(x[0]),
        std::slice::from_ref(&x),
        &[gradient(&x)],
    );
    let penalty = |x: &Tensor<f64>| 0.5 * gradient(x).data().iter().map(|g| g * g).sum::<f64>();
    for i in 0..3 {
        let at = |offset: f64| {
            let mut moved = x.clone();
            moved.data_mut()[i] += offset;
            penalty(&moved)
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((product[0].data()[i] - difference).abs() <= 1e-6 * difference.abs().max(1.0));
    }
}
