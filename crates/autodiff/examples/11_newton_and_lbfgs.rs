//! Classification by softmax regression, fitted in three ways that end at the same optimum: L-BFGS,
//! Newton's method with the whole Hessian, and with products with it alone.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 11_newton_and_lbfgs
//! ```

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{grad, hessian, hvp, value_and_grad};
use metaplast_autodiff::optim::Lbfgs;
use metaplast_tensor::{Random, Scalar, Tensor};

/// Samples `[n, 14]`, with a 1 for the bias, and their classes.
struct Data {
    x: Tensor<f64>,
    classes: Vec<usize>,
}

impl Data {
    /// The mean cross-entropy, with a little weight decay.
    fn loss<'t, T: Scalar>(&self, w: &[Var<'t, T>]) -> Var<'t, T> {
        let logits = w[0].tape().constant(&self.x.cast()).matmul(w[0]);
        logits.softmax_cross_entropy(&self.classes) + 5e-3 * w[0].square().sum()
    }
}

/// Solves `∇²f s = g` by conjugate gradients.
fn solve(product: impl Fn(&Tensor<f64>) -> Tensor<f64>, g: &Tensor<f64>) -> Tensor<f64> {
    let (mut s, mut residual, mut direction) = (Tensor::zeros(g.shape()), g.clone(), g.clone());
    while residual.norm() > 1e-6 * g.norm() {
        let curved = product(&direction);
        let length = (&residual * &residual).sum() / (&direction * &curved).sum();
        s += &(&direction * length);
        let next = &residual - &(&curved * length);
        let keep = (&next * &next).sum() / (&residual * &residual).sum();
        direction = &next + &(&direction * keep);
        residual = next;
    }
    s
}

fn main() {
    let mut random = Random::new(1);
    let centres = Tensor::<f64>::normal([3, 13], 0.0, 1.0, &mut random);
    let classes: Vec<usize> = (0..178).map(|_| random.below(3)).collect();
    let noise = Tensor::normal([178, 13], 0.0, 1.0, &mut random);
    let x = centres.index_select(0, &classes) + &noise;
    let x = Tensor::concat(&[x, Tensor::ones([178, 1])], 1);
    let data = Data { x, classes };

    let mut w = [Tensor::zeros([14, 3])];
    let minimum = Lbfgs::new()
        .tolerance(1e-11)
        .minimize(&mut w, |w| value_and_grad(|w| data.loss(w), w));
    println!(
        "L-BFGS: {:.12} after {} steps",
        minimum.value, minimum.steps
    );

    let (mut newton, mut products) = ([Tensor::zeros([14, 3])], [Tensor::zeros([14, 3])]);
    for _ in 0..8 {
        let g = grad(|w| data.loss(w), &newton).remove(0).reshape([42]);
        let h = hessian(|w| data.loss(w), &newton)[0]
            .remove(0)
            .reshape([42, 42]);
        newton[0] -= &h.solve(&g).expect("convex").reshape([14, 3]);

        let g = grad(|w| data.loss(w), &products).remove(0);
        let product =
            |v: &Tensor<f64>| hvp(|w| data.loss(w), &products, std::slice::from_ref(v)).remove(0);
        let step = solve(product, &g);
        products[0] -= &step;
    }
    let distance = |other: &[Tensor<f64>; 1]| (&other[0] - &w[0]).norm();
    println!("Newton: {:.1e} from there", distance(&newton));
    println!("Newton by products: {:.1e} from there", distance(&products));
    let right = data.x.matmul(&newton[0]).argmax_axis(1);
    let hits = right
        .iter()
        .zip(&data.classes)
        .filter(|(l, r)| l == r)
        .count();
    println!("{hits} of 178 samples in their class");
}
