//! Classification by softmax regression, fitted in three ways that end at the same optimum: L-BFGS,
//! Newton's method with the whole Hessian, and with products with it alone.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 11_newton_and_lbfgs
//! ```

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{grad, hessian, hvp, value_and_grad};
use metaplast_autodiff::optim::{Lbfgs, conjugate_gradients};
use metaplast_tensor::{Random, Scalar, Tensor};

/// Samples `[n, 14]`, with a 1 for the bias, and their classes.
struct Data {
    x: Tensor<f64>,
    classes: Vec<usize>,
}

impl Data {
    /// The mean cross-entropy by all 42 weights, with a little weight decay.
    fn loss<'t, T: Scalar>(&self, w: &[Var<'t, T>]) -> Var<'t, T> {
        let x = w[0].tape().constant(&self.x.cast());
        let logits = x.matmul(w[0].reshape([14, 3]));
        logits.softmax_cross_entropy(&self.classes) + 5e-3 * w[0].square().sum()
    }
}

fn main() {
    let mut random = Random::new(1);
    let centres = Tensor::<f64>::normal([3, 13], 0.0, 1.0, &mut random);
    let classes: Vec<usize> = (0..178).map(|_| random.below(3)).collect();
    let noise = Tensor::normal([178, 13], 0.0, 1.0, &mut random);
    let x = centres.index_select(0, &classes) + &noise;
    let x = Tensor::concat(&[x, Tensor::ones([178, 1])], 1);
    let data = Data { x, classes };

    let mut w = [Tensor::zeros([42])];
    let (mut newton, mut products) = (w.clone(), w.clone());
    let solver = Lbfgs::new().tolerance(1e-9);
    let minimum = solver.minimize(&mut w, |w| value_and_grad(|w| data.loss(w), w));
    let (value, steps) = (minimum.value, minimum.steps);
    println!("L-BFGS: {value:.12} after {steps} steps");

    for _ in 0..8 {
        let g = grad(|w| data.loss(w), &newton);
        let h = hessian(|w| data.loss(w), &newton);
        newton[0] -= &h[0][0].solve(&g[0]).expect("convex");

        let g = grad(|w| data.loss(w), &products);
        let step = conjugate_gradients(|v| hvp(|w| data.loss(w), &products, v), &g, 1e-6);
        products[0] -= &step[0];
    }
    let distance = |other: &[Tensor<f64>; 1]| (&other[0] - &w[0]).norm();
    println!("Newton: {:.1e} from there", distance(&newton));
    println!("Newton by products: {:.1e} from there", distance(&products));
    let [newton] = newton;
    let right = data.x.matmul(&newton.reshape([14, 3])).argmax_axis(1);
    let hits = (0..178).filter(|&i| right[i] == data.classes[i]).count();
    println!("{hits} of 178 samples in their class");
}
