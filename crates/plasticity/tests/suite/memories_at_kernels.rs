//! Memories at kernels: against plain loops, and meta-gradients through them.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Architecture, Feedback, Memory, Network, Pathway, Rule, Term, pool};
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::convolution::{assert_close, random};
use crate::described_networks::{Case, agrees, cases};

const BETA: f64 = 4.0;
/// An image of 4 × 5 × 2, a kernel of 2 × 2 with 3 channels at 3 × 4 places, and as many outputs.
const LAYERS: &str = "4x5x2 conv2x3 3";
const WIDTH: usize = 5;
const DEPTH: usize = 2;
const KERNEL: usize = 2;
const CHANNELS: usize = 3;
const PLACES: [usize; 2] = [3, 4];

const MEMORIES: [&str; 6] = [
    "m = m + k * (y .* y - m)",
    "x = (1 - q) * x + q * y_pre",
    "n = 0.9 * n + 0.1 * (ones^T * y)",
    "E = 0.8 * E + y * y_pre^T - 0.1 * W",
    "bias = bias - h * e",
    "gain = gain - g * (e .* z) ./ (ones + gain)",
];
const TERMS: [&str; 4] = [
    "a = y .* (y - m) * y_pre^T",
    "b = n * e * x^T",
    "c = (ones^T * y) * E",
    "d = (E * y_pre) * y_pre^T",
];
/// Of the terms, and of k, q, h and g.
const THETA: [f64; 8] = [0.01, -0.02, -0.001, -0.003, 0.2, 0.3, 0.1, 0.05];

fn remembering(memories: &[&str], own: &[&str]) -> (Vec<Memory>, Vec<Term>) {
    let mut read = Vec::new();
    for text in memories {
        let memory = Memory::parse(text, &read).unwrap();
        read.push(memory);
    }
    let signals = Memory::signals(&read);
    let term = |text: &&str| Term::parse_with(text, &signals).unwrap();
    let terms = own.iter().map(term).collect();
    (read, terms)
}

type Matrix = Vec<Vec<f64>>;

struct Layer {
    w: Matrix,
    m: Vec<f64>,
    x: Vec<f64>,
    n: f64,
    e: Matrix,
    bias: Vec<f64>,
    gain: Vec<f64>,
}

/// What a layer has at a place.
struct Place {
    pre: Vec<f64>,
    z: Vec<f64>,
    y: Vec<f64>,
    e: Vec<f64>,
}

fn product(m: &Matrix, x: &[f64]) -> Vec<f64> {
    let row = |row: &Vec<f64>| row.iter().zip(x).map(|(m, x)| m * x).sum();
    m.iter().map(row).collect()
}

impl Layer {
    fn new(shape: [usize; 2], w: &[f64]) -> Self {
        let [units, below] = shape;
        Layer {
            w: w.chunks(below).map(<[f64]>::to_vec).collect(),
            m: vec![0.0; units],
            x: vec![0.0; below],
            n: 0.0,
            e: vec![vec![0.0; below]; units],
            bias: vec![0.0; units],
            gain: vec![0.0; units],
        }
    }

    fn drive(&self, pre: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let z = product(&self.w, pre);
        let drive = (0..z.len()).map(|i| (1.0 + self.gain[i]) * z[i] + self.bias[i]);
        (z.clone(), drive.collect())
    }

    fn learn(&mut self, places: &[Place]) {
        let [a, b, c, d, k, trace, h, g] = THETA;
        let mean =
            |f: &dyn Fn(&Place) -> f64| places.iter().map(f).sum::<f64>() / places.len() as f64;
        for i in 0..self.m.len() {
            self.m[i] += k * (mean(&|p| p.y[i] * p.y[i]) - self.m[i]);
            self.bias[i] -= h * mean(&|p| p.e[i]);
            self.gain[i] -= g * mean(&|p| p.e[i] * p.z[i]) / (1.0 + self.gain[i]);
            for j in 0..self.x.len() {
                let hebb = mean(&|p| p.y[i] * p.pre[j]);
                self.e[i][j] = 0.8 * self.e[i][j] + hebb - 0.1 * self.w[i][j];
            }
        }
        for j in 0..self.x.len() {
            self.x[j] += trace * (mean(&|p| p.pre[j]) - self.x[j]);
        }
        self.n = 0.9 * self.n + 0.1 * mean(&|p| p.y.iter().sum());
        for p in places {
            let sum: f64 = p.y.iter().sum();
            let through = product(&self.e, &p.pre);
            for (i, &through) in through.iter().enumerate() {
                for j in 0..self.x.len() {
                    self.w[i][j] += a * p.y[i] * (p.y[i] - self.m[i]) * p.pre[j]
                        + b * self.n * p.e[i] * self.x[j]
                        + c * sum * self.e[i][j]
                        + d * through * p.pre[j];
                }
            }
        }
    }
}

/// The patches of an image, place by place.
fn patches(image: &[f64]) -> Vec<Vec<f64>> {
    let patch = |place: usize| {
        let (p, q) = (place / PLACES[1], place % PLACES[1]);
        let rows = (0..KERNEL).flat_map(|i| {
            let first = ((p + i) * WIDTH + q) * DEPTH;
            image[first..first + KERNEL * DEPTH].to_vec()
        });
        rows.collect()
    };
    (0..PLACES[0] * PLACES[1]).map(patch).collect()
}

/// One step of both layers, with the feedback weights of the second.
fn step([kernel, outputs]: &mut [Layer; 2], feedback: &Matrix, image: &[f64], label: usize) {
    let mut places: Vec<Place> = Vec::new();
    for pre in patches(image) {
        let (z, drive) = kernel.drive(&pre);
        let y = drive.iter().map(|z| (BETA * z).exp().ln_1p() / BETA);
        places.push(Place {
            pre,
            z,
            y: y.collect(),
            e: Vec::new(),
        });
    }
    let pre: Vec<f64> = places.iter().flat_map(|p| p.y.clone()).collect();
    let (z, drive) = outputs.drive(&pre);
    let sum: f64 = drive.iter().map(|z| z.exp()).sum();
    let y: Vec<f64> = drive.iter().map(|z| z.exp() / sum).collect();
    let target = |i: usize| if i == label { 1.0 } else { 0.0 };
    let e = (0..y.len()).map(|i| (y[i] - target(i)) * (1.0 + outputs.gain[i]));
    let e: Vec<f64> = e.collect();
    for (k, place) in places.iter_mut().enumerate() {
        let signal = |c: usize| {
            let unit = k * CHANNELS + c;
            let back: f64 = feedback.iter().zip(&e).map(|(row, e)| row[unit] * e).sum();
            back * (1.0 - (-BETA * place.y[c]).exp()) * (1.0 + kernel.gain[c])
        };
        place.e = (0..CHANNELS).map(signal).collect();
    }
    kernel.learn(&places);
    outputs.learn(&[Place { pre, z, y, e }]);
}

#[test]
fn they_are_means_over_places_as_in_plain_loops() {
    let architecture = Architecture::parse(LAYERS).unwrap();
    let architecture = architecture.with_beta(BETA).unwrap();
    let shapes = architecture.shapes();
    let drawn = |seed: u64| {
        shapes
            .iter()
            .map(move |s| (*s, random(s[0] * s[1], seed + s[1] as u64)))
    };
    let scaled = |x: Vec<f64>| x.iter().map(|x| 0.4 * x).collect::<Vec<f64>>();
    let pathway = |seed: u64| {
        let tensors = drawn(seed).map(|(shape, w)| Tensor::new(shape, scaled(w)));
        Pathway::from_matrices(&tensors.collect::<Vec<_>>())
    };
    let mut layers = drawn(1).map(|(shape, w)| Layer::new(shape, &scaled(w)));
    let mut layers: [Layer; 2] = std::array::from_fn(|_| layers.next().unwrap());
    let (_, back) = drawn(7).next_back().unwrap();
    let back: Matrix = scaled(back)
        .chunks(shapes[1][1])
        .map(<[f64]>::to_vec)
        .collect();

    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&pathway(1))
        .feedback(&Feedback::fixed(), &pathway(7))
        .build();
    let (memories, terms) = remembering(&MEMORIES, &TERMS);
    let rule = Rule::new(terms).unwrap().with_memories(memories).unwrap();
    let rule = rule.with_theta(&THETA);
    assert!(rule.check(&architecture).is_ok());
    let zeros = rule.first_memory::<f64>(&architecture);
    let rule = rule.bind_constant(&tape);
    for number in 0..20 {
        let image: Vec<f64> = random(40, 100 + number).iter().map(|x| x.abs()).collect();
        let label = number as usize % 3;
        step(&mut layers, &back, &image, label);
        network.step(&rule, tape.constant(&Tensor::from(&*image)), label);
    }
    let remembered = network.memory_values();
    for (place, layer) in layers.iter().enumerate() {
        assert_close(
            network.weights().matrices()[place].data(),
            &layer.w.concat(),
        );
        let values = &remembered[6 * place..][..6];
        for (value, zeros) in values.iter().zip(&zeros[6 * place..]) {
            assert_eq!(value.shape(), zeros.shape());
        }
        let columns = [&layer.m, &layer.x, &vec![layer.n]];
        for (value, column) in values.iter().zip(columns) {
            assert_close(value.data(), column);
        }
        assert_close(values[3].transpose().data(), &layer.e.concat());
        assert_close(values[4].data(), &layer.bias);
        assert_close(values[5].data(), &layer.gain);
    }
}

/// A term through a matrix that forgets is the term: the mean in the memory, the sum in the kernel.
#[test]
fn a_change_through_a_matrix_is_the_sum_over_places() {
    let architecture = Architecture::parse("6x6x1 conv3x2+1 maxpool2 conv2x2 3").unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
    let image: Vec<f64> = (0..36).map(|_| rng.random_range(0.0..1.0)).collect();
    let learned = [
        (&["E = e * y_pre^T"][..], "mean = -E"),
        (&[], "sum = -e * y_pre^T"),
    ];
    let learned = learned.map(|(memories, term)| {
        let (memories, terms) = remembering(memories, &[term]);
        let rule = Rule::new(terms).unwrap().with_memories(memories).unwrap();
        let tape = Tape::<f64>::new();
        let network = Network::builder(&tape, &architecture)
            .weights(&weights)
            .build();
        let rule = rule.with_theta(&[0.1]).bind_constant(&tape);
        for label in 0..3 {
            network.step(&rule, tape.constant(&Tensor::from(&*image)), label);
        }
        let learned = network.weights();
        let matrices = learned.transposed().iter();
        matrices
            .flat_map(|w| w.data().to_vec())
            .collect::<Vec<f64>>()
    });
    assert_close(&learned[0], &learned[1]);
}

/// Of the terms, and of k, c, h.
fn rule(seed: u64) -> Rule {
    let (memories, mut terms) = remembering(
        &[
            "m = m + k * (y .* y - m)",
            "x = 0.7 * x + 0.3 * y_pre",
            "n = 0.9 * n + 0.1 * (ones^T * y)",
            "E = (1 - c) * E + 0.1 * e * y_pre^T",
            "bias = bias - h * e",
            "gain = gain - 0.3 * h * e .* z",
        ],
        &[
            "bcm = y .* (y - m) * y_pre^T",
            "trace = -n * e * x^T",
            "late = -E",
        ],
    );
    terms.insert(0, pool()[0].clone());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let scales = [0.05, 0.03, 0.05, 0.1, 0.5, 0.6, 0.3];
    let theta = scales.map(|scale| scale * rng.random_range(0.2..1.0));
    let rule = Rule::new(terms).unwrap().with_memories(memories).unwrap();
    rule.with_theta(&theta)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_global_rejects: 2048, ..ProptestConfig::default() })]

    #[test]
    fn meta_gradients_pass_through_them(case in cases()) {
        let case = Case { rule: rule(case.seed), ..case };
        agrees(&case)?;
    }
}
