//! A learned optimiser: the constants of Adam, found by the gradient of where it gets to.
//!
//! Every step of the inner optimisation takes the gradient of the task's loss. As a
//! [`recorded_grad`] it is a value on the tape, so that the loss at the end is differentiated by
//! the rate, both decays and the first weights, through all steps. [`scan`] keeps checkpoints of
//! the loop and not the loop.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 10_learned_optimiser
//! ```

use std::sync::Arc;

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{Function, recorded_grad};
use metaplast_autodiff::optim::{Adam, Optimizer};
use metaplast_autodiff::scan::{Moment, Policy, Start, scan};
use metaplast_tensor::{Random, Scalar, Tensor};

const STEPS: usize = 100;

/// A regression, which a net with one hidden layer learns.
struct Task {
    x: Tensor<f64>,
    y: Tensor<f64>,
}

impl Function for Task {
    fn call<'t, T: Scalar>(&self, w: &[Var<'t, T>]) -> Var<'t, T> {
        let constant = |x: &Tensor<f64>| w[0].tape().constant(&x.cast());
        let hidden = (constant(&self.x).matmul(w[0]) + w[1]).tanh();
        hidden.matmul(w[2]).mse(constant(&self.y))
    }
}

/// A step of Adam with a rate of `exp θ₀` and decays of `σ(θ₁)` and `σ(θ₂)`. The carried vectors are
/// the three weights, their means and their mean squares.
fn step(task: &Arc<Task>, now: &mut Moment<'_, f64>, t: usize) {
    let (rate, keep) = (now.theta[0].exp(), [1, 2].map(|i| now.theta[i].sigmoid()));
    let correction = keep.map(|keep| 1.0 - keep.powi(t as i32 + 1));
    let gradients = recorded_grad(Arc::clone(task), &now.vectors[..3]);
    for (i, g) in gradients.into_iter().enumerate() {
        let mean = keep[0] * now.vectors[3 + i] + (1.0 - keep[0]) * g;
        let square = keep[1] * now.vectors[6 + i] + (1.0 - keep[1]) * g.square();
        let size = (square / correction[1] + 1e-12).sqrt();
        now.vectors[i] -= rate * (mean / correction[0]) / size;
        (now.vectors[3 + i], now.vectors[6 + i]) = (mean, square);
    }
}

fn main() {
    let mut random = Random::new(1);
    let x = Tensor::uniform([50, 1], -2.0, 2.0, &mut random);
    let y = x.map(|x: f64| (2.0 * x).sin());
    let task = Arc::new(Task { x, y });
    let shapes = [[1, 16], [1, 16], [16, 1]];
    let weights = shapes.map(|dims| Tensor::normal(dims, 0.0, 0.7, &mut random));
    let zeros = weights.each_ref().map(|w| Tensor::zeros(w.shape()));
    let mut theta = [-6.0, 2.2, 6.9].map(Tensor::scalar);
    let mut outer = Adam::new(0.05);

    println!("loss after {STEPS} steps, and the constants that it was made with");
    for round in 0..=50 {
        let carried = [&weights[..], &zeros, &zeros].concat();
        let start = Start::new().vectors(carried).theta(&theta);
        let end = |now: &mut Moment<'_, f64>| now.add_loss(task.call(&now.vectors[..3]));
        let policy = Policy::Every { steps: 10 };
        let outcome = scan(|now, t| step(&task, now, t), end, &start, STEPS, policy);
        if round % 10 == 0 {
            let [rate, beta1, beta2] = theta.each_ref().map(Tensor::item);
            let (loss, decay) = (outcome.loss, |x: f64| 1.0 / (1.0 + (-x).exp()));
            let (rate, beta1, beta2) = (rate.exp(), decay(beta1), decay(beta2));
            println!("{round:>3}: {loss:.5}   rate {rate:.4}, β₁ {beta1:.3}, β₂ {beta2:.4}");
        }
        outer.step(&mut theta, &outcome.theta);
    }
}
