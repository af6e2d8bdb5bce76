//! Operators on functions: against known derivatives and finite differences.

mod custom;
mod kinks;
mod second_order;
mod traced;

use metaplast_autodiff::operators::{grad, jacobian, jvp, value_and_grad, vjp};
use metaplast_autodiff::{Dual, Var};
use metaplast_tensor::{Scalar, Tensor, tensor};

fn close(a: &Tensor<f64>, b: &Tensor<f64>, tolerance: f64) {
    assert_eq!(a.shape(), b.shape());
    let scale = b.data().iter().fold(1.0f64, |s, b| s.max(b.abs()));
    for (a, b) in a.data().iter().zip(b.data()) {
        assert!((a - b).abs() <= tolerance * scale, "{a} instead of {b}");
    }
}

/// Some vector function of two inputs.
fn mixed<'t, T: Scalar>(x: &[Var<'t, T>]) -> Var<'t, T> {
    x[0].matvec(x[1].tanh()) * x[0].sum_axes(&[1], false).exp()
}

#[test]
fn the_two_products_are_each_others_transpose() {
    let x = [
        tensor![[0.3, -0.2], [0.1, 0.5], [-0.4, 0.2]],
        tensor![0.7, -1.1],
    ];
    let v = [
        tensor![[0.2, 0.9], [-0.3, 0.4], [1.0, 0.6]],
        tensor![-0.8, 0.5],
    ];
    let seed = tensor![0.4, -0.6, 1.3];
    let (forward, along) = jvp(mixed, &x, &v);
    let (reverse, back) = vjp(mixed, &x, &seed);
    assert_eq!(forward, reverse);
    let inner: f64 = back.iter().zip(&v).map(|(b, v)| (b * v).sum()).sum();
    assert!((inner - seed.dot(&along)).abs() < 1e-14);
}

#[test]
fn jacobians_are_the_same_in_both_modes() {
    let matrix = tensor![[0.3, -0.2], [0.1, 0.5], [-0.4, 0.2]];
    // Three results by two inputs: forward. Two by three: reverse.
    let tall = jacobian(
        |x| x.tape().constant(&matrix.cast()).matvec(x.sin()),
        &tensor![0.7, -1.1],
    );
    let wide = jacobian(
        |x| x.tape().constant(&matrix.cast()).matvec_transposed(x.sin()),
        &tensor![0.7, -1.1, 0.4],
    );
    let slopes = |x: &Tensor<f64>| x.map(Scalar::cos);
    close(&tall, &(&matrix * &slopes(&tensor![0.7, -1.1])), 1e-15);
    let expected = &matrix.transpose() * &slopes(&tensor![0.7, -1.1, 0.4]);
    close(&wide, &expected, 1e-15);
}

#[test]
fn shapes_of_jacobians_are_those_of_result_and_input() {
    let x = Tensor::new([2, 3], vec![1.0; 6]);
    assert_eq!(jacobian(|x| x.sum_axes(&[0], false), &x).dims(), [3, 2, 3]);
    assert_eq!(jacobian(|x| x.sum(), &x).dims(), [2, 3]);
    assert_eq!(jacobian(|x| x.unsqueeze(0), &x).dims(), [1, 2, 3, 2, 3]);
    assert_eq!(
        jacobian(|x| x.exp(), &Tensor::<f64>::zeros([0])).dims(),
        [0, 0]
    );
}

#[test]
fn a_jacobian_through_a_state() {
    let j = jacobian(
        |x| {
            let w = x.tape().state(&Tensor::eye(2));
            w.rank_k_update(None, &[x], &[x]);
            w.matvec(x).narrow(0, 0..1)
        },
        &tensor![2.0, 3.0],
    );
    // x₀ + x₀ (x₀² + x₁²)
    close(&j, &tensor![[22.0, 12.0]], 1e-14);
}

#[test]
fn operators_nest() {
    // The third derivative of x⁴ at 2: 24·2.
    let x: Dual<Dual<f64, 1>, 1> = Dual::seeded(Dual::seeded(2.0, 0), 0);
    let gradient = grad(|x| x[0].powi(4), &[Tensor::scalar(x)]);
    let third = gradient[0].item().tangent()[0].tangent()[0];
    assert_eq!(third, 48.0);
}

#[test]
fn value_and_gradient_belong_together() {
    let (value, gradient) = value_and_grad(|x| x[0].norm(), &[tensor![3.0f32, 4.0]]);
    assert_eq!(value, 5.0);
    assert_eq!(gradient[0], tensor![0.6f32, 0.8]);
}

#[test]
fn forward_mode_keeps_one_step_at_a_time() {
    let run = |steps: usize| {
        let bytes = std::cell::Cell::new(0);
        let (_, tangent) = jvp(
            |x| {
                let tape = x[0].tape();
                let [y] = tape.iterate([x[0]], steps, |_, [y]| [(y * 0.99).tanh()]);
                bytes.set(tape.memory().total());
                y
            },
            &[Tensor::full([100], 0.1)],
            &[Tensor::full([100], 1.0)],
        );
        assert!(tangent.data()[0] > 0.0);
        bytes.get()
    };
    assert_eq!(run(10), run(1000));
}

#[test]
#[should_panic(expected = "jvp: input of shape [2], tangent of shape [3]")]
fn tangents_of_other_shapes_are_refused() {
    jvp(
        |x| x[0],
        &[Tensor::<f64>::zeros([2])],
        &[Tensor::zeros([3])],
    );
}
