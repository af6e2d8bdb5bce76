//! Linear algebra that is differentiated.

use metaplast_autodiff::operators::{hvp, value_and_grad};
use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_tensor::linalg::Triangle;
use metaplast_tensor::{Scalar, Tensor, tensor};

use super::{close, differences, random};

/// The negative logarithm of a Gaussian process's likelihood, by the logarithms of length and noise.
fn likelihood<'t, T: Scalar>(theta: Var<'t, T>) -> Var<'t, T> {
    let tape = theta.tape();
    let squares = Tensor::from_fn([6, 6], |i| (i[0] as f64 - i[1] as f64).powi(2));
    let y = tape.constant(&tensor![0.3, -0.2, 0.9, 1.1, 0.4, -0.6].cast());
    let (length, noise) = (theta.element(0).exp(), theta.element(1).exp());
    let kernel = (-(tape.constant(&squares.cast()) / (2.0 * length.square()))).exp();
    let kernel = kernel + tape.constant(&Tensor::eye(6)) * noise;
    let l = kernel.cholesky();
    let z = l.solve_triangular(y, Triangle::Lower);
    0.5 * z.square().sum() + l.diagonal().ln().sum()
}

#[test]
fn a_gaussian_process_has_gradient_and_curvature() {
    let theta = tensor![0.4, -1.0];
    let value = |x: &Tensor<f64>| value_and_grad(|x| likelihood(x[0]), std::slice::from_ref(x));
    let gradient = &value(&theta).1[0];
    close(gradient, &differences(&theta, |x| value(x).0), 1e-8);
    let v = tensor![0.3, 1.0];
    let product = &hvp(
        |x| likelihood(x[0]),
        std::slice::from_ref(&theta),
        std::slice::from_ref(&v),
    )[0];
    let along = |h: f64| value(&(&theta + &(&v * h))).1.remove(0);
    close(product, &((along(1e-5) - &along(-1e-5)) / 2e-5), 1e-8);
}

#[test]
fn the_two_logarithms_of_a_determinant_agree() {
    let tape = Tape::new();
    let half = random(&[40, 40], 1);
    let a = tape.var(&(half.matmul(&half.transpose()) + &Tensor::eye(40)));
    let (general, positive) = (a.log_det(), a.cholesky().diagonal().ln().sum() * 2.0);
    assert!((general.item() - positive.item()).abs() < 1e-11);
    let first = general.backward().wrt(a);
    close(&positive.backward().wrt(a), &first, 1e-11);
}

/// `x = A⁻¹ b` has `A ẋ = ḃ − Ȧ x`.
#[test]
fn dual_numbers_go_through_factorisations() {
    type Number = Dual<f64, 1>;
    let (a, da) = (
        &random(&[50, 50], 1) + &(&Tensor::eye(50) * 8.0),
        random(&[50, 50], 2),
    );
    let (b, db) = (random(&[50, 3], 3), random(&[50, 3], 4));
    let dual = |x: &Tensor<f64>, dx: &Tensor<f64>| x.zip_map(dx, |x, dx| Number::new(x, [dx]));
    let x = dual(&a, &da).solve(&dual(&b, &db)).unwrap();
    let (value, tangent) = (x.map(|x| x.value()), x.map(|x| x.tangent()[0]));
    close(&a.matmul(&tangent), &(&db - &da.matmul(&value)), 1e-12);
}

#[test]
fn eigenvectors_have_derivatives_to_third_order() {
    type Third = Dual<Dual<Dual<f64, 1>, 1>, 1>;
    // A(t) = [[t, 1], [1, −t]] has the eigenvalues ±√(1 + t²).
    let t: Third = Dual::seeded(Dual::seeded(Dual::seeded(0.5, 0), 0), 0);
    let a = Tensor::new([2, 2], vec![t, Third::ONE, Third::ONE, -t]);
    let (values, vectors) = a.eigh();
    let expected = (Third::ONE + t * t).sqrt();
    let third = |x: Third| x.tangent()[0].tangent()[0].tangent()[0];
    let found = third(values.data()[1]);
    assert!((found - third(expected)).abs() < 1e-13, "{found}");
    let rest = a.matmul(&vectors) - &(&vectors * &values);
    for x in rest.data() {
        assert!(third(*x).abs() < 1e-13 && x.to_f64().abs() < 1e-15);
    }
}
