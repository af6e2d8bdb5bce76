//! Hamiltonian Monte Carlo: samples from the posterior of a logistic regression with a hundred
//! coefficients (Neal 2011).
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 15_hamiltonian_monte_carlo
//! ```

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{function, value_and_grad};
use metaplast_tensor::{Random, Tensor};

const SAMPLES: usize = 1000;
const LEAPFROGS: usize = 20;
const STEP: f64 = 0.1;

fn main() {
    let mut random = Random::new(1);
    let x = Tensor::normal([500, 100], 0.0, 0.3, &mut random);
    let truth = Tensor::normal([100], 0.0, 1.0, &mut random);
    let odds = x.matvec(&truth);
    let y = odds.map(|z: f64| f64::from(random.uniform() < 1.0 / (1.0 + (-z).exp())));
    // The negative logarithm of prior and likelihood.
    let energy = function(|w: &[Var<'_, f64>]| {
        let logits = w[0].tape().constant(&x).matvec(w[0]);
        let targets = w[0].tape().constant(&y);
        logits.bce_with_logits(targets) * 500.0 + 0.5 * w[0].square().sum()
    });
    let at = |w: &[Tensor<f64>; 1]| {
        let (value, mut gradient) = value_and_grad(energy, w);
        (value, gradient.remove(0))
    };

    let mut w = [Tensor::zeros([100])];
    let (mut value, mut gradient) = at(&w);
    let (mut accepted, mut sum) = (0, Tensor::zeros([100]));
    for _ in 0..SAMPLES {
        let mut p = Tensor::normal([100], 0.0, 1.0, &mut random);
        let before = value + 0.5 * p.dot(&p);
        let (mut moved, mut there, mut slope) = (w.clone(), value, gradient.clone());
        for _ in 0..LEAPFROGS {
            p -= &(&slope * (0.5 * STEP));
            moved[0] += &(&p * STEP);
            (there, slope) = at(&moved);
            p -= &(&slope * (0.5 * STEP));
        }
        let after = there + 0.5 * p.dot(&p);
        if random.uniform() < (before - after).exp() {
            (w, value, gradient) = (moved, there, slope);
            accepted += 1;
        }
        sum += &w[0];
    }
    let mean = sum / SAMPLES as f64;
    let rate = f64::from(accepted) / SAMPLES as f64;
    let fit = mean.dot(&truth) / (mean.norm() * truth.norm());
    println!("accepted {rate:.2}; posterior mean against the truth: cosine {fit:.3}");
}
