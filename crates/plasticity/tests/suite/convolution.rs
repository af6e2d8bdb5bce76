//! Networks with shared kernels: laws, and meta-gradients in both modes and against differences.

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_plasticity::{
    Activation, Architecture, Feedback, Memory, Network, Number, Output, Pathway, Preset, Rule,
    TANGENTS, Term, pool,
};
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::case::relative_error;
use crate::differences::derivative;

/// Sizes of θ at which the terms are of one order; kernels change at every place.
const THETA: [f64; 10] = [0.05, 0.05, 0.05, 0.01, 0.03, 0.02, 0.05, 0.05, 0.05, 0.01];
const FLOOR: f64 = 1e-3;

pub(crate) fn descriptions() -> Vec<&'static str> {
    vec![
        "4x5x1 conv2x2 3",
        "5x5x2 conv3x2/2 4 3",
        "6x4x1 pool2 conv2x3 3",
        "6x6x1 conv3x2 pool2 4 2",
        "5x4x1 conv2x2 conv2x3/2 3",
        "4x4x2 pool2 3",
        "3x3x1 conv3x4 2",
        "4x3x1 conv2x2",
    ]
}

/// An episode of a random network.
#[derive(Clone, Debug)]
struct Case {
    architecture: Architecture,
    rule: Rule,
    feedback: Feedback,
    steps: usize,
    batch: usize,
    seed: u64,
}

fn own_terms() -> [Term; 3] {
    [
        Term::parse("gated = (ones^T * y) * tanh(z) .* e * y_pre^T").unwrap(),
        Term::parse("through = -0.1 (W * y_pre) * (W^T * e)^T").unwrap(),
        Term::parse("scaled = -0.1 (y^T * e) * W").unwrap(),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    (
        select(descriptions()),
        select(vec![Activation::Softplus, Activation::Tanh]),
        subsequence((0..13).collect::<Vec<_>>(), 1..7),
        select(vec![
            Feedback::fixed(),
            Feedback::attached(),
            Feedback::direct(),
        ]),
        1..5usize,
        1..3usize,
        any::<u64>(),
    )
        .prop_map(
            |(layers, activation, terms, feedback, steps, batch, seed)| {
                let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
                let theta: Vec<f64> = terms
                    .iter()
                    .map(|&t| THETA.get(t).unwrap_or(&0.03) * rng.random_range(-1.0..1.0))
                    .collect();
                let own = own_terms();
                let term = |&t: &usize| pool().get(t).unwrap_or_else(|| &own[t - 10]).clone();
                let rule = Rule::new(terms.iter().map(term))
                    .unwrap()
                    .with_theta(&theta);
                let architecture = Architecture::parse(layers)
                    .unwrap()
                    .with_activation(activation);
                Case {
                    architecture: architecture.with_beta(2.0).unwrap(),
                    rule,
                    feedback,
                    steps,
                    batch,
                    seed,
                }
            },
        )
}

impl Case {
    /// Learns, and gives the loss on three images; `network` is made from weights on the tape.
    fn loss<'t, T: Number>(&self, tape: &'t Tape<T>, theta: &[Var<'t, T>]) -> Var<'t, T> {
        let network = self.network(tape);
        self.learn(&network, theta)
    }

    fn network<'t, T: Number>(&self, tape: &'t Tape<T>) -> Network<'t, T> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let weights = Pathway::<T>::uniform(&self.architecture, &mut rng);
        let matrices = self.feedback.draw(&self.architecture, &mut rng);
        Network::builder(tape, &self.architecture)
            .weights_with_gradient(&weights)
            .feedback(&self.feedback, &matrices)
            .build()
    }

    fn learn<'t, T: Number>(&self, network: &Network<'t, T>, theta: &[Var<'t, T>]) -> Var<'t, T> {
        let (tape, outputs) = (network.tape(), self.architecture.outputs());
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed ^ 1);
        let mut image = |len: usize| -> Vec<f64> {
            let dark = |rng: &mut Xoshiro256PlusPlus| rng.random_bool(0.3);
            (0..len)
                .map(|_| {
                    if dark(&mut rng) {
                        0.0
                    } else {
                        rng.random_range(0.0..1.0)
                    }
                })
                .collect()
        };
        let rule = self.rule.bind_to(theta);
        let inputs = self.architecture.inputs();
        for step in 0..self.steps {
            let batch: Vec<_> = (0..self.batch)
                .map(|k| {
                    let x = tape.constant(&Tensor::from(&*image(inputs)).cast());
                    let fill = |t: &mut [T]| t[(step + k) % outputs] = T::ONE;
                    (x, tape.constant_with(outputs, fill))
                })
                .collect();
            network.step_batch(&rule, &batch);
        }
        let x = Tensor::new([3, inputs], image(3 * inputs)).cast();
        let labels: Vec<usize> = (0..3).map(|k| k % outputs).collect();
        network
            .logits(tape.constant(&x))
            .softmax_cross_entropy(&labels)
    }

    /// Loss and derivatives by θ, and whether the sweep gave the weights back.
    fn reverse(&self) -> (f64, Vec<f64>, f64) {
        let tape = Tape::<f64>::new();
        let network = self.network(&tape);
        let start: Vec<Tensor<f64>> = network.states().iter().map(|w| w.value()).collect();
        let theta: Vec<_> = self.rule.theta().iter().map(|&t| tape.scalar(t)).collect();
        let loss = self.learn(&network, &theta);
        let value = loss.item();
        let gradients = loss.backward();
        let by_theta = theta.iter().map(|&t| gradients.wrt(t).item()).collect();
        let mut off: f64 = 0.0;
        for (start, w) in start.iter().zip(network.states()) {
            let w = w.rewound_value().data().to_vec();
            off = w
                .iter()
                .zip(start.data())
                .fold(off, |off, (a, b)| off.max((a - b).abs()));
        }
        (value, by_theta, off)
    }

    fn forward(&self) -> Vec<f64> {
        let theta = self.rule.theta();
        let mut derivatives = Vec::new();
        for first in (0..theta.len()).step_by(TANGENTS) {
            let tape = Tape::<Dual<f64, TANGENTS>>::new();
            let seeded = |(place, &theta): (usize, &f64)| match place.checked_sub(first) {
                Some(k) if k < TANGENTS => tape.scalar(Dual::seeded(theta, k)),
                _ => tape.scalar(Dual::constant(theta)),
            };
            let bound: Vec<_> = theta.iter().enumerate().map(seeded).collect();
            let loss = self.loss(&tape, &bound).item();
            derivatives.extend(&loss.tangent()[..TANGENTS.min(theta.len() - first)]);
        }
        derivatives
    }

    fn value(&self, theta: &[f64]) -> f64 {
        let tape = Tape::<f64>::new();
        tape.without_gradients(|| {
            let theta: Vec<_> = theta.iter().map(|&t| tape.scalar(t)).collect();
            self.loss(&tape, &theta).item()
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_global_rejects: 4096, ..ProptestConfig::default() })]

    #[test]
    fn meta_gradients_agree_with_forward_mode_and_differences(case in cases()) {
        let (loss, reverse, off) = case.reverse();
        prop_assume!(loss.is_finite() && loss < 1e3);
        prop_assert!(off <= 1e-12, "undone to {off:e} of the start");
        let forward = case.forward();
        let error = relative_error(&reverse, &forward, FLOOR);
        prop_assert!(error <= 1e-10, "{error:e}: {forward:?}");
        let theta = case.rule.theta();
        for (k, &slope) in reverse.iter().enumerate() {
            let difference = derivative(2e-3, |h| {
                let mut moved = theta.to_vec();
                moved[k] += h;
                Some(case.value(&moved)).filter(|loss| loss.is_finite())
            });
            prop_assume!(difference.is_some());
            let (expected, doubt) = difference.unwrap();
            let scale = expected.abs().max(FLOOR);
            prop_assume!(doubt <= 1e-7 * scale);
            prop_assert!((slope - expected).abs() <= 1e-6 * scale, "{slope} instead of {expected}");
        }
    }
}

pub(crate) fn random(len: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..len).map(|_| rng.random_range(-1.0..1.0)).collect()
}

pub(crate) fn assert_close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} {b}");
    }
}

/// `z_1` of a network with these layers and kernel, `[channels, K·K·depth]`, for one image or several.
fn convolved(layers: &str, kernel: &[f64], x: Tensor<f64>) -> Vec<f64> {
    let architecture = Architecture::parse(layers)
        .unwrap()
        .with_output(Output::Linear);
    let tape = Tape::<f64>::new();
    let shape = architecture.shapes()[0];
    let weights = Pathway::from_matrices(&[Tensor::new(shape, kernel.to_vec())]);
    let network = Network::builder(&tape, &architecture)
        .weights(&weights)
        .build();
    network.forward(tape.constant(&x)).z[0]
        .value()
        .data()
        .to_vec()
}

#[test]
fn a_convolution_is_the_sum_written_out() {
    for (layers, [height, width, depth], [kernel, channels, stride], pool) in [
        ("7x6x2 conv3x4", [7, 6, 2], [3, 4, 1], 1),
        ("9x8x3 conv2x3/3", [9, 8, 3], [2, 3, 3], 1),
        ("8x12x2 pool2 conv3x2/2", [8, 12, 2], [3, 2, 2], 2),
    ] {
        let (x, w) = (
            random(height * width * depth, 1),
            random(channels * kernel * kernel * depth, 2),
        );
        let (h, v) = (height / pool, width / pool);
        let mut seen = vec![0.0; h * v * depth];
        for (i, x) in x.iter().enumerate() {
            let (pixel, c) = (i / depth, i % depth);
            seen[((pixel / width / pool) * v + pixel % width / pool) * depth + c] +=
                x / (pool * pool) as f64;
        }
        let mut expected = Vec::new();
        for p in 0..(h - kernel) / stride + 1 {
            for q in 0..(v - kernel) / stride + 1 {
                for c in 0..channels {
                    let mut sum = 0.0;
                    for i in 0..kernel {
                        for j in 0..kernel {
                            for d in 0..depth {
                                sum += w[((c * kernel + i) * kernel + j) * depth + d]
                                    * seen[((p * stride + i) * v + q * stride + j) * depth + d];
                            }
                        }
                    }
                    expected.push(sum);
                }
            }
        }
        assert_close(&convolved(layers, &w, Tensor::from(&*x)), &expected);
        // The same image twice, as a batch.
        let rows = Tensor::new([2, x.len()], [x.clone(), x].concat());
        assert_close(
            &convolved(layers, &w, rows),
            &[expected.clone(), expected].concat(),
        );
    }
}

#[test]
fn translation_of_the_input_translates_the_activity() {
    let (height, width) = (9, 9);
    let kernel = random(9 * 2, 3);
    let mut shifted = vec![0.0; height * width];
    let image: Vec<f64> = random(height * width, 4);
    for row in 0..height - 1 {
        for column in 0..width - 2 {
            shifted[(row + 1) * width + column + 2] = image[row * width + column];
        }
    }
    let z = convolved("9x9x1 conv3x2", &kernel, Tensor::from(&*image));
    let moved = convolved("9x9x1 conv3x2", &kernel, Tensor::from(&*shifted));
    for row in 0..6 {
        for column in 0..5 {
            let at = |r: usize, c: usize| (r * 7 + c) * 2;
            assert_close(
                &moved[at(row + 1, column + 2)..][..2],
                &z[at(row, column)..][..2],
            );
        }
    }
}

#[test]
fn a_kernel_as_large_as_the_image_is_a_dense_layer() {
    for activation in Activation::ALL {
        let learned = ["4x4x2 conv4x5 3", "32 5 3"].map(|layers| {
            let architecture = Architecture::parse(layers)
                .unwrap()
                .with_activation(activation);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
            let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
            let matrices = Pathway::uniform(&architecture, &mut rng);
            let tape = Tape::new();
            let network = Network::builder(&tape, &architecture)
                .weights(&weights)
                .feedback(&Feedback::fixed(), &matrices)
                .build();
            let theta: Vec<f64> = THETA.iter().map(|t| 0.3 * t).collect();
            let rule = Rule::preset(Preset::Pool)
                .with_theta(&theta)
                .bind_constant(&tape);
            for step in 0..10 {
                let x: Vec<f64> = random(32, step).iter().map(|x| x.abs()).collect();
                network.step(&rule, tape.constant(&Tensor::from(&*x)), step as usize % 3);
            }
            let weights = network.weights();
            weights
                .transposed()
                .iter()
                .flat_map(|w| w.data().to_vec())
                .collect::<Vec<f64>>()
        });
        assert_close(&learned[0], &learned[1]);
    }
}

#[test]
fn what_means_nothing_at_places_is_refused() {
    let architecture = Architecture::parse("6x6x1 conv3x2 pool2 3").unwrap();
    let memory = Memory::parse("bias = bias - k * e", &[]).unwrap();
    let rule = Rule::preset(Preset::Fa).with_memories([memory]).unwrap();
    let error = rule.check(&architecture).unwrap_err().to_string();
    assert!(
        error.starts_with("memory bias in a network with convolution"),
        "{error}"
    );
    let passes = |feedback: &Feedback| feedback.check(&architecture).is_ok();
    let refused = Feedback::built_in()
        .into_iter()
        .filter(|feedback| !passes(feedback));
    let name = |feedback: Feedback| feedback.name().split('(').next().unwrap().to_owned();
    let refused: Vec<String> = refused.map(name).collect();
    assert_eq!(
        refused,
        [
            "sign-symmetric",
            "kolen-pollack",
            "weight-mirror",
            "information",
            "e-prop"
        ]
    );
    let tape = Tape::<f64>::new();
    let weights = Pathway::zeros(&architecture.shapes());
    let built = Network::builder(&tape, &architecture)
        .weights(&weights)
        .feedback(&Feedback::information(), &weights)
        .try_build();
    let error = built.unwrap_err().to_string();
    assert!(
        error.contains("feedback: passes no errors through convolution"),
        "{error}"
    );
}
