//! A small multilayer perceptron on the tape.

use metaplast_autodiff::Tape;
use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_numbers::statistics::mean;
use metaplast_numbers::streams::seed;
use metaplast_tensor::{Random, Scalar, Tensor};

use super::{Regressor, check};
use crate::searcher::{Purpose, stream_name};

/// Steps of a fit, and their rate at the beginning.
const STEPS: u64 = 200;
const RATE: f64 = 0.03;
/// The penalty on squared weights, over the number of examples.
const DECAY: f64 = 0.05;

/// `r ≈ mean r + w₂ · tanh(W₁ φ + b₁)` with 16 hidden units, fitted by 200 full-batch steps of Adam to the mean
/// square and a penalty on weights, from new random weights each time.
#[derive(Clone, Debug)]
pub struct Perceptron {
    seed: u64,
    hidden: usize,
    mean: f64,
    /// `W₁` of shape `[features, hidden]`, `b₁` `[hidden]`, `w₂` `[hidden, 1]`.
    parameters: Vec<Tensor<f64>>,
}

impl Perceptron {
    /// Whose first weights come from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Perceptron {
            seed,
            hidden: 16,
            mean: f64::NAN,
            parameters: Vec::new(),
        }
    }
}

impl Regressor for Perceptron {
    fn searcher_name(&self) -> &'static str {
        "puct-perceptron"
    }

    #[track_caller]
    fn fit(&mut self, features: &[Vec<f64>], targets: &[f64]) {
        let width = check("perceptron", features, targets);
        let examples = targets.len();
        self.mean = mean(targets);
        let name = stream_name(self.seed, Purpose::Weights, examples);
        let mut random = Random::new(seed(&name));
        let hidden = self.hidden;
        let spread = |inputs: usize| 1.0 / (inputs.max(1) as f64).sqrt();
        self.parameters = vec![
            Tensor::normal([width, hidden], 0.0, spread(width), &mut random),
            Tensor::zeros([hidden]),
            Tensor::normal([hidden, 1], 0.0, spread(hidden), &mut random),
        ];
        let inputs = Tensor::new([examples, width], features.concat());
        let wanted = targets.iter().map(|target| target - self.mean);
        let wanted = Tensor::new([examples, 1], wanted.collect());
        let decay = DECAY / examples as f64;
        let mut adam = Adam::new(Schedule::cosine(RATE, RATE / 10.0, STEPS));
        let tape = Tape::<f64>::new();
        for _ in 0..STEPS {
            tape.reset();
            let p: Vec<_> = self.parameters.iter().map(|p| tape.var(p)).collect();
            let output = (tape.constant(&inputs).matmul(p[0]) + p[1])
                .tanh()
                .matmul(p[2]);
            let weights = (p[0] * p[0]).sum() + (p[2] * p[2]).sum();
            let loss = output.mse(tape.constant(&wanted)) + weights * decay;
            let gradients = loss.backward();
            let gradients: Vec<_> = p.iter().map(|&p| gradients.wrt(p)).collect();
            adam.step(&mut self.parameters, &gradients);
        }
    }

    #[track_caller]
    fn predict(&self, features: &[f64]) -> f64 {
        let [first, bias, second] = &self.parameters[..] else {
            panic!("perceptron: it was not fitted");
        };
        let (ours, given) = (first.dims()[0], features.len());
        assert_eq!(ours, given, "perceptron: inputs, features");
        let mut sums = bias.data().to_vec();
        for (x, row) in features
            .iter()
            .zip(first.rows())
            .filter(|(x, _)| **x != 0.0)
        {
            sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += x * w);
        }
        let units = sums.iter().zip(second.data());
        self.mean + units.map(|(sum, w)| w * Scalar::tanh(*sum)).sum::<f64>()
    }
}
