//! Model-agnostic meta-learning (Finn, Abbeel & Levine 2017) of sinusoids from ten points, by the
//! gradient of a gradient step.
//!
//! One inner step is θ' = θ − α ∇L_s(θ), with a learned step size α for each tensor of θ. With
//! θ̄' = ∇L_q(θ') the meta-gradients are
//!
//! ```text
//! θ̄ = θ̄' − ∇²L_s(θ) (α θ̄')        ᾱ = −∇L_s(θ) · θ̄'
//! ```

use metaplast_autodiff::Var;
use metaplast_autodiff::operators::{grad, hvp, value_and_grad};
use metaplast_tensor::{Scalar, Tensor};

type Weights = Vec<Tensor<f64>>;

/// Points on one curve, as columns.
struct Points {
    x: Tensor<f64>,
    y: Tensor<f64>,
}

/// `y = amplitude · sin(x − phase)`
struct Wave {
    amplitude: f64,
    phase: f64,
}

/// Random numbers by xorshift.
struct Random(u64);

impl Random {
    fn between(&mut self, from: f64, to: f64) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        from + (to - from) * ((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn wave(&mut self) -> Wave {
        Wave {
            amplitude: self.between(0.1, 5.0),
            phase: self.between(0.0, std::f64::consts::PI),
        }
    }

    fn points(&mut self, wave: &Wave, n: usize) -> Points {
        let x = Tensor::from_fn([n, 1], |_| self.between(-5.0, 5.0));
        let y = x.map(|x: f64| wave.amplitude * Scalar::sin(x - wave.phase));
        Points { x, y }
    }

    /// A net with two hidden layers: matrices of variance 1/fan-in, zero biases.
    fn weights(&mut self, hidden: usize) -> Weights {
        let mut matrix = |rows: usize, cols: usize| {
            let bound = (3.0 / rows as f64).sqrt();
            Tensor::from_fn([rows, cols], |_| self.between(-bound, bound))
        };
        let (first, second, third) = (matrix(1, hidden), matrix(hidden, hidden), matrix(hidden, 1));
        let bias = || Tensor::zeros([hidden]);
        vec![first, bias(), second, bias(), third, Tensor::zeros([1])]
    }
}

/// The net's mean squared error at these points.
fn loss<'t, T: Scalar>(points: &Points, weights: &[Var<'t, T>]) -> Var<'t, T> {
    let tape = weights[0].tape();
    let x = tape.constant(&points.x.cast());
    let y = tape.constant(&points.y.cast());
    let hidden = (x.matmul(weights[0]) + weights[1]).tanh();
    let hidden = (hidden.matmul(weights[2]) + weights[3]).tanh();
    (hidden.matmul(weights[4]) + weights[5]).mse(y)
}

fn error(points: &Points, weights: &Weights) -> f64 {
    value_and_grad(|w| loss(points, w), weights).0
}

/// Each tensor times its number.
fn scaled(tensors: &Weights, by: &[f64]) -> Weights {
    tensors.iter().zip(by).map(|(t, &s)| t * s).collect()
}

fn minus(left: &Weights, right: &Weights) -> Weights {
    left.iter().zip(right).map(|(l, r)| l - r).collect()
}

fn adapted(weights: &Weights, rates: &[f64], support: &Points) -> Weights {
    minus(
        weights,
        &scaled(&grad(|w| loss(support, w), weights), rates),
    )
}

/// The gradients of the query loss after one step, by the weights and by the step sizes.
fn meta_gradient(
    weights: &Weights,
    rates: &[f64],
    support: &Points,
    query: &Points,
) -> (Weights, Vec<f64>) {
    let inner = grad(|w| loss(support, w), weights);
    let after = minus(weights, &scaled(&inner, rates));
    let adjoint = grad(|w| loss(query, w), &after);
    let curved = hvp(|w| loss(support, w), weights, &scaled(&adjoint, rates));
    let by_rates = inner.iter().zip(&adjoint).map(|(g, a)| -(g * a).sum());
    (minus(&adjoint, &curved), by_rates.collect())
}

/// Adam on one list of numbers.
struct Adam {
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: i32,
}

impl Adam {
    fn new(len: usize) -> Self {
        Adam {
            mean: vec![0.0; len],
            square: vec![0.0; len],
            steps: 0,
        }
    }

    /// What to subtract for this gradient.
    fn step(&mut self, rate: f64, gradient: impl Iterator<Item = f64>) -> Vec<f64> {
        self.steps += 1;
        let (c1, c2) = (
            1.0 - 0.9f64.powi(self.steps),
            1.0 - 0.999f64.powi(self.steps),
        );
        let moments = self.mean.iter_mut().zip(&mut self.square);
        moments
            .zip(gradient)
            .map(|((m, s), g)| {
                *m = 0.9 * *m + 0.1 * g;
                *s = 0.999 * *s + 0.001 * g * g;
                rate * (*m / c1) / ((*s / c2).sqrt() + 1e-8)
            })
            .collect()
    }
}

const SHOTS: usize = 10;
const START_RATE: f64 = 0.02;

/// Mean errors on fresh tasks: before, after one and after ten steps on ten points.
fn evaluate(weights: &Weights, rates: &[f64]) -> [f64; 3] {
    let (mut random, tasks) = (Random(777), 300);
    let mut errors = [0.0; 3];
    for _ in 0..tasks {
        let wave = random.wave();
        let (support, query) = (random.points(&wave, SHOTS), random.points(&wave, 100));
        let mut weights = weights.clone();
        errors[0] += error(&query, &weights);
        for step in 1..=10 {
            weights = adapted(&weights, rates, &support);
            if step == 1 {
                errors[1] += error(&query, &weights);
            }
        }
        errors[2] += error(&query, &weights);
    }
    errors.map(|sum| sum / f64::from(tasks))
}

fn meta_train(weights: &mut Weights, rates: &mut [f64], random: &mut Random) {
    let (iterations, tasks) = (2500, 8);
    let sizes: Vec<usize> = weights.iter().map(Tensor::len).collect();
    let mut weight_steps = Adam::new(sizes.iter().sum());
    let mut rate_steps = Adam::new(rates.len());
    for iteration in 0..iterations {
        let mut by_weights: Weights = weights.iter().map(|w| Tensor::zeros(w.shape())).collect();
        let mut by_log_rates = vec![0.0; rates.len()];
        for _ in 0..tasks {
            let wave = random.wave();
            let (support, query) = (random.points(&wave, SHOTS), random.points(&wave, SHOTS));
            let (w, r) = meta_gradient(weights, rates, &support, &query);
            for k in 0..rates.len() {
                by_weights[k] = &by_weights[k] + &w[k];
                by_log_rates[k] += r[k] * rates[k];
            }
        }
        let progress = f64::from(iteration) / f64::from(iterations);
        let rate = 5e-3 * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        let gradient = by_weights.iter().flat_map(|g| g.data()).copied();
        let mut steps = weight_steps.step(rate, gradient).into_iter();
        for w in weights.iter_mut().flat_map(|w| w.data_mut()) {
            *w -= steps.next().expect("one for each weight");
        }
        let steps = rate_steps.step(rate, by_log_rates.into_iter());
        for (rate, step) in rates.iter_mut().zip(steps) {
            *rate *= (-step).exp();
        }
    }
}

#[test]
fn the_meta_gradient_agrees_with_differences() {
    let mut random = Random(5);
    let weights = random.weights(3);
    let rates = [0.05, 0.02, 0.1, 0.03, 0.07, 0.04];
    let wave = random.wave();
    let (support, query) = (random.points(&wave, 4), random.points(&wave, 5));
    let after = |w: &Weights, r: &[f64]| error(&query, &adapted(w, r, &support));
    let (by_weights, by_rates) = meta_gradient(&weights, &rates, &support, &query);
    let h = 1e-5;
    for k in 0..weights.len() {
        for i in 0..weights[k].len() {
            let at = |offset: f64| {
                let mut moved = weights.clone();
                moved[k].data_mut()[i] += offset;
                after(&moved, &rates)
            };
            let difference = (at(h) - at(-h)) / (2.0 * h);
            assert!(
                (by_weights[k].data()[i] - difference).abs() <= 1e-7 * difference.abs().max(1.0)
            );
        }
        let at = |offset: f64| {
            let mut moved = rates;
            moved[k] += offset;
            after(&weights, &moved)
        };
        let difference = (at(h) - at(-h)) / (2.0 * h);
        assert!((by_rates[k] - difference).abs() <= 1e-7 * difference.abs().max(1.0));
    }
}

#[test]
fn one_step_from_a_trained_start_fits_a_sinusoid() {
    let mut random = Random(12345);
    let mut weights = random.weights(40);
    let mut rates = [START_RATE; 6];
    let untrained = evaluate(&weights, &rates);
    meta_train(&mut weights, &mut rates, &mut random);
    let trained = evaluate(&weights, &rates);
    println!("mean squared error before, after 1, after 10 steps:");
    println!("untrained {untrained:.3?}, trained {trained:.3?}, step sizes {rates:.4?}");
    assert!(untrained[1] > 2.0, "{untrained:?}");
    assert!(trained[1] <= 0.45, "{trained:?}");
    assert!(trained[2] < trained[1], "{trained:?}");
}
