//! A network that gives a permeability tensor.

use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_autodiff::{Tape, Var};
use metaplast_numbers::statistics::mean;
use metaplast_tensor::{Random, Scalar, Tensor};

use super::{PermeabilityTensor, PoreFeatures, PoreSample};

/// Numbers that enter: ln φ, F_xx − F_yy, 2 F_xy, the spread of ln r.
const INPUTS: usize = 4;
const HIDDEN: usize = 16;
const STEPS: u64 = 600;
const RATE: f64 = 0.02;

/// Features to a tensor by two hidden layers of 16 tanh units, whose three outputs are the Cholesky factor
/// ([`PermeabilityTensor::from_factor`]): whatever the weights, the tensor is symmetric and positive definite.
///
/// It is trained by 600 full-batch steps of Adam on the mean of the squared difference of factors: of ln L₁₁, of
/// ln L₂₂, and of L₂₁ over L₂₂.
///
/// ```
/// use metaplast_search::permeability::{PermeabilityNetwork, PoreStructure};
/// use metaplast_tensor::Random;
///
/// let mut random = Random::new(1);
/// let mut draw = || PoreStructure::random(&mut random).sample(&mut random.clone());
/// let samples: Vec<_> = (0..40).map(|_| draw()).collect();
/// let network = PermeabilityNetwork::train(&samples, 1);
/// assert!(samples.iter().all(|s| network.permeability(&s.features).is_positive_definite()));
/// ```
#[derive(Clone, Debug)]
pub struct PermeabilityNetwork {
    /// Mean and standard deviation of each input, and of each output.
    inputs: Vec<(f64, f64)>,
    outputs: Vec<(f64, f64)>,
    /// Weights `[inputs, units]` and biases `[units]` of each layer in turn.
    parameters: Vec<Tensor<f64>>,
}

impl PermeabilityNetwork {
    /// Trains on samples from first weights of a seed.
    ///
    /// # Panics
    /// When there are no samples.
    #[must_use]
    #[track_caller]
    pub fn train(samples: &[PoreSample], seed: u64) -> Self {
        assert!(!samples.is_empty(), "permeability network: no samples");
        let features: Vec<_> = samples.iter().map(|s| entering(&s.features)).collect();
        let factors: Vec<_> = samples.iter().map(|s| s.permeability.factor()).collect();
        let inputs: Vec<_> = (0..INPUTS)
            .map(|k| scale(features.iter().map(|row| row[k])))
            .collect();
        let outputs: Vec<_> = (0..3)
            .map(|k| scale(factors.iter().map(|row| row[k])))
            .collect();
        let mut random = Random::new(seed);
        let mut parameters = Vec::new();
        for pair in [INPUTS, HIDDEN, HIDDEN, 3].windows(2) {
            let spread = 1.0 / (pair[0] as f64).sqrt();
            parameters.push(Tensor::normal([pair[0], pair[1]], 0.0, spread, &mut random));
            parameters.push(Tensor::zeros([pair[1]]));
        }
        let n = samples.len();
        let scaled = features.iter().flat_map(|row| standard(row, &inputs));
        let x = Tensor::new([n, INPUTS], scaled.collect());
        let column = |k: usize| {
            let numbers = factors.iter().map(|factor| factor[k]).collect();
            Tensor::new([n, 1], numbers)
        };
        let wanted = [column(0), column(1), column(2)];
        // L₁₁/L₂₂ of the truth: by how much an error of L₂₁/L₁₁ counts.
        let weights = factors
            .iter()
            .map(|[first, second, _]| Scalar::exp(first - second));
        let weights = Tensor::new([n, 1], weights.collect());
        let mut adam = Adam::new(Schedule::cosine(RATE, RATE / 100.0, STEPS));
        let tape = Tape::<f64>::new();
        for _ in 0..STEPS {
            tape.reset();
            let p: Vec<_> = parameters.iter().map(|p| tape.var(p)).collect();
            let out = forward(tape.constant(&x), &p);
            let off = |k: usize| {
                let (middle, spread) = outputs[k];
                out.narrow(1, k..k + 1) * spread + middle - tape.constant(&wanted[k])
            };
            let slope = off(2) * tape.constant(&weights);
            let loss = (off(0) * off(0) + off(1) * off(1) + slope * slope).mean();
            let gradients = loss.backward();
            let gradients: Vec<_> = p.iter().map(|&p| gradients.wrt(p)).collect();
            adam.step(&mut parameters, &gradients);
        }
        PermeabilityNetwork {
            inputs,
            outputs,
            parameters,
        }
    }

    /// The permeability.
    #[must_use]
    pub fn permeability(&self, features: &PoreFeatures) -> PermeabilityTensor {
        let tape = Tape::<f64>::new();
        let p: Vec<_> = self.parameters.iter().map(|p| tape.constant(p)).collect();
        let x = standard(&entering(features), &self.inputs).collect();
        let out = forward(tape.constant(&Tensor::new([1, INPUTS], x)), &p).value();
        let factor = |k: usize| self.outputs[k].0 + self.outputs[k].1 * out.data()[k];
        PermeabilityTensor::from_factor([factor(0), factor(1), factor(2)])
    }
}

fn entering(features: &PoreFeatures) -> [f64; INPUTS] {
    let fabric = &features.fabric;
    let log = Scalar::ln(features.porosity);
    [log, fabric.xx - fabric.yy, 2.0 * fabric.xy, features.spread]
}

/// Mean and standard deviation; 1 in place of a deviation of 0.
fn scale(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let numbers: Vec<f64> = numbers.collect();
    let middle = mean(&numbers);
    let squares: Vec<f64> = numbers.iter().map(|x| (x - middle).powi(2)).collect();
    let spread = mean(&squares).sqrt();
    (middle, if spread > 0.0 { spread } else { 1.0 })
}

fn standard(row: &[f64; INPUTS], scales: &[(f64, f64)]) -> impl Iterator<Item = f64> {
    let both = row.iter().zip(scales);
    let each: Vec<f64> = both
        .map(|(x, (middle, spread))| (x - middle) / spread)
        .collect();
    each.into_iter()
}

/// Outputs `[n, 3]` of inputs `[n, 4]`.
fn forward<'t>(x: Var<'t, f64>, p: &[Var<'t, f64>]) -> Var<'t, f64> {
    let hidden = (x.matmul(p[0]) + p[1]).tanh();
    let hidden = (hidden.matmul(p[2]) + p[3]).tanh();
    hidden.matmul(p[4]) + p[5]
}
