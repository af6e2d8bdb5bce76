//! Second derivatives: a whole Hessian, and products with one that is never formed.
//!
//! On Rosenbrock's function of two variables, Newton's method with [`hessian`] needs a handful of
//! steps. On its chain of a thousand variables the Hessian would have a million entries, and
//! conjugate gradients solve the Newton system from [`hvp`] alone.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 03_hessian
//! ```

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{hessian, hvp, value_and_grad};
use metaplast_tensor::{Scalar, Tensor, tensor};

/// `Σ_i 100 (x_{i+1} − x_i²)² + (1 − x_i)²`, least at `x = 1`.
fn rosenbrock<T: Scalar>(x: Var<'_, T>) -> Var<'_, T> {
    let n = x.shape().len();
    let (left, right) = (x.narrow(0, 0..n - 1), x.narrow(0, 1..n));
    (right - left.square()).square().sum() * 100.0 + (left - 1.0).square().sum()
}

/// Solves `∇²f(x) s = g` by conjugate gradients, up to a hundredth of `‖g‖`.
fn solve(x: &[Tensor<f64>], g: &Tensor<f64>, products: &mut usize) -> Tensor<f64> {
    let mut s = Tensor::zeros(g.shape());
    let (mut residual, mut direction) = (g.clone(), g.clone());
    while residual.norm() > 1e-2 * g.norm() {
        let curved = &hvp(|x| rosenbrock(x[0]), x, &[direction.clone()])[0];
        *products += 1;
        let length = residual.dot(&residual) / direction.dot(curved);
        s = &s + &(&direction * length);
        let next = &residual - &(curved * length);
        let keep = next.dot(&next) / residual.dot(&residual);
        direction = &next + &(&direction * keep);
        residual = next;
    }
    s
}

fn main() {
    let mut x = tensor![-1.2, 1.0];
    println!("two variables, Newton with the whole Hessian");
    for step in 0..7 {
        let (value, gradient) = value_and_grad(|x| rosenbrock(x[0]), std::slice::from_ref(&x));
        println!("  {step}: f = {value:.3e} at {:+.6?}", x.data());
        let h = hessian(|x| rosenbrock(x[0]), std::slice::from_ref(&x));
        let &[a, b, _, d] = h[0][0].data() else {
            unreachable!("2 × 2")
        };
        let g = gradient[0].data();
        let det = a * d - b * b;
        let step = tensor![(d * g[0] - b * g[1]) / det, (a * g[1] - b * g[0]) / det];
        x = &x - &step;
    }

    println!("\na thousand variables, Newton with Hessian-vector products");
    // Near enough to the least value that the Hessian is positive definite all the way.
    let mut x = [Tensor::from_fn([1000], |i| 1.0 + 0.1 * (i[0] as f64).sin())];
    let mut products = 0;
    for step in 0..9 {
        let (value, gradient) = value_and_grad(|x| rosenbrock(x[0]), &x);
        println!("  {step}: f = {value:.3e} after {products} products");
        let step = solve(&x, &gradient[0], &mut products);
        x[0] = &x[0] - &step;
    }
    assert!(x[0].data().iter().all(|x| (x - 1.0).abs() < 1e-6));
}
