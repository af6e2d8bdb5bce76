//! Steps of convolutional networks against other computations: plain loops, without a tape or a matrix product,
//! and the gradient of the loss.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Activation, Architecture, Feedback, Network, Pathway, Rule};
use metaplast_tensor::Tensor;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::convolution::{assert_close, random};
use crate::described_networks::descriptions;

const BETA: f64 = 4.0;
/// Image, its channels, kernel, its channels, window, hidden units and outputs.
const IMAGE: [usize; 2] = [8, 12];
const DEPTH: usize = 2;
const INPUTS: usize = IMAGE[0] * IMAGE[1] * DEPTH;
const KERNEL: usize = 3;
const CHANNELS: usize = 3;
const POOL: usize = 2;
const HIDDEN: usize = 5;
const OUTPUTS: usize = 4;

/// Networks of these sizes.
const LAYOUTS: [Layout; 4] = [
    Layout {
        layers: "8x12x2 conv3x3 pool2 dense5 4",
        border: 0,
        stride: 1,
        places: [6, 10],
        maximum: false,
    },
    Layout {
        layers: "8x12x2 conv3x3+1/2 pool2 dense5 4",
        border: 1,
        stride: 2,
        places: [4, 6],
        maximum: false,
    },
    Layout {
        layers: "8x12x2 conv3x3 maxpool2 dense5 4",
        border: 0,
        stride: 1,
        places: [6, 10],
        maximum: true,
    },
    Layout {
        layers: "8x12x2 conv3x3+1/2 maxpool2 dense5 4",
        border: 1,
        stride: 2,
        places: [4, 6],
        maximum: true,
    },
];

#[derive(Clone, Copy)]
struct Layout {
    layers: &'static str,
    border: usize,
    stride: usize,
    places: [usize; 2],
    /// Whether windows are seen by their maximum.
    maximum: bool,
}

/// `W_l`, `[n_l][n_(l−1)]`.
type Matrix = Vec<Vec<f64>>;

struct Net {
    w: [Matrix; 3],
    b: [Matrix; 3],
    activation: Activation,
    layout: Layout,
}

fn transposed_product(w: &Matrix, e: &[f64]) -> Vec<f64> {
    let mut back = vec![0.0; w[0].len()];
    for (row, e) in w.iter().zip(e) {
        for (back, w) in back.iter_mut().zip(row) {
            *back += w * e;
        }
    }
    back
}

fn product(w: &Matrix, y: &[f64]) -> Vec<f64> {
    let row = |row: &Vec<f64>| row.iter().zip(y).map(|(w, y)| w * y).sum();
    w.iter().map(row).collect()
}

impl Layout {
    /// The pixels of a patch, in the order of a kernel's columns; none on the border.
    fn pixels(self, p: usize, q: usize) -> Vec<Option<usize>> {
        let mut all = Vec::new();
        for i in 0..KERNEL {
            for j in 0..KERNEL {
                let row = (p * self.stride + i).checked_sub(self.border);
                let column = (q * self.stride + j).checked_sub(self.border);
                let pixel = row
                    .zip(column)
                    .filter(|(r, c)| *r < IMAGE[0] && *c < IMAGE[1]);
                for c in 0..DEPTH {
                    all.push(pixel.map(|(row, column)| (row * IMAGE[1] + column) * DEPTH + c));
                }
            }
        }
        all
    }

    fn patch(self, p: usize, q: usize, from: &[f64]) -> Vec<f64> {
        let pixels = self.pixels(p, q);
        pixels.iter().map(|i| i.map_or(0.0, |i| from[i])).collect()
    }

    /// Where the window of a unit of the convolution is.
    fn window(self, p: usize, q: usize, c: usize) -> usize {
        ((p / POOL) * (self.places[1] / POOL) + q / POOL) * CHANNELS + c
    }

    fn unit(self, p: usize, q: usize, c: usize) -> usize {
        (p * self.places[1] + q) * CHANNELS + c
    }

    fn places(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.places[0]).flat_map(move |p| (0..self.places[1]).map(move |q| (p, q)))
    }

    fn units(self) -> usize {
        self.places[0] * self.places[1] * CHANNELS
    }

    /// What each unit counts for in its window.
    fn shares(self, y: &[f64]) -> Vec<f64> {
        let mut shares = vec![1.0 / (POOL * POOL) as f64; self.units()];
        if self.maximum {
            let mut best: Vec<Option<usize>> = vec![None; self.units() / (POOL * POOL)];
            for (p, q) in self.places() {
                for c in 0..CHANNELS {
                    let (unit, best) = (self.unit(p, q, c), &mut best[self.window(p, q, c)]);
                    if best.is_none_or(|best| y[unit] > y[best]) {
                        *best = Some(unit);
                    }
                }
            }
            shares.fill(0.0);
            best.iter().flatten().for_each(|&unit| shares[unit] = 1.0);
        }
        shares
    }
}

impl Net {
    fn activity(&self, z: f64) -> f64 {
        match self.activation {
            Activation::Softplus => (BETA * z).exp().ln_1p() / BETA,
            Activation::Relu => z.max(0.0),
            Activation::Tanh => z.tanh(),
        }
    }

    fn slope(&self, y: f64) -> f64 {
        match self.activation {
            Activation::Softplus => 1.0 - (-BETA * y).exp(),
            Activation::Relu => f64::from(u8::from(y > 0.0)),
            Activation::Tanh => 1.0 - y * y,
        }
    }

    /// One step by `a F0 + b F2 + c F9`, by fixed feedback; all from the weights before.
    fn step(&mut self, x: &[f64], label: usize, theta: [f64; 3]) {
        let layout = self.layout;
        let mut y = vec![0.0; layout.units()];
        let windows = y.len() / (POOL * POOL);
        for (p, q) in layout.places() {
            let z = product(&self.w[0], &layout.patch(p, q, x));
            for c in 0..CHANNELS {
                y[layout.unit(p, q, c)] = self.activity(z[c]);
            }
        }
        let shares = layout.shares(&y);
        let mut pooled = vec![0.0; windows];
        for (p, q) in layout.places() {
            for c in 0..CHANNELS {
                let unit = layout.unit(p, q, c);
                pooled[layout.window(p, q, c)] += shares[unit] * y[unit];
            }
        }
        let hidden: Vec<f64> = product(&self.w[1], &pooled)
            .iter()
            .map(|&z| self.activity(z))
            .collect();
        let exp: Vec<f64> = product(&self.w[2], &hidden)
            .iter()
            .map(|z| z.exp())
            .collect();
        let outputs: Vec<f64> = exp.iter().map(|x| x / exp.iter().sum::<f64>()).collect();

        let mut e3 = outputs.clone();
        e3[label] -= 1.0;
        let back = transposed_product(&self.b[2], &e3);
        let e2: Vec<f64> = back
            .iter()
            .zip(&hidden)
            .map(|(q, &y)| q * self.slope(y))
            .collect();
        let back = transposed_product(&self.b[1], &e2);
        let mut e1 = vec![0.0; y.len()];
        let mut pooled_e1 = vec![0.0; windows];
        let mut e0 = vec![0.0; x.len()];
        for (p, q) in layout.places() {
            for c in 0..CHANNELS {
                let (unit, window) = (layout.unit(p, q, c), layout.window(p, q, c));
                e1[unit] = shares[unit] * back[window] * self.slope(y[unit]);
                if !layout.maximum || shares[unit] > 0.0 {
                    pooled_e1[window] += e1[unit];
                }
            }
            let at = layout.unit(p, q, 0)..layout.unit(p, q, 0) + CHANNELS;
            let pixels = layout.pixels(p, q);
            for (i, back) in pixels.iter().zip(transposed_product(&self.b[0], &e1[at])) {
                if let &Some(i) = i {
                    e0[i] += back;
                }
            }
        }
        for (e, &x) in e0.iter_mut().zip(x) {
            *e *= self.slope(x);
        }

        let before = self.w.clone();
        for (p, q) in layout.places() {
            let at = layout.unit(p, q, 0)..layout.unit(p, q, 0) + CHANNELS;
            let below = [layout.patch(p, q, x), layout.patch(p, q, &e0)];
            change(
                &mut self.w[0],
                &before[0],
                [&below[0], &below[1]],
                [&y[at.clone()], &e1[at]],
                theta,
            );
        }
        change(
            &mut self.w[1],
            &before[1],
            [&pooled, &pooled_e1],
            [&hidden, &e2],
            theta,
        );
        change(
            &mut self.w[2],
            &before[2],
            [&hidden, &e2],
            [&outputs, &e3],
            theta,
        );
    }
}

fn change(
    w: &mut Matrix,
    before: &Matrix,
    [y_pre, e_pre]: [&[f64]; 2],
    [y, e]: [&[f64]; 2],
    theta: [f64; 3],
) {
    let v = transposed_product(before, y);
    for (i, row) in w.iter_mut().enumerate() {
        for (j, w) in row.iter_mut().enumerate() {
            *w -= theta[0] * e[i] * y_pre[j];
            *w -= theta[1] * e[i] * e_pre[j];
            *w += theta[2] * y[i] * (y_pre[j] - v[j]);
        }
    }
}

fn matrices(matrices: &[Matrix; 3]) -> Pathway<f64> {
    let tensor = |m: &Matrix| Tensor::new([m.len(), m[0].len()], m.concat());
    Pathway::from_matrices(&matrices.iter().map(tensor).collect::<Vec<_>>())
}

#[test]
fn steps_of_feedback_alignment_and_bio_are_those_of_plain_loops() {
    for layout in LAYOUTS {
        for activation in Activation::ALL {
            for (terms, theta) in [
                (&[0][..], [0.02, 0.0, 0.0]),
                (&[0, 2, 9][..], [0.02, -0.01, 0.002]),
            ] {
                compare(layout, activation, terms, theta);
            }
        }
    }
}

fn compare(layout: Layout, activation: Activation, terms: &[usize], theta: [f64; 3]) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let windows = layout.places.map(|n| n / POOL).iter().product::<usize>();
    let shapes = [
        [CHANNELS, KERNEL * KERNEL * DEPTH],
        [HIDDEN, windows * CHANNELS],
        [OUTPUTS, HIDDEN],
    ];
    let mut random = || {
        shapes.map(|[rows, columns]| -> Matrix {
            let row = |_| (0..columns).map(|_| rng.random_range(-0.5..0.5)).collect();
            (0..rows).map(row).collect()
        })
    };
    let mut net = Net {
        w: random(),
        b: random(),
        activation,
        layout,
    };
    let architecture = Architecture::parse(layout.layers).unwrap();
    assert_eq!(architecture.shapes(), shapes);
    let architecture = architecture
        .with_beta(BETA)
        .unwrap()
        .with_activation(activation);
    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&matrices(&net.w))
        .feedback(&Feedback::fixed(), &matrices(&net.b))
        .build();
    let rule = Rule::from_pool(terms).unwrap();
    let rule = rule.with_theta(&theta[..terms.len()]).bind_constant(&tape);
    for step in 0..20 {
        let x: Vec<f64> = (0..INPUTS).map(|_| rng.random_range(0.0..1.0)).collect();
        net.step(&x, step % OUTPUTS, theta);
        let x = tape.constant_with(INPUTS, |into| into.copy_from_slice(&x));
        network.step(&rule, x, step % OUTPUTS);
    }
    let expected = matrices(&net.w);
    let learned = network.weights();
    for (ours, plain) in learned.transposed().iter().zip(expected.transposed()) {
        for (a, b) in ours.data().iter().zip(plain.data()) {
            assert!(
                (a - b).abs() <= 1e-12 * b.abs().max(1.0),
                "{}, {activation}: {a} {b}",
                layout.layers
            );
        }
    }
}

#[test]
fn with_symmetric_feedback_the_pseudo_gradient_is_the_gradient_of_the_loss() {
    for layers in descriptions() {
        for activation in Activation::ALL {
            let architecture = Architecture::parse(layers).unwrap();
            let architecture = architecture.with_activation(activation);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
            let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
            let x = random(architecture.inputs(), 8);
            let tape = Tape::new();
            let network = Network::builder(&tape, &architecture)
                .weights_with_gradient(&weights)
                .build();
            let rows = Tensor::new([1, x.len()], x.clone());
            let loss = network.logits(tape.constant(&rows));
            let gradients = loss.softmax_cross_entropy(&[1]).backward();
            let learner = Tape::new();
            let learning = Network::builder(&learner, &architecture)
                .weights(&weights)
                .build();
            let rule = Rule::from_pool(&[0]).unwrap().with_theta(&[1.0]);
            let x = learner.constant(&Tensor::from(&*x));
            learning.step(&rule.bind_constant(&learner), x, 1);
            let learned = learning.weights();
            let before = weights.transposed().iter().zip(learned.transposed());
            for ((before, after), &state) in before.zip(network.states()) {
                let change = after.zip_map(before, |after, before| before - after);
                assert_close(change.data(), gradients.wrt_state(state).data());
            }
        }
    }
}
