//! Recurrent networks, against a plain loop, eligibility traces, and the gradient of the unrolled network.

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{
    Activation, Pathway, Preset, Readout, RecurrentArchitecture, RecurrentNetwork, Rule,
    TeachingThroughTime,
};
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

pub(crate) type Matrix = Vec<Vec<f64>>;

/// A network, a sequence and its label.
pub(crate) struct SequenceCase {
    pub(crate) architecture: RecurrentArchitecture,
    pub(crate) weights: Pathway<f64>,
    feedback: Pathway<f64>,
    teaching: TeachingThroughTime,
    inputs: Vec<Vec<f64>>,
    pub(crate) label: usize,
}

impl SequenceCase {
    pub(crate) fn new(seed: u64, teaching: TeachingThroughTime, steps: usize) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut size = || rng.random_range(1..6usize);
        let [inputs, hidden, outputs] = [size(), size(), size()];
        let activation = Activation::ALL[rng.random_range(0..3usize)];
        let readout = Readout::ALL[rng.random_range(0..2usize)];
        let leak = [1.0, 0.6, 0.2][rng.random_range(0..3usize)];
        let architecture = RecurrentArchitecture::new(inputs, hidden, outputs).unwrap();
        let architecture = architecture
            .with_activation(activation)
            .with_beta(4.0)
            .unwrap();
        let architecture = architecture.with_leak(leak).unwrap().with_readout(readout);
        // Half as large as usual, so that activity does not grow: the error of a softmax is that of its logits.
        let weights = Pathway::uniform_of(&architecture.shapes(), &mut rng).scaled(0.5);
        let feedback = teaching.draw(&architecture, &mut rng);
        let mut element = || match rng.random_range(0..3usize) {
            0 => 0.0,
            _ => rng.random::<f64>(),
        };
        SequenceCase {
            architecture,
            weights,
            feedback,
            teaching,
            inputs: (0..steps)
                .map(|_| (0..inputs).map(|_| element()).collect())
                .collect(),
            label: rng.random_range(0..outputs),
        }
    }

    pub(crate) fn network<'t>(&self, tape: &'t Tape<f64>) -> RecurrentNetwork<'t, f64> {
        let w = self.weights.transposed();
        let states = [0, 1, 2].map(|matrix| tape.state_with_gradient(&w[matrix]));
        let (architecture, b) = (&self.architecture, &self.feedback);
        RecurrentNetwork::on_states(tape, architecture, states, self.teaching, b).unwrap()
    }

    pub(crate) fn on_tape<'t>(&self, tape: &'t Tape<f64>) -> Vec<Var<'t, f64>> {
        let input = |x: &Vec<f64>| tape.constant_with(x.len(), |into| into.copy_from_slice(x));
        self.inputs.iter().map(input).collect()
    }

    /// The weights after a step by a rule.
    fn learned(&self, rule: &Rule) -> Vec<Matrix> {
        let tape = Tape::new();
        let network = self.network(&tape);
        network.step(&rule.bind_constant(&tape), &self.on_tape(&tape), self.label);
        matrices(&network.weights())
    }

    fn activate(&self, z: f64) -> (f64, f64) {
        let beta = self.architecture.beta();
        match self.architecture.activation() {
            Activation::Tanh => (z.tanh(), 1.0 - z.tanh() * z.tanh()),
            Activation::Relu => (z.max(0.0), if z > 0.0 { 1.0 } else { 0.0 }),
            Activation::Softplus => {
                let y = (1.0 + (beta * z).exp()).ln() / beta;
                (y, 1.0 - (-beta * y).exp())
            }
        }
    }

    /// φ' as a function of φ.
    fn slope_at(&self, y: f64) -> f64 {
        let beta = self.architecture.beta();
        match self.architecture.activation() {
            Activation::Tanh => 1.0 - y * y,
            Activation::Relu => {
                if y > 0.0 {
                    1.0
                } else {
                    0.0
                }
            }
            Activation::Softplus => 1.0 - (-beta * y).exp(),
        }
    }
}

pub(crate) fn matrices(pathway: &Pathway<f64>) -> Vec<Matrix> {
    let rows = |m: &Tensor<f64>| m.data().chunks(m.dims()[1]).map(<[f64]>::to_vec).collect();
    pathway.matrices().iter().map(rows).collect()
}

fn times(m: &Matrix, x: &[f64]) -> Vec<f64> {
    let dot = |row: &Vec<f64>| row.iter().zip(x).map(|(a, b)| a * b).sum();
    m.iter().map(dot).collect()
}

fn transposed_times(m: &Matrix, x: &[f64]) -> Vec<f64> {
    let column = |j: usize| m.iter().zip(x).map(|(row, x)| row[j] * x).sum();
    (0..m[0].len()).map(column).collect()
}

fn add(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// Activity as plain numbers.
struct PlainPass {
    /// h_0..h_T
    h: Vec<Vec<f64>>,
    /// φ'(z_t)
    slopes: Vec<Vec<f64>>,
    /// Output and its error, where there is one.
    y: Vec<Option<(Vec<f64>, Vec<f64>)>>,
}

fn plain_pass(case: &SequenceCase, w: &[Matrix]) -> PlainPass {
    let leak = case.architecture.leak();
    let mut pass = PlainPass {
        h: vec![vec![0.0; case.architecture.hidden()]],
        slopes: Vec::new(),
        y: Vec::new(),
    };
    for (t, x) in case.inputs.iter().enumerate() {
        let z = add(&times(&w[0], x), &times(&w[1], &pass.h[t]));
        let units: Vec<_> = z.iter().map(|&z| case.activate(z)).collect();
        let h: Vec<f64> = (units.iter().zip(&pass.h[t]))
            .map(|((a, _), before)| (1.0 - leak) * before + leak * a)
            .collect();
        pass.slopes.push(units.iter().map(|unit| unit.1).collect());
        let is_read =
            case.architecture.readout() == Readout::EachStep || t + 1 == case.inputs.len();
        pass.y.push(is_read.then(|| {
            let powers: Vec<f64> = times(&w[2], &h).iter().map(|z| z.exp()).collect();
            let sum: f64 = powers.iter().sum();
            let y: Vec<f64> = powers.iter().map(|p| p / sum).collect();
            let mut error = y.clone();
            error[case.label] -= 1.0;
            (y, error)
        }));
        pass.h.push(h);
    }
    pass
}

/// What terms see at a matrix in one step.
pub(crate) struct PlainSignals {
    pub(crate) matrix: usize,
    pub(crate) pre: Vec<f64>,
    pub(crate) pre_error: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) e: Vec<f64>,
}

/// Of all steps, one after the other.
pub(crate) fn plain_signals(case: &SequenceCase, w: &[Matrix]) -> Vec<PlainSignals> {
    let b = match case.teaching {
        TeachingThroughTime::RandomFeedback | TeachingThroughTime::Eprop => {
            matrices(&case.feedback)
        }
        _ => w.to_vec(),
    };
    let pass = plain_pass(case, w);
    let (leak, n) = (case.architecture.leak(), case.architecture.hidden());
    let steps = case.inputs.len();
    let mut errors = vec![vec![0.0; n]; steps];
    let mut delta = vec![0.0; n];
    for t in (0..steps).rev() {
        delta.iter_mut().for_each(|d| *d *= 1.0 - leak);
        if t + 1 < steps && case.teaching != TeachingThroughTime::Eprop {
            delta = add(&delta, &transposed_times(&b[1], &errors[t + 1]));
        }
        if let Some((_, error)) = &pass.y[t] {
            delta = add(&delta, &transposed_times(&b[2], error));
        }
        let pairs = delta.iter().zip(&pass.slopes[t]);
        errors[t] = pairs.map(|(d, slope)| leak * d * slope).collect();
    }
    let mut signals = Vec::new();
    let mut see = |matrix: usize, pre: &[f64], pre_error: &[f64], y: &[f64], e: &[f64]| {
        let [pre, pre_error, y, e] = [pre, pre_error, y, e].map(<[f64]>::to_vec);
        signals.push(PlainSignals {
            matrix,
            pre,
            pre_error,
            y,
            e,
        });
    };
    for t in 0..steps {
        let x = &case.inputs[t];
        let back = transposed_times(&b[0], &errors[t]);
        let input_error: Vec<f64> = back
            .iter()
            .zip(x)
            .map(|(back, &x)| back * case.slope_at(x))
            .collect();
        let nothing = vec![0.0; n];
        let before = if t == 0 { &nothing } else { &errors[t - 1] };
        let h = &pass.h[t + 1];
        see(0, x, &input_error, h, &errors[t]);
        see(1, &pass.h[t], before, h, &errors[t]);
        if let Some((y, error)) = &pass.y[t] {
            see(2, h, &errors[t], y, error);
        }
    }
    signals
}

/// One step of F0, F2 and F9 as plain loops, in the order of the formulas.
fn plain_step(case: &SequenceCase, theta: [f64; 3]) -> Vec<Matrix> {
    let w = matrices(&case.weights);
    let mut after = w.clone();
    for seen in plain_signals(case, &w) {
        let PlainSignals {
            matrix,
            pre,
            pre_error,
            y,
            e,
        } = seen;
        let back = transposed_times(&w[matrix], &y);
        for (i, row) in after[matrix].iter_mut().enumerate() {
            for (j, element) in row.iter_mut().enumerate() {
                *element += -theta[0] * e[i] * pre[j] - theta[1] * e[i] * pre_error[j];
                *element += theta[2] * y[i] * (pre[j] - back[j]);
            }
        }
    }
    after
}

/// E-prop's F0 by eligibility traces that run forward in time (Bellec et al. 2020).
fn by_traces(case: &SequenceCase, theta: f64) -> Vec<Matrix> {
    let w = matrices(&case.weights);
    let pass = plain_pass(case, &w);
    let b = matrices(&case.feedback);
    let leak = case.architecture.leak();
    let mut after = w.clone();
    let mut traces = [0, 1].map(|k: usize| vec![vec![0.0; w[k][0].len()]; w[k].len()]);
    for t in 0..case.inputs.len() {
        for (k, pre) in [&case.inputs[t], &pass.h[t]].into_iter().enumerate() {
            for (row, slope) in traces[k].iter_mut().zip(&pass.slopes[t]) {
                for (trace, pre) in row.iter_mut().zip(pre) {
                    *trace = (1.0 - leak) * *trace + leak * slope * pre;
                }
            }
        }
        let Some((_, error)) = &pass.y[t] else {
            continue;
        };
        let learning = transposed_times(&b[2], error);
        for k in 0..2 {
            for ((row, trace), learning) in after[k].iter_mut().zip(&traces[k]).zip(&learning) {
                for (w, trace) in row.iter_mut().zip(trace) {
                    *w -= theta * learning * trace;
                }
            }
        }
        for (row, error) in after[2].iter_mut().zip(error) {
            for (w, h) in row.iter_mut().zip(&pass.h[t + 1]) {
                *w -= theta * error * h;
            }
        }
    }
    after
}

pub(crate) fn farthest(a: &[Matrix], b: &[Matrix]) -> f64 {
    let flat = |m: &[Matrix]| -> Vec<f64> { m.iter().flatten().flatten().copied().collect() };
    let pairs = flat(a).into_iter().zip(flat(b));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// The largest element, or 1 if that is larger.
pub(crate) fn largest(m: &[Matrix]) -> f64 {
    let elements = m.iter().flatten().flatten();
    elements.fold(1.0, |m, x| m.max(x.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_step_is_the_sum_over_time_of_plain_loops(seed in any::<u64>(), steps in 1..8usize) {
        let theta = [0.3, -0.2, 0.1];
        for teaching in TeachingThroughTime::ALL {
            let case = SequenceCase::new(seed, teaching, steps);
            let learned = case.learned(&Rule::preset(Preset::Bio).with_theta(&theta));
            let expected = plain_step(&case, theta);
            let (error, largest) = (farthest(&learned, &expected), largest(&expected));
            prop_assert!(error < 1e-12 * largest, "{teaching}: {error:e} of {largest}");
        }
    }

    #[test]
    fn eprop_is_learning_signals_times_eligibility_traces(seed in any::<u64>(), steps in 1..8usize) {
        let case = SequenceCase::new(seed, TeachingThroughTime::Eprop, steps);
        let learned = case.learned(&Rule::preset(Preset::Fa).with_theta(&[0.3]));
        let error = farthest(&learned, &by_traces(&case, 0.3));
        let largest = largest(&by_traces(&case, 0.3));
        prop_assert!(error < 1e-12 * largest, "{error:e} of {largest}");
    }

    #[test]
    fn backpropagation_with_f0_is_gradient_descent(seed in any::<u64>(), steps in 1..8usize) {
        let case = SequenceCase::new(seed, TeachingThroughTime::Backpropagation, steps);
        let learned = case.learned(&Rule::preset(Preset::Bp).with_theta(&[0.3]));
        let tape = Tape::new();
        let network = case.network(&tape);
        let inputs = case.on_tape(&tape);
        let n = case.architecture.inputs();
        let rows: Vec<_> = inputs.iter().map(|x| x.reshape([1, n])).collect();
        let loss = network.logits(&rows).into_iter();
        let loss = loss.map(|logits| logits.softmax_cross_entropy(&[case.label]));
        let gradients = loss.reduce(|a, b| a + b).unwrap().backward();
        let before = matrices(&case.weights);
        for (place, state) in network.states().iter().enumerate() {
            let slope = gradients.wrt_state(*state).transpose();
            for (i, row) in before[place].iter().enumerate() {
                for (j, w) in row.iter().enumerate() {
                    let expected = w - 0.3 * slope[[i, j]];
                    let error = (learned[place][i][j] - expected).abs();
                    prop_assert!(error < 1e-12 * largest(&learned), "{error:e}");
                }
            }
        }
    }
}

#[test]
fn matrices_that_do_not_fit_are_refused() {
    let case = SequenceCase::new(1, TeachingThroughTime::Eprop, 2);
    let tape = Tape::<f64>::new();
    let none = Pathway::none();
    let (architecture, weights) = (&case.architecture, &case.weights);
    let built = |w, b| RecurrentNetwork::new(&tape, architecture, w, case.teaching, b).map(|_| ());
    let error = built(weights, &none).unwrap_err().to_string();
    assert_eq!(error, "eprop feedback: 3 matrices needed, got 0");
    assert!(built(&none, &case.feedback).is_err());
    assert!(built(weights, &case.feedback).is_ok());
}

/// Which of two inputs came first is learned with each way to teach.
#[test]
fn the_order_of_two_inputs_is_learned() {
    for teaching in TeachingThroughTime::ALL {
        let architecture = RecurrentArchitecture::new(2, 8, 2).unwrap();
        let architecture = architecture
            .with_activation(Activation::Tanh)
            .with_leak(0.5)
            .unwrap();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let weights = Pathway::<f64>::uniform_of(&architecture.shapes(), &mut rng);
        let feedback = teaching.draw(&architecture, &mut rng);
        let tape = Tape::new();
        let network =
            RecurrentNetwork::new(&tape, &architecture, &weights, teaching, &feedback).unwrap();
        let rule = Rule::preset(Preset::Fa).with_theta(&[0.1]);
        let rule = rule.bind_constant(&tape);
        let unit = |place: usize| tape.constant_with(2, |x| x[place] = 1.0);
        let sequences = [[unit(0), unit(1)], [unit(1), unit(0)]];
        for _ in 0..200 {
            for (label, sequence) in sequences.iter().enumerate() {
                network.step(&rule, sequence, label);
            }
        }
        let y = network.forward(&sequences[1]).outputs[0].value();
        assert!(y.data()[1] > 0.9, "{teaching}: {y:?}");
    }
}
