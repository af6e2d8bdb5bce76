//! A small network for each soil, all trained as one batch.

use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_autodiff::{Tape, Var};
use metaplast_numbers::statistics::mean;
use metaplast_numbers::streams::seed;
use metaplast_tensor::{Random, Tensor};

use super::settings::{NetworkSettings, SuctionInput, Unit};
use super::{PointUse, RetentionBranch, Soil};

/// Mean over the soils of the root-mean-square error of normalised water content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetentionErrors {
    /// On training points.
    pub training: f64,
    /// On validation points.
    pub validation: f64,
    /// On test points.
    pub test: f64,
}

/// Soils as arrays of one shape: all networks are then products of stacks of matrices.
#[derive(Clone, Debug)]
pub struct SoilBatch {
    soils: usize,
    /// The most points of a soil; others are padded by points that count for nothing.
    rows: usize,
    suction: Vec<f64>,
    flag: Vec<f64>,
    /// Normalised water content, `[soils, rows, 1]`.
    target: Tensor<f64>,
    purpose: Vec<Option<PointUse>>,
    /// The water contents of each soil that are normalised to 0 and 1.
    ranges: Vec<(f64, f64)>,
}

impl SoilBatch {
    /// Of these soils, water content normalised so that training points span 0 to 1.
    ///
    /// # Panics
    /// When there are no soils.
    #[must_use]
    #[track_caller]
    pub fn new(soils: &[Soil]) -> Self {
        assert!(!soils.is_empty(), "soil batch: no soils");
        let points: Vec<_> = soils.iter().map(Soil::points).collect();
        let rows = points.iter().map(Vec::len).max().unwrap_or(0);
        let n = soils.len() * rows;
        let (mut suction, mut flag, mut target) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut purpose = vec![None; n];
        let mut ranges = Vec::new();
        for (k, (soil, points)) in soils.iter().zip(&points).enumerate() {
            let (low, high) = soil.range();
            let spread = if high > low { high - low } else { 1.0 };
            ranges.push((low, low + spread));
            for (row, point) in points.iter().enumerate() {
                let at = k * rows + row;
                suction[at] = point.suction;
                flag[at] = point.direction.flag();
                target[at] = (point.water_content - low) / spread;
                purpose[at] = Some(point.purpose);
            }
        }
        SoilBatch {
            soils: soils.len(),
            rows,
            suction,
            flag,
            target: Tensor::new([soils.len(), rows, 1], target),
            purpose,
            ranges,
        }
    }

    /// The number of soils.
    #[must_use]
    pub fn soils(&self) -> usize {
        self.soils
    }

    /// The mean and the standard deviation of each soil's entering suction over its training points.
    fn scales(&self, input: SuctionInput) -> Vec<(f64, f64)> {
        let scale = |k: usize| {
            let at = k * self.rows..(k + 1) * self.rows;
            let training = at.filter(|&at| self.purpose[at] == Some(PointUse::Training));
            let entering: Vec<f64> = training.map(|at| input.of(self.suction[at])).collect();
            let middle = mean(&entering);
            let squares: Vec<f64> = entering.iter().map(|x| (x - middle).powi(2)).collect();
            let spread = mean(&squares).sqrt();
            (middle, if spread > 0.0 { spread } else { 1.0 })
        };
        (0..self.soils).map(scale).collect()
    }

    /// Inputs of all points, `[soils, rows, inputs]`.
    fn inputs(&self, settings: &NetworkSettings) -> Tensor<f64> {
        let scales = self.scales(settings.suction);
        let points = self.suction.iter().zip(&self.flag).enumerate();
        let points = points.map(|(at, (&suction, &flag))| (scales[at / self.rows], suction, flag));
        let width = settings.history.inputs();
        Tensor::new([self.soils, self.rows, width], entering(settings, points))
    }

    /// For each point of training its share in the mean square of its soil, 0 for others: `[soils, rows, 1]`.
    fn shares(&self) -> Tensor<f64> {
        let mut shares = Vec::with_capacity(self.purpose.len());
        for purposes in self.purpose.chunks(self.rows.max(1)) {
            let training = |purpose: &Option<PointUse>| *purpose == Some(PointUse::Training);
            let points = purposes.iter().filter(|purpose| training(purpose)).count();
            let share = 1.0 / points.max(1) as f64;
            let each = purposes.iter();
            shares.extend(each.map(|purpose| if training(purpose) { share } else { 0.0 }));
        }
        Tensor::new([self.soils, self.rows, 1], shares)
    }

    /// The errors of predictions, one for each point and padding.
    fn errors(&self, predicted: &[f64]) -> RetentionErrors {
        let of = |wanted: PointUse| {
            let mut roots = Vec::new();
            for k in 0..self.soils {
                let at = k * self.rows..(k + 1) * self.rows;
                let points = at.filter(|&at| self.purpose[at] == Some(wanted));
                let squares: Vec<f64> = points
                    .map(|at| (predicted[at] - self.target.data()[at]).powi(2))
                    .collect();
                if !squares.is_empty() {
                    roots.push(mean(&squares).sqrt());
                }
            }
            mean(&roots)
        };
        RetentionErrors {
            training: of(PointUse::Training),
            validation: of(PointUse::Validation),
            test: of(PointUse::Test),
        }
    }

    /// First weights and biases of layers of these sizes, from the inputs to the output.
    fn start(&self, sizes: &[usize], number: u64) -> Vec<Tensor<f64>> {
        let mut layers: Vec<Vec<f64>> = vec![Vec::new(); sizes.len() - 1];
        for soil in 0..self.soils as u64 {
            let mut random = Random::new(seed(&[WEIGHTS, number, soil]));
            for (weights, pair) in layers.iter_mut().zip(sizes.windows(2)) {
                let bound = (6.0 / (pair[0] + pair[1]) as f64).sqrt();
                let mut weight = || bound * (2.0 * random.uniform() - 1.0);
                weights.extend((0..pair[0] * pair[1]).map(|_| weight()));
            }
        }
        let both = layers.into_iter().zip(sizes.windows(2));
        both.flat_map(|(weights, pair)| {
            [
                Tensor::new([self.soils, pair[0], pair[1]], weights),
                Tensor::zeros([self.soils, 1, pair[1]]),
            ]
        })
        .collect()
    }

    /// Trains a network for each soil by full-batch steps of Adam on the mean square error.
    ///
    /// The first weights are uniform within ±√(6/(inputs + outputs)), biases 0. They depend on the seed, the
    /// layers and the soil's place alone.
    ///
    /// # Panics
    /// When the settings have no layer or no unit.
    #[must_use]
    #[track_caller]
    pub fn train(&self, settings: &NetworkSettings, number: u64) -> SoilNetworks {
        let (layers, width) = (settings.layers, settings.width);
        assert!(
            layers > 0 && width > 0,
            "soil networks: {layers} layers of {width} units"
        );
        let mut sizes = vec![settings.history.inputs()];
        sizes.resize(layers + 1, width);
        sizes.push(1);
        let mut parameters = self.start(&sizes, number);
        let (inputs, shares) = (self.inputs(settings), self.shares());
        let mut adam = Adam::new(Schedule::cosine(
            settings.rate,
            settings.rate / 10.0,
            settings.steps,
        ));
        let tape = Tape::<f64>::new();
        for _ in 0..settings.steps {
            tape.reset();
            let vars: Vec<_> = parameters.iter().map(|p| tape.var(p)).collect();
            let predicted = forward(tape.constant(&inputs), &vars, settings.unit);
            let off = predicted - tape.constant(&self.target);
            // Soils share nothing, so that the sum trains each as if it were alone.
            let loss = (off * off * tape.constant(&shares)).sum();
            let gradients = loss.backward();
            let each = vars.iter().zip(&parameters).enumerate();
            let gradients: Vec<_> = each
                .map(|(k, (&var, p))| match k % 2 == 0 && settings.decay > 0.0 {
                    true => gradients.wrt(var) + p * settings.decay,
                    false => gradients.wrt(var),
                })
                .collect();
            adam.step(&mut parameters, &gradients);
        }
        let errors = self.errors(&predict(&inputs, &parameters, settings.unit));
        SoilNetworks {
            settings: *settings,
            parameters,
            errors,
            scales: self.scales(settings.suction),
            ranges: self.ranges.clone(),
        }
    }
}

/// The part of a stream's name that first weights have.
const WEIGHTS: u64 = 0x77_e197;

/// Networks of one shape, one for each soil.
#[derive(Clone, Debug)]
pub struct SoilNetworks {
    settings: NetworkSettings,
    /// Weights `[soils, inputs, units]` and biases `[soils, 1, units]` of each layer in turn.
    parameters: Vec<Tensor<f64>>,
    errors: RetentionErrors,
    scales: Vec<(f64, f64)>,
    ranges: Vec<(f64, f64)>,
}

impl SoilNetworks {
    /// The settings they were trained with.
    #[must_use]
    pub fn settings(&self) -> &NetworkSettings {
        &self.settings
    }

    /// The parameters: of each layer weights `[soils, inputs, units]` and biases `[soils, 1, units]`.
    #[must_use]
    pub fn parameters(&self) -> &[Tensor<f64>] {
        &self.parameters
    }

    /// The water content that each soil's network gives on a branch at each of these suctions in cm.
    #[must_use]
    pub fn water_contents(&self, direction: RetentionBranch, suctions: &[f64]) -> Vec<Vec<f64>> {
        let flag = direction.flag();
        let points = self.scales.iter().flat_map(|&scale| {
            let soil = suctions.iter();
            soil.map(move |&suction| (scale, suction, flag))
        });
        let inputs = entering(&self.settings, points);
        let shape = [
            self.scales.len(),
            suctions.len(),
            self.settings.history.inputs(),
        ];
        let inputs = Tensor::new(shape, inputs);
        let outputs = predict(&inputs, &self.parameters, self.settings.unit);
        let soils = outputs.chunks(suctions.len().max(1)).zip(&self.ranges);
        soils
            .map(|(soil, (low, high))| soil.iter().map(|x| low + (high - low) * x).collect())
            .collect()
    }

    /// Their errors.
    #[must_use]
    pub fn errors(&self) -> RetentionErrors {
        self.errors
    }
}

impl RetentionBranch {
    /// As it enters a network.
    fn flag(self) -> f64 {
        match self {
            RetentionBranch::Drying => -1.0,
            RetentionBranch::Wetting => 1.0,
        }
    }
}

/// The inputs of points, each given by the scale of its soil, a suction and a flag.
fn entering(
    settings: &NetworkSettings,
    points: impl Iterator<Item = ((f64, f64), f64, f64)>,
) -> Vec<f64> {
    let width = settings.history.inputs();
    let mut inputs = Vec::new();
    for ((middle, spread), suction, flag) in points {
        let x = (settings.suction.of(suction) - middle) / spread;
        inputs.extend(&[x, flag, flag * x][..width]);
    }
    inputs
}

/// Outputs `[soils, rows, 1]` of inputs `[soils, rows, inputs]`.
fn forward<'t>(inputs: Var<'t, f64>, parameters: &[Var<'t, f64>], unit: Unit) -> Var<'t, f64> {
    let last = parameters.len() / 2 - 1;
    let mut x = inputs;
    for (layer, pair) in parameters.chunks(2).enumerate() {
        x = x.matmul(pair[0]) + pair[1];
        if layer < last {
            x = unit.of(x);
        }
    }
    x
}

fn predict(inputs: &Tensor<f64>, parameters: &[Tensor<f64>], unit: Unit) -> Vec<f64> {
    let tape = Tape::<f64>::new();
    let vars: Vec<_> = parameters.iter().map(|p| tape.constant(p)).collect();
    forward(tape.constant(inputs), &vars, unit)
        .value()
        .data()
        .to_vec()
}
