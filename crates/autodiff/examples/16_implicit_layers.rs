//! Implicit layers and control flow: a fixed point by the implicit function theorem, a Gaussian
//! process by Cholesky, Newton's loop and a bouncing ball by plain Rust, with second derivatives.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 16_implicit_layers
//! ```

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{grad, hessian, value_and_grad};
use metaplast_tensor::linalg::Triangle;
use metaplast_tensor::{Random, Scalar, Tensor, tensor};

/// z = tanh(W z + x). One step of Newton's method from the fixed point has the fixed point's own
/// derivative, however it was found.
fn fixed_point<'t, T: Scalar>(w: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    let tape = w.tape();
    let (plain_w, plain_x) = (w.value(), x.value());
    let mut z = Tensor::zeros(x.shape());
    for _ in 0..100 {
        z = (plain_w.matvec(&z) + &plain_x).map(|z| z.tanh());
    }
    let z = tape.constant(&z);
    let y = (w.matvec(z) + x).tanh();
    let slope = (1.0 - y.square()).unsqueeze(1);
    z + (tape.constant(&Tensor::eye(z.shape().len())) - slope * w).solve(y - z)
}

/// The negative logarithm of a Gaussian process's likelihood, by logarithms of length and noise.
fn gaussian_process<'t, T: Scalar>(theta: Var<'t, T>) -> Var<'t, T> {
    let constant = |x: Tensor<f64>| theta.tape().constant(&x.cast());
    let at = |i: usize| i as f64 * 0.2;
    let squares = constant(Tensor::from_fn([30, 30], |i| (at(i[0]) - at(i[1])).powi(2)));
    let (length, noise) = (theta.element(0).exp(), theta.element(1).exp());
    let kernel = (squares / (-2.0 * length.square())).exp();
    let l = (kernel + noise * constant(Tensor::eye(30))).cholesky();
    let wave = |t: f64| t.sin() + 0.1 * (7.0 * t).cos();
    let y = constant(Tensor::from_fn([30], |i| wave(at(i[0]))));
    let white = l.solve_triangular(y, Triangle::Lower);
    0.5 * white.square().sum() + l.diagonal().ln().sum()
}

/// The cube root by as many of Newton's steps as it takes.
fn cube_root<'t, T: Scalar>(a: Var<'t, T>) -> Var<'t, T> {
    let mut x = a;
    while (x.powi(3) - a).item().to_f64().abs() > 1e-14 {
        x -= (x.powi(3) - a) / (3.0 * x.square());
    }
    // The last step's derivative is that of the root.
    x - (x.powi(3) - a) / (3.0 * x.square())
}

/// Where a ball is 2 seconds after it was dropped from a height, when it loses a share of its speed at each
/// bounce: a function of height and what is kept of the speed.
fn ball<'t, T: Scalar>(p: &[Var<'t, T>]) -> Var<'t, T> {
    let (height, kept) = (p[0].element(0), p[0].element(1));
    let (mut y, mut v, mut left) = (height, height * 0.0, height * 0.0 + 2.0);
    loop {
        let flight = (v + (v.square() + 2.0 * 9.81 * y).sqrt()) / 9.81;
        if flight.item() > left.item() {
            return y + v * left - 0.5 * 9.81 * left.square();
        }
        v = kept * (9.81 * flight - v);
        (y, left) = (y * 0.0, left - flight);
    }
}

fn main() {
    let mut random = Random::new(1);
    let w = Tensor::<f64>::normal([5, 5], 0.0, 0.2, &mut random);
    let x = Tensor::normal([5], 0.0, 1.0, &mut random);
    let slope = &grad(|p| fixed_point(p[0], p[1]).sum(), &[w, x])[1];
    println!("fixed point: by x {slope:.4}");
    let (value, slopes) = value_and_grad(|p| gaussian_process(p[0]), &[tensor![0.0, -2.0]]);
    let slope = &slopes[0];
    println!("Gaussian process: {value:.4}, by ln length and ln noise {slope:.4}");
    let curvature = &hessian(|p| cube_root(p[0]), &[Tensor::scalar(8.0)])[0][0];
    let by_hand = -2.0 / 9.0 / 32.0;
    println!("cube root of 8: curvature {curvature:.6}, by hand {by_hand:.6}");
    let start = [tensor![1.0, 0.8]];
    let (slope, curvature) = (&grad(ball, &start)[0], &hessian(ball, &start)[0][0]);
    println!("ball: by height and bounce {slope:.4}, second derivatives {curvature:.4}");
}
