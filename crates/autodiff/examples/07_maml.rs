//! Learning to learn: where to start so that one gradient step fits any sinusoid (MAML; Finn,
//! Abbeel & Levine 2017).
//!
//! The loss that counts is the one *after* a step, `L_q(θ')` with `θ' = θ − α ∇L_s(θ)`. Its
//! gradient is a gradient of a gradient, and needs one Hessian-vector product:
//!
//! ```text
//! θ̄ = θ̄' − α ∇²L_s(θ) θ̄'      θ̄' = ∇L_q(θ')
//! ```
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 07_maml
//! ```

use std::f64::consts::PI;

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{grad, hvp, value_and_grad};
use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_tensor::{Scalar, Tensor};

type Weights = Vec<Tensor<f64>>;

/// Inner step size.
const ALPHA: f64 = 0.05;
const ITERATIONS: u64 = 2500;
const TASKS: u32 = 8;

/// Points on one curve, as columns.
struct Points {
    x: Tensor<f64>,
    y: Tensor<f64>,
}

/// Random numbers by xorshift.
struct Random(u64);

impl Random {
    fn between(&mut self, from: f64, to: f64) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        from + (to - from) * (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A few points to learn a random sinusoid from, and others to be asked about.
    fn task(&mut self, asked: usize) -> [Points; 2] {
        let (amplitude, phase) = (self.between(0.1, 5.0), self.between(0.0, PI));
        [10, asked].map(|n| {
            let x = Tensor::from_fn([n, 1], |_| self.between(-5.0, 5.0));
            let y = x.map(|x: f64| amplitude * (x - phase).sin());
            Points { x, y }
        })
    }

    fn matrix(&mut self, rows: usize, cols: usize) -> Tensor<f64> {
        let bound = (3.0 / rows as f64).sqrt();
        Tensor::from_fn([rows, cols], |_| self.between(-bound, bound))
    }
}

/// The mean squared error of a net with two hidden layers.
fn loss<'t, T: Scalar>(points: &Points, w: &[Var<'t, T>]) -> Var<'t, T> {
    let tape = w[0].tape();
    let x = tape.constant(&points.x.cast());
    let hidden = (x.matmul(w[0]) + w[1]).tanh();
    let hidden = (hidden.matmul(w[2]) + w[3]).tanh();
    (hidden.matmul(w[4]) + w[5]).mse(tape.constant(&points.y.cast()))
}

/// `left − factor · right`
fn minus(left: &Weights, factor: f64, right: &Weights) -> Weights {
    let pairs = left.iter().zip(right);
    pairs.map(|(l, r)| l - &(r * factor)).collect()
}

fn adapted(weights: &Weights, support: &Points) -> Weights {
    minus(weights, ALPHA, &grad(|w| loss(support, w), weights))
}

/// The gradient of the loss after one step, by the weights before it.
fn meta_gradient(weights: &Weights, [support, query]: &[Points; 2]) -> Weights {
    let adjoint = grad(|w| loss(query, w), &adapted(weights, support));
    let curved = hvp(|w| loss(support, w), weights, &adjoint);
    minus(&adjoint, ALPHA, &curved)
}

/// Mean errors on two hundred fresh tasks, before and after one step.
fn errors(weights: &Weights) -> [f64; 2] {
    let mut random = Random(777);
    let mut sums = [0.0; 2];
    for _ in 0..200 {
        let [support, query] = random.task(100);
        for (sum, w) in sums.iter_mut().zip([weights, &adapted(weights, &support)]) {
            *sum += value_and_grad(|w| loss(&query, w), w).0 / 200.0;
        }
    }
    sums
}

fn main() {
    let mut random = Random(12345);
    let mut weights = Vec::new();
    for (rows, cols) in [(1, 40), (40, 40), (40, 1)] {
        weights.push(random.matrix(rows, cols));
        weights.push(Tensor::zeros([cols]));
    }
    let mut adam = Adam::new(Schedule::cosine(5e-3, 0.0, ITERATIONS));

    println!("mean squared error on unseen sinusoids, ten points each");
    println!("meta-step   before   after one gradient step");
    for iteration in 0..=ITERATIONS {
        if iteration % 500 == 0 {
            let [before, after] = errors(&weights);
            println!("{iteration:>9}   {before:>6.3}   {after:>6.3}");
        }
        let mut sum: Weights = weights.iter().map(|w| Tensor::zeros(w.shape())).collect();
        for _ in 0..TASKS {
            sum = minus(&sum, -1.0, &meta_gradient(&weights, &random.task(10)));
        }
        adam.step(&mut weights, &sum);
    }
}
